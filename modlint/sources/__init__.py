"""Bytes of a file in, a Document out: its cells of Python text and the map back to the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from modlint.sources import markdown, notebook, python
from modlint.sources.document import SUFFIXES, Cell, Document, Kind, UnreadableError

__all__ = ["Cell", "Document", "Kind", "UnreadableError", "load"]

_READERS: dict[Kind, Callable[[str, bytes], Document]] = {
    Kind.PYTHON: python.read,
    Kind.MARKDOWN: markdown.read,
    Kind.NOTEBOOK: notebook.read,
}


def load(path: str, data: bytes) -> Document:
    """Read the contents ``data`` of the file ``path``, whose suffix says what they are.

    Raises UnreadableError for another suffix, and for bytes that are not what the suffix promises.
    """
    suffix = PurePath(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UnreadableError(f"modlint does not read {suffix or 'such'} files; name one of {', '.join(SUFFIXES)}.")
    return _READERS[SUFFIXES[suffix]](path, data)
