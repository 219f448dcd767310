"""Which names torch defines: tables made from torch by ``tools/make_names.py``, for several versions."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from modlint.likeness import closest

_TABLE = Path(__file__).parent.parent / "data" / "torch_names.json"


@cache
def tables() -> dict[str, frozenset[str]]:
    """The public names of each module of torch that has a table, in any of the versions."""
    if not _TABLE.exists():
        return {}
    return {module: frozenset(names) for module, names in json.loads(_TABLE.read_text(encoding="utf-8")).items()}


def defines(module: str, name: str) -> bool | None:
    """Whether ``module`` defines ``name``; None when there is no table for the module."""
    names = tables().get(module)
    return None if names is None else name in names


@cache
def meant(module: str, name: str) -> str | None:
    """The public name of ``module`` that a misspelt ``name`` stands for."""
    return closest(name, (known for known in tables().get(module, ()) if not known.startswith("_")))
