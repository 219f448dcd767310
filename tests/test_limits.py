"""How far a program is followed whose end nobody knows."""

from __future__ import annotations

import pytest

from modlint.interpret.files import Project
from modlint.interpret.reading import Reading, open_document
from modlint.sources import load
from modlint.syntax import parse
from modlint.values import Unknown

UNWRAPPING = """
def unwrap(model):
    if hasattr(model, "ema"):
        return unwrap(model.ema)
    if hasattr(model, "module"):
        return unwrap(model.module)
    return model
"""
COUNTING = """
def count(number):
    if number == 0:
        return 0
    return count(number - 1) + 1
"""


def _read(program: str) -> Reading:
    cell = load("program.py", program.encode()).cells[0]
    return open_document([parse("program.py", cell)], Project())


def test_a_recursion_that_nobody_knows_to_end_is_not_followed_far() -> None:
    assert _read(UNWRAPPING + "result = unwrap(load())").machine.steps < 200


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("count(10)", 10),
        ("count(4) if input() else count(4)", 4),
        ("count(100)", Unknown),
    ],
)
def test_a_recursion_that_a_condition_ends_is_followed(call: str, result: object) -> None:
    found = _read(f"{COUNTING}result = {call}").scope.variables["result"]
    assert isinstance(found, Unknown) if result is Unknown else found == result
