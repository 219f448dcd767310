"""The Reviewdog Diagnostic Format, with which reviewdog comments on pull requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from modlint.diagnostics import Diagnostic, Position, Reason, Severity, Span
from modlint.edits import Fix
from modlint.report.json import dump
from modlint.report.page import Page
from modlint.report.words import say
from modlint.sources.document import Lines

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """One object; its columns count bytes of UTF-8 from 1."""
    diagnostics = []
    for page in pages:
        lines = Lines(page.text)
        diagnostics += [_diagnostic(one, lines, language) for one in page.diagnostics]
    yield dump({"source": {"name": "modlint"}, "diagnostics": diagnostics})


def _diagnostic(diagnostic: Diagnostic, lines: Lines, language: str) -> dict[str, Any]:
    return {
        "message": say(diagnostic.message, language),
        "location": {"path": diagnostic.file, "range": _range(diagnostic.span, lines)},
        "severity": _SEVERITIES[diagnostic.severity],
        "code": {"value": diagnostic.code},
        "suggestions": list(_suggestions(diagnostic.fix, lines)),
        "related_locations": [_related(diagnostic.file, reason, lines, language) for reason in diagnostic.why],
    }


def _suggestions(fix: Fix | None, lines: Lines) -> Iterator[dict[str, Any]]:
    """Each suggestion is made on its own, so that only a fix of one edit can be one."""
    if fix is not None and len(fix.edits) == 1:
        (edit,) = fix.edits
        span = Span(lines.position(edit.start), lines.position(edit.end))
        yield {"range": _range(span, lines), "text": edit.text}


def _related(file: str, reason: Reason, lines: Lines, language: str) -> dict[str, Any]:
    span = Span(reason.position, reason.position)
    return {"message": say(reason.message, language), "location": {"path": file, "range": _range(span, lines)}}


def _range(span: Span, lines: Lines) -> dict[str, Any]:
    return {"start": _position(span.start, lines), "end": _position(span.end, lines)}


def _position(position: Position, lines: Lines) -> dict[str, int]:
    before = lines.before(lines.offset(*position))
    return {"line": position.line, "column": len(before.encode(errors="replace")) + 1}
