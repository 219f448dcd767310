"""Classes that are blocks of residual networks, as their names and their ``forward`` tell."""

from __future__ import annotations

import ast
import re

from modlint.syntax import nodes_in

_BLOCK = re.compile(r"(?:Basic|Res|Residual|Identity)?_?(?:Down|Up)?(?:Block|Unit|Bottleneck|Residual)(?:V?\d+|_\d+)?")
_RESIDUAL = re.compile(r"Res(?:idual|_?[Nn]et|Block|Unit|NeXt)|WRN", re.IGNORECASE)


def is_residual_block(node: ast.ClassDef, tree: ast.Module) -> bool:
    """Whether a class is named as a block, and it, or a class that is built from it, after residual networks."""
    if not _BLOCK.fullmatch(node.name):
        return False
    users = (
        other.name
        for other in nodes_in(tree)
        if isinstance(other, ast.ClassDef)
        and other.name != node.name
        and any(isinstance(inner, ast.Name) and inner.id == node.name for inner in nodes_in(other))
    )
    return any(_RESIDUAL.search(name) for name in (node.name, *users))


def method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """The method that a class itself defines under a name."""
    return next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == name), None)


def own_calls(function: ast.AST) -> list[str]:
    """The names of ``self.name(…)`` within a piece of code."""
    return [
        node.func.attr
        for node in nodes_in(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "self"
    ]


def convolutions(function: ast.AST) -> set[str]:
    """The attributes named after convolutions that a piece of code calls."""
    return {name for name in own_calls(function) if "conv" in name.lower()}
