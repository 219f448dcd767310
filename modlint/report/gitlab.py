"""GitLab's code quality report, a subset of Code Climate's format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
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
        "location": {"path": _relative(diagnostic.file), "lines": {"begin": start.line, "end": end.line}},
    }


def _relative(file: str) -> str:
    """GitLab knows files by their path from the root of the repository, where its jobs run."""
    here = Path.cwd()
    return Path(file).relative_to(here).as_posix() if Path(file).is_relative_to(here) else Path(file).as_posix()
