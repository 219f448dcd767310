"""Python text as trees: ``ast`` for reading and reasoning, LibCST only where something is to be edited."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from modlint.diagnostics import Position, Span
from modlint.sources.document import Cell

if TYPE_CHECKING:
    import libcst as cst


@dataclass(frozen=True, eq=False)
class Unit:
    """One cell of one file, as text that parses.

    ``repaired`` tells that the text is not the author's own: positions then go through ``restore`` first.
    """

    path: str
    cell: Cell
    text: str
    tree: ast.Module

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def line_starts(self) -> list[int]:
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def column(self, line: int, utf8_offset: int) -> int:
        """The 0-based column in code points of a UTF-8 offset, which is how ``ast`` counts."""
        text = self.lines[line - 1]
        return utf8_offset if text.isascii() else len(text.encode()[:utf8_offset].decode(errors="ignore"))

    def start(self, node: ast.AST) -> int:
        """The code-point offset in ``text`` where ``node`` begins."""
        line = node.lineno  # type: ignore[attr-defined]
        return self.line_starts[line - 1] + self.column(line, node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        """The code-point offset in ``text`` where ``node`` ends."""
        line = node.end_lineno  # type: ignore[attr-defined]
        return self.line_starts[line - 1] + self.column(line, node.end_col_offset)  # type: ignore[attr-defined]

    def segment(self, node: ast.AST) -> str:
        """The author's text of ``node``."""
        return self.text[self.start(node) : self.end(node)]

    @cached_property
    def concrete(self) -> cst.Module:
        """The LibCST tree of the same text."""
        import libcst

        return libcst.parse_module(self.text)


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """A node of a unit: where something stands."""

    unit: Unit
    node: ast.AST

    @property
    def line(self) -> int:
        """The line in the unit's text, from 1."""
        return getattr(self.node, "lineno", 1)

    @property
    def text(self) -> str:
        return self.unit.segment(self.node)

    @property
    def span(self) -> Span:
        """The place in the file as it is on disk."""
        node, unit = self.node, self.unit
        if not hasattr(node, "lineno"):
            return Span(unit.cell.position(1, 1), unit.cell.position(1, 1))
        start = unit.column(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        end = unit.column(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return Span(
            unit.cell.position(node.lineno, start + 1),
            unit.cell.position(node.end_lineno, end + 1),  # type: ignore[attr-defined]
        )

    @property
    def file_line(self) -> int:
        return self.span.start.line


def parse(path: str, cell: Cell, text: str) -> Unit:
    """Parse ``text``; raises SyntaxError as ``ast.parse`` does."""
    return Unit(path, cell, text, ast.parse(text))


__all__ = ["Place", "Position", "Span", "Unit", "parse"]
