"""Which sizes of its input a model can take, asked at the end of a run on open inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from modlint.dims import Answer, Dim, Expr, Symbol, as_expr, symbols
from modlint.facts import Facts
from modlint.progressions import Allowed
from modlint.values import Open, Origin, Tensor, Value


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is left to the spatial sizes of an input.

    ``alone``: the values of each size that go with some values of the others; ``equal``: those that all of them can
    have at the same time, None when they cannot be told; ``pinned_by``: the operation that last narrowed them.
    """

    alone: Mapping[str, Allowed]
    equal: Allowed | None
    pinned_by: Origin


def input_sizes(facts: Facts, inputs: Iterable[Value], pinned_by: Origin) -> Sizes | None:
    """The sizes left to the axes after the channels of the first input, None when it has none.

    The last of three axes may as well hold the features of a sequence: it counts as none.
    """
    found = next((axes for value in inputs if (axes := _spatial(value))), ())
    if not found:
        return None
    alone = {axis.name: left for axis in found if (left := facts.allowed(axis)) is not None}
    return Sizes(alone, _equal(facts, found), pinned_by) if len(alone) == len(found) else None


def _spatial(value: Value) -> tuple[Symbol, ...]:
    if not isinstance(value, Tensor) or not isinstance(value.shape, Open):
        return ()
    axes = value.shape.rank.axes
    if 3 not in axes:
        return ()
    return tuple(symbol for index in range(2, 5) if (symbol := _symbol(axes.get(index))) is not None)


def _symbol(dim: Dim | None) -> Symbol | None:
    return next(iter(symbols(dim))) if isinstance(dim, Expr) and len(symbols(dim)) == 1 else None


def _equal(facts: Facts, axes: tuple[Symbol, ...]) -> Allowed | None:
    mark = facts.mark()
    first, *others = map(as_expr, axes)
    possible = all(facts.assume_equal(first, other) is not Answer.NO for other in others)
    left = facts.allowed(axes[0]) if possible else None
    facts.undo(mark)
    return left
