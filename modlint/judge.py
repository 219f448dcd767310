"""From events to findings: every event goes to the rules that subscribe to its kind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import NamedTuple

from modlint.diagnostics import Severity, Text
from modlint.directives import Directive, directives
from modlint.edits import Applicability
from modlint.elsewhere import brought_home
from modlint.interpret.events import Event, OpCall, ShapeMismatch, SuppressionUnused
from modlint.interpret.files import Project
from modlint.interpret.given import NOTHING, Given
from modlint.interpret.machine import Files
from modlint.interpret.reading import Reading, read_document
from modlint.rule import Candidate, Finding, Later, Rule, event_types, load_rules
from modlint.suppression import Suppressions, unreadable
from modlint.syntax import Unit
from modlint.values import Instance


class Identity(NamedTuple):
    """What stays the same of a finding when the text around it changes: the rule, and the place before all edits.

    ``call``: it stands for what is found there of layers that this call makes.
    """

    code: str
    cell: int | None
    offset: int
    call: str = ""


class Judged(NamedTuple):
    """A finding and the rule that made it; ``calls`` are those that make the layers of which it is found."""

    rule: Rule
    finding: Finding
    severity: Severity
    calls: frozenset[str] = frozenset()

    @property
    def identity(self) -> Identity:
        """What tells the finding from others, before and after an edit."""
        place = self.finding.place
        unit = place.unit
        offset = unit.original(unit.start(place.node)) if hasattr(place.node, "lineno") else 0
        return Identity(self.rule.meta.code, unit.cell.index, offset)


@dataclass(frozen=True)
class Question:
    """What is asked of a document: which rules, and what is known from outside."""

    rules: tuple[Rule, ...] = field(default_factory=load_rules)
    given: Given = NOTHING
    files: Files = field(default_factory=Project)

    @property
    def watched(self) -> frozenset[str]:
        """The ops whose calls some rule wants to see."""
        return frozenset().union(*(rule.watches for rule in self.rules))

    def about_comments(self) -> Question:
        """The same with every rule, where it is also asked which suppressions are of use."""
        if SuppressionUnused not in _subscribers(self.rules):
            return self
        others = tuple(rule for rule in load_rules() if rule not in self.rules)
        return replace(self, rules=(*self.rules, *others))


class Judgement(NamedTuple):
    """All findings of a document, in the order of their places, and the reading that they rest on."""

    findings: list[Judged]
    reading: Reading | None


def judge(units: Sequence[Unit], question: Question) -> Judgement:
    """Interpret a document and put every event before the rules."""
    if not units:
        return Judgement([], None)
    said = directives(units)
    asked = question.about_comments() if said else question
    reading = read_document(units, asked.files, watched=asked.watched, given=asked.given)
    seen: dict[tuple[str, int, str], Judged] = {}
    for judged in _findings(reading.events, asked.rules, units):
        _keep(seen, judged)
    found = _unsuppressed(list(seen.values()), said, question.rules, units) if said else list(seen.values())
    order = {id(unit): index for index, unit in enumerate(units)}
    return Judgement(sorted(found, key=lambda judged: _position(judged, order)), reading)


def _findings(events: Iterable[Event], rules: tuple[Rule, ...], units: Collection[Unit]) -> Iterator[Judged]:
    subscribers = _subscribers(rules)
    for event in events:
        for rule in subscribers.get(type(event), ()):
            if _wants(rule, event):
                for finding in rule.check(event):
                    told = brought_home(_as_suggestion(finding) if event.hearsay else finding, event, units)
                    if told is not None:
                        yield Judged(rule, told, _severity(rule, told, event), _calls(event))


def _as_suggestion(finding: Finding) -> Finding:
    """The finding with nothing that is applied unless somebody decides so."""
    return replace(finding, candidates=Later(partial(_suggestions, finding.candidates)))


def _suggestions(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    return (replace(candidate, trust=Applicability.SUGGESTION) for candidate in candidates)


def _unsuppressed(
    found: Sequence[Judged], said: Sequence[Directive], rules: tuple[Rule, ...], units: Sequence[Unit]
) -> list[Judged]:
    """The findings of ``rules`` that no comment suppresses, and what is to be said of the comments themselves."""
    suppressions = Suppressions(said)
    found = [*found, *_findings(unreadable(said, load_rules()), rules, units)]
    kept = [one for one in found if not suppressions.hold(one.rule.meta, one.finding.place)]
    idle = _findings(suppressions.unused(load_rules()), rules, units)
    kept += [one for one in idle if not suppressions.hold_by_name(one.rule.meta, one.finding.place)]
    return [one for one in kept if one.rule in rules]


@cache
def _subscribers(rules: tuple[Rule, ...]) -> dict[type[Event], list[Rule]]:
    table: dict[type[Event], list[Rule]] = {}
    for rule in rules:
        for kind in event_types(type(rule)):
            table.setdefault(kind, []).append(rule)
    return table


def _wants(rule: Rule, event: Event) -> bool:
    if isinstance(event, ShapeMismatch):
        return event.mismatch.aspect in rule.aspects
    return event.op in rule.watches if isinstance(event, OpCall) else True


def _calls(event: Event) -> frozenset[str]:
    """By which calls of the functions around it the layer was made of which an event tells."""
    layer = event.layer if isinstance(event, ShapeMismatch) else None
    return frozenset({" ".join(map(str, _offsets(layer)))} if layer is not None else ())


def _offsets(layer: Instance) -> Iterator[int]:
    scope = layer.scope
    while scope is not None and scope.invocation is not None:
        place, made = scope.invocation.place, scope.variables.get("self")
        yield place.unit.original(place.unit.start(place.node))
        scope = made.scope if isinstance(made, Instance) and made.place == place else None


def _severity(rule: Rule, finding: Finding, event: Event) -> Severity:
    """What is not decided, or rests on an assumption, is a warning at most."""
    severity = finding.severity or rule.meta.severity
    if severity is Severity.ERROR and not event.is_proof:
        return Severity.WARNING
    return severity


def _keep(seen: dict[tuple[str, int, str], Judged], judged: Judged) -> None:
    """One finding a rule and place; the gravest, then the first."""
    key = (judged.rule.meta.code, id(judged.finding.place.node), _subject(judged.finding.message))
    before = seen.get(key, judged)
    gravest = judged if judged.severity.rank < before.severity.rank else before
    seen[key] = gravest._replace(calls=before.calls | judged.calls)


def _subject(message: Text) -> str:
    return "".join(character for character in message.en if not character.isdigit())[:40]


def _position(judged: Judged, order: dict[int, int]) -> tuple[int, int, str]:
    place = judged.finding.place
    start = place.unit.start(place.node) if hasattr(place.node, "lineno") else 0
    return order.get(id(place.unit), 0), start, judged.rule.meta.code
