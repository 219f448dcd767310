"""Signs of branches: what the branches of one statement do alike, and where the next `else` will want its `if`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from modlint.repair.lexer import Statement
from modlint.repair.situation import NOTHING, Situation
from modlint.repair.structure import CLAUSES, LEAVES, Block, branches
from modlint.repair.vocabulary import EVERYWHERE

BRANCHES: dict[str, Callable[[Situation], object]] = {
    "before clause": lambda s: s.arrival.clause == 0,
    "partner assigns as block": lambda s: (p := _partner(s)) and p.targets & s.block.targets,
    "partner assigns as statement": lambda s: (p := _partner(s)) and p.targets & s.statement.targets,
    "partner calls as block": lambda s: (p := _partner(s)) and p.calls & s.block.calls,
    "partner calls as statement": lambda s: (p := _partner(s)) and p.calls & s.statement.calls,
    "partner reads header's": lambda s: (p := _partner(s)) and p.reads & s.header.reads - EVERYWHERE,
    "partner begins as statement": lambda s: (p := _partner(s)) and p.words[:2] == s.statement.words[:2],
    "partner begins as block": lambda s: (p := _partner(s)) and p.words[:2] == s.block.own[0].words[:2],
}


def branch_words(s: Situation) -> Iterator[str]:
    """What is alike in branches."""
    clause = s.arrival.clause
    if clause is not None:
        yield _distance(s, clause)
    if s.block.before is not None:
        yield from _sibling_words(s, s.block.before)
    if s.statement.head in CLAUSES:
        yield from _clause_words(s)


def _distance(s: Situation, clause: int) -> str:
    """How far the next clause is, where it is near and nothing opens before it."""
    head = s.arrival.ahead[clause].head
    is_near = clause < _NEAR and not any(statement.opens for statement in s.arrival.ahead[:clause])
    return f"{head} in {clause + 1}" if is_near else f"perhaps {head}"


_NEAR = 4


def _partner(s: Situation) -> Statement | None:
    """What the body of the next clause begins with."""
    clause = s.arrival.clause
    ahead = s.arrival.ahead
    is_near = clause is not None and clause + 1 < len(ahead) and s.statement.head not in CLAUSES
    return ahead[clause + 1] if clause is not None and is_near else None


def _sibling_words(s: Situation, before: Block) -> Iterator[str]:
    statement, block = s.statement, s.block
    if statement.targets:
        yield "sibling assigns" if statement.targets & before.targets else "sibling assigns else"
    if statement.calls & before.calls:
        yield "sibling calls"
    parallel = before.own[block.size] if block.size < before.size else None
    yield "sibling is longer" if parallel else "sibling is no longer"
    if parallel is not None and parallel.words[:2] == statement.words[:2]:
        yield "parallel to sibling"
    if parallel is not None and parallel.pattern == statement.pattern:
        yield "pattern of sibling"
    if any(other.words == statement.words for other in before.own):
        yield "said by sibling"
    if block.size == before.size:
        yield "size of sibling"
    owed = before.targets - block.targets
    yield "paid" if not owed else "pays" if owed & statement.targets else "owes"
    if before.last in LEAVES:
        yield "sibling left"
    yield from _joint_words(s, before)


def _joint_words(s: Situation, before: Block) -> Iterator[str]:
    """What all branches so far that go on give a value."""
    common = s.block.targets & before.targets
    if s.statement.reads & common:
        yield "reads what siblings assign"
    going_on = NOTHING.union(*(branch.targets | branch.binds for branch in branches(before) if branch.falls))
    if s.statement.reads & s.block.targets & going_on:
        yield "reads what branches assign"
    if s.statement.targets & going_on - s.block.targets:
        yield "assigns what branches assign"


def _clause_words(s: Situation) -> Iterator[str]:
    """The statement is a clause: is it that of the block?"""
    clause, following, block = s.statement.head, s.following, s.block
    if clause == "elif":
        yield "elif like header" if s.statement.words[1:3] == s.header.words[1:3] else "elif unlike header"
        if s.statement.reads & s.header.reads:
            yield "elif reads header's"
    if following is None:
        return
    if following.targets:
        yield f"{clause} assigns the same" if following.targets & block.targets else f"{clause} assigns else"
    if following.calls & block.calls:
        yield f"{clause} calls the same"
    if following.head == block.last:
        yield f"{clause} has the same head"
    if following.words[:2] == block.own[0].words[:2]:
        yield f"{clause} begins the same"
    if following.pattern == block.own[0].pattern:
        yield f"{clause} has the same pattern"
