"""Element types: torch's names for them, their kinds, and what they become together.

Promotion follows docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc.
"""

from __future__ import annotations

from enum import IntEnum

from modlint.dims import Expr
from modlint.ops.arguments import Operand
from modlint.ops.need import Need
from modlint.values import External, Tensor, Unknown, Value


class Kind(IntEnum):
    """The kinds of numbers, in the order in which they win over each other."""

    BOOL = 0
    INTEGER = 1
    FLOAT = 2
    COMPLEX = 3


_BYTES: dict[Kind, dict[str, int]] = {
    Kind.BOOL: {"bool": 1},
    Kind.INTEGER: {"uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "uint16": 2, "uint32": 4, "uint64": 8},
    Kind.FLOAT: {
        "float8_e4m3fn": 1,
        "float8_e4m3fnuz": 1,
        "float8_e5m2": 1,
        "float8_e5m2fnuz": 1,
        "float16": 2,
        "bfloat16": 2,
        "float32": 4,
        "float64": 8,
    },
    Kind.COMPLEX: {"complex32": 4, "complex64": 8, "complex128": 16},
}
ITEMSIZE = {name: size for names in _BYTES.values() for name, size in names.items()}
KIND = {name: kind for kind, names in _BYTES.items() for name in names}
_SYNONYMS = {
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "cfloat": "complex64",
    "cdouble": "complex128",
}
_PYTHON = {"bool": "bool", "int": "int64", "float": "float64", "complex": "complex128"}
_NAMED = {
    **{f"torch.{name}": name for name in ITEMSIZE},
    **{f"torch.{name}": meaning for name, meaning in _SYNONYMS.items()},
    **{f"builtins.{name}": meaning for name, meaning in _PYTHON.items()},
}
_REAL = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
_COMPLEX = {"float16": "complex32", "bfloat16": "complex64", "float32": "complex64", "float64": "complex128"}


def named(value: Value) -> str | None:
    """The element type that ``torch.float16`` or Python's ``int`` stands for, None for anything else."""
    return _NAMED.get(value.name) if isinstance(value, External) else None


def chosen(need: Need, dtype: Value, default: str | None) -> str | None:
    """What a ``dtype`` argument asks for; None when that is not known."""
    if dtype is None:
        return default
    if not isinstance(dtype, (External, Unknown)):
        need.fail("type", "torch.dtype", dtype, "dtype")
    return named(dtype)


def is_complex(dtype: str | None) -> bool:
    """Whether ``dtype`` is known to be a complex type."""
    return dtype is not None and KIND[dtype] is Kind.COMPLEX


def is_floating(dtype: str | None) -> bool:
    """Whether ``dtype`` is known to be a real floating-point type."""
    return dtype is not None and KIND[dtype] is Kind.FLOAT


def is_integral(dtype: str | None) -> bool:
    """Whether ``dtype`` is known to be bool or an integer type."""
    return dtype is not None and KIND[dtype] <= Kind.INTEGER


def floating(dtype: str | None) -> str | None:
    """What functions such as ``sin`` return: integers become the default float."""
    return "float32" if is_integral(dtype) else dtype


def summed(dtype: str | None) -> str | None:
    """What sums and products return: integers are added up as int64."""
    return "int64" if is_integral(dtype) else dtype


def real(dtype: str | None) -> str | None:
    """The type of the absolute value."""
    return None if dtype is None else _REAL.get(dtype, dtype)


def complex_of(dtype: str | None) -> str | None:
    """The complex type whose parts are ``dtype``; that of the default float for integers."""
    dtype = floating(dtype)
    return None if dtype is None else _COMPLEX.get(dtype, dtype)


def of_number(value: object) -> str | None:
    """The type that a Python number takes part with."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, Expr)):
        return "int64"
    if isinstance(value, float):
        return "float32"
    return "complex64" if isinstance(value, complex) else None


def wider(a: str | None, b: str | None) -> str | None:
    """``torch.promote_types``."""
    if a is None or b is None or a == b:
        return a if a == b else None
    if KIND[a] < KIND[b]:
        a, b = b, a
    if KIND[a] is Kind.COMPLEX:
        other = complex_of(b) if is_floating(b) else b
        return a if other is None or is_integral(other) else max(a, other, key=ITEMSIZE.__getitem__)
    if KIND[a] is not KIND[b]:
        return a
    return _wider_of_one_kind(a, b)


def _wider_of_one_kind(a: str, b: str) -> str | None:
    if a.startswith(("uint16", "uint32", "uint64", "float8")) or b.startswith(("uint16", "uint32", "uint64", "float8")):
        return None
    if {a, b} == {"uint8", "int8"}:
        return "int16"
    if {a, b} == {"float16", "bfloat16"}:
        return "float32"
    return b if ITEMSIZE[a] < ITEMSIZE[b] or a == "uint8" else a


def promoted(*operands: Operand) -> str | None:
    """``torch.result_type``: dimensioned tensors decide, then scalars' tensors, then Python numbers."""
    first = operands[0]
    if isinstance(first, Tensor) and all(isinstance(x, Tensor) and x.dtype == first.dtype for x in operands):
        return first.dtype
    levels: list[list[str | None]] = [[], [], []]
    for operand in operands:
        if isinstance(operand, Tensor):
            levels[operand.shape == ()].append(operand.dtype)
        else:
            levels[2].append(of_number(operand))
    result: str | None = None
    for dtypes in filter(None, reversed(levels)):
        combined = dtypes[0]
        for dtype in dtypes[1:]:
            combined = wider(combined, dtype)
        if combined is None:
            return None
        result = combined if result is None else _combined(combined, result)
    return result


def _combined(higher: str, lower: str) -> str | None:
    """A lower level only counts when its kind is a higher one."""
    if KIND[lower] <= KIND[higher]:
        return higher
    if KIND[lower] is Kind.COMPLEX and KIND[higher] is Kind.FLOAT:
        return complex_of(higher)
    return lower


def castable(source: str | None, target: str | None) -> bool:
    """Whether a result of type ``source`` may be written in place to ``target``."""
    if source is None or target is None:
        return True
    return KIND[source] <= KIND[target]
