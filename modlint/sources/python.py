"""Python files: one cell that is the whole file."""

from __future__ import annotations

import io
import tokenize

from modlint.sources.document import (
    Cell,
    Document,
    Kind,
    Lines,
    LineSpelling,
    UnreadableError,
    decode,
    unify_line_ends,
)


def read(path: str, data: bytes) -> Document:
    """Read a Python file in the encoding that its byte order mark or its PEP 263 cookie declares.

    Raises UnreadableError when the bytes are not text of that encoding.
    """
    encoding = _declared_encoding(data)
    file = Lines(decode(data, encoding))
    text, offsets = unify_line_ends(file.text, range(len(file.text) + 1))
    cell = Cell(None, text, True, file, offsets, LineSpelling(file.newline))
    return Document(path, Kind.PYTHON, file.text, (cell,), encoding)


def _declared_encoding(data: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError as error:
        raise UnreadableError(
            f"The file is not text that Python can decode ({error.msg}); "
            "save it as UTF-8 or declare its encoding on the first line."
        ) from error
