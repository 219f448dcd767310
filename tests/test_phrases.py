"""How findings call what stands where something else is wanted."""

from __future__ import annotations

import pytest

from modlint import session
from modlint.diagnostics import Severity


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("[x, x]", "a list"),
        ("{'x': x}", "a dict"),
        ("{1, 2}", "a set"),
        ("iter([x])", "an iterator"),
        ("x.mean", "a method"),
        ("layer.forward", "a method"),
        ("lambda: x", "a function"),
        ("partial(len, x)", "a function"),
        ("nn.Linear", "a class or function"),
        ("3", "3"),
    ],
)
def test_what_is_no_tensor_has_a_name(given: str, called: str) -> None:
    program = f"""\
import torch
from functools import partial
from torch import nn

x, layer = torch.ones(2, 4), nn.Linear(4, 4)
torch.relu({given})
"""
    found = session.check("net.py", program.encode(), session.Options(fixes=False)).diagnostics
    (error,) = (one for one in found if one.severity is Severity.ERROR)
    assert error.message.en.endswith(f", not {called}")
