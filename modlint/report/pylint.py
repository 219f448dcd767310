"""The lines of pylint's parseable format, which many build servers read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modlint.report.page import Page
from modlint.report.quoting import visible
from modlint.report.words import say


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """``model.py:12: [ML204] message`` for each finding; lines are those of the file."""
    for page in pages:
        for one in page.diagnostics:
            message = visible(say(one.message, language))
            yield f"{visible(one.file)}:{one.span.start.line}: [{one.code}] {message} ({one.name})\n"
