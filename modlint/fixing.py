"""Choosing fixes: every candidate is applied to a copy, which is analysed again; the cheapest that proves clean wins."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from modlint.diagnostics import Severity
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
    """A point in the time of this process after which no new candidate is tried."""

    seconds: float

    def __post_init__(self) -> None:
        self._end = time.process_time() + self.seconds

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return time.process_time() > self._end


def apply(units: Sequence[Unit], candidates: Iterable[Candidate]) -> list[Unit]:
    """The units with the edits of ``candidates`` made.

    Raises OverlapError when two edits collide, SyntaxError when the result does not parse.
    """
    edits: dict[int, list[Edit]] = {}
    for candidate in candidates:
        for unit, edit in candidate.edits:
            edits.setdefault(id(unit), []).append(edit)
    return [edited(unit, edits[id(unit)]) if id(unit) in edits else unit for unit in units]


def choose_all(units: Sequence[Unit], found: Sequence[Judged], question: Question, deadline: Deadline) -> list[Chosen]:
    """The best candidate of every finding that has one.

    What settles several findings at once is tried first. The plain fixes of the others are proven together, by one
    analysis; only when that does not clear them all is each tried by itself.
    """
    chosen: list[Chosen] = []
    for judged in found:
        if any(candidate.cost == 0 and candidate.edits for candidate in judged.finding.candidates):
            _add(units, chosen, choose(units, judged, found, question, deadline))
    open_ones = [judged for judged in found if not _settled(judged, chosen)]
    together = _proven_together(units, found, open_ones, chosen, question)
    done = {id(choice.judged) for choice in (*chosen, *together)}
    alone = [choose(units, judged, found, question, deadline) for judged in open_ones if id(judged) not in done]
    return [*chosen, *together, *(choice for choice in alone if choice is not None)]


def _add(units: Sequence[Unit], chosen: list[Chosen], choice: Chosen | None) -> None:
    if choice is not None and choice.applicability is not Applicability.SUGGESTION and _fits(units, chosen, choice):
        chosen.append(choice)


def _settled(judged: Judged, chosen: Sequence[Chosen]) -> bool:
    """Whether a finding is gone after one of the fixes already chosen."""
    return any(not choice.leaves[judged.identity] for choice in chosen)


def _proven_together(
    units: Sequence[Unit],
    found: Sequence[Judged],
    open_ones: Sequence[Judged],
    chosen: list[Chosen],
    question: Question,
) -> list[Chosen]:
    """The plain fixes of the open findings, when all of them together clear all of those and add nothing."""
    before = Counter(judged.identity for judged in found)
    plain: list[Chosen] = []
    for judged in open_ones:
        candidate = _plain_candidate(judged)
        if candidate is not None:
            choice = Chosen(judged, candidate, candidate.trust, before - Counter([judged.identity]))
            if _fits(units, [*chosen, *plain], choice):
                plain.append(choice)
    after = _outcome(units, [choice.candidate for choice in (*chosen, *plain)], question) if plain else None
    if after is None or _new(after, before, question):
        return []
    hoped = sum(judged.severity is not Severity.INFO for judged in open_ones) - len(plain)
    return plain if _faults(after, question).total() <= hoped else []


def _plain_candidate(judged: Judged) -> Candidate | None:
    """The cheapest candidate of a fault, if no other costs as little and it may be applied at all."""
    candidates = sorted(_usable(judged), key=lambda candidate: candidate.cost)
    tied = len(candidates) > 1 and candidates[0].cost == candidates[1].cost
    if judged.severity is Severity.INFO or not candidates or tied:
        return None
    return None if candidates[0].trust is Applicability.SUGGESTION else candidates[0]


def _usable(judged: Judged) -> list[Candidate]:
    return [candidate for candidate in judged.finding.candidates if candidate.edits]


def choose(
    units: Sequence[Unit], judged: Judged, found: Sequence[Judged], question: Question, deadline: Deadline
) -> Chosen | None:
    """The best candidate of a finding: the cheapest proven one, else a suggestion, None when there is none at all."""
    candidates = sorted(_usable(judged), key=lambda candidate: candidate.cost)
    before = Counter(other.identity for other in found)
    proven: list[tuple[Candidate, Counter[tuple[str, str]]]] = []
    for candidate in candidates:
        if deadline.passed or (proven and candidate.cost > proven[0][0].cost):
            break
        leaves = _outcome(units, [candidate], question)
        if (
            leaves is not None
            and leaves[judged.identity] < before[judged.identity]
            and not _new(leaves, before, question)
        ):
            proven.append((candidate, leaves))
    if not proven:
        return Chosen(judged, candidates[0], Applicability.SUGGESTION, before) if candidates else None
    (best, leaves), *tied = proven
    trust = Applicability.SUGGESTION if tied else best.trust
    return Chosen(judged, best, trust, leaves, tuple(candidate for candidate, _ in tied))


def _outcome(
    units: Sequence[Unit], candidates: Sequence[Candidate], question: Question
) -> Counter[tuple[str, str]] | None:
    """The findings that are left after some candidates; None when they cannot be applied."""
    try:
        return Counter(judged.identity for judged in judge(apply(units, candidates), question).findings)
    except (OverlapError, SyntaxError, ValueError):
        return None


def _new(after: Counter[tuple[str, str]], before: Counter[tuple[str, str]], question: Question) -> bool:
    """Whether some rule has more to say than before, advice aside; the text of a place may have changed with the edit."""
    codes_after = Counter(code for code, _ in _faults(after, question).elements())
    return bool(codes_after - Counter(code for code, _ in before.elements()))


def _faults(found: Counter[tuple[str, str]], question: Question) -> Counter[tuple[str, str]]:
    """The findings without those of rules that only advise."""
    advice = {rule.meta.code for rule in question.rules if rule.meta.severity is Severity.INFO}
    return Counter({identity: count for identity, count in found.items() if identity[0] not in advice})


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
    for choice in choose_all(units, found, question, deadline):
        if choice.applicability in trusted and not _settled(choice.judged, chosen) and _fits(units, chosen, choice):
            chosen.append(choice)
    while chosen:
        after = apply(units, [choice.candidate for choice in chosen])
        remaining = judge(after, question).findings
        if _burden(remaining) < _burden(found):
            return after, remaining, chosen
        chosen.pop()
    return None


def _burden(findings: Sequence[Judged]) -> tuple[int, int]:
    """How many findings are there: first those that are no advice, for what is repaired may call for advice."""
    advice = sum(judged.rule.meta.severity is Severity.INFO for judged in findings)
    return len(findings) - advice, advice


def _fits(units: Sequence[Unit], chosen: Sequence[Chosen], choice: Chosen) -> bool:
    try:
        apply(units, [*(other.candidate for other in chosen), choice.candidate])
    except (OverlapError, SyntaxError):
        return False
    return True
