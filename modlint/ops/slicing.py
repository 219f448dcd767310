"""Python's slices of sizes that may be symbolic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modlint.dims import Dim, Expr, bounds, ceildiv, maximum, minimum
from modlint.ops.arguments import item
from modlint.ops.need import Need, Undecided
from modlint.ops.shapes import fresh
from modlint.values import Tensor, Unknown, Value


class Sliced(NamedTuple):
    """The length of a slice and, where they are known, the positions in it."""

    length: Dim
    positions: Sequence[int] | None


def sliced(need: Need, part: slice, size: Dim) -> Sliced:
    """What ``part`` takes of a dim; a fresh symbol is the length when it cannot be known."""
    start, stop, step = (_bound(value) for value in (part.start, part.stop, part.step))
    if step is not None and not isinstance(step, Unknown):
        need.at_least(step, 1, "index", "index")
    if any(isinstance(value, Unknown) for value in (start, stop, step)) or isinstance(step, Expr):
        return Sliced(fresh(), None)
    step = max(step or 1, 1)
    if type(size) is int and not isinstance(start, Expr) and not isinstance(stop, Expr):
        positions = range(size)[slice(start, stop, step)]
        return Sliced(len(positions), positions)
    try:
        first, last = _place(need, start, size, 0), _place(need, stop, size, size)
    except Undecided:
        return Sliced(fresh(), None)
    return Sliced(ceildiv(maximum(last - first, 0), step), None)


def _bound(value: Value) -> Value:
    if isinstance(value, Tensor):
        return item(value) if value.data else Unknown("the value of a tensor is not known")
    return value if value is None or isinstance(value, (int, Expr)) else Unknown("a bound that is no integer")


def _place(need: Need, bound: Value, size: Dim, default: Dim) -> Dim:
    """``bound`` counted from the front and clamped to 0..size."""
    if bound is None:
        return default
    bound = need.facts.resolve(bound)
    low, high = bounds(bound)
    if low is not None and low >= 0:
        return minimum(bound, size)
    if high is not None and high < 0:
        return maximum(size + bound, 0)
    raise Undecided("the sign of a bound is not known")
