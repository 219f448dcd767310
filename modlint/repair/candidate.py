"""Candidates for the next step of the search, and the table of the families that make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf

from modlint.edits import Edit
from modlint.repair.draft import Change, Draft, Fault


@dataclass(frozen=True, slots=True)
class Candidate:
    """Changes, in coordinates of the draft's text, that are made together for ``cost``.

    ``margin`` is how much more the next best choice would have cost where the family itself has made one.
    """

    cost: float
    changes: tuple[Change, ...]
    margin: float = inf


CLEAR = 0.4
"""How much more than the best choice the next best one has to cost before the best one is clear."""

Family = Callable[[Draft, Fault], Iterator[Candidate]]

FAMILIES: list[Family] = []

_MOST_FOR_MANY = 0.6


def family(function: Family) -> Family:
    """Enter a family of edits in the catalogue."""
    FAMILIES.append(function)
    return function


def one(kind: str, cost: float, start: int, end: int, text: str) -> Candidate:
    """A candidate of a single edit."""
    return Candidate(cost, (Change(kind, Edit(start, end, text)),))


def together(kind: str, cost: float, edits: Iterable[Edit], each: float = 0.0) -> Iterator[Candidate]:
    """All ``edits`` as one candidate, which costs a little more for every further edit; nothing for no edits."""
    changes = tuple(Change(kind, edit) for edit in dict.fromkeys(edits))
    if changes:
        yield Candidate(cost + min(each * (len(changes) - 1), _MOST_FOR_MANY), changes)


def cheapest_first(draft: Draft, fault: Fault, without: Family | None = None) -> list[Candidate]:
    """What all families but ``without`` offer: of several ways to the same text, the cheapest is met first."""
    offered = (candidate for make in FAMILIES if make is not without for candidate in make(draft, fault))
    return sorted(offered, key=lambda candidate: candidate.cost)
