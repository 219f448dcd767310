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
    return Feature((3, minor), name, re.compile(pattern, re.MULTILINE), older)


# The quotes of a string within braces do not end the f-string around it.
_F_STRING = (
    r"\b(?:[fF][rR]?|[rR][fF])(?P<mark>\"{3}|'{3}|\"|')"
    r"(?:\{\{|\}\}|\{(?:[^{}\"']|\"[^\"\n]*\"|'[^'\n]*'|\{[^{}]*\})+\}|\\.|(?!(?P=mark))[^{}\\])*(?P=mark)"
)

_FREE_F_STRING = _feature(12, "an f-string with code of any form in its braces", _F_STRING, "''")

FEATURES = (
    _feature(11, "except*", r"\bexcept\s*\*", "except "),
    _feature(11, "a starred subscript", r"(?<=\[)\*(?=\w)", ""),
    _feature(12, "a type statement", r"^(\s*)type\s+(\w+)(?:\[[^\]]*\])?\s*=", r"\1\2 ="),
    _feature(12, "type parameters", r"\b(def|class)(\s+\w+)\[[^\]]*\](?=\s*[(:])", r"\1\2"),
    _feature(12, "a quote within an f-string's braces", r"(\bf\"[^\"{]*\{[^}\"]*)\"([^\"}]*)\"", r"\1'\2'"),
    _feature(12, "a quote within an f-string's braces", r"(\bf'[^'{]*\{[^}']*)'([^'}]*)'", r'\1"\2"'),
    _FREE_F_STRING,
    _feature(14, "a template string", r"\bt(?=['\"])", "f"),
    _feature(14, "except without brackets", r"\bexcept\s+([A-Z]\w*(?:\s*,\s*[A-Z]\w*)+)(?=\s*:)", r"except (\1)"),
)


def newer_feature(text: str, fault: Fault, running: tuple[int, int] = sys.version_info[:2]) -> tuple[int, str] | None:
    """Line (from 1) and name of the construct when saying it the older way makes the whole text parse."""
    found: tuple[int, str] | None = None
    for _ in FEATURES:
        feature = _at(text, fault, running)
        if feature is None:
            return None
        text = feature.pattern.sub(feature.older, text)
        found = found or (fault.line + 1, f"{feature.name} (Python {feature.version[0]}.{feature.version[1]})")
        outcome = parse(text)
        if not isinstance(outcome, Fault):
            return found
        fault = outcome
    return None


def _at(text: str, fault: Fault, running: tuple[int, int]) -> Feature | None:
    """The feature that stands at the line of ``fault``, or runs over it."""
    line = text.split("\n")[fault.line]
    newer = [feature for feature in FEATURES if feature.version > running]
    here = [feature for feature in newer if feature.pattern.search(line)]
    in_string = "f-string" in fault.message or "unterminated" in fault.message
    return next(iter(here), _FREE_F_STRING if in_string and _FREE_F_STRING in newer else None)
