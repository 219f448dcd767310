"""How far a program is followed whose end nobody knows."""

from __future__ import annotations

import pytest

from modlint import session
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


_COSTLY = """\
from torch import nn


class First(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.last = nn.Conv2d(5, 2, 3)

    def forward(self, x):
        return self.last(self.conv(x))


class Second(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)

    def forward(self, x):
        return self.conv(x)


def first():
    total = 0
{work}
    return First()


def second(width):
    total = 0
{work}
    return Second(width)
"""
_WORK = "    for index in range(90):\n" + "        total = total + index\n" * 8


def test_what_makes_models_leaves_steps_to_run_them() -> None:
    assert [one.code for one in session.check("net.py", _COSTLY.format(work=_WORK * 12).encode()).diagnostics] == [
        "ML202"
    ]


_REFUSING = """\
from torch import nn


class Windows(nn.Module):
    def __init__(self, dim, size=1):
        assert size > 1
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.fc = nn.Linear(dim, dim * size)

    def forward(self, x):
        return self.fc(self.norm(x))
"""


@pytest.mark.parametrize(
    ("written", "codes"),
    [("self.norm(x)", []), ("self.nrom(x)", ["ML109"])],
)
def test_a_class_that_refuses_its_defaults_is_built_on_others(written: str, codes: list[str]) -> None:
    code = _REFUSING.replace("self.norm(x)", written)
    assert [one.code for one in session.check("net.py", code.encode()).diagnostics] == codes
