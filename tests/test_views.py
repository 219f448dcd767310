"""What a view says of the data that a program takes from elsewhere."""

from __future__ import annotations

import pytest

from modlint import session

PROGRAM = """\
from torch import nn
from mydata import loader, width

net = nn.Sequential(nn.Linear(200, 300), nn.ReLU(), nn.Linear(300, 10))
for x, y in loader:
    x = {view}
    out = net(x.to("cuda"))
"""


@pytest.mark.parametrize("view", ["x.view(-1, 784)", "x.view(x.size(0), 28 * 28)", "x.float().view(len(x), 5, 784)"])
def test_a_view_tells_the_shape_of_a_tensor(view: str) -> None:
    found = session.check("train.py", PROGRAM.format(view=view).encode(), session.Options()).diagnostics
    assert ["takes 200 features, but gets 784" in one.message.en for one in found] == [True]


@pytest.mark.parametrize(
    "view",
    [
        "x.view(-1, 200)",
        "x.view(784, 200)",
        "x.view(30, 784)",
        "x.view(True, 784)",
        "x.view(x.size(0), -1)",
        "x.view(-1, width)",
        "x.view(784)",
        "x.view(('a', 784))",
        "x.view('rows', 784)",
        "x.view(-1, 784, copy=False)",
        "x.view(*y)",
        "x.reshape(-1, 784)",
        "x.show(-1, 784)",
        "view(x, 784)",
    ],
)
def test_nothing_else_tells_a_shape(view: str) -> None:
    program = PROGRAM.replace("loader, width", "loader, view, width").format(view=view)
    assert session.check("train.py", program.encode(), session.Options()).diagnostics == ()
