"""Markdown pages: the fenced and indented blocks that hold Python, or may."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from textwrap import dedent
from typing import TYPE_CHECKING

from modlint.sources.document import Cell, Document, Kind, Lines, LineSpelling, decode, encoding_of
from modlint.sources.magics import mask_magics

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_PYTHON_TAG = re.compile(
    r"(?:\{code-(?:block|cell)\}\s*)?\{?\s*\.?(?:i?python(?:3(?:\.\d+)?)?|py3?|pyi|pycon|python-repl)(?![\w+#.-])",
    re.IGNORECASE,
)
_FENCE = re.compile(r"(?:`{3,}|~{3,})[ \t]*")

_TAB = 4  # columns, in Markdown

_NAME = r"\w+(?:[ ]*\.[ ]*\w+)*"
_STATEMENT = re.compile(
    rf"""
      import[ ]+ [\w.,\s]+ (?:\#.*)? $
    | from[ ]+ [.\w ]+ [ ]import\b
    | (?:async[ ]+)?def[ ]+ [\w ]+ \(
    | class[ ]+ \w+ [ ]* [(:]
    | @ [ ]* {_NAME} [ ]* (?:\(|$)
    """,
    re.VERBOSE,
)
_EXPRESSION = re.compile(
    rf"""
      (?!(?:title|caption|name|id|class|label|file|filename|linenos|lineno|lines|highlight|hl_lines|startline)\s*=)
      {_NAME} (?:\[[^\]]*\])? (?:[ ]*,[ ]*{_NAME})* [ ]* [-+*/%&|^@]?=(?!=)
    | {_NAME} \( .* [),(] [ ]* (?:\#.*)? $
    | (?:with|for|if|while) \b .* : [ ]* (?:\#.*)? $
    | \# (?!!)
    | >>>[ ]
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class _Block:
    """A code block: its lines as Markdown gives them, and the 0-based line of the file where they begin.

    ``opening`` is the fence with what stands before it, empty for an indented block.
    """

    lines: Sequence[str]
    first: int
    opening: str
    certain: bool


@dataclass(frozen=True)
class _Line:
    """One line of a block: what Markdown has before the code, the code, and where that stands, its end included."""

    head: str
    text: str
    offsets: Sequence[int]


def read(path: str, data: bytes) -> Document:
    """Read a Markdown page: a cell for each code block that is tagged as Python or has no tag at all.

    A block whose first line of code stands on the fence line, in the place of the tag, is a cell too. Blocks of blanks
    are left out. Raises UnreadableError when the bytes are not UTF-8.
    """
    encoding = encoding_of(data)
    file = Lines(decode(data, encoding))
    cells = tuple(_cell(index, block, file) for index, block in enumerate(_blocks(file)))
    return Document(path, Kind.MARKDOWN, file.text, cells, encoding)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").disable(["inline", "text_join"])


def _blocks(file: Lines) -> Iterator[_Block]:
    for token in _parser().parse(file.text):
        block = _BLOCKS[token.type](token, file) if token.type in _BLOCKS else None
        if block and any(line.strip() for line in block.lines):
            yield block


def _indented_block(token: Token, file: Lines) -> _Block:
    return _Block(_content_lines(token), _first_line(token), "", certain=False)


def _fenced_block(token: Token, file: Lines) -> _Block | None:
    """None for a block in another language."""
    first = _first_line(token)
    opening = file.content(first)
    fence = _FENCE.search(opening)
    assert fence, "a fenced block starts with a fence"
    marker, info, lines = opening[: fence.end()], opening[fence.end() :], _content_lines(token)
    if _PYTHON_TAG.match(info) or not info.strip():
        return _Block(lines, first + 1, marker, certain=bool(info.strip()))
    if _STATEMENT.match(info) or _EXPRESSION.match(info):
        return _Block([info, *lines], first, marker, certain=bool(_STATEMENT.match(info)))
    return None


_BLOCKS: dict[str, Callable[[Token, Lines], _Block | None]] = {"fence": _fenced_block, "code_block": _indented_block}


def _first_line(token: Token) -> int:
    assert token.map, "a block knows its lines"
    return token.map[0]


def _content_lines(token: Token) -> list[str]:
    return token.content.removesuffix("\n").split("\n") if token.content else []


def _cell(index: int, block: _Block, file: Lines) -> Cell:
    margin = _margin(block.lines)
    lines = [_line(line[margin:], number, file) for number, line in enumerate(block.lines, block.first)]
    text = "\n".join(line.text for line in lines)
    heads = [block.opening, *(line.head for line in lines if line.text.strip())]
    return Cell(
        index,
        mask_magics(text) if block.certain else text,
        block.certain,
        file,
        [offset for line in lines for offset in line.offsets],
        LineSpelling(file.newline, max(map(_as_prefix, heads), key=len)),
    )


def _line(code: str, number: int, file: Lines) -> _Line:
    written, start = file.content(number), file.starts[number]
    split = _columns_of_split_tab(code, written)
    end_of_head = len(written) - len(code) + split
    head = written[:end_of_head]
    return _Line(
        head.expandtabs(_TAB)[:-split] if split else head,
        " " * split + written[end_of_head:],
        [*[start + end_of_head - 1] * split, *range(start + end_of_head, start + len(written) + 1)],
    )


def _margin(lines: Sequence[str]) -> int:
    """The length of the indentation that all lines but the blank ones have in common."""
    dedented = dedent("\n".join(lines)).split("\n")
    return next(len(line) - len(rest) for line, rest in zip(lines, dedented, strict=True) if rest)


def _columns_of_split_tab(code: str, written: str) -> int:
    """How many blanks at the start of ``code`` stand for the rest of a tab that begins as markup."""
    normalised = written.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return next(split for split in range(_TAB) if normalised.endswith(code[split:]))


def _as_prefix(head: str) -> str:
    """What a further line of the same block begins with: quote marks stay, list markers become blanks."""
    return re.sub(r"[^ \t>]", " ", _FENCE.sub("", head))
