"""Under which names torch offers an op."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

from modlint.ops import elements
from modlint.ops.dtypes import castable
from modlint.ops.need import Need
from modlint.values import Open, Tensor

F = TypeVar("F", bound=Callable[..., Any])


def everywhere(*names: str) -> list[str]:
    """As a function of ``torch`` and as a method of tensors."""
    return [f"{place}.{name}" for name in names for place in ("torch", "torch.Tensor")]


def methods(*names: str) -> list[str]:
    """As methods of tensors alone."""
    return [f"torch.Tensor.{name}" for name in names]


def functions(*names: str) -> list[str]:
    """As functions of ``torch`` alone."""
    return [f"torch.{name}" for name in names]


_UPDATES = frozenset(
    [
        "abs",
        "acos",
        "acosh",
        "addmv",
        "arccos",
        "arccosh",
        "arcsin",
        "arcsinh",
        "arctan",
        "arctanh",
        "asin",
        "asinh",
        "atan",
        "atanh",
        "ceil",
        "clamp",
        "clamp_max",
        "clamp_min",
        "clip",
        "cos",
        "cosh",
        "deg2rad",
        "erf",
        "erfc",
        "exp",
        "exp2",
        "expm1",
        "fix",
        "floor",
        "frac",
        "gcd",
        "i0",
        "index_put",
        "lcm",
        "log",
        "log10",
        "log1p",
        "log2",
        "logit",
        "nan_to_num",
        "neg",
        "negative",
        "rad2deg",
        "reciprocal",
        "round",
        "rsqrt",
        "sin",
        "sinc",
        "sinh",
        "sqrt",
        "square",
        "tan",
        "trunc",
        "xlogy",
    ]
)
"""What ``torch`` itself offers with an underscore, too."""


def updates(names: Iterable[str]) -> list[str]:
    """As what works in place, ``add_`` for ``add``: a method, and for some a function of ``torch``."""
    return [f"{place}.{name}_" for name in names for place in ("torch.Tensor", "torch")[: 1 + (name in _UPDATES)]]


def in_place(function: F) -> F:
    """The op ``function`` as a method that overwrites its first operand, whose shape and dtype cannot change."""

    @wraps(function)
    def update(need: Need, input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return overwrite(need, input, function(need, input, *args, **kwargs))

    return update  # type: ignore[return-value]


def overwrite(need: Need, target: Tensor, value: Tensor) -> Tensor:
    """``target`` after ``value`` was written to it, as in-place operations and ``copy_`` do."""
    _keep_shape(need, target, value)
    if not castable(value.dtype, target.dtype):
        need.fail("dtype", target.dtype, value.dtype, "other")
    target.data = elements.cast(value.data, target.dtype)
    return target


def _keep_shape(need: Need, target: Tensor, value: Tensor) -> None:
    before, after = need.shape(target), need.shape(value)
    if isinstance(before, Open) or isinstance(after, Open):
        return
    if len(before) != len(after):
        need.fail("broadcast", before, after, "other")
        return
    for have, get in zip(before, after):
        need.equal(get, have, "broadcast", "other")
