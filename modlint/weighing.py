"""What fixes are weighed against: the document with its findings, and what is found after some edits of it."""

from __future__ import annotations

import ast
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, reduce
from operator import and_
from typing import NamedTuple

from modlint.diagnostics import Severity
from modlint.edits import Edit, OverlapError, Trace
from modlint.judge import Identity, Judged, Question, judge
from modlint.rule import Candidate
from modlint.rulekit.bindings import names_in
from modlint.rulekit.siblings import class_of
from modlint.syntax import Unit, edited


def trace(candidate: Candidate) -> Trace:
    """How a fix is known again when the same text is fixed once more."""
    return frozenset(
        (unit.cell.index, unit.original(edit.start), unit.original(edit.end), edit.text)
        for unit, edit in candidate.edits
    )


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
    return [edited(unit, list(dict.fromkeys(edits[id(unit)]))) if id(unit) in edits else unit for unit in units]


@dataclass(frozen=True)
class Outcome:
    """A document after some edits, and what is found in it."""

    units: list[Unit]
    found: list[Judged]

    @cached_property
    def left(self) -> Counter[Identity]:
        """The findings by what stays the same of them."""
        return counted(self.found)

    @property
    def told(self) -> Counter[tuple[Identity, str]]:
        """The findings with what they say."""
        return Counter((judged.identity, judged.finding.message.en) for judged in self.found)

    @cached_property
    def unsettled(self) -> frozenset[str]:
        """The names of the classes with an error of sizes, of those that they use, for it may come from there, and of
        those that use them, for it may lead there."""
        errors = {owner(one) for one in self.found if one.severity is Severity.ERROR and is_about_sizes(one)}
        classes = {node.name: names_in(node) for unit in self.units for node in unit.nodes.get(ast.ClassDef, ())}
        users = {name: frozenset(user for user, names in classes.items() if name in names) for name in classes}
        return _reached(errors, classes) | _reached(errors, users)


def _reached(start: Iterable[str], steps: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """What some names lead to, themselves included."""
    todo, reached = list(start), set[str]()
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += steps.get(name, ())
    return frozenset(reached)


def counted(found: Iterable[Judged]) -> Counter[Identity]:
    """The findings by what stays the same of them, and, where several calls make layers at a place, each call."""
    return Counter(identity for judged in found for identity in _identities(judged))


def _identities(judged: Judged) -> list[Identity]:
    several = judged.calls if len(judged.calls) > 1 else ()
    return [judged.identity, *(judged.identity._replace(call=call) for call in several)]


def _calls_edited(candidate: Candidate) -> set[str]:
    """Where the calls begin that the edits of a fix stand in, each the innermost."""
    starts = set()
    for unit, edit in candidate.edits:
        calls = [call for call in unit.nodes.get(ast.Call, ()) if unit.start(call) <= edit.start <= unit.end(call)]
        starts |= {str(unit.original(max(map(unit.start, calls))))} if calls else set()
    return starts


def owner(judged: Judged) -> str:
    """The name of the class that a finding stands in, empty where it stands in none."""
    cls = class_of(judged.finding.place)
    return cls.name if cls is not None else ""


def classes_edited(candidate: Candidate) -> Iterator[str]:
    """The names of the classes that the edits of a fix stand in."""
    for unit, edit in candidate.edits:
        for node in unit.nodes.get(ast.ClassDef, ()):
            if unit.start(node) <= edit.start < unit.end(node):
                yield node.name


def is_about_sizes(judged: Judged) -> bool:
    """Whether a finding is one of shapes that do not fit, whose fix is one of several values."""
    return bool(judged.rule.aspects - _TYPES)


_TYPES = frozenset({"type", "dtype"})


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
    by_call: bool = False
    _tried: dict[frozenset[Candidate], Outcome | None] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def before(self) -> Counter[Identity]:
        """The findings by what stays the same of them."""
        return counted(self.found)

    def outcome(self, candidates: Sequence[Candidate]) -> Outcome | None:
        """The document after some candidates; None when they cannot be applied. Each is analysed once."""
        key = frozenset(candidates)
        if key not in self._tried:
            self._tried[key] = self._analysed(candidates)
        return self._tried[key]

    def _analysed(self, candidates: Sequence[Candidate]) -> Outcome | None:
        try:
            units = apply(self.units, candidates)
            return Outcome(units, judge(units, self.question).findings)
        except (OverlapError, SyntaxError, ValueError):
            return None

    def after(self, candidates: Sequence[Candidate]) -> Counter[Identity] | None:
        """The findings that are left after some candidates; None when they cannot be applied."""
        outcome = self.outcome(candidates)
        return None if outcome is None else outcome.left

    def cleared(self, judged: Judged, candidate: Candidate) -> Outcome | None:
        """The document after a candidate, if that clears a finding."""
        outcome = self.outcome([candidate])
        if outcome is None or outcome.left[judged.identity] < self.before[judged.identity]:
            return outcome
        if not self.by_call:
            return None
        now = next(one.calls for one in outcome.found if one.identity == judged.identity)
        mended = {str(start) for gone in judged.calls - now for start in gone.split()}
        return outcome if now < judged.calls and mended & _calls_edited(candidate) else None

    def uncovering(self, judged: Judged, candidate: Candidate) -> Outcome | None:
        """The document after a candidate, if that only leaves something else to be found at the place of a finding, and
        nothing new."""
        outcome = self.outcome([candidate])
        told = judged.identity, judged.finding.message.en
        is_other = (
            outcome is not None and told not in outcome.told and not faults(outcome.left - self.before, self.question)
        )
        return outcome if is_other else None

    def settles_others(self, motion: Motion) -> bool:
        """Whether a fix clears more faults than those that propose it, and brings none."""
        outcome = self.outcome([motion.candidate])
        if outcome is None or not self.better(outcome.left):
            return False
        cleared = self.burden(self.before)[0] - self.burden(outcome.left)[0]
        return cleared > len(motion.proposers)

    def uncovered(self, outcomes: Sequence[Outcome]) -> Counter[Identity]:
        """The new faults of which several fixes of one finding tell the same: none brought them, they were hidden."""
        if len(outcomes) < _WITNESSES:
            return Counter()
        shared = reduce(and_, (outcome.told for outcome in outcomes))
        return faults(Counter(identity for identity, _ in shared.elements()) - self.before, self.question)

    def brings(self, judged: Judged, candidate: Candidate, rivals: Iterable[Candidate]) -> Counter[Identity]:
        """The new faults of a fix that its rivals do not bring as well."""
        ends = [end for one in (candidate, *rivals) if (end := self.cleared(judged, one)) is not None]
        return faults(ends[0].left - self.before, self.question) - self.uncovered(ends) if ends else Counter()

    def proven(self, judged: Judged, candidate: Candidate) -> Outcome | None:
        """The document after a candidate that clears a finding and leaves less than before, else None."""
        outcome = self.cleared(judged, candidate)
        return outcome if outcome is not None and self.better(outcome.left) else None

    def forces(self, judged: Judged, candidate: Candidate) -> bool:
        """Whether nothing else would do in the place of a candidate: its rivals prove not."""
        return all(self.proven(judged, replace(candidate, edits=rival)) is None for rival in candidate.rivals)

    def call_by_call(self) -> Case:
        """The same, where it is enough to clear a finding for one of the calls that lead to it."""
        case = replace(self, by_call=True)
        case._tried.update(self._tried)
        return case

    def following(self, outcome: Outcome) -> Case:
        """The case of a document after some fixes."""
        return replace(self, units=outcome.units, found=outcome.found)

    def is_doubtful(self, judged: Judged, candidate: Candidate, after: Counter[Identity]) -> bool:
        """Whether a fix is a choice, and an error is left in the class for which nothing was proposed: that may be what
        is wrong."""
        unanswered = (one for one in self.found if one.severity is Severity.ERROR and not one.finding.candidates)
        left = (one for one in unanswered if after[one.identity] and owner(one) == owner(judged))
        return is_a_choice(judged, candidate) and any(one is not judged for one in left)

    def better(self, after: Counter[Identity]) -> bool:
        """Whether less is left, and nothing but advice is new."""
        new, burden, before = after - self.before, self.burden(after), self.burden(self.before)
        is_less = burden[0] < before[0] or (burden < before and not (self.by_call and any(one.call for one in new)))
        return is_less and not faults(new, self.question)

    def burden(self, found: Counter[Identity]) -> tuple[int, int]:
        """How many findings there are: faults first, for what is repaired may call for advice."""
        grave = faults(found, self.question).total()
        return grave, sum(count for one, count in found.items() if self.by_call or not one.call) - grave

    def fit(self, candidates: Iterable[Candidate]) -> bool:
        """Whether the edits of some fixes go together."""
        try:
            apply(self.units, candidates)
        except (OverlapError, SyntaxError):
            return False
        return True

    def _is_allowed(self, candidate: Candidate) -> bool:
        frozen = any(unit.cell.index in self.frozen for unit, _ in candidate.edits)
        return not frozen and trace(candidate) not in self.refused

    @property
    def stages(self) -> list[list[Judged]]:
        """The findings in the order in which they are answered: errors of structure first, for sizes are known of code
        that runs; then all."""
        structural = [one for one in self.found if one.severity is Severity.ERROR and not is_about_sizes(one)]
        has_both = structural and any(map(is_about_sizes, self.found))
        return [structural, list(self.found)] if has_both else [list(self.found)]

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


_WITNESSES = 2


def is_a_choice(judged: Judged, candidate: Candidate) -> bool:
    """Whether there are other ways to clear a finding, in the text or in thought."""
    return len(judged.finding.candidates) > 1 or candidate.cost > 1


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


def faults(found: Counter[Identity], question: Question) -> Counter[Identity]:
    """The findings, each once, without those of rules that only advise, or judge comments."""
    advice = {rule.meta.code for rule in question.rules if rule.meta.severity is Severity.INFO or rule.judges_comments}
    return Counter({identity: count for identity, count in found.items()
                    if identity.code not in advice and not identity.call})  # fmt: skip
