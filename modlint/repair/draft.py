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
    """Add ``new``, in coordinates of the changed text, to ``changes`` in coordinates of the original.

    Changes that overlap with the new one become part of it.
    """
    start, end, text = new.edit.start, new.edit.end, new.edit.text
    shifts = [0]
    for _, edit in changes:
        shifts.append(shifts[-1] + len(edit.text) - (edit.end - edit.start))
    heres = [change.edit.start + shift for change, shift in zip(changes, shifts, strict=False)]
    hit = [i for i, change in enumerate(changes) if _collide(new.edit, heres[i], change.edit)]
    if not hit:
        before = sum(here + len(c.edit.text) <= start for here, c in zip(heres, changes, strict=True))
        placed = Change(new.kind, Edit(start - shifts[before], end - shifts[before], text))
        return (*changes[:before], placed, *changes[before:])
    i, j = hit[0], hit[-1]
    first, last = changes[i].edit, changes[j].edit
    begin, stop = start - shifts[i], end - shifts[j + 1]
    if heres[i] <= start:
        begin, text = first.start, first.text[: start - heres[i]] + text
    if heres[j] + len(last.text) >= end:
        stop, text = last.end, text + last.text[end - heres[j] :]
    return (*changes[:i], Change(new.kind, Edit(begin, stop, text)), *changes[j + 1 :])


def _collide(new: Edit, here: int, edit: Edit) -> bool:
    """Whether ``new`` overlaps with the text that ``edit`` has put at ``here``."""
    there = here + len(edit.text)
    if here == there:
        return new.start < here < new.end
    if new.start < new.end:
        return here < new.end and new.start < there
    both_insert = edit.start == edit.end
    return here <= new.start <= there if both_insert else here < new.start < there
