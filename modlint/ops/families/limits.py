"""What numbers the element types hold: docs.pytorch.org/docs/stable/type_info.html."""

from __future__ import annotations

import math
from typing import NamedTuple

from modlint.ops import dtypes
from modlint.ops.arguments import Anything
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.results import NamedResult
from modlint.values import External, Value


class _Format(NamedTuple):
    """A binary floating-point format of IEEE 754 or its like: bits of the fraction, largest exponent."""

    fraction: int
    exponent: int


_FLOATS = {
    "float16": _Format(10, 15),
    "bfloat16": _Format(7, 127),
    "float32": _Format(23, 127),
    "float64": _Format(52, 1023),
}


def _element_type(need: Need, given: Value, kinds: tuple[dtypes.Kind, ...]) -> str:
    """The element type that is asked about, which must be of one of these kinds."""
    name = dtypes.chosen(need, given, "float32")
    if name is None:
        raise Undecided("the element type is not known")
    if dtypes.KIND[name] not in kinds:
        need.fail("dtype", tuple(kind.name.lower() for kind in kinds), name, "type")
        raise Impossible
    return name


@op(
    "torch.finfo",
    cases=[
        "torch.finfo(torch.float16).max",
        "torch.finfo(torch.float32).min",
        "torch.finfo(torch.bfloat16).eps",
        "torch.finfo().tiny",
        "torch.finfo(torch.ones(2).double().dtype).resolution",
        "torch.finfo(torch.complex64).bits",
        "torch.finfo(torch.int8).max",
        "torch.finfo(torch.float32).mean",
    ],
)
def finfo(need: Need, type: Anything = None) -> NamedResult:
    name = dtypes.real(_element_type(need, type, (dtypes.Kind.FLOAT, dtypes.Kind.COMPLEX)))
    if name is None or name not in _FLOATS:
        raise Undecided("the limits of the element type are not known")
    fraction, exponent = _FLOATS[name]
    largest, smallest = (2 - 2.0**-fraction) * 2.0**exponent, 2.0 ** (1 - exponent)
    limits = {
        "bits": 8 * dtypes.ITEMSIZE[name],
        "eps": 2.0**-fraction,
        "max": largest,
        "min": -largest,
        "tiny": smallest,
        "smallest_normal": smallest,
        "resolution": 10.0 ** -math.floor(fraction * math.log10(2)),
        "dtype": name,
    }
    return NamedResult(tuple(limits), tuple(limits.values()))


@op(
    "torch.iinfo",
    cases=[
        "torch.iinfo(torch.int8).min",
        "torch.iinfo(torch.uint8).max",
        "torch.iinfo(torch.int64).max",
        "torch.iinfo(torch.int32).bits",
        "torch.iinfo(torch.float32).max",
    ],
)
def iinfo(need: Need, type: Anything) -> NamedResult:
    name = _element_type(need, type, (dtypes.Kind.INTEGER,))
    bits = 8 * dtypes.ITEMSIZE[name]
    low, high = (0, 2**bits - 1) if name.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return NamedResult(("bits", "max", "min", "dtype"), (bits, high, low, name))


@op("torch.get_default_dtype", cases=["torch.get_default_dtype()"])
def get_default_dtype(need: Need) -> External:
    """float32, as long as nobody sets another."""
    return External("torch.float32")


@op(
    "torch.promote_types",
    cases=[
        "torch.promote_types(torch.int64, torch.float16)",
        "torch.promote_types(torch.float16, torch.bfloat16)",
        "torch.promote_types(torch.uint8, torch.int8)",
    ],
)
def promote_types(need: Need, type1: Anything, type2: Anything) -> External:
    result = dtypes.wider(dtypes.chosen(need, type1, None), dtypes.chosen(need, type2, None))
    if result is None:
        raise Undecided("the element types are not known")
    return External(f"torch.{result}")
