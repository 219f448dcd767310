"""Comments that speak to modlint: ``# modlint: ignore[ML204] reason``, ``# modlint: input=8x3``, ``# noqa: ML204``.

In a Markdown page an HTML comment right above a block of code speaks of that block.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import NamedTuple

from modlint.diagnostics import Position
from modlint.edits import Edit
from modlint.sources.document import SUFFIXES, Kind
from modlint.syntax import Place, Unit

IGNORE, FILE_IGNORE, INPUT, NOQA = "ignore", "file-ignore", "input", "noqa"
WORDS = (IGNORE, FILE_IGNORE, INPUT)
"""What can be said after ``modlint:``."""

_MAY_SPEAK = re.compile(r"modlint:|noqa", re.IGNORECASE)
_SPEECH = re.compile(
    r"#\s*modlint:\s*(?P<word>[\w-]*(?:\[[^\]#]*(?=#|$))?)(?:\[(?P<items>[^\]#]*)\]|\s*=(?P<value>[^#]*))?(?P<rest>[^#]*)"
)
_NOQA = re.compile(r"#\s*noqa\s*:\s*(?P<items>[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)", re.IGNORECASE)
_ITEM = re.compile(r"[^\s,]+")
_HTML = re.compile(r"^[ \t>]*<!--\s*(?P<speech>modlint:.*?)\s*-->", re.DOTALL | re.MULTILINE)
_BETWEEN_COMMENT_AND_CODE = re.compile(r"(?:\s|>|<!--.*?-->)*(?:(?:`{3,}|~{3,})[^\n]*\n)?[\s>]*", re.DOTALL)


class Item(NamedTuple):
    """One of several in brackets, and where it stands in the unit's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Directive:
    """What a comment says, and the lines of the unit's text that it speaks of.

    ``line`` is its own; ``items`` are those in brackets, None without brackets; ``start`` and ``end`` are where it
    stands in the unit's text, the same when it stands outside.
    """

    unit: Unit
    word: str
    items: tuple[Item, ...] | None
    value: str | None
    line: int
    start: int
    end: int
    first: int
    last: int

    def covers(self, unit: Unit, line: int) -> bool:
        """Whether it speaks of a line."""
        return unit is self.unit and self.first <= line <= self.last

    def covers_in_file(self, position: Position) -> bool:
        """Whether it speaks of a position of the file."""
        span = self.unit.span(self.unit.offset(self.first, 0), self.unit.offset(self.last + 1, 0))
        return span.start <= position <= span.end

    def without(self, items: Sequence[Item]) -> Edit | None:
        """The edit that takes away some of its items, or all of it; None when it stands outside of the code."""
        if self.start == self.end:
            return None
        kept = [item.text for item in self.items or () if item not in items]
        if kept and self.items:
            return Edit(self.items[0].start, self.items[-1].end, ", ".join(kept))
        return self._removal()

    def _removal(self) -> Edit:
        text = self.unit.text
        line_start, line_end = self.unit.offset(self.line, 0), self.unit.offset(self.line + 1, 0)
        code, rest = text[line_start : self.start].rstrip(), text[self.end : line_end].strip()
        if rest:
            return Edit(self.start, text.index(rest, self.end), "")
        if code:
            return Edit(line_start + len(code), self.end, "")
        return Edit(line_start, line_end, "")

    @property
    def place(self) -> Place:
        """Where it stands, as a node; the start of its block when it stands outside."""
        column = len(self.unit.text[self.unit.offset(self.line, 0) : self.start].encode())
        width = len(self.unit.text[self.start : self.end].encode())
        node = ast.Pass(lineno=self.line, col_offset=column, end_lineno=self.line, end_col_offset=column + width)
        return Place(self.unit, node)


class _Comment(NamedTuple):
    line: int
    column: int
    text: str
    alone: bool


class _Statement(NamedTuple):
    """The lines of a simple statement, or of the header of a compound one."""

    first: int
    last: int
    decorates: bool


def directives(units: Sequence[Unit]) -> list[Directive]:
    """Everything that the comments of a document say to modlint."""
    return [one for unit in units for one in _in_code(unit)] + _in_markdown(units)


def can_end_with_comment(unit: Unit, line: int) -> bool:
    """Whether what is put at the end of a line is a comment, and no part of a string or a broken continuation."""
    if unit.line(line).endswith("\\"):
        return False
    end = unit.offset(line, 0) + len(unit.line(line))
    comments, _ = _scan(f"{unit.text[:end]}  # modlint{unit.text[end:]}")
    return any(comment.line == line and comment.text.endswith("# modlint") for comment in comments)


def last_line_of_statement(unit: Unit, line: int) -> int:
    """The last line of the statement, or of the header, that a line belongs to."""
    return next((one.last for one in _scan(unit.text)[1] if one.first <= line <= one.last), line)


@lru_cache(maxsize=64)
def _in_code(unit: Unit) -> tuple[Directive, ...]:
    """What the comments of a unit say; a text without the words is not looked at."""
    if not _MAY_SPEAK.search(unit.text):
        return ()
    comments, statements = _scan(unit.text)
    alone = {comment.line for comment in comments if comment.alone}
    return tuple(one for comment in comments for one in _spoken(unit, comment, _lines_of(comment, statements, alone)))


def _scan(text: str) -> tuple[list[_Comment], list[_Statement]]:
    comments, statements = [], []
    first: tokenize.TokenInfo | None = None
    for token in _tokens(text):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            comments.append(_Comment(line, column, token.string, not token.line[:column].strip()))
        elif token.type == tokenize.NEWLINE and first is not None:
            statements.append(_Statement(first.start[0], token.start[0], first.string == "@"))
            first = None
        elif first is None and token.type not in _LAYOUT:
            first = token
    return comments, statements


_LAYOUT = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    try:
        return list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return []


def _lines_of(comment: _Comment, statements: Sequence[_Statement], alone: set[int]) -> tuple[int, int]:
    """The lines that a comment speaks of: those of its statement, or of the one below."""
    around = next((one for one in statements if one.first <= comment.line <= one.last), None)
    if around is None:
        return _lines_below(comment, statements, alone)
    if comment.alone:
        return comment.line + 1, comment.line + 1
    if comment.line in (around.first, around.last):
        return around.first, around.last
    return comment.line, comment.line


def _lines_below(comment: _Comment, statements: Sequence[_Statement], alone: set[int]) -> tuple[int, int]:
    """The statement right below, decorators with what they decorate; the comment alone where there is none."""
    line = comment.line + 1
    while line in alone:
        line += 1
    below = [one for one in statements if one.first >= line]
    if not below or below[0].first != line:
        return comment.line, comment.line
    return line, next((one.last for one in below if not one.decorates), below[-1].last)


def _spoken(unit: Unit, comment: _Comment, lines: tuple[int, int]) -> Iterator[Directive]:
    start = unit.offset(comment.line, 0) + comment.column
    for match in _SPEECH.finditer(comment.text):
        end = start + len(match.group().rstrip()) + match.start()
        yield _directive(unit, match, start, (comment.line, start + match.start(), end), lines)
    for match in _NOQA.finditer(comment.text):
        place = (comment.line, start + match.start(), start + match.end())
        yield Directive(unit, NOQA, _items(match, start), None, *place, *lines)


def _directive(
    unit: Unit, match: re.Match[str], start: int, place: tuple[int, int, int], lines: tuple[int, int]
) -> Directive:
    items = None if match["items"] is None else _items(match, start)
    value = None if match["value"] is None else match["value"].strip()
    return Directive(unit, match["word"], items, value, *place, *lines)


def _items(match: re.Match[str], start: int) -> tuple[Item, ...]:
    begin = start + match.start("items")
    return tuple(
        Item(item.group(), begin + item.start(), begin + item.end()) for item in _ITEM.finditer(match["items"])
    )


def _in_markdown(units: Sequence[Unit]) -> list[Directive]:
    """What the HTML comments of a page say of the blocks below them."""
    if not units or SUFFIXES.get(PurePath(units[0].path).suffix.lower()) is not Kind.MARKDOWN:
        return []
    text = units[0].cell.file.text
    found = []
    for comment in _HTML.finditer(text):
        speech = _SPEECH.fullmatch(f"#{comment['speech']}")
        if speech is None or _is_code(units, comment.start("speech")):
            continue
        unit = units[0] if speech["word"] == FILE_IGNORE else _block_below(units, text, comment.end())
        if unit is not None:
            found.append(_directive(unit, speech, 0, (1, 0, 0), (1, unit.text.count("\n") + 1)))
    return found


def _block_below(units: Iterable[Unit], text: str, offset: int) -> Unit | None:
    below = next((unit for unit in units if unit.cell.offset(0) >= offset), None)
    if below is None or not _BETWEEN_COMMENT_AND_CODE.fullmatch(text, offset, below.cell.offset(0)):
        return None
    return below


def _is_code(units: Iterable[Unit], offset: int) -> bool:
    return any(unit.cell.offset(0) <= offset <= unit.cell.offset(len(unit.cell.text)) for unit in units)
