"""Which names code binds, and which it reads."""

from __future__ import annotations

import ast
from functools import lru_cache

from modlint.syntax import nodes_in, own_nodes


@lru_cache(maxsize=256)
def bound_in(scope: ast.AST) -> frozenset[str]:
    """The names that a function or a file itself binds."""
    bound: set[str] = set()
    for node in own_nodes(scope):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    return frozenset(bound)


def names_in(node: ast.AST) -> frozenset[str]:
    """The names that code reads, without ``self``."""
    read = (inner for inner in nodes_in(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load))
    return frozenset(inner.id for inner in read if inner.id != "self")
