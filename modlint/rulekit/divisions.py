"""Divisions that give a float where an integer is needed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Text
from modlint.edits import Edit
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Candidate
from modlint.rulekit.siblings import class_of, function_of
from modlint.syntax import Place, Unit, nodes_in
from modlint.values import Quotient


def divisions_behind(event: ShapeMismatch) -> Iterator[tuple[str, ast.BinOp]]:
    """The divisions further up that made a size a float, each with the name that stands for the size."""
    given = event.bound.get(event.mismatch.operand or "")
    node = given.node if given is not None and isinstance(event.mismatch.found, (float, Quotient)) else None
    if isinstance(node, (ast.Name, ast.Attribute)):
        written = event.place.unit.segment(node)
        yield from ((written, division) for division in _divisions(event.place, node, written))


def _divisions(place: Place, node: ast.Name | ast.Attribute, written: str) -> Iterator[ast.BinOp]:
    """The divisions whose results are assigned to a variable of the function, or an attribute of the class."""
    scope = class_of(place) if isinstance(node, ast.Attribute) else function_of(place)
    assignments = [inner for inner in nodes_in(scope or place.unit.tree) if isinstance(inner, ast.Assign)]
    for assignment in assignments:
        value = assignment.value
        is_division = isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div)
        if is_division and written in map(place.unit.segment, assignment.targets):
            yield value  # type: ignore[misc]


def with_floor(unit: Unit, division: ast.BinOp) -> Candidate:
    """The division with ``//``."""
    start, end = unit.end(division.left), unit.start(division.right)
    slash = start + unit.text[start:end].index("/")
    return Candidate(Text("divide with `//`", "改用 `//`"), ((unit, Edit(slash, slash, "/")),))
