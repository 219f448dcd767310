"""The imports that a file begins with."""

from __future__ import annotations

import ast

from modlint.rewrite import Edits, insert_after
from modlint.syntax import Unit


def last_import(unit: Unit) -> ast.stmt | None:
    """The last import of those that the file begins with."""
    imports = [isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in unit.tree.body]
    if True not in imports:
        return None
    first = imports.index(True)
    end = imports.index(False, first) if False in imports[first:] else len(imports)
    return unit.tree.body[end - 1]


def with_import(unit: Unit, module: str) -> Edits:
    """What it takes to have ``import module``: nothing, when the file has it."""
    imports = unit.nodes.get(ast.Import, [])
    last = last_import(unit)
    if last is None or any(alias.name == module and alias.asname is None for node in imports for alias in node.names):
        return ()
    return insert_after(unit, last, f"import {module}")
