"""The catalogue of mistakes in ``docs/mistakes``: each is found on its line and nothing else is, and torch agrees.

A ``diff`` block holds a mistake and its correction, a ``python`` block what looks like a mistake and is none; comments
such as ``# error ML101`` say what is reported on their line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from programs import execute

from modlint import session

PAGES = sorted((Path(__file__).parent.parent / "docs" / "mistakes").glob("*.md"))
PRELUDE = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
_FENCE = re.compile(r"^```(diff|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"  # ((?:error|warning|info) ML\d{3}(?:, (?:error|warning|info) ML\d{3})*)$")

Told = tuple[int, str, str]


@dataclass(frozen=True)
class Program:
    """A block of a page: ``text`` runs by itself, ``told`` is what is reported: line, severity and code."""

    text: str
    told: tuple[Told, ...]


def programs(page: Path, language: str, dropped: str = "") -> Iterator[Any]:
    """The blocks of a page; from one of ``diff`` the lines are left out that begin with ``dropped``."""
    text = page.read_text(encoding="utf-8")
    for fence in _FENCE.finditer(text):
        if fence[1] == language:
            line = text.count("\n", 0, fence.start()) + 1
            yield pytest.param(_program(_side(fence[2], dropped) if dropped else fence[2]), id=f"{page.stem}-{line}")


def _side(block: str, dropped: str) -> str:
    return "".join(line[1:] or "\n" for line in block.splitlines(keepends=True) if not line.startswith(dropped))


def _program(block: str) -> Program:
    lines = (PRELUDE + block).splitlines()
    marks = [(number, mark[1]) for number, line in enumerate(lines, 1) if (mark := _MARK.search(line))]
    told = [(number, *one.split()) for number, mark in marks for one in mark.split(", ")]
    return Program("\n".join(_MARK.sub("", line) for line in lines) + "\n", tuple(told))


WRONG = [program for page in PAGES for program in programs(page, "diff", dropped="+")]
ERRORS = [program for program in WRONG if any(severity == "error" for _, severity, _ in program.values[0].told)]
CORRECTED = [program for page in PAGES for program in programs(page, "diff", dropped="-")]
RIGHT = [program for page in PAGES for program in programs(page, "python")]


def reported(text: str, informed_of: frozenset[str]) -> list[Told]:
    """Errors and warnings, and information of the codes that are asked for."""
    found = session.check("example.py", text.encode(), session.Options(seconds=20.0)).diagnostics
    told = {(one.span.start.line, one.severity.name.lower(), one.code) for one in found}
    return sorted(one for one in told if one[1] != "info" or one[2] in informed_of)


@pytest.mark.parametrize("program", WRONG)
def test_a_mistake_is_found_on_its_line_and_nothing_else_is(program: Program) -> None:
    assert program.told
    assert reported(program.text, frozenset(code for _, _, code in program.told)) == sorted(program.told)


@pytest.mark.parametrize("program", ERRORS)
def test_torch_raises_where_an_error_is_reported(program: Program) -> None:
    with pytest.raises(Exception):  # noqa: B017 - which one it is depends on the version of torch
        execute(program.text)


@pytest.mark.parametrize("program", [*CORRECTED, *RIGHT])
def test_what_is_right_is_not_reported_and_runs(program: Program) -> None:
    assert reported(program.text, frozenset()) == []
    execute(program.text)


def test_there_are_more_right_programs_than_wrong_ones() -> None:
    assert len(CORRECTED) + len(RIGHT) > len(WRONG) > 0
