"""How people write the arguments of ``forward``: ``8x3x224x224``, ``2x16:int64``, several by comma."""

from __future__ import annotations

import re
from typing import TypeAlias

from modlint.misuse import MisuseError, did_you_mean

Inputs: TypeAlias = tuple[tuple[tuple[int, ...], str], ...]
"""Shape and element type of each argument."""

DTYPES = (
    "float32",
    "float16",
    "bfloat16",
    "float64",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "bool",
    "complex64",
    "complex128",
)
_ARGUMENT = re.compile(r"(\d+(?:x\d+)*)(?::(\w+))?")


def parse_inputs(spec: str) -> Inputs:
    """The arguments that ``spec`` describes; raises MisuseError when it describes none."""
    return tuple(_parse_argument(argument.strip()) for argument in spec.split(","))


def _parse_argument(argument: str) -> tuple[tuple[int, ...], str]:
    match = _ARGUMENT.fullmatch(argument)
    if match is None:
        raise MisuseError(f"`{argument}` is no input; write sizes as in `8x3x224x224` or `2x16:int64`.")
    sizes, dtype = match[1], match[2] or DTYPES[0]
    if dtype not in DTYPES:
        raise MisuseError(f"`{dtype}` is no element type{did_you_mean(dtype, DTYPES)}")
    return tuple(map(int, sizes.split("x"))), dtype
