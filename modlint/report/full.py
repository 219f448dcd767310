"""Findings for people: the line with the place underlined, the chain of reasons, the fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from modlint.diagnostics import Diagnostic, Position, Severity
from modlint.report.page import Page
from modlint.report.quoting import visible
from modlint.report.words import fix_line, say, term

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
_GUTTER = 6


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """Every finding with its proof."""
    for page in pages:
        for diagnostic in page.diagnostics:
            yield from finding(diagnostic, page, language)


def finding(diagnostic: Diagnostic, page: Page, language: str) -> Iterator[str]:
    """One finding in a file, and a blank line."""
    yield "\n".join([*_lines(diagnostic, page, language), "", ""])


def _lines(diagnostic: Diagnostic, page: Page, language: str) -> Iterator[str]:
    start = diagnostic.span.start
    colour = _COLOURS[diagnostic.severity]
    place = click.style(f"{visible(diagnostic.file)}:{page.place(start)}", bold=True)
    severity = click.style(term(diagnostic.severity.value, language), fg=colour, bold=True)
    yield f"{place}: {severity} {click.style(diagnostic.code, bold=True)} {diagnostic.name}"
    yield f"  {visible(say(diagnostic.message, language))}"
    yield _row("")
    yield _quoted(page, start)
    yield _row(click.style(page.marks(diagnostic.span), fg=colour))
    for reason in diagnostic.why:
        yield _quoted(page, reason.position)
        yield _row(_indented_like(page.line(reason.position), visible(say(reason.message, language))))
    if diagnostic.fix is not None:
        yield f"  {click.style(visible(fix_line(diagnostic.fix, language)), fg='green')}"


def _quoted(page: Page, position: Position) -> str:
    return _row(page.line(position), page.place(position).line.removeprefix("cell "))


def _row(content: str, label: str = "") -> str:
    return f"{click.style(f'{label:>{_GUTTER}} |', dim=True)} {content}".rstrip()


def _indented_like(line: str, message: str) -> str:
    indent = len(line) - len(line.lstrip())
    return " " * indent + click.style(f"~ {message}", fg="cyan")
