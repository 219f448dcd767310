"""Which known name a wrong one stands for."""

from __future__ import annotations

import pytest

from modlint.likeness import closest


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("relU", ["relu", "relu_", "rrelu"], "relu"),
        ("Relu_", ["relu", "relu_"], "relu_"),
        ("_linear", ["linear", "bilinear"], "linear"),
        ("__init_", ["__init__", "init"], None),
        ("forwad", ["forward", "backward"], "forward"),
        ("relu", ["ReLU", "RELU"], None),
        ("_", ["__", "x"], None),
        ("fc9", ["conv", "pool"], None),
        ("x", ["X", "y"], "X"),
        ("same", ["same"], None),
    ],
)
def test_the_closest_name(name: str, known: list[str], meant: str | None) -> None:
    assert closest(name, known) == meant
