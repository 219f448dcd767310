"""How grave findings are, and which of them are told."""

from __future__ import annotations

import pytest

from modlint import session
from modlint.diagnostics import Severity

NET = b"""\
import torch
from torch import nn

net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(9, 8, 3))
net(torch.randn(2, 3, 8, 8))
"""
ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@pytest.mark.parametrize(
    ("mildest", "stated", "told"),
    [
        (INFO, {}, {"ML313": INFO, "ML202": ERROR}),
        (WARNING, {}, {"ML202": ERROR}),
        (ERROR, {}, {"ML202": ERROR}),
        (WARNING, {"ML313": WARNING}, {"ML313": WARNING, "ML202": ERROR}),
        (ERROR, {"ML313": WARNING}, {"ML202": ERROR}),
        (WARNING, {"ML202": INFO}, {}),
        (INFO, {"ML202": INFO}, {"ML313": INFO, "ML202": INFO}),
        (ERROR, {"ML313": ERROR, "ML202": WARNING}, {"ML313": ERROR}),
    ],
)
def test_what_is_milder_is_not_told(mildest: Severity, stated: dict[str, Severity], told: dict[str, Severity]) -> None:
    options = session.Options(mildest=mildest, severities=stated, fixes=False)
    found = session.check("net.py", NET, options).diagnostics
    assert {one.code: one.severity for one in found} == told


@pytest.mark.parametrize(("features", "severity"), [(2048, ERROR), (6250, ERROR), (512, WARNING), (1560, WARNING)])
def test_a_missing_flatten_is_proven_where_no_image_is_wide_enough(features: int, severity: Severity) -> None:
    net = f"""\
from torch import nn

net = nn.Sequential(nn.Conv2d(3, {features}, 32, stride=32), nn.Linear({features}, 8))
"""
    found = session.check("net.py", net.encode(), session.Options()).diagnostics
    assert [one.severity for one in found if one.code == "ML217"] == [severity]


def test_what_is_not_told_changes_no_fix() -> None:
    fixes = [
        [
            one.fix
            for one in session.check("net.py", NET, session.Options(mildest=mildest)).diagnostics
            if one.code == "ML202"
        ]
        for mildest in (INFO, WARNING)
    ]
    assert fixes[0] == fixes[1] != [None]


def test_code_that_takes_one_sample_alone_is_no_error() -> None:
    program = b"""\
import torch.nn.functional as F
from torch import nn


class Sampler(nn.Module):
    def forward(self, features, points):
        return F.grid_sample(features, points.reshape(-1, 2)[None, :, None], align_corners=False)
"""
    found = session.check("net.py", program, session.Options(fixes=False)).diagnostics
    assert [(one.code, one.severity) for one in found] == [("ML216", WARNING)]
