"""The rules, listed and explained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import click

from modlint.report.json import dump
from modlint.report.words import term
from modlint.rule import Doc, Meta, Rule

_HEADINGS = {
    "en": ("What it finds", "Why it is wrong", "What torch says", "Example", "The fix"),
    "zh": ("检查什么", "为什么有问题", "torch 的报错", "示例", "如何修复"),
}


def doc_of(meta: Meta, language: str) -> Doc:
    """A rule's documentation in a language."""
    return meta.zh if language == "zh" else meta.en


def list_text(rules: Sequence[Rule], language: str) -> Iterator[str]:
    """One line for each rule: code, severity, name, title."""
    widest = max((len(rule.meta.name) for rule in rules), default=0)
    for rule in rules:
        meta = rule.meta
        code = click.style(meta.code, bold=True)
        yield f"{code}  {meta.severity.value:<7}  {meta.name:<{widest}}  {doc_of(meta, language).title}\n"


def list_json(rules: Sequence[Rule], language: str) -> Iterator[str]:
    """Everything that the rules say of themselves."""
    yield dump({"version": 1, "rules": [_data(rule, language) for rule in rules]})


def explain(rule: Rule, language: str) -> Iterator[str]:
    """A rule's documentation with its first example."""
    meta, doc = rule.meta, doc_of(rule.meta, language)
    yield f"{click.style(f'{meta.code} {meta.name}', bold=True)} ({term(meta.severity.value, language)})\n{doc.title}\n"
    for part in _parts(rule, language):
        yield f"\n{click.style(part.heading, bold=True)}\n{_indented(part.body)}\n"


def plain(rule: Rule, language: str) -> str:
    """A rule's documentation without headings and example."""
    return "\n\n".join(part.body for part in _parts(rule, language) if part.fence != "python")


def markdown(rule: Rule, language: str) -> str:
    """A rule's documentation with its first example, as Markdown."""
    return "\n".join(f"## {part.heading}\n\n{_fenced(part)}\n" for part in _parts(rule, language))


class _Part(NamedTuple):
    """``fence`` is the language of a body that is code, empty for prose."""

    heading: str
    body: str
    fence: str = ""


def _parts(rule: Rule, language: str) -> Iterator[_Part]:
    doc = doc_of(rule.meta, language)
    example = rule.invalid[0].code if rule.invalid else ""
    bodies = ((doc.what,), (doc.why,), (doc.torch_says, "text"), (example, "python"), (doc.fix,))
    parts = (_Part(heading, *body) for heading, body in zip(_HEADINGS[language], bodies))
    return (part for part in parts if part.body)


def _fenced(part: _Part) -> str:
    return f"```{part.fence}\n{part.body.strip()}\n```" if part.fence else part.body


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.strip("\n").split("\n"))


def _data(rule: Rule, language: str) -> dict[str, Any]:
    meta, doc = rule.meta, doc_of(rule.meta, language)
    return {
        "code": meta.code,
        "name": meta.name,
        "severity": meta.severity.value,
        "title": doc.title,
        "what": doc.what,
        "why": doc.why,
        "torch_says": doc.torch_says,
        "fix": doc.fix,
    }
