"""A file as modlint sees it: its text, the Python in it, and the way back from the one to the other."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Protocol

from modlint.diagnostics import Position
from modlint.edits import Edit

_LINE_END = re.compile(r"\r\n?|\n")


class UnreadableError(ValueError):
    """The bytes are not what the file's name promises; the message is one sentence and says what to do."""


class Kind(Enum):
    """The formats that hold Python."""

    PYTHON = "python"
    MARKDOWN = "markdown"
    NOTEBOOK = "notebook"


SUFFIXES = {
    ".py": Kind.PYTHON,
    ".pyi": Kind.PYTHON,
    ".pyw": Kind.PYTHON,
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".ipynb": Kind.NOTEBOOK,
}


@dataclass(frozen=True)
class Lines:
    """A text by lines, which end in ``\\n``, ``\\r\\n`` or ``\\r``."""

    text: str

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The offset at which each line starts."""
        return (0, *(end.end() for end in _LINE_END.finditer(self.text)))

    @cached_property
    def newline(self) -> str:
        """How this text ends its first line, ``\\n`` when it has one line only."""
        end = _LINE_END.search(self.text)
        return end.group() if end else "\n"

    def content(self, index: int) -> str:
        """The 0-based line ``index`` without its line end."""
        end = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.text)
        line = self.text[self.starts[index] : end]
        return line[:-2] if line.endswith("\r\n") else line.rstrip("\r\n")

    def offset(self, line: int, column: int) -> int:
        """The offset of a 1-based place; what lies past the end of a line or of the text means that end."""
        if line > len(self.starts):
            return len(self.text)
        return self.starts[line - 1] + min(max(column - 1, 0), len(self.content(line - 1)))

    def position(self, offset: int) -> Position:
        """The 1-based place of an offset."""
        line = bisect_right(self.starts, offset)
        return Position(line, offset - self.starts[line - 1] + 1)

    def before(self, offset: int) -> str:
        """What stands before an offset on its line."""
        return self.text[self.starts[bisect_right(self.starts, offset) - 1] : offset]


class Spelling(Protocol):
    """How new Python text is written at a cell's place in the file."""

    def spell(self, text: str, before: str) -> str:
        """Return ``text`` as the file writes it, behind ``before``, which already stands on the line."""
        ...


@dataclass(frozen=True)
class LineSpelling:
    """Text that stands in the file line by line, each behind ``prefix`` (indentation, quote marks)."""

    newline: str
    prefix: str = ""

    def spell(self, text: str, before: str) -> str:
        """Complete a prefix that is cut short, as on blank lines, and put the whole one before each new line."""
        first, *rest = text.split("\n")
        missing = self.prefix[len(before) :] if self.prefix.startswith(before) else ""
        blank = self.prefix.rstrip()
        inner = [self.prefix + line if line else blank for line in rest[:-1]]
        last = [self.prefix + line for line in rest[-1:]]
        return self.newline.join([missing + first, *inner, *last])


@dataclass(frozen=True)
class Cell:
    """A piece of Python in a file.

    ``index`` is None for the only cell of a Python file; it counts from 0 the blocks of Python in a Markdown page, and
    the code cells of a notebook, those without a cell here included. ``counts_lines``: people find a line by its cell
    and its number in there, as in a notebook. ``text`` is what the Python parser shall see:
    lines end in ``\\n``, and what the file puts before each of them is gone; only the text of a Python file has a
    line end after its last line. ``certain`` is False where ``text`` may as well be prose or output.
    """

    index: int | None
    text: str
    certain: bool
    file: Lines = field(repr=False, compare=False)
    offsets: Sequence[int] = field(repr=False, compare=False)
    spelling: Spelling = field(repr=False, compare=False)
    counts_lines: bool = False

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)

    @property
    def number(self) -> int:
        """How people count the cell, from 1."""
        return 1 + (self.index or 0)

    @property
    def shown(self) -> str:
        """``text`` with the magics that are masked in it, as people see the cell; escapes of the file are read."""
        written = (self.file.text[offset] for offset in self.offsets)
        return "".join(read if char == "\\" else char for read, char in zip(self.text, written))

    def offset(self, offset: int) -> int:
        """The place in the file's text of an offset in ``text``; both count code points."""
        return self.offsets[offset]

    def position(self, line: int, column: int) -> Position:
        """The 1-based place in the file of a 1-based place in ``text``; both count code points.

        A place past the end of a line or of the text is taken for that end.
        """
        return self.file.position(self.offset(self._lines.offset(line, column)))

    def holds(self, position: Position) -> bool:
        """Whether a place in the file is one in ``text``, its end included."""
        return self.offsets[0] <= self.file.offset(*position) <= self.offsets[-1]

    def locate(self, position: Position) -> Position:
        """The 1-based place in ``text`` of a 1-based place in the file that this cell holds."""
        return self._lines.position(bisect_left(self.offsets, self.file.offset(*position)))

    def to_file(self, edit: Edit) -> Edit:
        """The edit of the file's text that makes ``edit`` in ``text``.

        A tab that is half markup and half indentation counts as one place: an edit between its columns is made
        before the tab.
        """
        start = self.offset(edit.start)
        return Edit(start, self.offset(edit.end), self.spelling.spell(edit.text, self.file.before(start)))


@dataclass(frozen=True)
class Document:
    """A file: ``text`` is all of it, decoded, with its line ends as they are and without a byte order mark."""

    path: str
    kind: Kind
    text: str
    cells: tuple[Cell, ...]
    encoding: str = "utf-8"

    def encode(self, text: str) -> bytes:
        """Return ``text`` in the file's encoding, behind its byte order mark if it had one.

        Raises UnicodeEncodeError for a character that the encoding does not have.
        """
        return text.encode(self.encoding)


def decode(data: bytes, encoding: str) -> str:
    """Return the text of ``data``; raise UnreadableError when it is not, byte for byte, text of ``encoding``."""
    try:
        text = data.decode(encoding)
        if text.encode(encoding) == data:
            return text
    except (UnicodeError, LookupError):
        pass
    raise UnreadableError(f"The file is not valid {encoding} text; save it as UTF-8.")


def unify_line_ends(text: str, offsets: Sequence[int]) -> tuple[str, Sequence[int]]:
    """Return ``text`` with ``\\n`` for every line end, and the ``offsets`` of what remains of it."""
    if "\r" not in text:
        return text, offsets
    dropped = {end.end() - 1 for end in re.finditer(r"\r\n", text)}
    kept = [offset for index, offset in enumerate(offsets) if index not in dropped]
    return _LINE_END.sub("\n", text), kept


def encoding_of(data: bytes) -> str:
    """The encoding of a file that is UTF-8 by definition: with or without a byte order mark."""
    return "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
