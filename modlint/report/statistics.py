"""How often every rule found something."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator

import click

from modlint.report.page import Page


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """One line a rule: how often, code, name; the most frequent first."""
    for (code, name), count in _counts(pages):
        yield f"{count:>6}  {click.style(code, bold=True)}  {name}\n"


def as_json(pages: Iterable[Page], language: str) -> Iterator[str]:
    """The same as a JSON array."""
    rows = [{"code": code, "name": name, "count": count} for (code, name), count in _counts(pages)]
    yield json.dumps(rows, indent=2) + "\n"


def _counts(pages: Iterable[Page]) -> list[tuple[tuple[str, str], int]]:
    found = Counter((one.code, one.name) for page in pages for one in page.diagnostics)
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))
