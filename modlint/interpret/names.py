"""Which names torch defines, and what its classes have and take: tables made from several versions of torch by
``tools/make_names.py`` and ``tools/make_classes.py``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from modlint.likeness import closest
from modlint.signature import Signature
from modlint.values import Unknown

_DATA = Path(__file__).parent.parent / "data"


@cache
def _table(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_DATA / name).read_text(encoding="utf-8"))
    return found


@cache
def tables() -> dict[str, frozenset[str]]:
    """The public names of each module of torch that has a table, in any of the versions."""
    return {module: frozenset(names) for module, names in _table("torch_names.json").items()}


def defines(module: str, name: str) -> bool | None:
    """Whether ``module`` defines ``name``; None when there is no table for the module."""
    names = tables().get(module)
    return None if names is None else name in names


@cache
def meant(module: str, name: str) -> str | None:
    """The public name of ``module`` that a misspelt ``name`` stands for."""
    return closest(name, (known for known in tables().get(module, ()) if not known.startswith("_")))


@cache
def layer_like(function: str) -> str | None:
    """The layer of torch that does what a function of ``torch`` or ``torch.nn.functional`` does, by qualified names."""
    module, _, name = function.rpartition(".")
    if module not in ("torch", "torch.nn.functional"):
        return None
    layers = {layer.lower(): layer for layer in tables()["torch.nn"] if layer[:1].isupper()}
    plain = name.replace("_", "")
    found = _NAMED_OTHERWISE.get(name) or layers.get(plain) or layers.get(f"{plain}loss")
    return f"torch.nn.{found}" if found is not None else None


_NAMED_OTHERWISE = {
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "interpolate": "Upsample",
}


@cache
def attributes_of(layer: str) -> frozenset[str] | None:
    """What the objects of a layer of torch have beside what ``nn.Module`` gives; None where that is not known."""
    names = _table("torch_classes.json")["attributes"].get(layer)
    return None if names is None else frozenset(names)


def is_module_of_torch(name: str) -> bool:
    """Whether a qualified name is that of a Python module, as ``torch.optim.adam`` is."""
    return name in _table("torch_classes.json")["modules"]


@cache
def signature_in_torch(name: str) -> Signature | None:
    """What a class or function of torch takes that is no operation, such as an optimizer."""
    entry = _table("torch_classes.json")["signatures"].get(name)
    if entry is None:
        return None
    star, double_star = ("args", "kwargs") if entry["open"] else (None, None)
    defaults = dict.fromkeys(entry["optional"], Unknown("a default of torch"))
    return Signature(tuple(entry["positional"]), tuple(entry["keyword"]), star, double_star, defaults)
