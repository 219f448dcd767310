"""One line for each finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from modlint.report.page import Page
from modlint.report.quoting import visible
from modlint.report.words import say, term


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """``model.py:12:9: error ML201 message``, in the order of the files."""
    for page in pages:
        for one in page.diagnostics:
            place = f"{visible(one.file)}:{page.place(one.span.start)}"
            severity = term(one.severity.value, language)
            yield f"{place}: {severity} {click.style(one.code, bold=True)} {visible(say(one.message, language))}\n"
