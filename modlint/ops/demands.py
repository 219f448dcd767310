"""Demands on operands that many families share, and the results that go with them."""

from __future__ import annotations

from collections.abc import Sequence

from modlint.dims import Answer, Dim, Expr, Grade
from modlint.ops.dtypes import KIND, Kind
from modlint.ops.need import Impossible, Mismatch, Need
from modlint.values import Open, Tensor, Unknown, Value

REAL = (Kind.FLOAT,)
REAL_OR_COMPLEX = (Kind.FLOAT, Kind.COMPLEX)
REAL_OR_INTEGER = (Kind.FLOAT, Kind.INTEGER)
ORDERED = (Kind.FLOAT, Kind.INTEGER, Kind.BOOL)
NUMBERS = (Kind.FLOAT, Kind.INTEGER, Kind.COMPLEX)


def like(tensor: Tensor, dtype: str | None) -> Tensor:
    """The result of an elementwise function: shape, strides and device are those of ``tensor``."""
    return Tensor(tensor.shape, dtype, order=tensor.order, device=tensor.device)


def demand_kind(need: Need, tensor: Tensor, kinds: tuple[Kind, ...], operand: str = "input") -> str | None:
    """The element type of ``tensor``, which must be of one of the ``kinds``; float32 when it is not."""
    dtype = tensor.dtype
    if dtype is None or KIND[dtype] in kinds:
        return dtype
    need.fail("dtype", tuple(kind.name.lower() for kind in kinds), dtype, operand)
    return "float32"


def demand_dtype(need: Need, tensor: Tensor, *allowed: str, operand: str = "input") -> None:
    """The element type of ``tensor`` must be one of ``allowed``."""
    if tensor.dtype is not None and tensor.dtype not in allowed:
        need.fail("dtype", allowed, tensor.dtype, operand)


def demand_same_dtype(need: Need, tensor: Tensor, other: Tensor, operand: str) -> None:
    """``tensor`` must have the element type of ``other``."""
    if None not in (tensor.dtype, other.dtype) and tensor.dtype != other.dtype:
        need.fail("dtype", other.dtype, tensor.dtype, operand)


def demand_weight_dtype(need: Need, input: Tensor, weight: Tensor) -> None:
    """``input`` must have the element type of ``weight``.

    Parameters are taken for what they were made as: ``half()`` and autocast may have made less of them, and that a
    model was not made ``double()`` is a contract, not a fact.
    """
    if input.dtype is None or weight.dtype is None or input.dtype == weight.dtype:
        return
    if not weight.parameter or KIND[input.dtype] is not KIND[weight.dtype]:
        need.fail("dtype", weight.dtype, input.dtype, "input")
    elif "float64" in (input.dtype, weight.dtype):
        need.failures.append(Mismatch("dtype", weight.dtype, input.dtype, "input", Grade.CONTRACT))


def of_weight(need: Need, input: Tensor, weight: Tensor) -> Tensor:
    """``input``, whose type is not known to stay when it has no elements and is of another type than ``weight``."""
    stays = input.dtype == weight.dtype or not need.is_empty(input)
    return input if stays else Tensor(input.shape, None, device=input.device)


def demand_integers(need: Need, values: Sequence[Value], operand: str) -> None:
    """Sizes or axes that are known must be integers; raises Impossible when one is something else."""
    strange = [value for value in values if not isinstance(value, (int, Expr, Unknown, Tensor))]
    if strange:
        need.fail("type", "int", strange[0], operand)
        raise Impossible


def demand_within(need: Need, value: object, low: float, high: float, operand: str) -> None:
    """A number, as far as it is known, must lie in ``low..high``."""
    if isinstance(value, (int, float)) and not low <= value <= high:
        need.fail("range", (low, high), value, operand)


def demand_ordered(need: Need, low: object, high: object, operand: str, *, strictly: bool = False) -> None:
    """Two numbers, as far as they are known, must stand in this order."""
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and (low > high or (strictly and low == high)):
        need.fail("range", high, low, operand)


def demand_one_of(need: Need, value: object, allowed: tuple[object, ...], operand: str) -> None:
    """``value`` must be one of ``allowed``."""
    if value not in allowed:
        need.fail("value", allowed, value, operand)


def demand_bool(need: Need, value: Value, operand: str) -> None:
    """torch's compiled functions take True and False for a flag, and no integers."""
    if value is None or (isinstance(value, (int, float, Expr, tuple, str)) and not isinstance(value, bool)):
        need.fail("type", "bool", value, operand)


def demand_shape(need: Need, tensor: Tensor, wanted: tuple[Dim, ...], aspect: str, operand: str) -> None:
    """``tensor`` must have exactly the shape ``wanted``."""
    found = need.shape(tensor)
    if isinstance(found, Open):
        found = need.rank(tensor, len(wanted), aspect=aspect, operand=operand)
    if len(found) != len(wanted):
        need.fail(aspect, wanted, found, operand, *found, *wanted)
        return
    for dim, other in zip(found, wanted, strict=True):
        if need.facts.assume_equal(dim, other) is Answer.NO:
            need.fail(aspect, wanted, found, operand, *found, *wanted)
            return


def demand_fits(
    need: Need, dims: tuple[Dim, ...], target: tuple[Dim, ...], operand: str, aspect: str = "broadcast"
) -> None:
    """``dims`` must broadcast to ``target`` and not beyond, as what is written in place must."""
    before = len(need.failures)
    common = need.broadcast(target, dims, aspect=aspect, operand=operand)
    grows = len(common) != len(target) or any(
        need.facts.assume_equal(dim, own) is Answer.NO for dim, own in zip(common, target, strict=True)
    )
    if grows and len(need.failures) == before:
        need.fail(aspect, target, dims, operand, *target, *dims)
