"""A statement by itself: whether it is broken, whatever stands around it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import lru_cache

from modlint.repair.draft import Draft, Fault, parse
from modlint.repair.lexer import Statement

_BEFORE_CLAUSE = {
    "elif": "if 0: pass\n",
    "else": "if 0: pass\n",
    "except": "try: pass\n",
    "finally": "try: pass\n",
    "case": "match 0:\n ",
}
_MOST_BROKEN = 0.5
_A_FEW = 6
_BODY = "\n   pass"
_DECORATED = "\ndef decorated(): pass"


def alone(statement: Statement, lines: Sequence[str]) -> ast.Module | Fault | None:
    """The tree of ``statement``, written in ``lines`` of its own, or where in it the parser stops.

    None when only what follows can tell.
    """
    text = "\n".join(lines)
    found = parse_alone(text.lstrip(), statement.head, statement.opens)
    if isinstance(found, Fault) and found.line == 0:
        return found._replace(column=found.column + len(text) - len(text.lstrip()))
    return found


@lru_cache(maxsize=8192)
def parse_alone(text: str, head: str, opens: bool) -> ast.Module | Fault | None:
    """What :func:`alone` says of a statement without indentation that begins with ``head``."""
    before = _BEFORE_CLAUSE.get(head, "")
    after = _DECORATED if head == "@" else _BODY if opens else ""
    found = parse(f"{before}{text}{after}\n")
    if not isinstance(found, Fault):
        return found
    line = found.line - before.count("\n")
    if line > text.count("\n") or line < 0:
        return None
    return Fault(line, found.column, found.message)


def broken(draft: Draft) -> list[tuple[Statement, Fault]]:
    """The statements that are broken in themselves, with the place in the whole text where the parser stops."""
    found = []
    for statement in draft.statements:
        fault = alone(statement, draft.lines[statement.first : statement.last + 1])
        if isinstance(fault, Fault):
            found.append((statement, fault._replace(line=fault.line + statement.first)))
    return found


def is_garbled(draft: Draft) -> bool:
    """Whether most statements are broken: then something stands before every line, and no statement is to blame."""
    return len(broken(draft)) > max(_A_FEW, _MOST_BROKEN * len(draft.statements))
