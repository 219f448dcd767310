"""Choosing fixes: every candidate is applied to a copy, which is analysed again; the cheapest that proves clean wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from modlint.diagnostics import Severity
from modlint.edits import Applicability, Trace
from modlint.judge import Identity, Judged, Question, judge
from modlint.rule import Candidate
from modlint.syntax import Unit
from modlint.weighing import Case, Deadline, Motion, Outcome, classes_edited, faults, is_about_sizes, owner

_ROUNDS = 40


class Chosen(NamedTuple):
    """The fix of one finding: how far it may be trusted, which findings are left after it, and what else would do."""

    judged: Judged
    candidate: Candidate
    applicability: Applicability
    leaves: Counter[Identity]
    alternatives: tuple[Candidate, ...] = ()


def choose_all(case: Case) -> list[Chosen]:
    """The best candidate of every finding that has one."""
    return [choice for choices in offers(case, case.found) for choice in choices]


def offers(case: Case, asked: Sequence[Judged]) -> Iterator[list[Chosen]]:
    """The best candidates of some findings, in two parts.

    What settles several findings at once is tried first. The plain fixes of the others are proven together, by one
    analysis; only when that does not clear them all is each tried by itself, which is the second part.
    """
    wanted = {id(judged) for judged in asked}
    motions = [motion for motion in case.motions() if any(id(judged) in wanted for judged in motion.proposers)]
    likely = motions[:_CAUSES] if _may_share_a_cause(case, motions) else []
    enough = _clearing_all(case, motions, likely)
    if enough is not None:
        yield [enough]
        return
    strong = _strong(case, motions, likely)
    open_ones = [judged for judged in asked if not _settled(judged, strong)]
    together = _proven_together(case, motions, open_ones, strong)
    yield [*strong, *together]
    done = {id(choice.judged) for choice in (*strong, *together)}
    alone = (
        choose(case, motions, judged)
        for judged in sorted(open_ones, key=lambda judged: judged.severity.rank)
        if id(judged) not in done and not _settled(judged, together)
    )
    yield [choice for choice in alone if choice is not None]


def _may_share_a_cause(case: Case, motions: Sequence[Motion]) -> bool:
    """Whether a fix claims to settle several findings, or nothing is proposed for some error."""
    answered = {id(judged) for motion in motions for judged in motion.proposers}
    errors = {id(judged) for judged in case.found if judged.severity is Severity.ERROR}
    return any(motion.is_strong for motion in motions) or bool(errors - answered)


_CAUSES = 2


def _clearing_all(case: Case, motions: Sequence[Motion], likely: Sequence[Motion]) -> Chosen | None:
    """One of the likely fixes after which no fault is left: all had one cause."""
    for motion in likely:
        after = case.after([motion.candidate])
        if after is not None and not faults(after, case.question):
            choice = choose(case, motions, motion.proposers[0])
            return choice if choice is not None and choice.candidate is motion.candidate else None
    return None


def _strong(case: Case, motions: Sequence[Motion], likely: Sequence[Motion]) -> list[Chosen]:
    """The fixes that settle several findings at once, as they claim, or as the likely ones turn out to do."""
    chosen: list[Chosen] = []
    for motion in motions:
        judged = next((judged for judged in motion.proposers if not _settled(judged, chosen)), None)
        is_strong = motion.is_strong or (motion in likely and case.settles_others(motion))
        if is_strong and judged is not None:
            choice = choose(case, motions, judged)
            if (
                choice is not None
                and choice.applicability is not Applicability.SUGGESTION
                and _fits(case, choice, chosen)
            ):
                chosen.append(choice)
    return chosen


def _fits(case: Case, choice: Chosen, chosen: Sequence[Chosen]) -> bool:
    """Whether the edits of a fix go together with those of others."""
    return case.fit(one.candidate for one in (*chosen, choice))


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
            others = [one for one in case.found if one.severity is not Severity.INFO and not _settled(one, chosen)]
            return plain if faults(after, case.question).total() <= len(others) - len(plain) else []
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
        if candidate is not None and not case.is_doubtful(judged, candidate, case.before):
            choice = Chosen(judged, candidate, candidate.trust, case.before - Counter([judged.identity]))
            if _fits(case, choice, [*chosen, *plain]):
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
    cleared: list[Outcome] = []
    for motion in own:
        if case.deadline.passed or _is_beaten(case, motion, proven) or (not proven and case.uncovered(cleared)):
            break
        outcome = case.cleared(judged, motion.candidate)
        if outcome is not None:
            cleared.append(outcome)
            proven += [(motion, outcome.left)] if case.better(outcome.left) else []
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
    value that nothing forces is a choice, and so is one beside an error that nothing explains."""
    if motion.candidate.trust is Applicability.SAFE:
        is_sure = not case.is_doubtful(judged, motion.candidate, after) and case.forces(judged, motion.candidate)
        return Applicability.SAFE if is_sure else Applicability.UNSAFE
    return _earned(case, motion, after)


def _earned(case: Case, motion: Motion, after: Counter[Identity]) -> Applicability:
    """The trust of a fix; a choice is safe that clears an error which another rule has found."""
    rules = {id(judged.rule) for judged in motion.proposers}
    failing = (judged for judged in case.found if judged.severity is Severity.ERROR and id(judged.rule) not in rules)
    if motion.candidate.trust is Applicability.UNSAFE and any(not after[judged.identity] for judged in failing):
        return Applicability.SAFE
    return motion.candidate.trust


class Fixed(NamedTuple):
    """The end of a fixing run: the units as they are now, and what was done in which order."""

    units: list[Unit]
    applied: list[Chosen]
    left: list[Judged]


class _Step(NamedTuple):
    """Some fixes, and the document after them."""

    chosen: list[Chosen]
    outcome: Outcome


def fix(
    units: Sequence[Unit],
    question: Question,
    trusted: frozenset[Applicability],
    seconds: float = 5.0,
    refused: frozenset[Trace] = frozenset(),
    frozen: frozenset[int | None] = frozenset(),
) -> Fixed:
    """Apply the trusted fixes of all findings, but those that are refused or change a frozen cell, round by round,
    until nothing changes."""
    first = Outcome(list(units), judge(units, question).findings)
    case = Case(first.units, first.found, question, Deadline(seconds), refused, frozen)
    steps: list[tuple[Case, _Step]] = []
    while len(steps) < _ROUNDS and (step := _next_step(case, trusted)) is not None:
        steps.append((case, step))
        case = case.following(step.outcome)
    kept = _settled_steps(_better_steps(steps))
    last = kept[-1].outcome if kept else first
    return Fixed(last.units, [choice for step in kept for choice in step.chosen], last.found)


def _next_step(case: Case, trusted: frozenset[Applicability]) -> _Step | None:
    """A step after which no error is left that its sizes hang on; else any; else one that settles a finding for one of
    the calls that lead to it."""
    found: list[_Step] = []
    for step in _steps(case, trusted):
        if _is_settled(step):
            return step
        found.append(step)
    if found or not any(identity.call for identity in case.before):
        return found[0] if found else None
    return _step(case.call_by_call(), trusted)


def _steps(case: Case, trusted: frozenset[Applicability]) -> Iterator[_Step]:
    """The next step, with those after it where it is not settled; and what else fixes bring, with its fixes."""
    step = _step(case, trusted)
    if step is not None:
        yield step
        yield _until_settled(case, step, trusted)
    yield from _cascades(case, trusted)


def _until_settled(case: Case, step: _Step, trusted: frozenset[Applicability]) -> _Step:
    """A step with those that follow, as far as needed for its sizes."""
    while not _is_settled(step) and (more := _step(case.following(step.outcome), trusted)) is not None:
        step = _Step([*step.chosen, *more.chosen], more.outcome)
    return step


def _is_settled(step: _Step) -> bool:
    return _settled_by(step.outcome, step.chosen) == step.chosen


def _settled_by(outcome: Outcome, chosen: Sequence[Chosen]) -> list[Chosen]:
    """The fixes without those of a size in a class that an error of sizes still leads to, or comes from."""
    return [one for one in chosen if not is_about_sizes(one.judged) or not _places(one) & outcome.unsettled]


def _places(choice: Chosen) -> set[str]:
    """The classes that a finding stands in, and that its fix changes."""
    return {owner(choice.judged), *classes_edited(choice.candidate)}


def _step(case: Case, trusted: frozenset[Applicability]) -> _Step | None:
    """Apply all fixes that can stand together: those of several findings first, and those of single ones when no more
    of the others are left."""
    stages = ([judged for judged in stage if _may_be_made(judged, trusted)] for stage in case.stages)
    for choices in (choices for asked in stages for choices in offers(case, asked)):
        chosen: list[Chosen] = []
        for choice in choices:
            if choice.applicability in trusted and not _settled(choice.judged, chosen) and _fits(case, choice, chosen):
                chosen.append(choice)
        step = _improving(case, chosen)
        if step is not None:
            return step
    return None


def _may_be_made(judged: Judged, trusted: frozenset[Applicability]) -> bool:
    """Whether a fix of a finding could ever be one that is trusted: a suggestion stays one."""
    able = trusted | {Applicability.SAFE, Applicability.UNSAFE}
    return any(candidate.trust in able for candidate in judged.finding.candidates)


def _improving(case: Case, chosen: Sequence[Chosen]) -> _Step | None:
    """As many of the fixes, the first before the others, as leave less than was found."""
    for count in range(len(chosen), 0, -1):
        made = [*chosen[:count]]
        outcome = case.outcome([choice.candidate for choice in made])
        if outcome is not None and case.burden(outcome.left) < case.burden(case.before):
            return _needed(case, _Step(made, outcome))
    return None


def _needed(case: Case, step: _Step) -> _Step:
    """A step without those fixes of sizes that another one of their rule makes needless: of two that mend the ways to one
    place, one may do."""
    rules = Counter(choice.judged.rule.meta.code for choice in step.chosen if is_about_sizes(choice.judged))
    for choice in step.chosen:
        if rules[choice.judged.rule.meta.code] > 1 and not case.deadline.passed:
            rest = [one for one in step.chosen if one is not choice]
            outcome = case.outcome([one.candidate for one in rest])
            if outcome is not None and case.burden(outcome.left) <= case.burden(step.outcome.left):
                step = _Step(rest, outcome)
                rules[choice.judged.rule.meta.code] -= 1
    return step


def _better_steps(steps: Sequence[tuple[Case, _Step]]) -> Sequence[tuple[Case, _Step]]:
    """As many of the steps as end with less than was found at first, and nothing but advice that is new."""
    better = (count for count in range(len(steps), 0, -1) if steps[0][0].better(steps[count - 1][1].outcome.left))
    return steps[: next(better, 0)]


def _settled_steps(steps: Sequence[tuple[Case, _Step]]) -> list[_Step]:
    """The steps as far as every fix of a size has left its class without errors of sizes in the end: where one is left,
    another value may be what settles both."""
    kept: list[_Step] = []
    for case, step in steps:
        sure = _settled_by(steps[-1][1].outcome, step.chosen)
        if len(sure) < len(step.chosen):
            rest = _improving(case, sure)
            return [*kept, rest] if rest is not None else kept
        kept.append(step)
    return kept


def _cascades(case: Case, trusted: frozenset[Applicability]) -> Iterator[_Step]:
    """Fixes that bring other faults to light, each together with the fixes of those."""
    for motion in case.motions():
        if not case.deadline.passed and _may_begin(case, motion, trusted):
            step = _with_what_follows(case, motion.proposers[0], motion.candidate, trusted)
            if step is not None and (Applicability.UNSAFE in trusted or _is_forced(case, motion, step, trusted)):
                yield step


def _may_begin(case: Case, motion: Motion, trusted: frozenset[Applicability]) -> bool:
    """Whether a fix is trusted, or one of structure that proves to be called for."""
    if motion.candidate.trust is not Applicability.UNSAFE or is_about_sizes(motion.proposers[0]):
        return motion.candidate.trust in trusted
    after = case.after([motion.candidate])
    return after is not None and _earned(case, motion, after) in trusted


def _with_what_follows(
    case: Case, judged: Judged, candidate: Candidate, trusted: frozenset[Applicability]
) -> _Step | None:
    """A fix that clears a finding, or uncovers another one at its place, and the fixes of what it brings, if all of
    them together leave less."""
    outcome = case.cleared(judged, candidate) or case.uncovering(judged, candidate)
    if outcome is None:
        return None
    chosen = [Chosen(judged, candidate, candidate.trust, outcome.left)]
    while (step := _step(case.following(outcome), trusted)) is not None:
        chosen += step.chosen
        outcome = step.outcome
        if case.better(outcome.left):
            return _Step(chosen, outcome)
    return None


def _is_forced(case: Case, motion: Motion, step: _Step, trusted: frozenset[Applicability]) -> bool:
    """Whether the rivals of a fix, with what follows from them, end in the same text; or do not prove, where the fix
    itself has brought nothing but what they bring as well."""
    judged, rivals = motion.proposers[0], [replace(motion.candidate, edits=rival) for rival in motion.candidate.rivals]
    ends = [_with_what_follows(case, judged, rival, trusted) for rival in rivals]
    texts = [unit.text for unit in step.outcome.units]
    others = [end for end in ends if end is None or [unit.text for unit in end.outcome.units] != texts]
    return not others or (not any(others) and not case.brings(judged, motion.candidate, rivals))
