"""What a fix changes, as a patch."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import pairwise

import click

from modlint.sources.document import Lines

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_NO_LINE_END = "\n\\ No newline at end of file\n"


def render(path: str, before: str, after: str) -> Iterator[str]:
    """A unified diff that ``patch`` and ``git apply -p0`` take."""
    for line in difflib.unified_diff(_split(before), _split(after), path, path):
        content = line.rstrip("\r\n")
        yield click.style(content, fg=_COLOURS.get(line[0])) + (line[len(content) :] or _NO_LINE_END)


def _split(text: str) -> list[str]:
    starts = [*Lines(text).starts, len(text)]
    return [text[start:end] for start, end in pairwise(starts) if start < end]
