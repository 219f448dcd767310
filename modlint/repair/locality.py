"""Judge an edit by the statement it changes: a whole file need not be parsed to see that a line is still broken."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modlint.repair.alone import alone
from modlint.repair.draft import Change, Draft, Fault


class Locality:
    """The statement at which the parser stops, where it is broken in itself and not by what stands around it."""

    def __init__(self, draft: Draft, fault: Fault) -> None:
        statement = draft.statements[draft.statement_index(fault.line)] if draft.statements else None
        self._statement = None
        if statement is None or not statement.first <= fault.line <= statement.last:
            return
        if isinstance(alone(statement, draft.lines[statement.first : statement.last + 1]), Fault):
            self._statement = statement
            self._start, self._end = draft.starts[statement.first], draft.starts[statement.last + 1] - 1

    def after(self, changes: Sequence[Change], child: Draft) -> ast.Module | Fault | None:
        """What becomes of the statement by ``changes``; None when only the whole text can tell."""
        if self._statement is None or any("\n" in c.edit.text for c in changes):
            return None
        if not all(self._start <= c.edit.start and c.edit.end <= self._end for c in changes):
            return None
        first, last = self._statement.first, self._statement.last
        found = alone(self._statement, child.lines[first : last + 1])
        return found._replace(line=found.line + first) if isinstance(found, Fault) else found
