"""Findings for programs that read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from modlint.report.json import as_data
from modlint.report.page import Page


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """One object on each line for each finding, as in the list that ``json`` gives."""
    for page in pages:
        for diagnostic in page.diagnostics:
            yield json.dumps(as_data(page, diagnostic, language), ensure_ascii=False) + "\n"
