"""The table of host functions that guest code may call, by qualified name; nothing else of the host can be reached.

A function gets ``(machine, place, *values, **values)``.
"""

from __future__ import annotations

from collections.abc import Callable

from modlint.values import Value

HOSTS: dict[str, Callable[..., Value]] = {}


def host(*names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Register a function under its qualified names."""

    def register(function: Callable[..., Value]) -> Callable[..., Value]:
        HOSTS.update(dict.fromkeys(names, function))
        return function

    return register
