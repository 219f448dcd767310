"""IPython's additions to Python, made harmless without moving anything else.

Each masked line keeps its length, so that columns hold. At the margin ``%matplotlib inline`` becomes the comment
``#matplotlib inline``; an indented one may be the only statement of its block and becomes ``0#...``, a statement; in
``files = !ls`` the value becomes ``_#s``, a name of which nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PYTHON_CELL_MAGICS = frozenset({"capture", "prun", "time", "timeit"})

_CELL_MAGIC = re.compile(r"\s*%%(?P<name>\w+)")
_MAGIC_LINE = re.compile(
    r"""
    (?P<indent>[ \t]*)(?![ \t])
    (?P<target>[\w.,\ \t]+=[ \t]*(?=[!%]))?
    (?P<magic>
        (?(target) [!%] | (?:[%!?] | (?:pip3?|conda|mamba)[ \t]+\w | [\w.*]+\?\??[ \t]*$ ))
        (?:\\\n | .)*
    )
    """,
    re.VERBOSE | re.MULTILINE,
)
_LEXEME = re.compile(
    r"""
    (?P<string> '{3}(?:\\.|.)*?(?:'{3}|\Z) | "{3}(?:\\.|.)*?(?:"{3}|\Z)
              | '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*" )
    | (?P<comment> \#[^\n]* )
    | (?P<escape> \\. )
    | (?P<open> [(\[{] )
    | (?P<close> [)\]}] )
    | (?P<end> \n )
    """,
    re.VERBOSE | re.DOTALL,
)


def mask_magics(text: str) -> str:
    """Return ``text``, as long and with as many lines, with magics, shell commands and help requests masked.

    A cell magic whose body is not Python of the notebook's own namespace (``%%bash``, ``%%html``) masks it all.
    """
    cell_magic = _CELL_MAGIC.match(text)
    if cell_magic and cell_magic["name"] not in _PYTHON_CELL_MAGICS:
        return _commented(text)
    return "".join(_masked_lines(text))


def _masked_lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        magic = _MAGIC_LINE.match(text, start)
        end = magic.end() if magic else _logical_line_end(text, start)
        yield _masked(magic) if magic else text[start:end]
        start = end
        if magic and start < len(text):
            yield "\n"
            start += 1


def _masked(line: re.Match[str]) -> str:
    statement = "_" if line["target"] else "0" if line["indent"] else ""
    first, *continued = line["magic"].split("\n")
    masked = (statement + "#" + first[len(statement) + 1 :])[: len(first)]
    return "\n".join([line["indent"] + (line["target"] or "") + masked, *map(_commented, continued)])


def _commented(text: str) -> str:
    return re.sub(r"^.", "#", text, flags=re.MULTILINE)


def _logical_line_end(text: str, start: int) -> int:
    """The offset behind the line end that ends the statement, which brackets and strings carry over several lines."""
    depth = 0
    for lexeme in _LEXEME.finditer(text, start):
        depth += {"open": 1, "close": -1}.get(lexeme.lastgroup or "", 0)
        if lexeme.lastgroup == "end" and depth <= 0:
            return lexeme.end()
    return len(text)
