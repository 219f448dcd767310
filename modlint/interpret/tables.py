"""What modlint knows of names outside the code that it reads."""

from __future__ import annotations

import builtins
from functools import cache

from modlint.interpret.hosts import HOSTS
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


def knows(name: str) -> bool:
    """Whether a table holds something under this qualified name."""
    registry.load()
    return name in registry.OPS or name in registry.LAYERS or name in HOSTS
