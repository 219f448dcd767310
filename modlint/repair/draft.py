"""A text on its way from what was found to what parses, together with the edits that lead there."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from modlint.edits import Edit, apply_edits
from modlint.repair.lexer import Statement, Token, statements, tokens
from modlint.repair.outcome import TextEdit


class Change(NamedTuple):
    """An edit together with the kind of fault that it repairs."""

    kind: str
    edit: Edit


class Fault(NamedTuple):
    """Where CPython's parser stops (line and column from 0), and what it says."""

    line: int
    column: int
    message: str


@dataclass(frozen=True)
class Draft:
    """``original`` with ``changes`` (in coordinates of the original) made."""

    original: str
    changes: tuple[Change, ...] = ()

    @cached_property
    def text(self) -> str:
        return apply_edits(self.original, [change.edit for change in self.changes])

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def starts(self) -> list[int]:
        """The offset at which each line begins."""
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    @cached_property
    def tokens(self) -> list[Token]:
        return tokens(self.text)

    @cached_property
    def statements(self) -> list[Statement]:
        return statements(self.tokens, self.lines)

    @cached_property
    def parsed(self) -> ast.Module | Fault:
        """The tree, or where CPython stops."""
        return parse(self.text)

    def line(self, number: int) -> str:
        """A line by its number from 0; empty beyond the end."""
        return self.lines[number] if number < len(self.lines) else ""

    def statement_index(self, line: int) -> int:
        """Index of the last statement that begins at or before ``line``."""
        before = [i for i, statement in enumerate(self.statements) if statement.first <= line]
        return before[-1] if before else 0

    def around(self, fault: Fault, before: int = 1) -> list[Statement]:
        """The statement at the fault and ``before`` of those above it, nearest first."""
        index = self.statement_index(fault.line)
        return self.statements[max(0, index - before) : index + 1][::-1]

    def having(self, changes: Iterable[Change]) -> Draft:
        """This draft with further changes, given in coordinates of its own text."""
        if not self.changes:
            return Draft(self.original, tuple(sorted(changes, key=lambda c: c.edit)))
        merged = self.changes
        for change in sorted(changes, key=lambda c: (c.edit.start, c.edit.end), reverse=True):
            merged = _compose(merged, change)
        return Draft(self.original, merged)

    def edits(self) -> tuple[TextEdit, ...]:
        """What was done, in order of place."""
        described = (
            TextEdit(c.kind, c.edit, self.original[c.edit.start : c.edit.end], c.edit.text) for c in self.changes
        )
        return tuple(edit for edit in described if edit.was != edit.becomes)


def parse(text: str) -> ast.Module | Fault:
    """Parse ``text`` as CPython does; never raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        line = max(0, (error.lineno or 1) - 1)
        return Fault(line, max(0, (error.offset or 1) - 1), error.msg)
    except (ValueError, MemoryError, RecursionError) as error:
        return Fault(0, 0, str(error) or type(error).__name__)


def _compose(changes: tuple[Change, ...], new: Change) -> tuple[Change, ...]:
    """Add ``new``, in coordinates of the changed text, to ``changes`` in coordinates of the original."""
    start, end, text = new.edit.start, new.edit.end, new.edit.text
    before: list[Change] = []
    after: list[Change] = []
    shift = 0
    shift_at_start = 0
    original_start: int | None = None
    original_end: int | None = None
    for change in changes:
        edit = change.edit
        here = edit.start + shift
        there = here + len(edit.text)
        shift += len(edit.text) - (edit.end - edit.start)
        if _collide(start, end, here, there, edit):
            if here < start:
                text = edit.text[: start - here] + text
            if there > end:
                text += edit.text[end - here :]
            if original_start is None:
                original_start = min(edit.start, start - shift_at_start) if start <= here else edit.start
            original_end = edit.end if there >= end else None
            shift_after = shift
            if original_end is None:
                original_end = end - shift_after
        elif there <= start:
            before.append(change)
            shift_at_start = shift
        else:
            after.append(change)
    if original_start is None or original_end is None:
        original_start, original_end = start - shift_at_start, end - shift_at_start
    return (*before, Change(new.kind, Edit(original_start, original_end, text)), *after)


def _collide(start: int, end: int, here: int, there: int, edit: Edit) -> bool:
    if start == end and edit.start == edit.end:
        return here <= start <= there
    if here == there:
        return start < here < end
    return here < end and start < there if start < end else here < start < there
