"""The findings of each file under its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from modlint.report.page import Page
from modlint.report.quoting import visible
from modlint.report.words import say, term


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """One line for each finding, in columns, below the file that has it."""
    for page in pages:
        if page.diagnostics:
            yield "\n".join([click.style(visible(page.path), bold=True), *_rows(page, language), "", ""])


def _rows(page: Page, language: str) -> Iterator[str]:
    places = [str(page.place(one.span.start)) for one in page.diagnostics]
    widest = max(map(len, places))
    for place, one in zip(places, page.diagnostics, strict=True):
        severity = term(one.severity.value, language)
        message = visible(say(one.message, language))
        yield f"  {place:<{widest}}  {severity:<7}  {click.style(one.code, bold=True)}  {message}"
