"""SARIF 2.1.0, which code scanning services read (OASIS, sarif-v2.1.0-os)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from modlint import __version__
from modlint.diagnostics import Diagnostic, Reason, Severity, Span
from modlint.edits import Edit, Fix
from modlint.report.catalogue import doc_of, markdown, plain
from modlint.report.fingerprints import fingerprints
from modlint.report.json import dump
from modlint.report.page import Page
from modlint.report.words import say
from modlint.rule import Rule, load_rules
from modlint.sources.document import Lines

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(pages: Iterable[Page], language: str) -> Iterator[str]:
    """One run, with the documentation of the rules that found something."""
    results, found = [], set()
    for page in pages:
        lines = Lines(page.text)
        for diagnostic, fingerprint in fingerprints(page):
            found.add(diagnostic.code)
            result = _result(diagnostic, lines, language)
            results.append({**result, "partialFingerprints": {"modlintLine/v1": fingerprint}})
    rules = [_rule(rule, language) for rule in load_rules() if rule.meta.code in found]
    driver = {"name": "modlint", "semanticVersion": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    yield dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule, language: str) -> dict[str, Any]:
    meta, doc = rule.meta, doc_of(rule.meta, language)
    return {
        "id": meta.code,
        "name": meta.name,
        "shortDescription": {"text": doc.title},
        "fullDescription": {"text": doc.what},
        "help": {"text": plain(rule, language), "markdown": markdown(rule, language)},
        "defaultConfiguration": {"level": _LEVELS[meta.severity]},
    }


def _result(diagnostic: Diagnostic, lines: Lines, language: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": say(diagnostic.message, language)},
        "locations": [_location(diagnostic.file, _region(diagnostic.span))],
    }
    if diagnostic.why:
        result["relatedLocations"] = [_reason(diagnostic.file, reason, language) for reason in diagnostic.why]
    if diagnostic.fix is not None:
        result["fixes"] = [_fix(diagnostic.file, diagnostic.fix, lines, language)]
    return result


def _location(file: str, region: dict[str, int]) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(file), "region": region}}


def _reason(file: str, reason: Reason, language: str) -> dict[str, Any]:
    return {**_location(file, {"startLine": reason.line}), "message": {"text": say(reason.message, language)}}


def _artifact(file: str) -> dict[str, str]:
    path = PurePath(file)
    return {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())}


def _fix(file: str, fix: Fix, lines: Lines, language: str) -> dict[str, Any]:
    replacements = [_replacement(edit, lines) for edit in fix.edits]
    return {
        "description": {"text": fix.title_zh if language == "zh" else fix.title},
        "artifactChanges": [{"artifactLocation": _artifact(file), "replacements": replacements}],
    }


def _replacement(edit: Edit, lines: Lines) -> dict[str, Any]:
    span = Span(lines.position(edit.start), lines.position(edit.end))
    return {"deletedRegion": _region(span), "insertedContent": {"text": edit.text}}


def _region(span: Span) -> dict[str, int]:
    (start_line, start_column), (end_line, end_column) = span
    return {"startLine": start_line, "startColumn": start_column, "endLine": end_line, "endColumn": end_column}
