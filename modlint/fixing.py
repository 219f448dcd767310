"""Choosing fixes: every candidate is applied to a copy, which is analysed again; the cheapest that proves clean wins."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from modlint.edits import Applicability, Edit, OverlapError
from modlint.judge import Judged, Question, judge
from modlint.rule import Candidate
from modlint.syntax import Unit, edited

_ROUNDS = 40


class Chosen(NamedTuple):
    """The fix of one finding: how far it may be trusted, which findings are left after it, and what else would do."""

    judged: Judged
    candidate: Candidate
    applicability: Applicability
    leaves: Counter[tuple[str, str]]
    alternatives: tuple[Candidate, ...] = ()


@dataclass
class Deadline:
    """A point in time after which no new candidate is tried."""

    seconds: float

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self._end


def apply(units: Sequence[Unit], candidates: Iterable[Candidate]) -> list[Unit]:
    """The units with the edits of ``candidates`` made.

    Raises OverlapError when two edits collide, SyntaxError when the result does not parse.
    """
    edits: dict[int, list[Edit]] = {}
    for candidate in candidates:
        for unit, edit in candidate.edits:
            edits.setdefault(id(unit), []).append(edit)
    return [edited(unit, edits[id(unit)]) if id(unit) in edits else unit for unit in units]


def choose(
    units: Sequence[Unit], judged: Judged, found: Sequence[Judged], question: Question, deadline: Deadline
) -> Chosen | None:
    """The best candidate of a finding: the cheapest proven one, else a suggestion, None when there is none at all."""
    candidates = [candidate for candidate in judged.finding.candidates if candidate.edits]
    candidates.sort(key=lambda candidate: candidate.cost)
    before = Counter(other.identity for other in found)
    proven: list[tuple[Candidate, Counter[tuple[str, str]]]] = []
    for candidate in candidates:
        if deadline.passed or proven and candidate.cost > proven[0][0].cost:
            break
        leaves = _outcome(units, candidate, question)
        if leaves is not None and leaves[judged.identity] < before[judged.identity] and not _new(leaves, before):
            proven.append((candidate, leaves))
    if not proven:
        return Chosen(judged, candidates[0], Applicability.SUGGESTION, before) if candidates else None
    (best, leaves), *tied = proven
    trust = Applicability.SUGGESTION if tied else best.trust
    return Chosen(judged, best, trust, leaves, tuple(candidate for candidate, _ in tied))


def _outcome(units: Sequence[Unit], candidate: Candidate, question: Question) -> Counter[tuple[str, str]] | None:
    """The findings that are left after a candidate; None when it cannot be applied."""
    try:
        return Counter(judged.identity for judged in judge(apply(units, [candidate]), question).findings)
    except (OverlapError, SyntaxError, ValueError):
        return None


def _new(after: Counter[tuple[str, str]], before: Counter[tuple[str, str]]) -> bool:
    """Whether some rule has more to say than before; the text of a place may have changed with the edit."""
    codes_after, codes_before = Counter(code for code, _ in after.elements()), Counter(code for code, _ in before.elements())
    return bool(codes_after - codes_before)


class Fixed(NamedTuple):
    """The end of a fixing run: the units as they are now, and what was done in which order."""

    units: list[Unit]
    applied: list[Chosen]
    left: list[Judged]


def fix(units: Sequence[Unit], question: Question, trusted: frozenset[Applicability], seconds: float = 2.0) -> Fixed:
    """Apply the trusted fixes of all findings, round by round, until nothing changes."""
    deadline = Deadline(seconds)
    now, applied = list(units), []
    found = judge(now, question).findings
    for _ in range(_ROUNDS):
        step = _step(now, found, question, trusted, deadline)
        if step is None:
            break
        now, found, chosen = step
        applied += chosen
    return Fixed(now, applied, found)


def _step(
    units: list[Unit], found: list[Judged], question: Question, trusted: frozenset[Applicability], deadline: Deadline
) -> tuple[list[Unit], list[Judged], list[Chosen]] | None:
    """Apply, one after the other, all fixes that can stand together."""
    chosen: list[Chosen] = []
    for judged in found:
        if any(not other.leaves[judged.identity] for other in chosen):
            continue
        choice = choose(units, judged, found, question, deadline)
        if choice is not None and choice.applicability in trusted and _fits(units, chosen, choice):
            chosen.append(choice)
    while chosen:
        after = apply(units, [choice.candidate for choice in chosen])
        remaining = judge(after, question).findings
        if len(remaining) < len(found):
            return after, remaining, chosen
        chosen.pop()
    return None


def _fits(units: list[Unit], chosen: list[Chosen], choice: Chosen) -> bool:
    try:
        apply(units, [*(other.candidate for other in chosen), choice.candidate])
    except (OverlapError, SyntaxError):
        return False
    return True
