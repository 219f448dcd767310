"""Programs that tests run in their own process."""

from __future__ import annotations

import contextlib
import io
import warnings
from unittest import mock

import pytest


def execute(text: str) -> None:
    """Run a program as a script; what it prints and warns of is of no interest, and what it adds to ``nn`` goes."""
    nn = pytest.importorskip("torch.nn")
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), mock.patch.dict(vars(nn)):
        warnings.simplefilter("ignore")
        exec(compile(text, "example.py", "exec"), {"__name__": "__main__"})
