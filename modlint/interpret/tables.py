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
    if name.startswith("torch.nn.modules."):
        return f"torch.nn.{name.rsplit('.', 1)[1]}"
    if name.startswith(("torch.nn.parameter.", "torch.nn.parallel.")):
        return f"torch.nn.{name.rsplit('.', 1)[1]}"
    if name.startswith("torch.functional."):
        return f"torch.{name.rsplit('.', 1)[1]}"
    return name


def knows(name: str) -> bool:
    """Whether a table holds something under this qualified name."""
    registry.load()
    return name in registry.OPS or name in registry.LAYERS or name in HOSTS
