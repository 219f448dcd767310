"""Which rules run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modlint.config import Selection
from modlint.diagnostics import Severity
from modlint.misuse import MisuseError, did_you_mean
from modlint.rule import Meta, Rule


class UnknownRuleError(MisuseError):
    """No rule has this code, prefix or name."""


def selected_codes(rules: Sequence[Rule], selections: Iterable[Selection]) -> frozenset[str] | None:
    """The codes of the rules that run after every layer of selections in turn, None for all of them.

    A selector is a code, the beginning of codes, or a rule's name. Where selectors of one layer disagree, the one that
    matches fewer rules holds, and ``ignore`` goes before ``select``. Raises UnknownRuleError.
    """
    every = codes = frozenset(rule.meta.code for rule in rules)
    for selection in selections:
        codes = _selected(rules, codes, selection)
    return None if codes == every else codes


def _selected(rules: Sequence[Rule], codes: frozenset[str], selection: Selection) -> frozenset[str]:
    wanted = [(matching_codes(rules, one), True) for one in (*(selection.select or ()), *selection.extend_select)]
    unwanted = [(matching_codes(rules, one), False) for one in selection.ignore]
    chosen = codes if selection.select is None else frozenset()
    for matching, is_wanted in sorted([*wanted, *unwanted], key=lambda step: -len(step[0])):
        chosen = chosen | matching if is_wanted else chosen - matching
    return chosen


def severities(rules: Sequence[Rule], wanted: Iterable[tuple[str, Severity]]) -> dict[str, Severity]:
    """The severity of each code that a selector names; the narrower selector holds. Raises UnknownRuleError."""
    steps = [(matching_codes(rules, selector), severity) for selector, severity in wanted]
    ordered = sorted(steps, key=lambda step: -len(step[0]))
    return {code: severity for matching, severity in ordered for code in matching}


def find_rule(rules: Sequence[Rule], selector: str) -> Rule:
    """The rule with this code or name; raises UnknownRuleError."""
    for rule in rules:
        if selector.lower() in (rule.meta.code.lower(), rule.meta.name):
            return rule
    raise _unknown(rules, selector)


def matching_codes(rules: Sequence[Rule], selector: str) -> frozenset[str]:
    """The codes that a selector stands for; raises UnknownRuleError when there is none."""
    matching = frozenset(rule.meta.code for rule in rules if matches(rule.meta, selector))
    if not matching:
        raise _unknown(rules, selector)
    return matching


def matches(meta: Meta, selector: str) -> bool:
    """Whether a selector stands for a rule."""
    return meta.name == selector or (bool(selector) and meta.code.startswith(selector.upper()))


def _unknown(rules: Sequence[Rule], selector: str) -> UnknownRuleError:
    known = [word for rule in rules for word in (rule.meta.code, rule.meta.name)]
    close = did_you_mean(selector, known) or did_you_mean(selector.upper(), known)
    return UnknownRuleError(f"unknown rule `{selector}`{close or '; `modlint rules` lists them all'}")
