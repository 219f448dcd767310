"""The formats of findings: the module of a format's name holds its ``render``."""

from __future__ import annotations

from importlib import import_module

from modlint.report.page import Report

SHOW_ADVICE = frozenset({"json", "json-lines"})
"""Formats for programs that sort for themselves: advice is always in them."""
SUMMED_UP = frozenset({"full", "grouped"})
"""Formats for people, who want a summary below."""


def report(name: str) -> Report:
    """The report in the format of this name; only its own module is loaded."""
    module = import_module(f"modlint.report.{name.replace('-', '_')}")
    render: Report = module.render
    return render
