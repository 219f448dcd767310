"""Layers that stand side by side in a ``Sequential``, in the wrong order."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from modlint.diagnostics import Text
from modlint.dims import Dim
from modlint.interpret.scope import Scope
from modlint.rewrite import exchange
from modlint.rule import Candidate
from modlint.rulekit.passing import makers
from modlint.rulekit.siblings import parents
from modlint.rulekit.wording import value_of
from modlint.values import Instance

_Sizes: TypeAlias = tuple[Dim | None, Dim | None]


def neighbours_exchanged(layer: Instance, wanted: object, found: object) -> Iterator[Candidate]:
    """Exchange two items of the ``Sequential`` that has a layer, or what makes it, where their sizes fit the other way
    round: the layer takes ``wanted`` features and gets those that are ``found``."""
    for made in makers(layer):
        place = made.place
        items = _items(parents(place.unit).get(place.node)) if place is not None else ()
        if place is not None and place.node in items and made.scope is not None:
            sizes = [_first_sizes(item, made.scope) for item in items]
            for index, cost in _reversed_pairs(sizes, items.index(place.node), (found, wanted)):
                edits = exchange(place.unit, items[index], items[index + 1])
                yield Candidate(Text("exchange it with its neighbour", "与相邻的层交换"), edits, cost)


def _items(holder: ast.AST | None) -> Sequence[ast.expr]:
    return holder.args if isinstance(holder, ast.Call) else holder.elts if isinstance(holder, ast.List) else ()


def _first_sizes(node: ast.expr, scope: Scope) -> _Sizes:
    """The first two arguments of the call that makes a layer: what it takes, and perhaps what it gives."""
    args = [value_of(arg, scope) for arg in node.args[:2]] if isinstance(node, ast.Call) else []
    one, two, *_ = [*args, None, None]
    return one, two


def _reversed_pairs(sizes: Sequence[_Sizes], index: int, bridge: object) -> Iterator[tuple[int, int]]:
    """The first of two items to exchange, with the cost: the next one leads from what is found to what is wanted; what
    the item gives is what the one before it takes; or the two before it do not lead from one size to another."""
    if index + 1 < len(sizes) and sizes[index + 1] == bridge:
        yield index, 1
    if index and sizes[index][1] is not None and sizes[index][1] == sizes[index - 1][0]:
        yield index - 1, 1
    if index > 1 and sizes[index - 2][1] is sizes[index - 1][1] is None:
        yield index - 2, 2
