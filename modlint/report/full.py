"""Findings for people: the line with the place underlined, the chain of reasons, the fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from modlint.diagnostics import Diagnostic, Severity
from modlint.report.page import Page
from modlint.report.quoting import Quotation, visible
from modlint.report.words import fix_line, say, summary, term

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
_GUTTER = 6


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """Every finding with its proof, then a summary."""
    found: list[Diagnostic] = []
    files = 0
    for page in pages:
        files += 1
        found += page.diagnostics
        for diagnostic in page.diagnostics:
            yield from finding(diagnostic, page.text, language)
    yield summary(found, files, language) + "\n"


def finding(diagnostic: Diagnostic, text: str, language: str) -> Iterator[str]:
    """One finding in a file of this text, and a blank line."""
    yield "\n".join([*_lines(diagnostic, Quotation(text), language), "", ""])


def _lines(diagnostic: Diagnostic, quotation: Quotation, language: str) -> Iterator[str]:
    start = diagnostic.span.start
    colour = _COLOURS[diagnostic.severity]
    place = click.style(f"{visible(diagnostic.file)}:{start.line}:{start.column}", bold=True)
    severity = click.style(term(diagnostic.severity.value, language), fg=colour, bold=True)
    yield f"{place}: {severity} {click.style(diagnostic.code, bold=True)} {diagnostic.name}"
    yield f"  {visible(say(diagnostic.message, language))}"
    yield _row("")
    yield _row(quotation.line(start.line), start.line)
    yield _row(click.style(quotation.marks(diagnostic.span), fg=colour))
    for reason in diagnostic.why:
        yield _row(quotation.line(reason.line), reason.line)
        yield _row(_indented_like(quotation.line(reason.line), visible(say(reason.message, language))))
    if diagnostic.fix is not None:
        yield f"  {click.style(visible(fix_line(diagnostic.fix, language)), fg='green')}"


def _row(content: str, line: int | None = None) -> str:
    number = "" if line is None else str(line)
    return f"{click.style(f'{number:>{_GUTTER}} |', dim=True)} {content}".rstrip()


def _indented_like(line: str, message: str) -> str:
    indent = len(line) - len(line.lstrip())
    return " " * indent + click.style(f"~ {message}", fg="cyan")
