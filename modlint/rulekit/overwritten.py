"""Attributes that a constructor assigns twice: one of the two names was mostly meant to be another."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from modlint.diagnostics import Text
from modlint.rewrite import rename_attribute
from modlint.rule import Candidate
from modlint.rulekit.bindings import names_in
from modlint.rulekit.definitions import attributes_of_self, methods
from modlint.rulekit.siblings import class_of, self_attribute, statement_of
from modlint.syntax import Place, Unit
from modlint.values import ClassValue

_TWICE = 2


class Overwritten(NamedTuple):
    """The targets of two assignments to one attribute; ``until`` is what runs after the first, up to the second."""

    first: ast.Attribute
    second: ast.Attribute
    until: tuple[ast.stmt, ...]

    @property
    def is_unread(self) -> bool:
        """Whether no statement there reads what the first assigned."""
        return not any(self.first.attr in attributes_of_self(statement, ast.Load) for statement in self.until)


def overwritten(cls: ClassValue, missing: str) -> Iterator[Overwritten]:
    """The attributes that the constructor of a class assigns twice, by values that do not read the ``missing`` one."""
    for function in methods(cls):
        if function.name == "__init__" and isinstance(function.node, ast.FunctionDef):
            yield from _in_block(function.node.body, missing)


def _in_block(statements: Sequence[ast.stmt], missing: str) -> Iterator[Overwritten]:
    assigned: dict[str, list[tuple[int, ast.Attribute]]] = {}
    for index, statement in enumerate(statements):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        reads_it = missing in attributes_of_self(statement, ast.Load)
        if isinstance(target, ast.Attribute) and self_attribute(target) and not reads_it:
            assigned.setdefault(target.attr, []).append((index, target))
    for (start, first), (stop, second) in (found for found in assigned.values() if len(found) == _TWICE):
        yield Overwritten(first, second, tuple(statements[start + 1 : stop + 1]))


def renamings(unit: Unit, pair: Overwritten, missing: str, cost: int = 1) -> Iterator[Candidate]:
    """Give one of two assignments, likelier the second, the name that is missing; not one whose value names another
    attribute that is missing as well."""
    for rank, target in enumerate((pair.second, pair.first)):
        if _names_of_lost(unit, target) - {missing}:
            continue
        line = target.lineno
        title = Text(f"assign line {line} to `self.{missing}`", f"把第 {line} 行赋值给 `self.{missing}`")
        yield Candidate(title, rename_attribute(unit, target, missing), cost + rank)


def _names_of_lost(unit: Unit, target: ast.Attribute) -> frozenset[str]:
    """The names in an assigned value that the class reads as attributes and nowhere assigns: ``self.fc = Dropout(drop)``
    beside a lost ``self.drop``."""
    owner, statement = class_of(Place(unit, target)), statement_of(Place(unit, target))
    if owner is None or not isinstance(statement, ast.Assign):
        return frozenset()
    lost = attributes_of_self(owner, ast.Load) - attributes_of_self(owner, ast.Store)
    return lost & names_in(statement.value)
