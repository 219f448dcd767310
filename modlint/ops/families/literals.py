"""Tensors from Python values: ``torch.tensor``, ``torch.as_tensor`` and the constructors of typed tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from modlint.dims import Dim, Expr, Grade, is_symbol
from modlint.ops import dtypes, elements
from modlint.ops.arguments import Anything
from modlint.ops.families.create import Options, factory
from modlint.ops.names import methods
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.shapes import known_sizes, listed
from modlint.values import External, Open, Rank, Size, Tensor, Unknown, Value


class Literal(NamedTuple):
    """Nested sequences of numbers: their shape and, in row-major order, the numbers (Unknown among them)."""

    shape: tuple[Dim, ...]
    values: list[Value]
    dtype: str | None = None


def read(need: Need, value: Value) -> Literal:
    """The tensor that torch makes of nested lists; raises Impossible after noting that they are ragged."""
    items = listed(value)
    if items is None:
        return _scalar(need, value)
    if not items:
        return Literal((0,), [])
    if all(isinstance(item, Unknown) for item in items):
        raise Undecided(items[0].why)
    known = [read(need, item) for item in items if not isinstance(item, Unknown)]
    if 0 in known[0].shape:
        return Literal((len(items), *known[0].shape), [])
    if any(len(part.shape) != len(known[0].shape) for part in known):
        need.fail("value", "sequences of equal depth", value, "data")
        raise Impossible
    if any(part.shape != known[0].shape for part in known):
        need.fail("value", known[0].shape, next(p.shape for p in known if p.shape != known[0].shape), "data")
        raise Impossible
    if len(known) < len(items) and known[0].shape:
        raise Undecided("the items of a list are not all known")
    values = [v for part in known for v in part.values]
    if len(known) < len(items):
        values = [Unknown("an element is not known")] * len(items)
    kinds = {part.dtype for part in known}
    return Literal((len(items), *known[0].shape), values, kinds.pop() if len(kinds) == 1 else None)


def _scalar(need: Need, value: Value) -> Literal:
    if isinstance(value, Tensor):
        shape = need.dims(value)
        if any(dim != 1 for dim in shape):
            need.fail("value", "tensors of one element", shape, "data", *shape)
            raise Impossible
        return Literal((), [value.data[0] if value.data else Unknown("its value is not known")], value.dtype)
    if isinstance(value, (bool, int, float, complex, Expr)):
        return Literal((), [value])
    if value is None or isinstance(value, str):
        need.fail("type", "number", value, "data")
        raise Impossible
    raise Undecided("the data are not known")


def _element_type(literal: Literal) -> str | None:
    """float32 as soon as one number is a float; of nothing too."""
    if literal.dtype is not None:
        return literal.dtype
    kinds = [dtypes.of_number(value) for value in literal.values]
    if not kinds:
        return "float32"
    result = kinds[0]
    for kind in kinds[1:]:
        result = dtypes.wider(result, kind)
    return result


def _literal(need: Need, data: Value) -> Literal:
    if isinstance(data, Unknown):
        raise Undecided(data.why)
    if isinstance(data, Expr) and is_symbol(data) and need.facts.grade_of(data) is Grade.ASSUMED:
        raise Undecided("that it is a number is only assumed")
    return read(need, data)


def _made(need: Need, options: Options, data: Value, dtype: str | None = None) -> Tensor:
    if isinstance(data, Tensor):
        result = options.tensor(need, need.shape(data), data.dtype if dtype is None else dtype)
        result.data, result.order = elements.cast(data.data, result.dtype), data.order
        return result
    try:
        literal = _literal(need, data)
    except Undecided as why:
        return options.tensor(need, Open(Rank(str(why))), dtype)
    result = options.tensor(need, literal.shape, _element_type(literal) if dtype is None else dtype)
    if not any(isinstance(value, Unknown) for value in literal.values):
        result.data = elements.cast(literal.values, result.dtype)
    return result


@op(
    "torch.tensor",
    "torch.as_tensor",
    "torch.asarray",
    cases=[
        "torch.tensor(3)",
        "torch.tensor(0.5)",
        "torch.tensor([1, 2, 3])",
        "torch.tensor([[1, 2.0], [3, 4]])",
        "torch.tensor([True, False])",
        "torch.tensor([])",
        "torch.tensor((1, 2), dtype=torch.float16)",
        "torch.tensor([torch.tensor(1), torch.tensor(2)])",
        "torch.as_tensor(torch.ones(2, 3), dtype=torch.int64)",
        "torch.tensor([[1, 2], [3]])",
        "torch.tensor([[1, 2], 3])",
        "torch.tensor([torch.ones(2), torch.ones(2)])",
        "torch.tensor(None)",
    ],
)
@factory
def tensor(need: Need, options: Options, data: Anything) -> Tensor:
    return _made(need, options, data)


@op(*methods("new_tensor"), cases=["torch.ones(2).new_tensor([1, 2])"])
@factory
def new_tensor(need: Need, options: Options, input: Tensor, data: Anything) -> Tensor:
    return _made(need, options, data, input.dtype)


@op("torch.from_numpy")
def from_numpy(need: Need, ndarray: Anything) -> Tensor:
    """A tensor of which nothing is known: arrays are not followed."""
    return Tensor(Open(Rank("an array")), None)


@op("torch.from_dlpack", cases=["torch.from_dlpack(torch.ones(2, 3))"])
def from_dlpack(need: Need, ext_tensor: Anything, *, device: Anything = None, copy: Anything = None) -> Tensor:
    if isinstance(ext_tensor, Tensor):
        return ext_tensor
    return from_numpy(need, ext_tensor)


@op("torch.frombuffer", "torch.load")
def from_file(need: Need, *source: Anything, **options: Anything) -> Tensor:
    raise Undecided("what files hold is not known")


def _typed(dtype: str) -> Callable[..., Tensor]:
    def construct(need: Need, *arguments: Anything, device: Anything = None) -> Tensor:
        return build(need, dtype, arguments)

    return construct


def build(need: Need, dtype: str | None, arguments: tuple[Value, ...]) -> Tensor:
    """``torch.Tensor(2, 3)`` is a tensor of these sizes, as ``torch.Tensor(x.size())`` is; ``torch.Tensor([2, 3])`` is
    one of these values."""
    if len(arguments) == 1 and isinstance(arguments[0], Size):
        return Tensor(known_sizes(need, arguments), dtype)
    if len(arguments) == 1 and (listed(arguments[0]) is not None or isinstance(arguments[0], Tensor)):
        return _made(need, Options(dtype=None if dtype is None else External(f"torch.{dtype}")), arguments[0])
    if len(arguments) == 1 and isinstance(arguments[0], Unknown):
        return Tensor(Open(Rank(arguments[0].why)), dtype)
    if any(isinstance(argument, float) for argument in arguments):
        need.fail("type", "sizes or a sequence", arguments[0], "data")
        raise Impossible
    return Tensor(known_sizes(need, (arguments,)) if arguments else (0,), dtype)


for _name, _dtype in {
    "Tensor": "float32",
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "HalfTensor": "float16",
    "BFloat16Tensor": "bfloat16",
    "ByteTensor": "uint8",
    "CharTensor": "int8",
    "ShortTensor": "int16",
    "IntTensor": "int32",
    "LongTensor": "int64",
    "BoolTensor": "bool",
}.items():
    op(
        f"torch.{_name}",
        *([f"torch.cuda.{_name}"] if _name != "Tensor" else []),
        cases=[
            f"torch.{_name}(2, 3)",
            f"torch.{_name}([1, 0])",
            f"torch.{_name}()",
            f"torch.{_name}(torch.ones(4, 5).size())",
            f"torch.{_name}((4, 5))",
        ],
    )(_typed(_dtype))


@op(
    *methods("new"),
    cases=["torch.ones(2).new(2, 3)", "torch.ones(2).new([2, 3])", "torch.ones(2).new(torch.ones(4, 5).size())"],
)
def new(need: Need, input: Tensor, *arguments: Anything, device: Anything = None) -> Tensor:
    return build(need, input.dtype, arguments)


@op("torch.Size")
def size(need: Need, sizes: Anything = ()) -> Size:
    items = listed(sizes)
    if items is None:
        raise Undecided("the sizes are not known")
    return Size(items)
