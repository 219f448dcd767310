"""``modlint fix --interactive``: a person decides on what is not proven to be meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import click

from modlint import session
from modlint.commands.common import echo
from modlint.diagnostics import Diagnostic
from modlint.edits import Fix, apply_edits
from modlint.report import diff, full
from modlint.report.page import Page
from modlint.report.words import fix_line
from modlint.session import Change, FixedFile
from modlint.sources import load


def review(fixed: FixedFile, options: session.Options, language: str) -> FixedFile:
    """Offer the fixes of what is left, one by one, and make those that are wanted."""
    declined: set[tuple[str, str]] = set()
    while offer := next(_offers(fixed, declined), None):
        diagnostic, fix = offer
        if _is_wanted(fixed, diagnostic, fix, language):
            fixed = _accepted(fixed, diagnostic, fix, options)
        else:
            declined.add(_identity(diagnostic))
    return fixed


def _offers(fixed: FixedFile, declined: set[tuple[str, str]]) -> Iterator[tuple[Diagnostic, Fix]]:
    for diagnostic in fixed.left:
        if diagnostic.fix is not None and _identity(diagnostic) not in declined:
            yield diagnostic, diagnostic.fix


def _identity(diagnostic: Diagnostic) -> tuple[str, str]:
    return diagnostic.code, diagnostic.message.en


def _is_wanted(fixed: FixedFile, diagnostic: Diagnostic, fix: Fix, language: str) -> bool:
    page = Page.of(load(fixed.path, fixed.after))
    echo(full.finding(diagnostic, page, language))
    echo(diff.render(fixed.path, fixed.after_text, apply_edits(fixed.after_text, fix.edits)))
    return click.confirm(fix_line(fix, language), default=False)


def _accepted(fixed: FixedFile, diagnostic: Diagnostic, fix: Fix, options: session.Options) -> FixedFile:
    """The file with the fix made, and with those that are safe once it is."""
    text = apply_edits(fixed.after_text, fix.edits)
    then = session.fix_file(fixed.path, load(fixed.path, fixed.after).encode(text), options)
    changes = (*fixed.changes, Change(diagnostic, fix.applicability), *then.changes)
    return replace(then, before=fixed.before, before_text=fixed.before_text, changes=changes)
