"""What follows from a mistake is no finding of its own."""

from __future__ import annotations

import pytest

from modlint import session
from modlint.diagnostics import Severity

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        {body}

    def forward(self, x):
        return self.layers(x)


Net(8)(torch.randn(2, 8, 9, 9))
"""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (
            "half = width / 2\n"
            "        self.layers = nn.Sequential(\n"
            "            nn.Conv2d(width, half, 3), nn.BatchNorm2d(half), nn.Conv2d(half, half, 3)\n"
            "        )",
            "ML121",
        ),
        ("self.layers = nn.Sequential(nn.Conv2d(width, 4, 3, padding=1 / 2), nn.BatchNorm2d(4))", "ML215"),
        ("self.layers = nn.Sequential(nn.Conv2d(width, 4, 3), nn.BatchNorm1d(4), nn.Conv2d(4, 8, 3))", "ML204"),
        ("self.layers = nn.Sequential(nn.Conv2d(width, 4, 3), nn.Conv2d(6, 6, 3), nn.BatchNorm2d(6))", "ML202"),
    ],
)
def test_one_mistake_is_told_once(body: str, code: str) -> None:
    found = session.check("net.py", NET.format(body=body).encode(), session.Options(mildest=Severity.WARNING))
    assert [one.code for one in found.diagnostics] == [code]
