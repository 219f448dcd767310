"""``# modlint: input=8x3x224x224``: what ``forward`` of a class takes, as its author states it beside the class."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache

from modlint.directives import INPUT, Directive, directives
from modlint.inputs import Inputs, parse_inputs
from modlint.misuse import MisuseError
from modlint.syntax import Unit


@lru_cache(maxsize=64)
def stated_inputs(unit: Unit) -> Mapping[ast.ClassDef, Inputs]:
    """The inputs that comments state for the classes of a unit; what cannot be read is passed over."""
    stated: dict[ast.ClassDef, Inputs] = {}
    for directive in directives([unit]):
        inputs = readable_input(directive) if directive.word == INPUT else None
        if inputs is not None:
            stated.update((node, inputs) for node in classes_of(directive))
    return stated


def readable_input(directive: Directive) -> Inputs | None:
    """The inputs that a comment states; None when they cannot be read."""
    try:
        return parse_inputs(directive.value or "")
    except MisuseError:
        return None


def classes_of(directive: Directive) -> list[ast.ClassDef]:
    """The classes that a comment speaks of: at, above, or on top of the body of their definition."""
    nodes = directive.unit.nodes.get(ast.ClassDef, [])
    at = [node for node in nodes if directive.covers(directive.unit, node.lineno)]
    return at or [node for node in nodes if node.lineno < directive.line < _first_statement(node).lineno]


def _first_statement(node: ast.ClassDef) -> ast.stmt:
    """The first statement of a class that is no docstring, or the docstring when it has nothing else."""
    return node.body[1] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body[0]
