"""What ``verify`` runs: every model of a file, with arguments and inputs that were found or made up."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from modlint.inputs import Inputs
from modlint.interpret.events import OpCall
from modlint.interpret.given import Stated
from modlint.interpret.machine import Machine
from modlint.interpret.modules import is_module, is_module_class
from modlint.interpret.reading import forward_of, read_document
from modlint.judge import Question
from modlint.planning.observing import Observation, Observer
from modlint.planning.uses import Definitions
from modlint.rulekit.candidates import ancestry
from modlint.syntax import Unit
from modlint.values import ClassValue, External, Instance, Tensor, Value
from modlint.verify.plan import executable
from modlint.verify.protocol import FileJob, InputSpec, ModelJob, Segment, Trial

_EMBEDDINGS = frozenset(
    {"torch.nn.Embedding.forward", "torch.nn.functional.embedding", "torch.nn.EmbeddingBag.forward"}
)
_ONLY_ROW = 1


def plan(
    units: Sequence[Unit],
    asked: Question,
    path: str,
    model: str | None = None,
) -> FileJob:
    """The job of running every model of a document, or the one that ``model`` builds, on the inputs that are given.

    A cell's last model comes first: it tends to be the whole whose parts stand before it.
    """
    segments = _segments(units)
    if model is not None:
        jobs = [
            ModelJob(
                model,
                _line_of(model, units),
                len(units),
                (Trial(model, _as_specs(asked.given.asked or ())),),
                "--input",
            )
        ]
    else:
        absent = {name for segment in segments for item in segment.left_out for name in item.names}
        found = (job for job in _jobs(units, asked) if job.name not in absent)
        jobs = sorted(found, key=lambda job: (job.upto, -job.line))
    return FileJob(path, segments, tuple(jobs), *_package(path))


def _line_of(expression: str, units: Sequence[Unit]) -> int:
    """Where the class or function is defined that the expression calls, 1 when that is not known."""
    name = expression.partition("(")[0].strip()
    found = (
        _line(unit, node)
        for unit in units
        for kind in (ast.ClassDef, ast.FunctionDef)
        for node in unit.nodes.get(kind, [])
        if node.name == name
    )
    return next(found, 1)


def _as_specs(inputs: Inputs) -> tuple[InputSpec, ...]:
    return tuple(InputSpec(shape, dtype) for shape, dtype in inputs)


def _jobs(units: Sequence[Unit], asked: Question) -> Iterator[ModelJob]:
    observers: list[Observer] = []

    def watch(machine: Machine) -> None:
        machine.recorder = Observer(machine, units[0].path, Definitions.of(units))
        observers.append(machine.recorder)

    reading = read_document(units, asked.files, watched=_EMBEDDINGS, given=asked.given, prepare=watch)
    highs = _embedded(reading.events)
    order = {id(unit): index for index, unit in enumerate(units, 1)}
    for cls in reading.machine.classes:
        if cls.unit.path == units[0].path and id(cls.unit) in order and _is_model(cls):
            place = _Place(cls.name, _line(cls.unit, cls.node), order[id(cls.unit)])
            yield _job(place, observers[0].of_class(cls), asked.given.of(cls), highs)
    for name, value in reading.scope.variables.items():
        if _is_sequential(value) and id(value.place.unit) in order:
            place = _Place(name, value.place.span.start.line, order[id(value.place.unit)])
            observed = observers[0].of_instance(value)
            if observed is not None:
                trials = tuple(replace(trial, expression=name) for trial in observed.trials)
                yield _job(place, replace(observed, trials=trials), asked.given.of(value.cls), highs)


class _Place(NamedTuple):
    name: str
    line: int
    upto: int


def _is_model(cls: ClassValue) -> bool:
    forward = forward_of(Instance(cls))
    return is_module_class(cls) and forward is not None and not _is_left_to_subclasses(forward.node)


def _is_left_to_subclasses(function: ast.AST) -> bool:
    match function:
        case ast.FunctionDef(body=[*_, ast.Raise(exc=ast.expr() as error)] as body):
            told = all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in body[:-1])
            return told and any(isinstance(n, ast.Name) and n.id == "NotImplementedError" for n in ast.walk(error))
    return False


def _is_sequential(value: Value) -> bool:
    """Whether a module of torch's own was made by a call of the file."""
    return is_module(value) and isinstance(value.cls, External) and value.place is not None


def _line(unit: Unit, node: ast.AST) -> int:
    return unit.span(unit.start(node), unit.end(node)).start.line


def _job(place: _Place, observed: Observation, stated: Stated | None, embedded: Mapping[int, int]) -> ModelJob:
    if stated is not None:
        given = tuple(replace(trial, inputs=_as_specs(stated.inputs)) for trial in observed.trials[:1])
        return ModelJob(*place, given, stated.source, observed.arguments_guessed)
    highs = [embedded.get(id(arg)) for arg in observed.args]
    trials = tuple(replace(trial, inputs=_indices(trial.inputs, highs)) for trial in observed.trials)
    guessed = observed.inputs_guessed or (observed.any_shape and not all(highs))
    return ModelJob(*place, trials, observed.source, observed.arguments_guessed, guessed)


def _indices(inputs: Sequence[InputSpec], highs: Sequence[int | None]) -> tuple[InputSpec, ...]:
    """Numbers of rows where a table has at least so many for them."""
    known = zip_longest(inputs, highs[: len(inputs)])
    return tuple(spec if high is None else InputSpec(spec.shape, "int64", high) for spec, high in known)


def _embedded(events: Sequence[Any]) -> dict[int, int]:
    """The tensors of which only rows of tables are taken, by their ids, with the number of rows that surely exist."""
    found: dict[int, int] = {}
    for event in events:
        if isinstance(event, OpCall) and event.layer is not None:
            rows = event.layer.attrs.get("num_embeddings")
            tensor = next((passed.value for passed in event.bound.values() if isinstance(passed.value, Tensor)), None)
            if rows is not None and tensor is not None and all(map(_is_index, ancestry(tensor))):
                high = rows if isinstance(rows, int) else _ONLY_ROW
                for source in map(id, ancestry(tensor)):
                    found[source] = min(high, found.get(source, high))
    return found


def _is_index(tensor: Tensor) -> bool:
    return tensor.dtype in (None, "int64", "int32")


def _segments(units: Sequence[Unit]) -> tuple[Segment, ...]:
    """One segment a unit, whose lines have the numbers of the file."""
    lines: list[str] = []
    ends = []
    for unit in units:
        first = unit.cell.position(1, 1).line
        lines += [""] * (first - 1 - len(lines))
        lines += unit.text.split("\n")
        ends.append(len(lines))
    whole = "\n".join(lines) + "\n"
    kept = executable(ast.parse(whole), whole)
    texts = kept.text.split("\n")
    starts = [0, *ends[:-1]]
    return tuple(
        Segment("\n" * start + "\n".join(texts[start:end]) + "\n",
                tuple(one for one in kept.left_out if start < one.line <= end))
        for start, end in zip(starts, ends)
    )  # fmt: skip


def _package(path: str) -> tuple[str, tuple[str, ...]]:
    """The dotted name of a file in its package, and the folder above the package."""
    file = Path(os.path.abspath(path))
    names, folder = [file.stem], file.parent
    while (folder / "__init__.py").exists():
        names.insert(0, folder.name)
        folder = folder.parent
    return (".".join(names) if len(names) > 1 else ""), (str(folder),)
