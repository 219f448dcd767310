"""Syntax that is right for a newer interpreter than the running one."""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

from modlint.repair.draft import Fault, parse


class Feature(NamedTuple):
    """A construct since ``version``: where ``pattern`` stands, ``older`` says the same to an older parser."""

    version: tuple[int, int]
    name: str
    pattern: re.Pattern[str]
    older: str


def _feature(minor: int, name: str, pattern: str, older: str) -> Feature:
    return Feature((3, minor), name, re.compile(pattern), older)


FEATURES = (
    _feature(11, "except*", r"\bexcept\s*\*", "except "),
    _feature(11, "a starred subscript", r"(?<=\[)\*(?=\w)", ""),
    _feature(12, "a type statement", r"^(\s*)type\s+(\w+)(?:\[[^\]]*\])?\s*=", r"\1\2 ="),
    _feature(12, "type parameters", r"\b(def|class)(\s+\w+)\[[^\]]*\](?=\s*[(:])", r"\1\2"),
    _feature(12, "a quote within an f-string's braces", r"(\bf\"[^\"{]*\{[^}\"]*)\"([^\"}]*)\"", r"\1'\2'"),
    _feature(12, "a quote within an f-string's braces", r"(\bf'[^'{]*\{[^}']*)'([^'}]*)'", r'\1"\2"'),
    _feature(14, "a template string", r"\bt(?=['\"])", "f"),
    _feature(14, "except without brackets", r"\bexcept\s+([A-Z]\w*(?:\s*,\s*[A-Z]\w*)+)(?=\s*:)", r"except (\1)"),
)


def newer_feature(text: str, fault: Fault, running: tuple[int, int] = sys.version_info[:2]) -> tuple[int, str] | None:
    """Line (from 1) and name of the construct when saying it the older way makes the whole text parse."""
    lines = text.split("\n")
    found: tuple[int, str] | None = None
    for _ in range(20):
        written = _older(lines, fault, running)
        if written is None:
            return None
        lines[written[0]], feature = written[1], written[2]
        found = found or (written[0] + 1, f"{feature.name} (Python {feature.version[0]}.{feature.version[1]})")
        outcome = parse("\n".join(lines))
        if not isinstance(outcome, Fault):
            return found
        fault = outcome
    return None


def _older(lines: list[str], fault: Fault, running: tuple[int, int]) -> tuple[int, str, Feature] | None:
    if fault.line >= len(lines):
        return None
    line = lines[fault.line]
    for feature in FEATURES:
        if feature.version > running and feature.pattern.search(line):
            return fault.line, feature.pattern.sub(feature.older, line), feature
    return None
