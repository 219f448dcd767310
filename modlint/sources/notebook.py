"""Jupyter notebooks: the code cells, mapped into the string literals of the JSON text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from modlint.sources.document import (
    Cell,
    Document,
    Kind,
    Lines,
    UnreadableError,
    decode,
    encoding_of,
    unify_line_ends,
)
from modlint.sources.magics import mask_magics

# Where the string literals of a JSON text stand, in containers of the shape that json.loads returns.
Places: TypeAlias = "dict[str, Places] | list[Places] | range | None"

_TOKEN = re.compile(r'\s*("[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:]|[^\s\[\]{},:"]+)')
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|u\w{4}|.)")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_PYTHON_KERNELS = frozenset({"python", "python3", "ipython"})
_NOT_A_NOTEBOOK = "The file is not a notebook of format 4 or later; open it in Jupyter and save it again."


@dataclass(frozen=True)
class JsonSpelling:
    """Text inside a JSON string literal; ``line_end`` ends a line there."""

    line_end: str

    def spell(self, text: str, before: str) -> str:
        """Escape ``text``, whatever stands before it."""
        import json

        return self.line_end.join(json.dumps(line, ensure_ascii=False)[1:-1] for line in text.split("\n"))


def read(path: str, data: bytes) -> Document:
    """Read a notebook: each code cell in Python that is not empty is a cell, its IPython magics masked.

    Positions and edits are those of the JSON text. Raises UnreadableError when the bytes are no notebook.
    """
    encoding = encoding_of(data)
    file = Lines(decode(data, encoding))
    notebook = _parse(file.text)
    cells = tuple(_python_cells(notebook, file)) if _language(notebook) in _PYTHON_KERNELS else ()
    return Document(path, Kind.NOTEBOOK, file.text, cells, encoding)


def _parse(text: str) -> dict[str, Any]:
    import json

    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"The file is not a JSON notebook ({error}); repair it or save it again.") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise UnreadableError(_NOT_A_NOTEBOOK)
    return notebook


def _language(notebook: dict[str, Any]) -> str:
    """The language of the kernel, Python where the notebook does not say."""
    match notebook.get("metadata"):
        case {"language_info": {"name": str(name)}} | {"kernelspec": {"language": str(name)}}:
            return name.lower()
    return "python"


def _python_cells(notebook: dict[str, Any], file: Lines) -> Iterator[Cell]:
    places = locate_strings(file.text)
    assert isinstance(places, dict) and isinstance(places["cells"], list)
    code = [
        place["source"]
        for cell, place in zip(notebook["cells"], places["cells"], strict=True)
        if isinstance(place, dict) and cell.get("cell_type") == "code" and "source" in place
    ]
    for index, source in enumerate(code):
        literals = source if isinstance(source, list) else [source]
        ranges = [literal for literal in literals if isinstance(literal, range)]
        if ranges:
            yield from _cell(index, ranges, isinstance(source, list), file)


def _cell(index: int, literals: list[range], listed: bool, file: Lines) -> Iterator[Cell]:
    pieces = [read_literal(file.text, literal) for literal in literals]
    joined = "".join(text for text, _ in pieces)
    offsets = [offset for _, part in pieces for offset in part]
    text, kept = unify_line_ends(joined, [*offsets, literals[-1].stop - 1])
    if text.strip():
        masked = mask_magics(_LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text))
        line_end = f'\\n",{_gap_before(file.text, literals[0])}"' if listed else "\\n"
        yield Cell(index, masked, True, file, kept, JsonSpelling(line_end), counts_lines=True)


def _gap_before(text: str, literal: range) -> str:
    """The blanks between a bracket and the first string behind it, which stand between the others too."""
    before = text[: literal.start]
    return before[len(before.rstrip()) :]


def read_literal(text: str, literal: range) -> tuple[str, list[int]]:
    """The value of the JSON string literal that spans ``literal``, and the offset in ``text`` of each code point."""
    import json

    offsets: list[int] = []
    done = literal.start + 1
    for escape in _ESCAPE.finditer(text, done, literal.stop - 1):
        offsets += range(done, escape.start() + 1)
        done = escape.end()
    offsets += range(done, literal.stop - 1)
    return json.loads(text[literal.start : literal.stop]), offsets


def locate_strings(text: str) -> Places:
    """Say where in a valid JSON text each string value stands: its span, quotation marks included."""
    tokens = _TOKEN.finditer(text)
    return _locate(next(tokens), tokens)


def _locate(token: re.Match[str], tokens: Iterator[re.Match[str]]) -> Places:
    match token[1][0]:
        case "{":
            return dict(_members(tokens))
        case "[":
            return list(_items(tokens))
        case '"':
            return range(*token.span(1))
    return None


def _items(tokens: Iterator[re.Match[str]]) -> Iterator[Places]:
    for token in tokens:
        if token[1] == "]":
            return
        if token[1] != ",":
            yield _locate(token, tokens)


def _members(tokens: Iterator[re.Match[str]]) -> Iterator[tuple[str, Places]]:
    import json

    for token in tokens:
        if token[1] == "}":
            return
        if token[1] != ",":
            next(tokens)  # the colon
            yield json.loads(token[1]), _locate(next(tokens), tokens)
