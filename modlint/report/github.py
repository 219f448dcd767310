"""Workflow commands with which GitHub Actions marks the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modlint.diagnostics import Diagnostic, Severity
from modlint.report.page import Page
from modlint.report.words import say

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """``::error file=model.py,line=12,…::message`` for each finding."""
    for page in pages:
        for diagnostic in page.diagnostics:
            yield _command(diagnostic, language)


def _command(diagnostic: Diagnostic, language: str) -> str:
    start, end = diagnostic.span.start, diagnostic.span.end
    properties = {
        "title": f"{diagnostic.code} {diagnostic.name}",
        "file": diagnostic.file,
        "line": start.line,
        "endLine": end.line,
        **({"col": start.column, "endColumn": end.column} if start.line == end.line else {}),
    }
    listed = ",".join(f"{key}={_escaped_property(str(value))}" for key, value in properties.items())
    reasons = (f"line {reason.line}: {say(reason.message, language)}" for reason in diagnostic.why)
    message = "\n".join([say(diagnostic.message, language), *reasons])
    return f"::{_COMMANDS[diagnostic.severity]} {listed}::{_escaped(message)}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
