"""What ops return beyond tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class NamedResult(tuple[Any, ...]):
    """One of ``torch.return_types``: a tuple whose items also have names, ``x.max(1).values``."""

    names: tuple[str, ...]

    def __new__(cls, names: Sequence[str], items: Sequence[Any]) -> NamedResult:
        self = super().__new__(cls, items)
        self.names = tuple(names)
        return self

    def __getattr__(self, name: str) -> Any:
        if name == "names" or name not in self.names:
            raise AttributeError(name)
        return self[self.names.index(name)]
