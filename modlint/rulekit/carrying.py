"""Loops that make one layer after the other and forget to carry the width on from round to round."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Text
from modlint.rewrite import insert_after
from modlint.rule import Candidate
from modlint.rulekit.bindings import names_in
from modlint.rulekit.candidates import output_argument
from modlint.rulekit.passing import passer
from modlint.rulekit.siblings import parents, self_attribute, statement_of
from modlint.syntax import Place, Unit, nodes_in
from modlint.values import Instance


def carried_on(layer: Instance, argument: str) -> Iterator[Candidate]:
    """``width = size`` behind ``layers.append(nn.Linear(width, size))``, in a loop that never changes ``width``."""
    other = output_argument(layer)
    yield from _carried(layer, argument, other)
    outer, given = passer(layer, argument), layer.arguments.get(other or "")
    if outer is not None and given is not None and given.node is not None:
        call, name = outer
        passed = sorted(names_in(given.node) & call.arguments.keys() - {name})
        yield from _carried(call, name, passed[0] if len(passed) == 1 else None)


def _carried(call: Instance, argument: str, other: str | None) -> Iterator[Candidate]:
    taken, given = (call.arguments.get(name or "") for name in (argument, other))
    if call.place is None or taken is None or given is None or taken.node is None or given.node is None:
        return
    unit, statement = call.place.unit, statement_of(call.place)
    width = unit.segment(taken.node)
    loop = _loop_around(call.place)
    if statement is None or loop is None or not _is_variable(taken.node) or _changes(loop, width, unit):
        return
    for cost, text in enumerate(_widths(call.place, unit.segment(given.node)), 2):
        edits = insert_after(unit, statement, f"{width} = {text}")
        yield Candidate(Text(f"carry it on: `{width} = {text}`", f"传递到下一轮：`{width} = {text}`"), edits, cost)


def _widths(place: Place, given: str) -> Iterator[str]:
    """What a block gives: more than it is asked for, where blocks of the file have an ``expansion``."""
    call = place.node
    maker = place.unit.segment(call.func) if isinstance(call, ast.Call) else ""
    if "expansion" in place.unit.mentioned and maker.isidentifier():
        yield f"{given} * {maker}.expansion"
    yield given


def _loop_around(place: Place) -> ast.For | None:
    above, node = parents(place.unit), place.node
    while node in above and not isinstance(node, (ast.For, ast.FunctionDef, ast.Lambda, ast.ListComp)):
        node = above[node]
    return node if isinstance(node, ast.For) else None


def _is_variable(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or self_attribute(node) is not None


def _changes(loop: ast.For, width: str, unit: Unit) -> bool:
    """Whether a loop assigns a variable, or runs over it."""
    stored = (node for node in nodes_in(loop) if isinstance(getattr(node, "ctx", None), ast.Store))
    return any(unit.segment(node) == width for node in stored)
