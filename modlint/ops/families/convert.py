"""The same tensor with another dtype, device or history."""

from __future__ import annotations

from collections.abc import Callable

from modlint.ops import dtypes, elements
from modlint.ops.arguments import Anything, item
from modlint.ops.demands import REAL_OR_COMPLEX, demand_kind
from modlint.ops.names import everywhere, methods
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.values import CONTIGUOUS, SCATTERED, External, ListValue, Tensor, Unknown, Value


def converted(need: Need, input: Tensor, dtype: str | None, device: Value = None) -> Tensor:
    """The same values as another ``dtype`` or on another ``device``; the strides stay."""
    data = input.data if dtype == input.dtype else elements.cast(input.data, dtype)
    place = device if isinstance(device, str) else input.device
    return Tensor(need.shape(input), dtype, data=data, order=input.order, device=place)


def _dtype_of(input: Tensor, target: Value) -> str | None:
    """The dtype that one positional argument of ``to`` asks for; a device leaves it as it is."""
    if isinstance(target, Tensor):
        return target.dtype
    if isinstance(target, (str, int)) or (isinstance(target, External) and target.name == "torch.device"):
        return input.dtype
    return dtypes.named(target)


@op(
    *methods("to"),
    cases=[
        "torch.ones(2, 3).to(torch.float16)",
        "torch.ones(2, 3).to('cpu')",
        "torch.ones(2, 3).to('cpu', torch.int64)",
        "torch.ones(2, 3).to(torch.tensor([1]))",
        "torch.ones(2, 3).to(device='cpu', dtype=torch.float64, non_blocking=True)",
        "torch.ones(2, 3, 4).transpose(1, 2).to(torch.float64).view(2, 12)",
    ],
)
def to(
    need: Need,
    input: Tensor,
    *args: Anything,
    device: Anything = None,
    dtype: Anything = None,
    other: Anything = None,
    non_blocking: Anything = False,
    copy: Anything = False,
    memory_format: Anything = None,
) -> Tensor:
    """``to(dtype)``, ``to(device, dtype)`` or ``to(other)``; what is Unknown may be a device or a dtype."""
    asked = [target for target in (*args[:2], other) if target is not None and not isinstance(target, bool)]
    found = [_dtype_of(input, target) for target in asked]
    changed = [kind for kind in found if kind != input.dtype]
    kind = changed[0] if changed else input.dtype
    if dtype is not None:
        kind = dtypes.chosen(need, dtype, None)
    elif len(asked) == 2 and isinstance(asked[0], Unknown):
        kind = found[1]
    place = device or next((target for target in asked if isinstance(target, str)), None)
    result = converted(need, input, kind, place)
    result.order = input.order if memory_format is None else SCATTERED
    return result


def _cast(dtype: str) -> Callable[..., Tensor]:
    def function(need: Need, input: Tensor, memory_format: Anything = None) -> Tensor:
        return converted(need, input, dtype)

    return function


for _name, _dtype in {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "bfloat16": "bfloat16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "char": "int8",
    "byte": "uint8",
    "bool": "bool",
    "cfloat": "complex64",
    "cdouble": "complex128",
}.items():
    op(*methods(_name), cases=[f"torch.ones(2, 3).{_name}()"])(_cast(_dtype))


@op(
    *methods("type"),
    cases=["torch.ones(2).type(torch.float16)", "torch.ones(2).type('torch.DoubleTensor')", "torch.ones(2).type()"],
)
def type_(need: Need, input: Tensor, dtype: Anything = None, non_blocking: Anything = False) -> Value:
    """Without an argument: the name of the tensor's old-style type."""
    if dtype is None:
        if input.dtype not in _TYPES:
            raise Undecided("the name of the type is not known")
        return _TYPES[input.dtype]
    name = dtype if isinstance(dtype, str) else dtype.name if isinstance(dtype, External) else ""
    by_class = {text.replace(".cuda", ""): kind for kind, text in _TYPES.items()}.get(name.replace(".cuda", ""))
    return converted(need, input, dtypes.named(dtype) or by_class)


_TYPES = {
    "float32": "torch.FloatTensor",
    "float64": "torch.DoubleTensor",
    "float16": "torch.HalfTensor",
    "bfloat16": "torch.BFloat16Tensor",
    "uint8": "torch.ByteTensor",
    "int8": "torch.CharTensor",
    "int16": "torch.ShortTensor",
    "int32": "torch.IntTensor",
    "int64": "torch.LongTensor",
    "bool": "torch.BoolTensor",
}


@op(*methods("type_as"), cases=["torch.ones(2).type_as(torch.tensor([1]))"])
def type_as(need: Need, input: Tensor, other: Tensor) -> Tensor:
    return converted(need, input, other.dtype)


@op(*methods("cpu", "cuda", "xpu"), cases=["torch.ones(2).cpu()"])
def cpu(
    need: Need,
    input: Tensor,
    device: Anything = None,
    non_blocking: Anything = False,
    memory_format: Anything = None,
) -> Tensor:
    return converted(need, input, input.dtype)


# Copies and history


@op(
    *everywhere("clone", "detach"),
    cases=[
        "torch.ones(2, 3).clone()",
        "torch.ones(2, 3).detach()",
        "torch.clone(torch.ones(2, 3, 4).transpose(1, 2)).view(24)",
    ],
)
def clone(need: Need, input: Tensor, *, memory_format: Anything = None) -> Tensor:
    result = converted(need, input, input.dtype)
    result.order = input.order if memory_format is None else SCATTERED
    return result


@op(
    *methods("pin_memory", "coalesce", "to_dense"),
    cases=["torch.ones(2).to_dense()"],
)
def unchanged(need: Need, input: Tensor, *options: Anything) -> Tensor:
    return converted(need, input, input.dtype)


@op(
    *methods("requires_grad_"),
    cases=[
        "torch.ones(2).requires_grad_()",
        "torch.ones(2).requires_grad_(False)",
        "torch.ones(2).long().requires_grad_()",
        "torch.ones(2).long().requires_grad_(False)",
    ],
)
def requires_grad(need: Need, input: Tensor, requires_grad: Anything = True) -> Tensor:
    if requires_grad is True:
        demand_kind(need, input, REAL_OR_COMPLEX)
    return input


@op(
    "torch.autograd.Variable",
    cases=[
        "torch.autograd.Variable(torch.ones(2, 3))",
        "torch.autograd.Variable(data=torch.ones(2, 3), requires_grad=True)",
        "torch.autograd.Variable(torch.ones(2), volatile=True)",
        "torch.autograd.Variable(torch.ones(2).long(), requires_grad=True)",
        "torch.autograd.Variable([1, 2])",
        "torch.autograd.Variable(3)",
        "torch.autograd.Variable()",
    ],
)
def variable(need: Need, data: Anything = None, requires_grad: Anything = False, volatile: Anything = None) -> Tensor:
    """The tensor itself, since variables are tensors (docs.pytorch.org/docs/stable/autograd.html)."""
    if data is None:
        return Tensor((0,))
    if isinstance(data, Unknown):
        raise Undecided(data.why)
    if not isinstance(data, Tensor):
        need.fail("type", "Tensor", data, "data")
        raise Impossible
    if requires_grad is True:
        demand_kind(need, data, REAL_OR_COMPLEX)
    return data


@op(*methods("detach_", "share_memory_"), cases=["torch.ones(2).detach_()"])
def itself(need: Need, input: Tensor) -> Tensor:
    return input


@op(
    *methods("backward", "retain_grad", "register_hook", "register_post_accumulate_grad_hook"),
)
def nothing(need: Need, input: Tensor, *args: Anything, **options: Anything) -> None:
    return None


# Out of the world of tensors


def _demand_one_element(need: Need, input: Tensor) -> None:
    for size in need.dims(input):
        need.equal(size, 1, "item")


@op(
    *methods("item"),
    cases=["torch.tensor([[3]]).item()", "torch.ones(2).item()"],
)
def to_number(need: Need, input: Tensor) -> Value:
    """The number in a tensor of one element."""
    _demand_one_element(need, input)
    return item(input)


@op(*methods("tolist"), cases=["torch.tensor([[1, 2], [3, 4]]).tolist()", "torch.tensor(3).tolist()"])
def tolist(need: Need, input: Tensor) -> Value:
    """Nested lists of the numbers, each Unknown when the values are not known."""
    shape = [need.known(size) for size in need.dims(input)]
    count = elements.count(tuple(shape))
    if count is None:
        raise Undecided("the list is long")
    values = list(input.data or [Unknown("the value of a tensor is not known")] * count)
    return _nested(values, shape)


def _nested(values: list[Value], shape: list[int]) -> Value:
    if not shape:
        return values[0]
    step = len(values) // shape[0] if shape[0] else 0
    return ListValue([_nested(values[row * step : (row + 1) * step], shape[1:]) for row in range(shape[0])])


@op(*methods("numpy", "storage", "untyped_storage", "data_ptr", "get_device", "storage_offset"))
def outside(need: Need, input: Tensor, *args: Anything, **options: Anything) -> Value:
    raise Undecided("a value outside of torch")


@op(
    "torch.view_as_real",
    cases=["torch.view_as_real(torch.ones(3, dtype=torch.complex64))", "torch.view_as_real(torch.ones(3))"],
)
def view_as_real(need: Need, input: Tensor) -> Tensor:
    if input.dtype is not None and not input.dtype.startswith("complex"):
        need.fail("dtype", "complex", input.dtype, "input")
    order = CONTIGUOUS if input.order is CONTIGUOUS else SCATTERED
    return Tensor((*need.dims(input), 2), dtypes.real(input.dtype), order=order, device=input.device)


@op(
    "torch.view_as_complex",
    cases=["torch.view_as_complex(torch.ones(3, 2))", "torch.view_as_complex(torch.ones(3, 3))"],
)
def view_as_complex(need: Need, input: Tensor) -> Tensor:
    """Pairs of numbers in the last dim become complex numbers."""
    shape = need.dims(input)
    if not shape:
        need.fail("rank", 1, (), "input")
        raise Impossible
    need.equal(shape[-1], 2, "view")
    if input.dtype is not None and not dtypes.is_floating(input.dtype):
        need.fail("dtype", "float", input.dtype, "input")
    order = CONTIGUOUS if input.order is CONTIGUOUS else SCATTERED
    return Tensor(shape[:-1], dtypes.complex_of(input.dtype), order=order, device=input.device)
