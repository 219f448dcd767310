"""Running a model on words in two dims, when all that it takes goes to an embedding."""

from __future__ import annotations

import pytest

from modlint import session
from modlint.diagnostics import Severity

_MODEL = """\
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self, words, classes, width=128, filters=100, sizes=(3, 4, 5)):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.convs = nn.ModuleList([nn.Conv2d(1, filters, (size, width)) for size in sizes])
        self.fc = nn.Linear(filters * len(sizes), classes)

    def forward(self, x):
        x = self.embedding(x).unsqueeze(1)
        maps = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        return self.fc(torch.cat([F.max_pool1d(one, one.size(2)).squeeze(2) for one in maps], 1))
"""


def _found(source: str) -> list[tuple[str, Severity]]:
    found = session.check("net.py", source.encode(), session.Options(fixes=False)).diagnostics
    return [(one.code, one.severity) for one in found if one.severity is not Severity.INFO]


def test_what_fails_on_words_in_two_dims_is_a_warning() -> None:
    assert _found(_MODEL.replace("filters * len(sizes)", "filters")) == [("ML201", Severity.WARNING)]


def test_it_is_mended_in_the_words_of_the_author() -> None:
    wrong = _MODEL.replace("filters * len(sizes)", "filters")
    fixed = session.fix_file("net.py", wrong.encode(), session.Options(seconds=20.0)).after_text
    assert fixed == _MODEL.replace("filters * len(sizes)", "filters * 3")


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("", ""),
        ("self.embedding(x).unsqueeze(1)", "self.embedding(x).mean(2).unsqueeze(1)"),
        ("filters * len(sizes), classes)", "filters, classes)\n        self.embedding = lambda x: x"),
        ("forward(self, x):", "forward(self, x, scale):\n        x = scale * x"),
        ("self.embedding(x).unsqueeze(1)", "self.embedding(x.long()).unsqueeze(1)"),
    ],
)
def test_nothing_is_said_of_other_models(written: str, instead: str) -> None:
    assert _found(_MODEL.replace(written, instead)) == []


_CELL = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(100, 8)
        self.norm = nn.BatchNorm1d(8)
        self.cell = nn.GRUCell(8, 16)

    def forward(self, x):
        return self.cell(self.norm(self.embedding(x)))
"""


@pytest.mark.parametrize("taken", ["self, x", "self, x, y"])
def test_nothing_is_said_where_single_words_fit(taken: str) -> None:
    assert _found(_CELL.replace("self, x", taken)) == []
