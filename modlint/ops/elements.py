"""The values of small tensors: row-major tuples of Python numbers, computed as torch would compute them."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, TypeAlias

from modlint.dims import Expr
from modlint.ops.arguments import Operand
from modlint.values import Shape, Tensor

Data: TypeAlias = tuple[Any, ...]
LIMIT = 4096


def count(shape: Shape) -> int | None:
    """The number of elements when it is known and small enough to carry their values."""
    total = 1
    for dim in shape:
        if type(dim) is not int:
            return None
        total *= dim
    return total if total <= LIMIT else None


def cast(data: Sequence[Any] | None, dtype: str | None) -> Data | None:
    """The values as a tensor of ``dtype`` holds them; None when one of them is not known."""
    if data is None or dtype not in _CASTS or len(data) > LIMIT:
        return None
    convert = _CASTS[dtype]
    try:
        return tuple([convert(value) for value in data])
    except (OverflowError, ValueError, TypeError):
        return None


def _float32(value: Any) -> float:
    number = float(value)
    return (
        number if math.isinf(number) or math.isnan(number) else float(struct.unpack("f", struct.pack("f", number))[0])
    )


def _int64(value: Any) -> Any:
    if isinstance(value, Expr):
        return value
    number = int(value)
    if not -(1 << 63) <= number < 1 << 63:
        raise OverflowError
    return number


def _bool(value: Any) -> bool:
    if isinstance(value, Expr):
        raise TypeError
    return bool(value)


_CASTS: dict[str | None, Callable[[Any], Any]] = {
    "bool": _bool,
    "int64": _int64,
    "int32": _int64,
    "float32": _float32,
    "float64": float,
}


def spread(data: Data, shape: Sequence[int], target: Sequence[int]) -> Data:
    """The values of a tensor of ``shape`` broadcast to ``target``."""
    if tuple(shape) == tuple(target):
        return data
    if len(data) == 1:
        return data * math.prod(target)
    padded = (1,) * (len(target) - len(shape)) + tuple(shape)
    return take(data, padded, [[0] * size if have == 1 else range(size) for have, size in zip(padded, target)])


def take(data: Data, shape: Sequence[int], picks: Sequence[Sequence[int]]) -> Data:
    """The values at the positions ``picks`` along every axis."""
    steps = strides(shape)
    offsets = [[position * step for position in pick] for pick, step in zip(picks, steps)]
    return tuple([data[sum(place)] for place in product(*offsets)])


def permuted(data: Data, shape: Sequence[int], axes: Sequence[int]) -> Data:
    """The values with the axes in another order."""
    steps = strides(shape)
    offsets = [[position * steps[axis] for position in range(shape[axis])] for axis in axes]
    return tuple([data[sum(place)] for place in product(*offsets)])


def strides(shape: Sequence[int]) -> list[int]:
    """The strides of a contiguous tensor."""
    steps = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        steps[axis] = steps[axis + 1] * max(shape[axis + 1], 1)
    return steps


def mapped(function: Callable[..., Any], shape: Shape, dtype: str | None, *operands: Operand) -> Data | None:
    """The values of an elementwise function of tensors and numbers; None when one of them is not known."""
    if dtype is None or count(shape) is None:
        return None
    columns = [column for operand in operands if (column := _column(operand, shape)) is not None]
    if len(columns) < len(operands):
        return None
    try:
        return cast([function(*values) for values in zip(*columns)], dtype)
    except (ArithmeticError, ValueError, TypeError):
        return None


def _column(operand: Operand, shape: Any) -> Data | None:
    if not isinstance(operand, Tensor):
        return (operand,) * int(math.prod(shape))
    have: Any = operand.shape
    if operand.data is None or not _broadcasts(have, shape):
        return None
    return spread(operand.data, have, shape)


def _broadcasts(have: Sequence[Any], wanted: Sequence[int]) -> bool:
    pairs = zip(reversed(have), reversed(wanted))
    return len(have) <= len(wanted) and all(size in (1, target) for size, target in pairs)


def numeric(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, but only of numbers that are known."""

    def checked(*values: Any) -> Any:
        if any(isinstance(value, Expr) for value in values):
            raise TypeError("a symbolic value")
        return function(*values)

    return checked
