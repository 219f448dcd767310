"""Signs of names: what is read where it was given a value, and what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from modlint.repair.arrivals import SOON
from modlint.repair.situation import NOTHING, Situation
from modlint.repair.structure import Block
from modlint.repair.vocabulary import EVERYWHERE

_DEFINING = ("def", "class")

NAMES: dict[str, Callable[[Situation], object]] = {
    "reads what is not outside": lambda s: s.statement.reads & s.block.targets - s.outer[-1].targets,
    "own is live": lambda s: s.live & s.only_own,
    "shared is live": lambda s: not s.live & s.only_own and s.live & s.own,
    "header is live": lambda s: s.header.binds & s.live,
    "header unread": lambda s: s.header.binds and not s.header.binds & s.block.reads,
    "reads name of header": lambda s: s.block.kind in _DEFINING and s.header.name in s.statement.names,
    "header is named soon": lambda s: (
        s.block.kind in _DEFINING and any(s.header.name in statement.names for statement in s.arrival.ahead)
    ),
    "calls what outer defines": lambda s: s.statement.calls & _defined(s.outer[-1]),
    "following calls what outer defines": lambda s: (
        s.following is not None and s.following.calls & _defined(s.outer[-1])
    ),
    "reads header": lambda s: s.statement.reads & s.header.binds,
    "shares with header": lambda s: s.statement.reads & s.header.reads - EVERYWHERE,
    "fills what header reads": lambda s: s.statement.fills & s.header.reads,
    "assigns what header reads": lambda s: s.statement.targets & s.header.reads,
    "header settled": lambda s: s.header.reads - EVERYWHERE and s.header.reads - EVERYWHERE <= s.block.targets,
    "reads what header asked": lambda s: s.statement.reads & s.block.targets & s.header.reads,
    "assigns what was read": lambda s: s.statement.targets & s.block.reads,
    "carries over": lambda s: s.statement.targets & s.block.reads - s.arrival.live,
    "overwrites": lambda s: (s.statement.targets & s.block.unread) - s.statement.reads,
    "reads filled": lambda s: s.statement.reads & s.block.fills - s.statement.fills,
    "fills awaited": lambda s: s.statement.fills & s.waiting,
    "reads awaited": lambda s: s.statement.reads & s.waiting,
    "assigns awaited": lambda s: s.statement.targets & s.waiting,
    "assigns as outer": lambda s: s.statement.targets & s.outer[-1].targets - s.block.targets,
    "overrode": lambda s: s.block.targets & s.waiting,
    "reads overridden": lambda s: s.statement.reads & s.block.targets & s.outer[-1].targets,
    "reads before header": lambda s: s.above and s.above[-1].targets & s.statement.reads,
    "reads previous": lambda s: s.previous is not None and s.statement.reads & s.previous.targets,
    "assigns previous": lambda s: s.previous is not None and s.statement.targets & s.previous.targets,
    "shares with previous": lambda s: s.previous is not None and s.statement.reads & s.previous.reads - EVERYWHERE,
    "reads what previous filled": lambda s: (
        s.previous is not None and s.statement.reads & s.previous.fills - s.statement.fills
    ),
    "read by following": lambda s: s.following is not None and s.following.reads & s.statement.targets,
}

_REACHES = (0, 1, 2, 4, 8, 16)


def name_words(s: Situation) -> Iterator[str]:
    """Whose names the statement reads, and how far on the names that it assigns are read."""
    yield _reads(s)
    yield from _familiar(s)
    soon = _read_in(s, s.only_own)
    if soon:
        yield f"own is read in {soon}"
    soon = s.block.kind != "def" and _read_in(s, s.header.binds)
    if soon:
        yield f"header is read in {soon}"
    for target in s.statement.targets:
        reach = s.arrival.reach.get(target, 0)
        yield f"{_relation(s, target)} name reaches {max(least for least in _REACHES if least <= reach)}"


def _defined(block: Block) -> frozenset[str]:
    """The functions and classes that are defined right in the block."""
    return frozenset(statement.name for statement in block.own if statement.head in _DEFINING)


def _reads(s: Situation) -> str:
    if s.statement.reads & s.only_own:
        return "reads own"
    if s.statement.reads & s.own:
        return "reads shared"
    return "assigns own" if s.statement.targets & s.own else "ignores"


def _familiar(s: Situation) -> Iterator[str]:
    familiar = s.statement.reads & s.block.reads - EVERYWHERE
    if familiar:
        elsewhere = NOTHING.union(*(block.reads for block in s.outer[1:]))
        yield "familiar here" if familiar - elsewhere else "familiar"


def _read_in(s: Situation, names: frozenset[str]) -> int:
    """In how many statements the first of ``names`` is read with the value that it has; 0 for not soon."""
    left = names - s.statement.targets
    for distance, statement in enumerate(s.arrival.ahead[:SOON], 1):
        if statement.reads & left:
            return distance
        left -= statement.targets | statement.binds
    return 0


def _relation(s: Situation, target: str) -> str:
    if target[0] == ".":
        return "attribute"
    return "known" if target in s.outside else "own" if target in s.own else "new"
