"""Elementwise functions that choose between values or blend them: where, clamp, lerp, masked_fill, addcmul."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from modlint.dims import Expr
from modlint.ops import dtypes
from modlint.ops.arguments import Anything, Operand
from modlint.ops.demands import ORDERED, demand_dtype, demand_kind, demand_same_dtype
from modlint.ops.elements import mapped, numeric
from modlint.ops.families.select import nonzero
from modlint.ops.names import everywhere, in_place, overwrite, updates
from modlint.ops.need import Need
from modlint.ops.registry import op
from modlint.ops.shapes import copied_order, elementwise
from modlint.values import Tensor, Unknown, Value


@op(
    "torch.where",
    cases=[
        "torch.where(torch.ones(2, 3) > 0, torch.ones(3), 0.0)",
        "torch.where(torch.ones(2, 3) > 0, torch.ones(3, dtype=torch.int64), torch.ones(2, 1))",
        "torch.where(torch.ones(2, 3) > 0, 1, 2)",
        "torch.where(torch.ones(2, 3) > 0, torch.ones(2), 0.0)",
        "torch.where(torch.ones(2, 3), torch.ones(3), 0.0)",
    ],
)
def where(
    need: Need, condition: Tensor, input: Operand | None = None, other: Operand | None = None, *, out: Anything = None
) -> Value:
    """With a condition alone: its indices."""
    if input is None and other is None:
        return nonzero(need, condition, as_tuple=True)
    assert input is not None and other is not None
    demand_dtype(need, condition, "bool", "uint8", operand="condition")
    return elementwise(need, dtypes.promoted(input, other), condition, input, other)


@op("torch.Tensor.where", cases=["torch.ones(2, 3).where(torch.ones(3) > 0, 0.0)"])
def where_method(need: Need, input: Tensor, condition: Tensor, other: Operand) -> Value:
    return where(need, condition, input, other)


@op(
    *everywhere("clamp", "clip"),
    cases=[
        "torch.clamp(torch.randn(2, 3), 0, 1)",
        "torch.clamp(torch.randn(2, 3), min=torch.randn(3))",
        "torch.clamp(torch.ones(2, dtype=torch.int64), max=0.5)",
        "torch.clamp(torch.randn(2, 3))",
        "torch.clamp(torch.randn(2, 3).cfloat(), 0, 1)",
        "torch.clamp(torch.randn(2, 3), min=torch.randn(3).cfloat())",
        "torch.clamp(torch.randn(2, 3), min=torch.randn(2))",
    ],
)
def clamp(
    need: Need, input: Tensor, min: Operand | None = None, max: Operand | None = None, *, out: Anything = None
) -> Tensor:
    limits = [limit for limit in (min, max) if limit is not None]
    if not limits:
        need.fail("value", "min or max", None, "min")
    for tensor in (input, *limits):
        if isinstance(tensor, Tensor):
            demand_kind(need, tensor, ORDERED)
    result = elementwise(need, dtypes.promoted(input, *limits), input, *limits)
    if input.data is not None:
        result.data = mapped(numeric(_limited), result.shape, result.dtype, input, _or(min, _LOW), _or(max, _HIGH))
    return result


_LOW, _HIGH = float("-inf"), float("inf")


def _or(limit: Operand | None, default: float) -> Operand:
    return default if limit is None else limit


def _limited(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


@op(*everywhere("clamp_min"), cases=["torch.clamp_min(torch.randn(2, 3), 0)"])
def clamp_min(need: Need, input: Tensor, min: Operand) -> Tensor:
    return clamp(need, input, min)


@op(*everywhere("clamp_max"), cases=["torch.clamp_max(torch.randn(2, 3), torch.randn(3))"])
def clamp_max(need: Need, input: Tensor, max: Operand) -> Tensor:
    return clamp(need, input, None, max)


@op(
    *everywhere("lerp"),
    cases=[
        "torch.lerp(torch.ones(2, 3), torch.ones(3), 0.5)",
        "torch.lerp(torch.ones(2, 3), torch.ones(3), torch.ones(2, 1))",
        "torch.lerp(torch.ones(2, 3), torch.ones(2), 0.5)",
        "torch.lerp(torch.ones(2), torch.ones(2, dtype=torch.float64), 0.5)",
    ],
)
def lerp(need: Need, input: Tensor, end: Tensor, weight: Operand, *, out: Anything = None) -> Tensor:
    demand_same_dtype(need, end, input, "end")
    return elementwise(need, input.dtype, input, end, weight)


@op(
    *everywhere("addcmul", "addcdiv"),
    cases=[
        "torch.addcmul(torch.ones(2, 3), torch.ones(3), torch.ones(2, 1), value=2)",
        "torch.addcmul(torch.ones(2, 3), torch.ones(2), torch.ones(2, 1))",
    ],
)
def addcmul(
    need: Need, input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Anything = 1, out: Anything = None
) -> Tensor:
    return elementwise(need, dtypes.promoted(input, tensor1, tensor2), input, tensor1, tensor2)


@op(
    *everywhere("masked_fill"),
    cases=[
        "torch.ones(2, 3).masked_fill(torch.ones(3) > 0, 0.0)",
        "torch.ones(3).masked_fill(torch.ones(2, 3) > 0, float('-inf'))",
        "torch.ones(2, 3).masked_fill(torch.ones(2) > 0, 0.0)",
        "torch.ones(2, 3).masked_fill(torch.ones(3), 0.0)",
        "torch.ones(2, 3).masked_fill(torch.ones(3) > 0, None)",
        "torch.ones(3, dtype=torch.int64).masked_fill(torch.ones(3) > 0, float('-inf'))",
    ],
)
def masked_fill(need: Need, input: Tensor, mask: Tensor, value: Anything) -> Tensor:
    """The value is one number, which need not be known."""
    demand_dtype(need, mask, "bool", operand="mask")
    if not isinstance(value, (Tensor, int, float, complex, Expr, Unknown)):
        need.fail("type", "Tensor or number", value, "value")
    if isinstance(value, float) and abs(value) == _HIGH and dtypes.is_integral(input.dtype) and input.dtype != "bool":
        need.fail("dtype", "float", input.dtype, "input")
    if isinstance(value, Tensor) and need.shape(value) != ():
        need.rank(value, 0, operand="value")
    result = elementwise(need, input.dtype, input, mask)
    result.order = copied_order(need, result)
    return result


@op(
    *everywhere("masked_scatter"),
    cases=[
        "torch.ones(2, 3).masked_scatter(torch.ones(3) > 0, torch.ones(6))",
        "torch.ones(2, 3).masked_scatter(torch.ones(2) > 0, torch.ones(6))",
    ],
)
def masked_scatter(need: Need, input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    demand_dtype(need, mask, "bool", operand="mask")
    demand_same_dtype(need, source, input, "source")
    return elementwise(need, input.dtype, input, mask)


_UPDATES: Sequence[tuple[str, Callable[..., Tensor], str]] = [
    ("clamp", clamp, "0, 1"),
    ("clip", clamp, "0, 1"),
    ("clamp_min", clamp_min, "0.5"),
    ("clamp_max", clamp_max, "0.5"),
    ("lerp", lerp, "torch.ones(3), 0.5"),
    ("addcmul", addcmul, "torch.ones(3), torch.ones(2, 1)"),
    ("addcdiv", addcmul, "torch.ones(3), torch.ones(2, 1)"),
    ("masked_fill", masked_fill, "torch.ones(3) > 0, 0.0"),
    ("masked_scatter", masked_scatter, "torch.ones(3) > 0, torch.ones(6)"),
]
for _name, _function, _arguments in _UPDATES:
    op(*updates([_name]), cases=[f"torch.ones(2, 3).{_name}_({_arguments})"])(in_place(_function))


@op(
    "torch.Tensor.copy_",
    cases=[
        "torch.ones(2, 3).copy_(torch.ones(3))",
        "torch.ones(2, dtype=torch.int64).copy_(torch.ones(2))",
        "torch.ones(3).copy_(torch.ones(2, 3))",
    ],
)
def copy(need: Need, input: Tensor, src: Tensor, non_blocking: Anything = False) -> Tensor:
    """Every dtype can be copied into every other."""
    written = elementwise(need, input.dtype, input, src)
    written.data = src.data if need.shape(src) == need.shape(input) else None
    return overwrite(need, input, written)
