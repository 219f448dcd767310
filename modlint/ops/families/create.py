"""Tensors of given sizes: docs.pytorch.org/docs/stable/torch.html#creation-ops."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from modlint.dims import Dim, Expr, ceildiv, floordiv
from modlint.ops import dtypes, elements
from modlint.ops.arguments import Anything
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.shapes import fresh, known_sizes
from modlint.values import Open, Shape, Tensor, Unknown, Value


class Options(NamedTuple):
    """The keyword arguments that all functions share that make a tensor."""

    out: Value = None
    dtype: Value = None
    layout: Value = None
    device: Value = None
    requires_grad: Value = False
    pin_memory: Value = False
    generator: Value = None
    memory_format: Value = None

    def tensor(self, need: Need, shape: Shape, dtype: str | None, fill: Any = None) -> Tensor:
        """A contiguous tensor of these options; ``fill`` is the value of all elements when they have a common one."""
        result = Tensor(
            shape,
            dtypes.chosen(need, self.dtype, dtype),
            requires_grad=self.requires_grad if isinstance(self.requires_grad, bool) else None,
            device=self.device if isinstance(self.device, str) else None,
        )
        count = None if fill is None or isinstance(shape, Open) else elements.count(shape)
        if count is not None:
            value = elements.cast((fill,), result.dtype)
            result.data = None if value is None else value * count
        return result


def factory(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function(need, options, …)`` as an op that takes the options as keyword arguments."""

    @wraps(function)
    def make(need: Need, *args: Any, **kwargs: Any) -> Any:
        options = Options(*(kwargs.pop(name) for name in Options._fields))
        return function(need, options, *args, **kwargs)

    own = [p for p in inspect.signature(function).parameters.values() if p.name != "options"]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
        for name, default in Options._field_defaults.items()
    ]
    make.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    make.__annotations__ = {**function.__annotations__, **dict.fromkeys(Options._fields, "Anything")}
    return make


def demand_sizes(need: Need, sizes: tuple[Value, ...], size: Value) -> tuple[Dim, ...]:
    """Sizes given one by one, as one sequence or as ``size``; raises Impossible when there are none."""
    if bool(sizes) is (size is not None):
        need.fail("type", "tuple of ints", size, "size")
        raise Impossible
    return known_sizes(need, sizes, size)


def demand_sequence(need: Need, size: Value) -> tuple[Dim, ...]:
    """Sizes that must be given as one sequence; raises Impossible when they are not."""
    if isinstance(size, (int, float, Expr)):
        need.fail("type", "tuple of ints", size, "size")
        raise Impossible
    return known_sizes(need, (size,))


def _filled(fill: int | None) -> Callable[..., Tensor]:
    @factory
    def function(need: Need, options: Options, *sizes: Anything, size: Anything = None) -> Tensor:
        return options.tensor(need, demand_sizes(need, sizes, size), "float32", fill)

    return function


@factory
def _random(need: Need, options: Options, *sizes: Anything, size: Anything = None) -> Tensor:
    result = options.tensor(need, demand_sizes(need, sizes, size), "float32")
    if dtypes.is_integral(result.dtype) and not need.is_empty(result):
        need.fail("dtype", ("float", "complex"), result.dtype, "dtype")
    return result


for _name, _function in {
    "zeros": _filled(0),
    "ones": _filled(1),
    "empty": _filled(None),
    "rand": _random,
    "randn": _random,
}.items():
    op(
        f"torch.{_name}",
        cases=[
            f"torch.{_name}(2, 3)",
            f"torch.{_name}((2, 3))",
            f"torch.{_name}([2, 3], dtype=torch.float16)",
            f"torch.{_name}(size=(2, 3))",
            f"torch.{_name}(())",
            f"torch.{_name}(2, dtype=torch.int64)",
            f"torch.{_name}(-1)",
            f"torch.{_name}(2.5)",
            f"torch.{_name}()",
        ],
    )(_function)


def fill_value_of(value: Value) -> tuple[Any, str | None]:
    """The number that fills a tensor, None when it is not known, and its element type."""
    if isinstance(value, Tensor):
        return value.data[0] if value.data else None, value.dtype
    return (None if isinstance(value, Unknown) else value), dtypes.of_number(value)


@op(
    "torch.full",
    cases=[
        "torch.full((2, 3), 1)",
        "torch.full((2,), 0.5)",
        "torch.full((2,), True)",
        "torch.full([2], 1, dtype=torch.float)",
        "torch.full((-2,), 1)",
        "torch.full(2, 1)",
    ],
)
@factory
def full(need: Need, options: Options, size: Anything, fill_value: Anything) -> Tensor:
    value, dtype = fill_value_of(fill_value)
    return options.tensor(need, demand_sequence(need, size), dtype, value)


@op("torch.scalar_tensor", cases=["torch.scalar_tensor(3)"])
@factory
def scalar_tensor(need: Need, options: Options, s: Anything) -> Tensor:
    return options.tensor(need, (), "float32", fill_value_of(s)[0])


@op(
    "torch.randint",
    cases=[
        "torch.randint(5, (2, 3))",
        "torch.randint(1, 5, (2, 3))",
        "torch.randint(high=5, size=(2,))",
        "torch.randint(low=0, high=5, size=(2,), dtype=torch.int32)",
        "torch.randint(5, 1, (2,))",
        "torch.randint(5, 2)",
    ],
)
@factory
def randint(need: Need, options: Options, low: Anything = 0, high: Anything = None, size: Anything = None) -> Tensor:
    """``randint(high, size)`` or ``randint(low, high, size)``."""
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    demand_interval(need, low, high)
    return options.tensor(need, demand_sequence(need, size), "int64")


def demand_interval(need: Need, low: Value, high: Value) -> None:
    """There must be an integer from ``low`` up to, and not including, ``high``."""
    if isinstance(low, int) and isinstance(high, int) and low >= high:
        need.fail("value", "low < high", (low, high), "high")


@op("torch.randperm", cases=["torch.randperm(5)", "torch.randperm(-1)"])
@factory
def randperm(need: Need, options: Options, n: Anything) -> Tensor:
    return options.tensor(need, known_sizes(need, ((n,),), operand="n"), "int64")


@op("torch.eye", cases=["torch.eye(3)", "torch.eye(3, 4)", "torch.eye(3, m=2, dtype=torch.int64)", "torch.eye(3, -4)"])
@factory
def eye(need: Need, options: Options, n: Anything, m: Anything = None) -> Tensor:
    return options.tensor(need, known_sizes(need, ((n, n if m is None else m),), operand="n"), "float32")


def _number(value: Value) -> Any:
    """A number as far as it is known: Unknown otherwise."""
    if isinstance(value, Tensor):
        return value.data[0] if value.data is not None and len(value.data) == 1 else Unknown("its value is not known")
    return value


@op(
    "torch.arange",
    cases=[
        "torch.arange(5)",
        "torch.arange(5.0)",
        "torch.arange(1, 5, 2)",
        "torch.arange(start=0, end=5, step=2)",
        "torch.arange(0, 1, 0.1)",
        "torch.arange(5, 0, -1)",
        "torch.arange(3, dtype=torch.float)",
        "torch.arange(torch.tensor(4))",
        "torch.arange(5, 0)",
        "torch.arange(0, 5, 0)",
    ],
)
@factory
def arange(need: Need, options: Options, start: Anything = 0, end: Anything = None, step: Anything = 1) -> Tensor:
    if end is None:
        start, end = 0, start
    start, end, step = _number(start), _number(end), _number(step)
    if any(isinstance(number, Unknown) for number in (start, end, step)):
        return options.tensor(need, (fresh(),), None)
    inexact = any(isinstance(number, float) for number in (start, end, step))
    length = _length(need, start, end, step, inexact)
    result = options.tensor(need, (length,), "float32" if inexact else "int64")
    if type(length) is int and 0 <= length <= elements.LIMIT:
        result.data = elements.cast([start + position * step for position in range(length)], result.dtype)
    return result


def _length(need: Need, start: Any, end: Any, step: Any, inexact: bool) -> Dim:
    for name, number in (("start", start), ("end", end), ("step", step)):
        if not isinstance(number, (int, float, Expr)):
            need.fail("type", "number", number, name)
            raise Impossible
    if step == 0:
        need.fail("value", "a step that is not 0", step, "step")
        raise Impossible
    symbolic = any(isinstance(number, Expr) for number in (start, end, step))
    if isinstance(step, Expr) or (symbolic and inexact):
        return fresh()
    distance = end - start if step > 0 else start - end
    need.at_least(math.ceil(distance) if inexact else distance, 0, "value", "end")
    return math.ceil(distance / abs(step)) if inexact else ceildiv(distance, abs(step))


@op(
    "torch.linspace",
    cases=[
        "torch.linspace(0, 1, 5)",
        "torch.linspace(0, 1, steps=5)",
        "torch.linspace(start=0, end=3, steps=4, dtype=torch.int64)",
        "torch.linspace(0, 1, -1)",
    ],
)
@factory
def linspace(need: Need, options: Options, start: Anything, end: Anything, steps: Anything) -> Tensor:
    shape = known_sizes(need, ((steps,),), operand="steps")
    result = options.tensor(need, shape, "float32")
    first, last, count = _number(start), _number(end), elements.count(shape)
    if count and isinstance(first, (int, float)) and isinstance(last, (int, float)):
        result.data = elements.cast(_evenly(first, last, count), result.dtype)
    return result


def _evenly(first: float, last: float, count: int) -> list[float]:
    """From both ends, as torch does it, so that the last value is ``last``."""
    step = (last - first) / max(count - 1, 1)
    half = count // 2
    return [first + step * i if i < half or count == 1 else last - step * (count - 1 - i) for i in range(count)]


@op("torch.logspace", cases=["torch.logspace(0, 1, 5)", "torch.logspace(0, 1, steps=5, base=2.0)"])
@factory
def logspace(
    need: Need, options: Options, start: Anything, end: Anything, steps: Anything, base: Anything = 10.0
) -> Tensor:
    return options.tensor(need, known_sizes(need, ((steps,),), operand="steps"), "float32")


@op(
    *(f"torch.{name}_window" for name in ("hann", "hamming", "blackman", "bartlett", "kaiser")),
    cases=["torch.hann_window(5)", "torch.hann_window(5, False)", "torch.hann_window(-1)"],
)
@factory
def window(
    need: Need,
    options: Options,
    window_length: Anything,
    periodic: Anything = True,
    alpha: Anything = None,
    beta: Anything = None,
) -> Tensor:
    return options.tensor(need, known_sizes(need, ((window_length,),), operand="window_length"), "float32")


@op(
    "torch.normal",
    cases=[
        "torch.normal(0.0, 1.0, (2, 3))",
        "torch.normal(mean=0.0, std=1.0, size=(2,))",
        "torch.normal(torch.zeros(2, 3), torch.ones(3))",
        "torch.normal(torch.zeros(2, 3), 1.0)",
        "torch.normal(0.0, torch.ones(3))",
    ],
)
@factory
def normal(need: Need, options: Options, mean: Anything, std: Anything = 1.0, size: Anything = None) -> Tensor:
    """Of given sizes, or of the common shape of ``mean`` and ``std``."""
    if size is not None:
        return options.tensor(need, known_sizes(need, (size,)), "float32")
    tensors = [value for value in (mean, std) if isinstance(value, Tensor)]
    if not tensors:
        raise Undecided("the shape of the samples is not known")
    return options.tensor(need, need.broadcast(*map(need.dims, tensors)), tensors[0].dtype)


@op(
    "torch.tril_indices",
    cases=["torch.tril_indices(3, 4)", "torch.tril_indices(3, 3, offset=-1)", "torch.tril_indices(3, 4, -5)"],
)
@factory
def tril_indices(need: Need, options: Options, row: Dim, col: Dim, offset: int = 0) -> Tensor:
    """The number of cells on and below the diagonal ``offset`` of a ``row`` by ``col`` matrix."""
    _demand_sides(need, row, col)
    return options.tensor(need, (2, _triangle(row, col, offset)), "int64")


@op("torch.triu_indices", cases=["torch.triu_indices(3, 4)", "torch.triu_indices(3, 3, offset=1)"])
@factory
def triu_indices(need: Need, options: Options, row: Dim, col: Dim, offset: int = 0) -> Tensor:
    _demand_sides(need, row, col)
    return options.tensor(need, (2, _triangle(col, row, -offset)), "int64")


def _demand_sides(need: Need, row: Dim, col: Dim) -> None:
    need.at_least(row, 0, "size", "row")
    need.at_least(col, 0, "size", "col")


def _triangle(row: Dim, col: Dim, offset: int) -> Dim:
    if type(row) is int and type(col) is int:
        return sum(min(max(i + offset + 1, 0), col) for i in range(row))
    if row == col and offset in (-1, 0):
        return floordiv(row * (row + 1 + 2 * offset), 2)
    return fresh()
