"""Findings for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from modlint.diagnostics import Diagnostic
from modlint.edits import Fix
from modlint.report.page import Page
from modlint.report.words import say

_VERSION = 1


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """One object; lines and columns count from 1, offsets of edits and cells from 0, all in code points.

    ``line`` and ``column`` are those of the file; ``cell_line`` and ``cell_column`` those in a notebook's cell.
    """
    read = list(pages)
    diagnostics = [as_data(page, one, language) for page in read for one in page.diagnostics]
    yield dump({"version": _VERSION, "files": len(read), "diagnostics": diagnostics})


def dump(data: object) -> str:
    """JSON as every command prints it."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def as_data(page: Page, diagnostic: Diagnostic, language: str) -> dict[str, Any]:
    """One finding."""
    start, end = diagnostic.span
    in_cell = page.place(start)
    cell_line, cell_column = (None, None) if in_cell.cell is None else in_cell.position
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity.value,
        "file": diagnostic.file,
        "cell": diagnostic.cell,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "cell_line": cell_line,
        "cell_column": cell_column,
        "message": say(diagnostic.message, language),
        "why": [{"line": reason.line, "message": say(reason.message, language)} for reason in diagnostic.why],
        "fix": None if diagnostic.fix is None else _fix(diagnostic.fix, language),
    }


def _fix(fix: Fix, language: str) -> dict[str, Any]:
    return {
        "applicability": fix.applicability.value,
        "title": fix.title_zh if language == "zh" else fix.title,
        "edits": [{"start": edit.start, "end": edit.end, "text": edit.text} for edit in fix.edits],
    }
