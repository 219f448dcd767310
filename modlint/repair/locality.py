"""Judge an edit by the statement it changes: a whole file need not be parsed to see that a line is still broken."""

from __future__ import annotations

from collections.abc import Sequence

from modlint.repair.draft import Change, Draft, Fault, parse
from modlint.repair.structure import CLAUSES

_BEFORE_CLAUSE = {"elif": "if 0: pass\n", "else": "if 0: pass\n", "except": "try: pass\n", "finally": "try: pass\n"}


class Locality:
    """The statement at which the parser stops, where it is broken in itself and not by what stands around it."""

    def __init__(self, draft: Draft, fault: Fault) -> None:
        index = draft.statement_index(fault.line)
        statement = draft.statements[index] if draft.statements else None
        self._first = self._last = self._start = self._end = -1
        self._head, self._opens = "", False
        if statement is None or not statement.first <= fault.line <= statement.last:
            return
        self._head, self._opens = statement.head, statement.opens
        first, last = statement.first, statement.last
        if isinstance(self._alone(draft.lines[first : last + 1]), Fault):
            self._first, self._last = first, last
            self._start, self._end = draft.starts[first], draft.starts[last + 1] - 1

    def fault_after(self, changes: Sequence[Change], child: Draft) -> Fault | None:
        """Where the statement still breaks after ``changes``; None when only the whole text can tell."""
        inside = all(self._start <= c.edit.start and c.edit.end <= self._end for c in changes)
        if self._first < 0 or not inside or any("\n" in c.edit.text for c in changes):
            return None
        found = self._alone(child.lines[self._first : self._last + 1])
        return found._replace(line=found.line + self._first) if isinstance(found, Fault) else None

    def _alone(self, lines: list[str]) -> object:
        before = _BEFORE_CLAUSE.get(self._head, "") if self._head in CLAUSES else ""
        indent = len(lines[0]) - len(lines[0].lstrip())
        text = "\n".join([lines[0].lstrip(), *lines[1:]])
        found = parse(f"{before}{text}\n{' pass' if self._opens else ''}\n")
        if not isinstance(found, Fault):
            return found
        line = found.line - before.count("\n")
        if line >= len(lines) or line < 0:
            # what follows would have to go on: the whole text decides
            return None
        return Fault(line, found.column + (indent if line == 0 else 0), found.message)
