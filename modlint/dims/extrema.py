"""The larger and the smaller of two dims."""

from __future__ import annotations

from collections.abc import Callable

from modlint.dims.bounds import bounds
from modlint.dims.expressions import Dim, Max, Min, as_expr, constant, linear


def maximum(a: Dim, b: Dim) -> Dim:
    """Return the larger of two dims."""
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    return _extremum(Max, _arguments(Max, a) | _arguments(Max, b), _never_above)


def minimum(a: Dim, b: Dim) -> Dim:
    """Return the smaller of two dims."""
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    return _extremum(Min, _arguments(Min, a) | _arguments(Min, b), lambda one, other: _never_above(other, one))


def _arguments(kind: type[Max] | type[Min], dim: Dim) -> frozenset[Dim]:
    form = linear(dim)
    if form is None or not isinstance(form[1], kind) or form[0] != 1:
        return frozenset((dim,))
    return frozenset(argument + form[2] for argument in form[1].arguments)


def _extremum(kind: type[Max] | type[Min], arguments: frozenset[Dim], yields: Callable[[Dim, Dim], bool]) -> Dim:
    """Drop every argument that yields to another one; what all have in common as a constant leaves the atom."""
    kept: list[Dim] = []
    for argument in arguments:
        if not any(yields(argument, other) for other in kept):
            kept = [other for other in kept if not yields(other, argument)] + [argument]
    if len(kept) == 1:
        return kept[0]
    common = min(map(constant, kept))
    return as_expr(kind(frozenset(argument - common for argument in kept))) + common


def _never_above(a: Dim, b: Dim) -> bool:
    upper = bounds(a - b)[1]
    return upper is not None and upper <= 0
