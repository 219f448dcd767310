"""One file, one task: bytes in, diagnostics out. The only orchestrator; everything it returns can be pickled."""

from __future__ import annotations

import difflib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from modlint import baseline, repair, textual
from modlint.baseline import Known
from modlint.contract import Checked as Checked
from modlint.contract import Options as Options
from modlint.diagnostics import Diagnostic, Reason, Severity
from modlint.directives import directives
from modlint.edits import Applicability, Edit, Fix, Trace, apply_edits, smallest
from modlint.fixing import Chosen, choose_all, fix
from modlint.ignoring import ignoring
from modlint.interpret.files import Project, Witness
from modlint.interpret.given import Given
from modlint.interpret.machine import Files
from modlint.judge import Judged, Question, judge
from modlint.ops import registry
from modlint.planning.jobs import plan
from modlint.rule import Because, Meta, Rule, load_rules
from modlint.shaping import Shapes, shapes_of
from modlint.sources import Document, load
from modlint.suppression import Suppressions
from modlint.syntax import Unit
from modlint.textual import Prepared
from modlint.verify.protocol import FileJob
from modlint.weighing import Case, Deadline, trace


@dataclass(frozen=True)
class Change:
    """One fix that was made, for people: the diagnostic that it answers; ``trace`` is how it can be refused."""

    diagnostic: Diagnostic
    applicability: Applicability
    trace: Trace = frozenset()


@dataclass(frozen=True)
class FixedFile:
    """What ``fix`` makes of one file: its text before and after, what was done, and what is left."""

    path: str
    before: bytes
    after: bytes
    before_text: str
    after_text: str
    changes: tuple[Change, ...] = field(default=())
    left: tuple[Diagnostic, ...] = field(default=())


def question(options: Options, files: Files | None = None) -> Question:
    """The question that the options ask of what ``files`` finds, by default the project around the file."""
    rules = tuple(rule for rule in load_rules() if _is_asked(rule.meta, options))
    return Question(rules, _given(options), files or _project())


def _is_asked(meta: Meta, options: Options) -> bool:
    chosen = options.codes is None or meta.code in options.codes
    return chosen and not options.severities.get(meta.code, meta.severity).is_milder(options.mildest)


def _given(options: Options) -> Given:
    return Given(options.inputs, options.class_inputs, options.usual_inputs)


def warm() -> None:
    """Load every rule and operation now, for processes that are forked from this one."""
    load_rules()
    registry.load()


_PROJECTS: list[Project] = []


def _project() -> Project:
    """The parsed files are shared by the tasks of a process."""
    if not _PROJECTS:
        _PROJECTS.append(Project())
    return _PROJECTS[0]


def check(path: str, data: bytes, options: Options | None = None) -> Checked:
    """Check one file; raises UnreadableError for bytes that are not what the name promises."""
    options = options or Options()
    document = load(path, data)
    prepared, readable_in_time = _prepared(document)
    files = Witness(_project())
    asked = question(options, files)
    found = judge(prepared.units, asked).findings
    deadline = Deadline(options.seconds)
    choices = choose_all(Case(prepared.units, found, asked, deadline)) if options.fixes else []
    fixes = {id(choice.judged): choice for choice in choices}
    diagnostics, _ = _of_the_text(document, prepared, asked.rules)
    diagnostics += (diagnostic(document, judged, fixes.get(id(judged))) for judged in found)
    graded = [_graded(one, asked.rules, options.severities) for one in diagnostics]
    told = (one for one in graded if not one.severity.is_milder(options.mildest))
    ordered = sorted(told, key=lambda one: (one.span.start, one.code))
    names = baseline.known(document, prepared.units, ordered) if options.known else []
    new = baseline.unknown(ordered, names, options.known) if options.known else ordered
    in_time = readable_in_time and not deadline.passed
    return Checked(path, tuple(new), len(ordered) - len(new), files.imports, in_time)


def _prepared(document: Document) -> tuple[Prepared, bool]:
    """The units of a document, and whether no search for a repair can have been cut short."""
    start = time.monotonic()
    prepared = textual.prepare(document)
    return prepared, time.monotonic() - start < repair.SECONDS


def known(path: str, data: bytes, options: Options | None = None) -> tuple[Known, ...]:
    """What the findings of one file are known by; raises UnreadableError."""
    found = check(path, data, replace(options or Options(), known={}, fixes=False)).diagnostics
    document = load(path, data)
    return tuple(baseline.known(document, textual.prepare(document).units, found))


def _of_the_text(
    document: Document, prepared: Prepared, rules: Sequence[Rule]
) -> tuple[list[Diagnostic], frozenset[int | None]]:
    """What is to be said of the text itself, and the cells where a comment suppresses some of it."""
    suppressions = Suppressions(directives(prepared.units))
    metas = {rule.meta.code: rule.meta for rule in rules}
    kept: list[Diagnostic] = []
    held: set[int | None] = set()
    for one in textual.diagnostics(document, prepared, rules):
        if suppressions.hold_in_file(metas[one.code], one.cell, one.span.start):
            held.add(one.cell)
        else:
            kept.append(one)
    return kept, frozenset(held)


def _graded(found: Diagnostic, rules: Sequence[Rule], wanted: Mapping[str, Severity]) -> Diagnostic:
    """The diagnostic with the severity that is wanted of its rule; one that is milder than its rule stays so."""
    if found.code not in wanted:
        return found
    own = next(rule.meta.severity for rule in rules if rule.meta.code == found.code)
    milder = max(wanted[found.code], found.severity, key=lambda severity: severity.rank)
    return replace(found, severity=wanted[found.code] if found.severity is own else milder)


def diagnostic(document: Document, judged: Judged, choice: Chosen | None) -> Diagnostic:
    """A finding as data, at the place of the file as it is on disk."""
    finding, meta = judged.finding, judged.rule.meta
    unit = finding.place.unit
    return Diagnostic(
        meta.code,
        meta.name,
        judged.severity,
        document.path,
        unit.cell.index,
        finding.place.span,
        finding.message,
        tuple(_reason(because) for because in finding.why),
        None if choice is None else _fix(choice),
    )


def _reason(because: Because) -> Reason:
    line, column = because.place.span.start
    return Reason(line, because.message, column)


def _fix(choice: Chosen) -> Fix:
    edits = tuple(_in_file(unit, edit) for unit, edit in choice.candidate.edits)
    return Fix(choice.applicability, choice.candidate.title.en, choice.candidate.title.zh, edits)


def _in_file(unit: Unit, edit: Edit) -> Edit:
    """An edit of a unit's text as an edit of the file's text."""
    return unit.cell.to_file(Edit(unit.original(edit.start), unit.original(edit.end), edit.text))


def fix_file(path: str, data: bytes, options: Options | None = None) -> FixedFile:
    """Fix one file in memory: repairs of its text, then the fixes that prove clean, to a fixed point.

    Raises UnreadableError for bytes that are not what the name promises.
    """
    options = options or Options()
    document = load(path, data)
    asked = question(options)
    prepared = textual.prepare(document, options.trusted)
    repairs, held = _of_the_text(document, prepared, asked.rules)
    prepared = replace(prepared, frozen=prepared.frozen | held)
    result = fix(prepared.units, asked, options.trusted, options.seconds, options.refused, prepared.frozen)
    after = apply_edits(document.text, _file_edits(prepared, result.units))
    changes = [
        *(Change(one, Applicability.SAFE) for one in repairs if one.fix and one.cell not in prepared.frozen),
        *(_change(document, one) for one in result.applied),
    ]
    left = check(path, document.encode(after), options).diagnostics
    return FixedFile(path, data, document.encode(after), document.text, after, tuple(changes), left)


def _change(document: Document, choice: Chosen) -> Change:
    return Change(diagnostic(document, choice.judged, choice), choice.applicability, trace(choice.candidate))


def add_ignores(path: str, data: bytes, options: Options | None = None, mildest: Severity = Severity.INFO) -> FixedFile:
    """The file with a comment on every line where something is found, ``mildest`` or graver, that suppresses it.

    What is found in text that Python cannot read, or of comments, is left out. Raises UnreadableError.
    """
    options = options or Options()
    document = load(path, data)
    units = textual.prepare(document).units
    asked = question(options)
    found = [one for one in judge(units, asked).findings if _can_be_ignored(one)]
    told = [_graded(diagnostic(document, one, None), asked.rules, options.severities) for one in found]
    counting = [(one, said) for one, said in zip(found, told) if said.severity.rank <= mildest.rank]
    edits = [unit.cell.to_file(edit) for unit, edit in ignoring(units, [one for one, _ in counting])]
    after = apply_edits(document.text, edits)
    changes = tuple(Change(said, Applicability.SAFE) for _, said in counting)
    return FixedFile(path, data, document.encode(after), document.text, after, changes)


def _can_be_ignored(judged: Judged) -> bool:
    return not judged.finding.place.unit.repaired and not judged.rule.judges_comments


def _file_edits(prepared: Prepared, units: Sequence[Unit]) -> list[Edit]:
    edits: list[Edit] = []
    for unit in units:
        if unit.text != unit.cell.text and unit.cell.index not in prepared.frozen:
            edits += (unit.cell.to_file(edit) for edit in line_edits(unit.cell.text, unit.text))
    return edits


def line_edits(before: str, after: str) -> list[Edit]:
    """The edits, line by line, that turn one text into another."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        smallest(before[starts[i1] : starts[i2]], "".join(new[j1:j2]), starts[i1])
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    ]


def shapes(path: str, data: bytes, model: str | None, options: Options | None = None) -> Shapes:
    """The shapes of a model of one file, or of all its models.

    Raises UnreadableError, and NoModelError when the model cannot be built.
    """
    document = load(path, data)
    units = textual.prepare(document).units
    return shapes_of(units, _project(), model, _given(options or Options())) if units else Shapes()


def verify_jobs(path: str, data: bytes, options: Options | None = None, model: str | None = None) -> FileJob:
    """What is to be run of one file: all its models, or the one that the expression ``model`` builds.

    Raises UnreadableError.
    """
    return plan(textual.prepare(load(path, data)).units, question(options or Options()), path, model)
