"""A text on its way from what was found to what parses, together with the edits that lead there."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import inf
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
    """``original`` with ``changes`` (in coordinates of the original) made.

    ``margin`` is by how much the nearest of the choices on the way here was made.
    """

    original: str
    changes: tuple[Change, ...] = ()
    margin: float = inf

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

    def having(self, changes: Iterable[Change], margin: float = inf) -> Draft:
        """This draft with further changes, given in coordinates of its own text and chosen by ``margin``."""
        new = sorted(changes, key=lambda c: (c.edit.start, c.edit.end))
        composed = _composed(self.changes, new) if self.changes else tuple(new)
        return Draft(self.original, composed, min(self.margin, margin))

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


class _Placed(NamedTuple):
    """A change that begins at ``here`` in the changed text; ``shift`` is what it and all before it have moved."""

    here: int
    change: Change
    shift: int


def _composed(changes: tuple[Change, ...], new: list[Change]) -> tuple[Change, ...]:
    """Add ``new``, in coordinates of the changed text, to ``changes`` in coordinates of the original; both in order.

    Changes that overlap with a new one become part of it.
    """
    before = _placed(changes)
    behind: list[_Placed] = []
    for change in reversed(new):
        start = change.edit.start
        while before and not _hits(change, before[-1]) and before[-1].here + len(before[-1].change.edit.text) > start:
            behind.append(before.pop())
        hit: list[_Placed] = []
        while before and _hits(change, before[-1]):
            hit.append(before.pop())
        before.append(_merged(change, hit[::-1], before[-1].shift if before else 0))
    return tuple(placed.change for placed in (*before, *reversed(behind)))


def _placed(changes: tuple[Change, ...]) -> list[_Placed]:
    found: list[_Placed] = []
    shift = 0
    for change in changes:
        start, end, text = change.edit.start, change.edit.end, change.edit.text
        found.append(_Placed(start + shift, change, shift + len(text) - (end - start)))
        shift = found[-1].shift
    return found


def _merged(new: Change, hit: list[_Placed], shift: int) -> _Placed:
    """``new`` and the changes that it hits as one; ``shift`` is what all before them have moved."""
    start, end, text = new.edit.start, new.edit.end, new.edit.text
    begin, stop, here = start - shift, end - (hit[-1].shift if hit else shift), start
    if hit and hit[0].here <= start:
        here, first = hit[0].here, hit[0].change.edit
        begin, text = first.start, first.text[: start - here] + text
    if hit and hit[-1].here + len(hit[-1].change.edit.text) >= end:
        last = hit[-1].change.edit
        stop, text = last.end, text + last.text[end - hit[-1].here :]
    return _Placed(here, Change(new.kind, Edit(begin, stop, text)), shift + len(text) - (stop - begin))


def _hits(new: Change, placed: _Placed) -> bool:
    return _collide(new.edit, placed.here, placed.change.edit)


def _collide(new: Edit, here: int, edit: Edit) -> bool:
    """Whether ``new`` overlaps with the text that ``edit`` has put at ``here``."""
    there = here + len(edit.text)
    if here == there:
        return new.start < here < new.end
    if new.start < new.end:
        return here < new.end and new.start < there
    both_insert = edit.start == edit.end
    return here <= new.start <= there if both_insert else here < new.start < there
