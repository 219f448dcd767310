"""The registered ops with their cases, by family."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from modlint.ops import registry

from .mutate import renamed


class Subject(NamedTuple):
    """An op under one of its names, and the expressions that call it by that name."""

    family: str
    name: str
    cases: tuple[str, ...]


@cache
def subjects() -> tuple[Subject, ...]:
    """Every op, layer and attribute that has cases, also those that share a function under another name."""
    registry.load()
    entries: list[registry.Op] = []
    for table in (registry.OPS, registry.LAYERS, registry.ATTRIBUTES):
        entries += table.values()
    by_function: dict[object, list[registry.Op]] = defaultdict(list)
    for entry in entries:
        by_function[entry.function].append(entry)
    return tuple(subject for group in by_function.values() for subject in _named(group))


def _named(group: list[registry.Op]) -> Iterator[Subject]:
    family = group[0].function.__module__.rpartition(".")[2]
    for entry in group:
        cases = entry.cases or _borrowed(entry, group)
        if cases:
            yield Subject(family, entry.name, cases)


def _borrowed(entry: registry.Op, group: list[registry.Op]) -> tuple[str, ...]:
    """The cases of another name of the same function, told in this one."""
    told = (renamed(case, other.name, entry.name) for other in group for case in other.cases)
    return tuple(dict.fromkeys(case for case in told if case))
