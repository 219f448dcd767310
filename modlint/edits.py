"""Changes to a text, and how far they may be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Applicability(Enum):
    """Who may apply a fix: anybody (safe), who asks for it (unsafe), or a person who has looked (suggestion)."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    SUGGESTION = "suggestion"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the code points from ``start`` up to ``end`` of a text by ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """One change that removes one finding: its edits stand or fall together."""

    applicability: Applicability
    title: str
    title_zh: str
    edits: tuple[Edit, ...]


Trace: TypeAlias = frozenset[tuple[int | None, int, int, str]]
"""What tells a fix from others in every run: its edits, by cell and by place in the text as it is on disk."""


class OverlapError(ValueError):
    """Two edits of one text want the same code points."""


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return ``text`` with all ``edits`` made; raise OverlapError when two of them collide."""
    pieces: list[str] = []
    done = 0
    for edit in sorted(set(edits)):
        if edit.start < done:
            raise OverlapError(f"edit at {edit.start} starts before {done}")
        pieces += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join([*pieces, text[done:]])


def smallest(before: str, after: str, start: int) -> Edit:
    """The edit that turns ``before``, which stands at ``start``, into ``after``, without the ends they share."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return Edit(start + head, start + len(before) - tail, after[head : len(after) - tail])
