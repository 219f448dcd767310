"""From a document to units that parse: text that Python cannot read is repaired first, and said to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modlint.diagnostics import Diagnostic, Position, Span, Text
from modlint.edits import Applicability, Fix
from modlint.interpret.events import TextRepaired, TextUnreadable
from modlint.repair import Hopeless, NewerSyntax, NotPython, Outcome, Parses, Repaired, TextEdit, repair
from modlint.rule import Finding, Rule, event_types
from modlint.sources import Cell, Document
from modlint.syntax import Place, Unit, parse


@dataclass(frozen=True)
class Prepared:
    """The units of a document, and what became of every cell's text. ``frozen`` are cells that must not be written."""

    units: tuple[Unit, ...]
    outcomes: tuple[tuple[Cell, Outcome], ...]
    frozen: frozenset[int | None] = frozenset()


def prepare(document: Document, trusted: frozenset[Applicability] = frozenset(Applicability)) -> Prepared:
    """Parse every cell, after repairing what needs it; cells that are not Python, or hopeless, give no unit."""
    units: list[Unit] = []
    outcomes: list[tuple[Cell, Outcome]] = []
    frozen: set[int | None] = set()
    for cell in document.cells:
        unit, outcome = _read(document.path, cell)
        outcomes.append((cell, outcome))
        if unit is not None:
            units.append(unit)
        if isinstance(outcome, Repaired) and _applicability(outcome) not in trusted:
            frozen.add(cell.index)
    return Prepared(tuple(units), tuple(outcomes), frozenset(frozen))


def _read(path: str, cell: Cell) -> tuple[Unit | None, Outcome]:
    try:
        return parse(path, cell), Parses()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        outcome = repair(cell.text, certain=cell.certain)
    if isinstance(outcome, Repaired):
        return parse(path, cell, outcome.text, [one.edit for one in outcome.edits]), outcome
    return None, outcome


def _applicability(outcome: Repaired) -> Applicability:
    return Applicability.SAFE if outcome.clear else Applicability.UNSAFE


def diagnostics(document: Document, prepared: Prepared, rules: Sequence[Rule]) -> Iterator[Diagnostic]:
    """What is to be said of the text itself, cell by cell."""
    for cell, outcome in prepared.outcomes:
        if isinstance(outcome, Repaired):
            unit = next(unit for unit in prepared.units if unit.cell is cell)
            for run in _runs(cell, outcome.edits):
                yield from _repaired(document, unit, run, _applicability(outcome), rules)
        elif isinstance(outcome, Hopeless) and cell.certain:
            said = Text(outcome.message, outcome.message)
            yield from _unreadable(document, cell, (outcome.line, outcome.column), "syntax-error", said, rules)
        elif isinstance(outcome, NewerSyntax) and cell.certain:
            said = Text(outcome.feature, outcome.feature)
            yield from _unreadable(document, cell, (outcome.line, 1), "newer-syntax", said, rules)
        elif isinstance(outcome, NotPython) and cell.index is None:
            said = Text(f"this is no Python but {outcome.why.en}", f"这不是 Python，而是{outcome.why.zh}")
            yield from _unreadable(document, cell, (1, 1), "syntax-error", said, rules)


def _runs(cell: Cell, edits: Sequence[TextEdit]) -> Iterator[list[TextEdit]]:
    """Repairs of one kind in lines that follow each other belong together: they are said once."""
    run: list[TextEdit] = []
    for one in sorted(edits, key=lambda one: (one.kind, one.edit.start)):
        if run and (run[-1].kind != one.kind or _has_lines_between(cell.text, run[-1].edit.end, one.edit.start)):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _has_lines_between(text: str, start: int, end: int) -> bool:
    """Whether some line between two places is not blank."""
    return any(line.strip() for line in text[start:end].split("\n")[1:-1])


def _repaired(
    document: Document, unit: Unit, run: Sequence[TextEdit], applicability: Applicability, rules: Sequence[Rule]
) -> Iterator[Diagnostic]:
    first, cell = run[0], unit.cell
    lines = len({cell.text.count("\n", 0, one.edit.start) for one in run})
    event = TextRepaired(Place(unit, unit.tree), True, (), first.kind, first.was, first.becomes, lines)
    span = Span(_position(cell, first.edit.start), _position(cell, run[-1].edit.end))
    edits = tuple(cell.to_file(one.edit) for one in run)
    for rule in rules:
        if TextRepaired in event_types(type(rule)) and first.kind in rule.aspects:
            for finding in rule.check(event):
                fix = Fix(applicability, finding.message.en, finding.message.zh, edits)
                yield _diagnostic(document, cell, rule, finding, span, fix)


def _unreadable(
    document: Document, cell: Cell, place: tuple[int, int], kind: str, message: Text, rules: Sequence[Rule]
) -> Iterator[Diagnostic]:
    """That the cell cannot be read from ``place`` on, a line and a column of it."""
    unit = Unit(document.path, cell, "", parse(document.path, cell, "").tree)
    event = TextUnreadable(Place(unit, unit.tree), True, (), kind, message)
    start = cell.position(*place)
    for rule in rules:
        if TextUnreadable in event_types(type(rule)) and kind in rule.aspects:
            for finding in rule.check(event):
                yield _diagnostic(document, cell, rule, finding, Span(start, start), None)


def _diagnostic(
    document: Document, cell: Cell, rule: Rule, finding: Finding, span: Span, fix: Fix | None
) -> Diagnostic:
    meta = rule.meta
    severity = finding.severity or meta.severity
    return Diagnostic(meta.code, meta.name, severity, document.path, cell.index, span, finding.message, (), fix)


def _position(cell: Cell, offset: int) -> Position:
    before = cell.text[:offset]
    line = before.count("\n") + 1
    return cell.position(line, offset - (before.rfind("\n") + 1) + 1)
