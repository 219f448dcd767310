"""GitLab's code quality report, a subset of Code Climate's format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from modlint.diagnostics import Diagnostic, Severity
from modlint.report.fingerprints import fingerprints
from modlint.report.json import dump
from modlint.report.page import Page
from modlint.report.words import say

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """One array with every finding."""
    yield dump([_issue(one, name, language) for page in pages for one, name in fingerprints(page)])


def _issue(diagnostic: Diagnostic, fingerprint: str, language: str) -> dict[str, Any]:
    start, end = diagnostic.span
    return {
        "type": "issue",
        "check_name": diagnostic.code,
        "description": f"{diagnostic.code} {diagnostic.name}: {say(diagnostic.message, language)}",
        "categories": ["Bug Risk"],
        "severity": _SEVERITIES[diagnostic.severity],
        "fingerprint": fingerprint,
        "location": {"path": diagnostic.file, "lines": {"begin": start.line, "end": end.line}},
    }
