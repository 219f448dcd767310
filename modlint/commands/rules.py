"""``modlint rules`` and ``modlint explain``."""

from __future__ import annotations

from modlint.commands.common import echo
from modlint.config import configure
from modlint.report import catalogue
from modlint.rule import load_rules
from modlint.selection import find_rule


def list_rules(output_format: str, language: str | None) -> int:
    """Every rule, by code."""
    report = catalogue.list_json if output_format == "json" else catalogue.list_text
    echo(report(load_rules(), _language(language)))
    return 0


def explain(selector: str, language: str | None) -> int:
    """One rule, by code or name; raises UnknownRuleError."""
    echo(catalogue.explain(find_rule(load_rules(), selector), _language(language)))
    return 0


def _language(given: str | None) -> str:
    return configure((), {"language": given}).language
