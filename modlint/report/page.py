"""What every report on findings is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from modlint.diagnostics import Diagnostic, Position, Span
from modlint.report.quoting import Quotation
from modlint.sources.document import Cell, Document


class Place(NamedTuple):
    """Where people look: a line and column of the file, or of a notebook's code cell, which count from 1."""

    cell: int | None
    position: Position

    def __str__(self) -> str:
        """``12:9``, or ``cell 2:12:9``."""
        return f"{self.line}:{self.position.column}"

    @property
    def line(self) -> str:
        """``12``, or ``cell 2:12``."""
        return str(self.position.line) if self.cell is None else f"cell {self.cell}:{self.position.line}"


@dataclass(frozen=True)
class Page:
    """The findings of one file, and its text to quote from.

    ``cells`` are those in which people count lines, as a notebook's.
    """

    path: str
    text: str
    diagnostics: tuple[Diagnostic, ...]
    cells: tuple[Cell, ...] = ()
    hidden: int = 0

    @classmethod
    def of(cls, document: Document, diagnostics: tuple[Diagnostic, ...] = (), hidden: int = 0) -> Page:
        """The page of a file."""
        cells = tuple(cell for cell in document.cells if cell.counts_lines)
        return cls(document.path, document.text, diagnostics, cells, hidden)

    def place(self, position: Position) -> Place:
        """Where people find a position of the file."""
        cell = self._cell_at(position)
        return Place(None, position) if cell is None else Place(cell.number, cell.locate(position))

    def line(self, position: Position) -> str:
        """The line that people see there, as a terminal may show it."""
        return self._quotation(position).line(self.place(position).position.line)

    def marks(self, span: Span) -> str:
        """What stands below the first line of a span."""
        local = Span(self.place(span.start).position, self.place(span.end).position)
        return self._quotation(span.start).marks(local)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Every line as people see it, by the label that messages have for it; notebooks cell by cell."""
        for cell in self.cells:
            yield "", f"--- cell {cell.number}"
            yield from ((f"{cell.number}:{number}", line) for number, line in Quotation(cell.shown).numbered())
        if not self.cells:
            yield from ((str(number), line) for number, line in self._whole.numbered())

    def _quotation(self, position: Position) -> Quotation:
        cell = self._cell_at(position)
        return self._whole if cell is None else Quotation(cell.shown)

    @cached_property
    def _whole(self) -> Quotation:
        return Quotation(self.text)

    def _cell_at(self, position: Position) -> Cell | None:
        return next((cell for cell in self.cells if cell.holds(position)), None)


Report: TypeAlias = Callable[[Iterable[Page], str], Iterator[str]]
"""Pages and a language in; pieces of the report out, as soon as they are known."""
