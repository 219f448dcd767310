"""Which rules run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modlint.misuse import MisuseError, did_you_mean
from modlint.rule import Meta, Rule


class UnknownRuleError(MisuseError):
    """No rule has this code, prefix or name."""


def selected_codes(rules: Sequence[Rule], select: Iterable[str], ignore: Iterable[str]) -> frozenset[str] | None:
    """The codes of the rules that run, None for all of them.

    A selector is a code, the beginning of codes, or a rule's name. Raises UnknownRuleError.
    """
    chosen, dropped = _codes(rules, select), _codes(rules, ignore)
    if not chosen and not dropped:
        return None
    return (chosen or frozenset(rule.meta.code for rule in rules)) - dropped


def find_rule(rules: Sequence[Rule], selector: str) -> Rule:
    """The rule with this code or name; raises UnknownRuleError."""
    for rule in rules:
        if selector.lower() in (rule.meta.code.lower(), rule.meta.name):
            return rule
    raise _unknown(rules, selector)


def _codes(rules: Sequence[Rule], selectors: Iterable[str]) -> frozenset[str]:
    codes: set[str] = set()
    for selector in selectors:
        matching = {rule.meta.code for rule in rules if _matches(rule.meta, selector)}
        if not matching:
            raise _unknown(rules, selector)
        codes |= matching
    return frozenset(codes)


def _matches(meta: Meta, selector: str) -> bool:
    return meta.name == selector or (bool(selector) and meta.code.startswith(selector.upper()))


def _unknown(rules: Sequence[Rule], selector: str) -> UnknownRuleError:
    known = [word for rule in rules for word in (rule.meta.code, rule.meta.name)]
    close = did_you_mean(selector, known) or did_you_mean(selector.upper(), known)
    return UnknownRuleError(f"unknown rule `{selector}`{close or '; `modlint rules` lists them all'}")
