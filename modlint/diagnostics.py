"""What modlint says: frozen, picklable data. How it looks is the business of ``report``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from modlint.edits import Fix


class Severity(Enum):
    """How sure and how grave: an error is a proof, a warning is likely, an info is advice."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)

    def is_milder(self, other: Severity) -> bool:
        """Whether this is less grave than ``other``."""
        return self.rank > other.rank


class Text(NamedTuple):
    """One message in every language that modlint speaks."""

    en: str
    zh: str


class Position(NamedTuple):
    """A place in a file: line and column count from 1, columns in code points."""

    line: int
    column: int


class Span(NamedTuple):
    """From ``start`` up to, and not including, ``end``."""

    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of the proof: what is stated at a place of the same file."""

    line: int
    message: Text
    column: int = 1

    @property
    def position(self) -> Position:
        """Where it is stated."""
        return Position(self.line, self.column)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding, at a place of the file as it is on disk.

    ``cell`` is the 0-based index of the cell or block for documents that have several, else None.
    """

    code: str
    name: str
    severity: Severity
    file: str
    cell: int | None
    span: Span
    message: Text
    why: tuple[Reason, ...] = ()
    fix: Fix | None = None
