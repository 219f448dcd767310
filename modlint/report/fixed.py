"""What ``fix`` has done, for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from modlint.diagnostics import Diagnostic
from modlint.report import diff, verification
from modlint.report.json import as_data, dump
from modlint.report.page import Page
from modlint.session import Change, FixedFile
from modlint.sources import load
from modlint.verify.protocol import ModelReport

_VERSION = 1


def as_json(
    files: Sequence[FixedFile],
    taken_back: Mapping[str, Sequence[Change]],
    reports: Sequence[ModelReport],
    written: bool,
    language: str,
) -> Iterator[str]:
    """One object: for each file in which something was found, the fixes that were or would be made, those that a run
    refuted, what is left, and how its models ran.

    Fixes count lines and offsets in the file as it was, what is left in the file as it is then.
    """
    told = [
        _file(
            fixed, taken_back.get(fixed.path, ()), [report for report in reports if report.file == fixed.path], language
        )
        for fixed in files
        if fixed.changes or fixed.left or fixed.path in taken_back
    ]
    yield dump({"version": _VERSION, "files": len(files), "written": written, "found": told})


def _file(
    fixed: FixedFile, taken_back: Sequence[Change], reports: Sequence[ModelReport], language: str
) -> dict[str, Any]:
    before, after = Page.of(load(fixed.path, fixed.before)), Page.of(load(fixed.path, fixed.after))
    return {
        "file": fixed.path,
        "changed": fixed.after != fixed.before,
        "diff": click.unstyle("".join(diff.render(fixed.path, fixed.before_text, fixed.after_text))),
        "fixes": _told(before, (change.diagnostic for change in fixed.changes), language),
        "taken_back": _told(before, (change.diagnostic for change in taken_back), language),
        "left": _told(after, fixed.left, language),
        "models": [verification.as_data(report) for report in reports],
    }


def _told(page: Page, diagnostics: Iterable[Diagnostic], language: str) -> list[dict[str, Any]]:
    return [as_data(page, one, language) for one in diagnostics]
