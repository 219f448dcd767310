"""Source text in a terminal: its columns, and nothing in it that a terminal would obey."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from modlint.diagnostics import Span
from modlint.sources.document import Lines

_TAB = "    "


def visible(text: str) -> str:
    """``text`` with every character that cannot be seen, or that steers a terminal, written as an escape."""
    return "".join(map(_shown, text))


def width(text: str) -> int:
    """How many columns a terminal gives to visible text."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _shown(character: str) -> str:
    if character == "\t":
        return _TAB
    return character if character.isprintable() else ascii(character)[1:-1]


@dataclass(frozen=True)
class Quotation:
    """The lines of a text, ready to be shown."""

    text: str

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)

    def line(self, number: int) -> str:
        """The 1-based line as a terminal may show it; empty when there is none."""
        return visible(self._content(number)).rstrip()

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Every line that is not empty or not the last one, with its number."""
        last = len(self._lines.starts)
        yield from ((number, self.line(number)) for number in range(1, last + bool(self._content(last))))

    def marks(self, span: Span, mark: str = "^") -> str:
        """What stands below the first line of a span: marks under all of it that is on that line, at least one."""
        content = self._content(span.start.line)
        begin = span.start.column - 1
        end = span.end.column - 1 if span.end.line == span.start.line else len(content.rstrip())
        return " " * width(visible(content[:begin])) + mark * max(1, width(visible(content[begin:end])))

    def _content(self, number: int) -> str:
        return self._lines.content(number - 1) if 0 < number <= len(self._lines.starts) else ""
