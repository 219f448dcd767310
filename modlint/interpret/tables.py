"""What modlint knows of names outside the code that it reads."""

from __future__ import annotations

import builtins
import sys
from functools import cache

from modlint.interpret.hosts import HOSTS
from modlint.interpret.names import defines
from modlint.ops import registry

BUILTIN_NAMES = frozenset(dir(builtins))


@cache
def canonical(name: str) -> str:
    """The public name of something that can be reached by several: ``torch.nn.modules.conv.Conv2d`` is nn.Conv2d."""
    last = name.rsplit(".", 1)[1] if "." in name else ""
    if name.startswith(_INNER) and last.strip("_")[:1].isupper():
        return f"torch.nn.{last}"
    if name.startswith("torch.functional."):
        return f"torch.{name.rsplit('.', 1)[1]}"
    return name


_INNER = ("torch.nn.modules.", "torch.nn.parameter.", "torch.nn.parallel.")


_PYTHON = (sys.stdlib_module_names | {"builtins"}) - {"errno", "math", "signal", "string", "sys"}
"""Libraries whose names stand for modules, classes and functions, but for the constants that a table lists."""


def is_no_number(owner: str, name: str) -> bool:
    """Whether what ``owner`` has under a name is certainly a module, a class or a function."""
    return owner.partition(".")[0] in _PYTHON or defines(owner, name) is True or f"{owner}.{name}" in _tabled()


@cache
def _tabled() -> frozenset[str]:
    """What has an entry in a table, and the modules that lead to it."""
    registry.load()
    parts = [name.split(".") for name in (*registry.OPS, *registry.LAYERS, *HOSTS)]
    return frozenset(".".join(path[:count]) for path in parts for count in range(1, len(path) + 1))


def knows(name: str) -> bool:
    """Whether a table holds something under this qualified name."""
    registry.load()
    return name in registry.OPS or name in registry.LAYERS or name in HOSTS
