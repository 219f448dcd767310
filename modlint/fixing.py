"""Choosing fixes: every candidate is applied to a copy, which is analysed again; the cheapest that proves clean wins."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from modlint.diagnostics import Severity
from modlint.edits import Applicability, Edit, OverlapError, Trace
from modlint.judge import Identity, Judged, Question, judge
from modlint.rule import Candidate
from modlint.syntax import Unit, edited

_ROUNDS = 40


def trace(candidate: Candidate) -> Trace:
    """How a fix is known again when the same text is fixed once more."""
    return frozenset(
        (unit.cell.index, unit.original(edit.start), unit.original(edit.end), edit.text)
        for unit, edit in candidate.edits
    )


class Chosen(NamedTuple):
    """The fix of one finding: how far it may be trusted, which findings are left after it, and what else would do."""

    judged: Judged
    candidate: Candidate
    applicability: Applicability
    leaves: Counter[Identity]
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


@dataclass(frozen=True)
class Case:
    """A document with its findings: what every fix is weighed against.

    ``refused`` are fixes not to be made, ``frozen`` cells that are not to be changed.
    """

    units: Sequence[Unit]
    found: Sequence[Judged]
    question: Question
    deadline: Deadline
    refused: frozenset[Trace] = frozenset()
    frozen: frozenset[int | None] = frozenset()

    @property
    def before(self) -> Counter[Identity]:
        """The findings by what stays the same of them."""
        return Counter(judged.identity for judged in self.found)

    def after(self, candidates: Sequence[Candidate]) -> Counter[Identity] | None:
        """The findings that are left after some candidates; None when they cannot be applied."""
        try:
            left = judge(apply(self.units, candidates), self.question).findings
        except (OverlapError, SyntaxError, ValueError):
            return None
        return Counter(judged.identity for judged in left)

    def proven(self, judged: Judged, candidate: Candidate) -> Counter[Identity] | None:
        """The findings that are left after a candidate that clears a finding and leaves less than before, else None."""
        after = self.after([candidate])
        cleared = after is not None and after[judged.identity] < self.before[judged.identity]
        return after if after is not None and cleared and self.better(after) else None

    def forces(self, judged: Judged, candidate: Candidate) -> bool:
        """Whether nothing else would do in the place of a candidate: its rivals prove not."""
        return all(self.proven(judged, replace(candidate, edits=rival)) is None for rival in candidate.rivals)

    def better(self, after: Counter[Identity]) -> bool:
        """Whether less is left, and nothing but advice is new."""
        return not faults(after - self.before, self.question) and self.burden(after) < self.burden(self.before)

    def burden(self, found: Counter[Identity]) -> tuple[int, int]:
        """How many findings there are: faults first, for what is repaired may call for advice."""
        grave = faults(found, self.question).total()
        return grave, found.total() - grave

    def fits(self, chosen: Sequence[Chosen], choice: Chosen) -> bool:
        """Whether the edits of a fix go together with those of others."""
        try:
            apply(self.units, [*(other.candidate for other in chosen), choice.candidate])
        except (OverlapError, SyntaxError):
            return False
        return True

    def _is_allowed(self, candidate: Candidate) -> bool:
        frozen = any(unit.cell.index in self.frozen for unit, _ in candidate.edits)
        return not frozen and trace(candidate) not in self.refused

    def motions(self) -> list[Motion]:
        """What the findings propose, the cheapest first: the same edits of several findings are one motion."""
        seconded: dict[frozenset[tuple[int, Edit]], list[tuple[Judged, Candidate]]] = {}
        for judged in self.found:
            for candidate in judged.finding.candidates:
                if candidate.edits and self._is_allowed(candidate):
                    key = frozenset((id(unit), edit) for unit, edit in candidate.edits)
                    seconded.setdefault(key, []).append((judged, candidate))
        motions = [Motion(votes[0][1], tuple(judged for judged, _ in votes)) for votes in seconded.values()]
        return sorted(motions, key=lambda motion: motion.price)


class Motion(NamedTuple):
    """A candidate with the findings that propose it."""

    candidate: Candidate
    proposers: tuple[Judged, ...]

    @property
    def price(self) -> Fraction:
        """What it costs for each finding that it answers."""
        return Fraction(self.candidate.cost, len(self.proposers))

    @property
    def is_strong(self) -> bool:
        """Whether it claims to settle more than one finding."""
        return self.candidate.cost == 0 or len(self.proposers) > 1


def choose_all(case: Case) -> list[Chosen]:
    """The best candidate of every finding that has one.

    What settles several findings at once is tried first. The plain fixes of the others are proven together, by one
    analysis; only when that does not clear them all is each tried by itself.
    """
    motions = case.motions()
    enough = _clearing_all(case, motions) if any(motion.is_strong for motion in motions) else None
    if enough is not None:
        return [enough]
    chosen = _strong(case, motions)
    open_ones = [judged for judged in case.found if not _settled(judged, chosen)]
    together = _proven_together(case, motions, open_ones, chosen)
    done = {id(choice.judged) for choice in (*chosen, *together)}
    alone = [
        choose(case, motions, judged)
        for judged in sorted(open_ones, key=lambda judged: judged.severity.rank)
        if id(judged) not in done and not _settled(judged, together)
    ]
    return [*chosen, *together, *(choice for choice in alone if choice is not None)]


def _clearing_all(case: Case, motions: Sequence[Motion]) -> Chosen | None:
    """One of the cheapest fixes after which no fault is left: all had one cause."""
    for motion in motions[:_CAUSES]:
        after = case.after([motion.candidate])
        if after is not None and not faults(after, case.question):
            choice = choose(case, motions, motion.proposers[0])
            return choice if choice is not None and choice.candidate is motion.candidate else None
    return None


_CAUSES = 2


def _strong(case: Case, motions: Sequence[Motion]) -> list[Chosen]:
    """The fixes that settle several findings at once."""
    chosen: list[Chosen] = []
    for motion in motions:
        judged = next((judged for judged in motion.proposers if not _settled(judged, chosen)), None)
        if motion.is_strong and judged is not None:
            choice = choose(case, motions, judged)
            if (
                choice is not None
                and choice.applicability is not Applicability.SUGGESTION
                and case.fits(chosen, choice)
            ):
                chosen.append(choice)
    return chosen


def _settled(judged: Judged, chosen: Sequence[Chosen]) -> bool:
    """Whether a finding is gone after one of the fixes already chosen."""
    return any(not choice.leaves[judged.identity] for choice in chosen)


def _proven_together(
    case: Case, motions: Sequence[Motion], open_ones: Sequence[Judged], chosen: Sequence[Chosen]
) -> list[Chosen]:
    """Plain fixes of the open findings that clear all of those together and add nothing.

    What its cheapest fix does not clear gets its next one, until every finding is cleared or has none left.
    """
    untried = {id(judged): _proposed_by(judged, motions) for judged in open_ones}
    while not case.deadline.passed:
        plain = _plain_fixes(case, open_ones, untried, chosen)
        after = case.after([choice.candidate for choice in (*chosen, *plain)]) if plain else None
        if after is None:
            return []
        brought = faults(after - case.before, case.question)
        failed = [choice for choice in plain if after[choice.judged.identity]] or _dearest(plain, brought, untried)
        if brought and not failed:
            return []
        if not failed:
            hoped = sum(judged.severity is not Severity.INFO for judged in open_ones) - len(plain)
            return plain if faults(after, case.question).total() <= hoped else []
        rest = [choice for choice in plain if choice not in failed]
        left = case.after([choice.candidate for choice in (*chosen, *rest)]) if rest else None
        if left is not None and not faults(left, case.question):
            return [choice._replace(leaves=left) for choice in rest]
        for choice in failed:
            del untried[id(choice.judged)][0]
    return []


def _dearest(
    plain: Sequence[Chosen], brought: Counter[Identity], untried: Mapping[int, Sequence[Motion]]
) -> list[Chosen]:
    """Of the fixes in every cell that something new was brought to, the dearest that has another one behind it."""
    blamed = []
    for cell in {new.cell for new in brought}:
        near = [
            choice for choice in plain if choice.judged.identity.cell == cell and len(untried[id(choice.judged)]) > 1
        ]
        blamed += sorted(near, key=lambda choice: untried[id(choice.judged)][0].price)[-1:]
    return blamed


def _plain_fixes(
    case: Case, open_ones: Sequence[Judged], untried: Mapping[int, Sequence[Motion]], chosen: Sequence[Chosen]
) -> list[Chosen]:
    """The cheapest fix that was not tried of every fault that has a plain one, as far as they go together."""
    plain: list[Chosen] = []
    for judged in open_ones:
        candidate = _plain_candidate(judged, untried[id(judged)])
        if candidate is not None:
            choice = Chosen(judged, candidate, candidate.trust, case.before - Counter([judged.identity]))
            if case.fits([*chosen, *plain], choice):
                plain.append(choice)
    return plain


def _plain_candidate(judged: Judged, own: Sequence[Motion]) -> Candidate | None:
    """The cheapest candidate of a fault, if no other costs as little and it may be applied at all."""
    tied = len(own) > 1 and own[0].price == own[1].price
    if judged.severity is Severity.INFO or not own or tied or own[0].candidate.rivals:
        return None
    return None if own[0].candidate.trust is Applicability.SUGGESTION else own[0].candidate


def _proposed_by(judged: Judged, motions: Sequence[Motion]) -> list[Motion]:
    return [motion for motion in motions if any(proposer is judged for proposer in motion.proposers)]


def choose(case: Case, motions: Sequence[Motion], judged: Judged) -> Chosen | None:
    """The best candidate of a finding: of the proven ones that leave least, the cheapest; else a suggestion, None when
    there is none at all.

    What a candidate clears besides the finding are votes of other places for it: they go before its cost.
    """
    own = _proposed_by(judged, motions)
    proven: list[tuple[Motion, Counter[Identity]]] = []
    for motion in own:
        if case.deadline.passed or (proven and _is_beaten(case, motion, proven)):
            break
        after = case.proven(judged, motion.candidate)
        if after is not None:
            proven.append((motion, after))
    if not proven:
        return Chosen(judged, own[0].candidate, Applicability.SUGGESTION, case.before) if own else None
    (best, after), *others = sorted(proven, key=lambda one: (case.burden(one[1]), one[0].price))
    tied = [motion.candidate for motion, left in others if _is_tied(case, (motion, left), (best, after))]
    trust = Applicability.SUGGESTION if tied else _trust(case, judged, best, after)
    return Chosen(judged, best.candidate, trust, after, tuple(tied))


def _is_beaten(case: Case, motion: Motion, proven: Sequence[tuple[Motion, Counter[Identity]]]) -> bool:
    """Whether something cheaper leaves no fault at all, or is so much cheaper that no votes make up for it."""
    return any(motion.price > cheaper.price + (_VOTES if case.burden(after)[0] else 0) for cheaper, after in proven)


_VOTES = 2


def _is_tied(case: Case, one: tuple[Motion, Counter[Identity]], other: tuple[Motion, Counter[Identity]]) -> bool:
    """Whether two proven candidates cost as much and leave as much."""
    return one[0].price == other[0].price and case.burden(one[1]) == case.burden(other[1])


def _trust(case: Case, judged: Judged, motion: Motion, after: Counter[Identity]) -> Applicability:
    """What is offered as a choice is safe where the code fails for certain without it, as another rule has found; a
    value that nothing forces is a choice."""
    if motion.candidate.trust is Applicability.SAFE and not case.forces(judged, motion.candidate):
        return Applicability.UNSAFE
    rules = {id(judged.rule) for judged in motion.proposers}
    failing = (judged for judged in case.found if judged.severity is Severity.ERROR and id(judged.rule) not in rules)
    if motion.candidate.trust is Applicability.UNSAFE and any(not after[judged.identity] for judged in failing):
        return Applicability.SAFE
    return motion.candidate.trust


def faults(found: Counter[Identity], question: Question) -> Counter[Identity]:
    """The findings without those of rules that only advise, or judge comments."""
    advice = {rule.meta.code for rule in question.rules if rule.meta.severity is Severity.INFO or rule.judges_comments}
    return Counter({identity: count for identity, count in found.items() if identity.code not in advice})


class Fixed(NamedTuple):
    """The end of a fixing run: the units as they are now, and what was done in which order."""

    units: list[Unit]
    applied: list[Chosen]
    left: list[Judged]


class _Step(NamedTuple):
    """Some fixes, and the document after them."""

    chosen: list[Chosen]
    units: list[Unit]
    found: list[Judged]


def fix(
    units: Sequence[Unit],
    question: Question,
    trusted: frozenset[Applicability],
    seconds: float = 2.0,
    refused: frozenset[Trace] = frozenset(),
    frozen: frozenset[int | None] = frozenset(),
) -> Fixed:
    """Apply the trusted fixes of all findings, but those that are refused or change a frozen cell, round by round,
    until nothing changes."""
    now, applied = list(units), []
    found = judge(now, question).findings
    deadline = Deadline(seconds)
    for _ in range(_ROUNDS):
        case = Case(now, found, question, deadline, refused, frozen)
        step = _step(case, trusted) or _cascade(case, trusted)
        if step is None:
            break
        applied += step.chosen
        now, found = step.units, step.found
    return Fixed(now, applied, found)


def _step(case: Case, trusted: frozenset[Applicability]) -> _Step | None:
    """Apply, one after the other, all fixes that can stand together."""
    chosen: list[Chosen] = []
    for choice in choose_all(case):
        if choice.applicability in trusted and not _settled(choice.judged, chosen) and case.fits(chosen, choice):
            chosen.append(choice)
    while chosen:
        step = _made(case, chosen)
        if case.burden(_identities(step.found)) < case.burden(case.before):
            return step
        chosen.pop()
    return None


def _made(case: Case, chosen: list[Chosen]) -> _Step:
    after = apply(case.units, [choice.candidate for choice in chosen])
    return _Step(chosen, after, judge(after, case.question).findings)


def _identities(found: Iterable[Judged]) -> Counter[Identity]:
    return Counter(judged.identity for judged in found)


def _cascade(case: Case, trusted: frozenset[Applicability]) -> _Step | None:
    """A fix that brings other faults to light, together with the fixes of those."""
    for motion in case.motions():
        if not case.deadline.passed and motion.candidate.trust in trusted:
            step = _with_what_follows(case, motion.proposers[0], motion.candidate, trusted)
            if step is not None and (Applicability.UNSAFE in trusted or _is_forced(case, motion, step, trusted)):
                return step
    return None


def _with_what_follows(
    case: Case, judged: Judged, candidate: Candidate, trusted: frozenset[Applicability]
) -> _Step | None:
    """A fix that clears a finding, and the fixes of what it brings, if all of them together leave less."""
    after = case.after([candidate])
    if after is None or after[judged.identity] >= case.before[judged.identity]:
        return None
    first = _made(case, [Chosen(judged, candidate, candidate.trust, after)])
    then = _step(replace(case, units=first.units, found=first.found), trusted)
    if then is None or not case.better(_identities(then.found)):
        return None
    return _Step([*first.chosen, *then.chosen], then.units, then.found)


def _is_forced(case: Case, motion: Motion, step: _Step, trusted: frozenset[Applicability]) -> bool:
    """Whether the rivals of a fix, with what follows from them, do not prove or end in the same text."""
    ends = (
        _with_what_follows(case, motion.proposers[0], replace(motion.candidate, edits=rival), trusted)
        for rival in motion.candidate.rivals
    )
    texts = [unit.text for unit in step.units]
    return all(end is None or [unit.text for unit in end.units] == texts for end in ends)
