"""What ``verify`` runs: every model of a file, with arguments and inputs that were found or made up."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modlint.dims import Dim, Expr, Symbol, substitute, symbols
from modlint.interpret.events import OpCall
from modlint.interpret.machine import Machine
from modlint.interpret.modules import is_module
from modlint.interpret.reading import forward_of, read_document
from modlint.judge import Question
from modlint.rulekit.candidates import ancestry
from modlint.syntax import Unit, nodes_in
from modlint.values import ClassValue, DictValue, External, Instance, ListValue, Open, Tensor, Value
from modlint.verify.plan import executable
from modlint.verify.protocol import FileJob, InputSpec, ModelJob, Segment

_EMBEDDINGS = frozenset(
    {"torch.nn.Embedding.forward", "torch.nn.functional.embedding", "torch.nn.EmbeddingBag.forward"}
)
_FLOATING = frozenset({"p", "dropout", "drop", "drop_rate", "dropout_rate", "drop_prob", "keep_prob", "rate", "prob"})


class Unspeakable(ValueError):
    """A value that no expression of the file's own namespace gives."""


@dataclass
class Observation:
    """The first run of a model: its instance, the inputs as they were known after it, and where they came from."""

    instance: Instance
    expression: str | None
    inputs: tuple[InputSpec, ...] | None
    source: str


@dataclass
class Observer:
    """A recorder that keeps, for every model of the file, what it was first called with."""

    machine: Machine
    path: str
    seen: dict[int, Observation] = field(default_factory=dict)

    def module_called(self, instance: Instance, args: list[Value], output: Value) -> None:
        """A module was called; classes of the file and lone Sequentials are kept."""
        key = self._key(instance)
        if key is None or (key in self.seen and self.seen[key].inputs is not None):
            return
        values = self._witness(instance, args)
        inputs = _specs(self.machine, args, values)
        expression = _construction(instance, values)
        self.seen[key] = Observation(instance, expression, inputs, self._source(args, values))

    def assigned(self, place: Any, name: str, value: Value) -> None:
        """Assignments are of no interest here."""

    def _key(self, instance: Instance) -> int | None:
        cls = instance.cls
        if isinstance(cls, ClassValue):
            return id(cls.node) if cls.unit.path == self.path else None
        return id(instance) if cls.name == "torch.nn.Sequential" else None

    def _witness(self, instance: Instance, args: list[Value]) -> Mapping[Symbol, int]:
        """Concrete values for every symbol in the inputs and the constructor's arguments."""
        wanted: set[Symbol] = set()
        for tensor in args:
            shape = self.machine.knowledge.shape(tensor) if isinstance(tensor, Tensor) else ()
            wanted |= {
                symbol
                for dim in (_plain_shape(shape) if isinstance(shape, Open) else shape)
                for symbol in symbols(self.machine.knowledge.facts.resolve(dim))
            }
        for argument in instance.arguments.values():
            if isinstance(argument.value, Expr):
                wanted |= symbols(self.machine.knowledge.facts.resolve(argument.value))
        found = self.machine.knowledge.facts.witnesses(wanted, 1) if wanted else []
        return found[0] if found else {}

    def _source(self, args: list[Value], values: Mapping[Symbol, int]) -> str:
        origin = next((arg.origin for arg in args if isinstance(arg, Tensor) and arg.origin is not None), None)
        if values or origin is None:
            return "made up from the constraints"
        return f"line {origin.place.line}: {origin.place.text}"


def _specs(machine: Machine, args: list[Value], values: Mapping[Symbol, int]) -> tuple[InputSpec, ...] | None:
    """The inputs as specifications; None when one is no tensor of a known shape."""
    specs: list[InputSpec] = []
    for arg in args:
        shape = machine.knowledge.shape(arg) if isinstance(arg, Tensor) else None
        if arg is None or shape is None:
            return tuple(specs) if specs and all(rest is None for rest in args[len(specs) :]) else None
        if isinstance(shape, Open):
            shape = _plain_shape(shape)
        sizes = tuple(_concrete(machine.knowledge.facts.resolve(dim), values) for dim in shape)
        if any(size is None for size in sizes):
            return None
        specs.append(InputSpec(tuple(size for size in sizes if size is not None), arg.dtype or "float32"))
    return tuple(specs)


def _plain_shape(shape: Open) -> tuple[Dim, ...]:
    """A shape with the fewest dims that fits an open one: a batch of vectors."""
    if shape.tail:
        return (2, *shape.tail)
    return (2, shape.rank.flat or 7)


def _concrete(dim: int | Expr, values: Mapping[Symbol, int]) -> int | None:
    dim = substitute(dim, values) if isinstance(dim, Expr) else dim
    return dim if isinstance(dim, int) else None


def _construction(instance: Instance, values: Mapping[Symbol, int]) -> str | None:
    """The expression that makes such an instance, None when an argument cannot be written down."""
    cls = instance.cls
    if not isinstance(cls, ClassValue):
        return None
    try:
        shown = [
            f"{name}={spell(argument.value, values, name)}"
            for name, argument in instance.arguments.items()
            if argument.node is not None or isinstance(argument.value, Expr)
        ]
    except Unspeakable:
        return None
    return f"{cls.name}({', '.join(shown)})"


def spell(value: Value, values: Mapping[Symbol, int], name: str = "") -> str:
    """A Python expression that gives ``value``; raises Unspeakable when there is none."""
    if isinstance(value, Expr):
        size = _concrete(value, values)
        return "0.1" if name in _FLOATING else str(4 if size is None else size)
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, tuple):
        return f"({''.join(spell(item, values) + ', ' for item in value)})"
    if isinstance(value, ListValue) and not value.partial:
        return f"[{', '.join(spell(item, values) for item in value.items)}]"
    if isinstance(value, DictValue) and not value.partial:
        return f"{{{', '.join(f'{key!r}: {spell(item, values)}' for key, item in value.entries.items())}}}"
    if isinstance(value, ClassValue):
        return value.name
    if isinstance(value, External) and value.name.startswith("torch."):
        return f"__import__('torch').{value.name.removeprefix('torch.')}"
    raise Unspeakable(type(value).__name__)


def plan(
    units: Sequence[Unit],
    asked: Question,
    path: str,
    model: str | None = None,
    inputs: Sequence[InputSpec] | None = None,
) -> FileJob:
    """The job of running every model of a document, or the one that ``model`` builds, on ``inputs`` if given."""
    if model is not None:
        jobs: list[ModelJob] = [ModelJob(model, 1, model, len(units), tuple(inputs or ()), "--input")]
    else:
        jobs = list(_jobs(units, asked, inputs))
    return FileJob(path, _segments(units), tuple(jobs), *_package(path))


def _jobs(units: Sequence[Unit], asked: Question, inputs: Sequence[InputSpec] | None) -> Iterator[ModelJob]:
    observers: list[Observer] = []

    def watch(machine: Machine) -> None:
        machine.recorder = Observer(machine, units[0].path)
        observers.append(machine.recorder)

    reading = read_document(units, asked.files, watched=_EMBEDDINGS, inputs=asked.inputs, prepare=watch)
    machine = reading.machine
    seen = observers[0].seen
    highs = _embedded(reading.events)
    order = {id(unit): index for index, unit in enumerate(units, 1)}
    for cls in machine.classes:
        if cls.unit.path == units[0].path and id(cls.unit) in order and _is_model(cls):
            observed = seen.get(id(cls.node))
            yield _job(cls.name, _line(cls.unit, cls.node), order[id(cls.unit)], observed, inputs, highs)
    for name, value in reading.scope.variables.items():
        if (
            is_module(value)
            and value.cls is not None
            and not isinstance(value.cls, ClassValue)
            and value.place is not None
        ):
            observed = seen.get(id(value))
            if observed is not None and id(value.place.unit) in order:
                named = Observation(value, name, observed.inputs, observed.source)
                yield _job(name, value.place.span.start.line, order[id(value.place.unit)], named, inputs, highs)


def _is_model(cls: ClassValue) -> bool:
    from modlint.interpret.modules import is_module_class

    return is_module_class(cls) and forward_of(Instance(cls)) is not None


def _line(unit: Unit, node: ast.AST) -> int:
    return unit.span(unit.start(node), unit.end(node)).start.line


def _job(
    name: str,
    line: int,
    upto: int,
    observed: Observation | None,
    inputs: Sequence[InputSpec] | None,
    highs: dict[str, int],
) -> ModelJob:
    expression = observed.expression if observed is not None and observed.expression is not None else f"{name}()"
    if inputs is not None:
        return ModelJob(name, line, expression, upto, tuple(inputs), "--input")
    if observed is None or observed.inputs is None:
        return ModelJob(name, line, expression, upto, (), "no inputs are known")
    specs = tuple(_integers(spec, highs.get(name)) for spec in observed.inputs)
    return ModelJob(name, line, expression, upto, specs, observed.source)


def _integers(spec: InputSpec, high: int | None) -> InputSpec:
    return spec if high is None else InputSpec(spec.shape, "int64", high)


def _embedded(events: Sequence[Any]) -> dict[str, int]:
    """Classes whose input goes straight into an embedding, with the number of its rows."""
    found: dict[str, int] = {}
    for event in events:
        if isinstance(event, OpCall) and event.layer is not None:
            rows = event.layer.attrs.get("num_embeddings")
            tensor = next((passed.value for passed in event.bound.values() if isinstance(passed.value, Tensor)), None)
            if isinstance(rows, int) and tensor is not None and all(one.dtype is None for one in ancestry(tensor)):
                for place in event.trail:
                    found.setdefault(_class_at(place), rows)
                found.setdefault(_class_at(event.place), rows)
    return found


def _class_at(place: Any) -> str:
    for node in place.unit.every:
        if isinstance(node, ast.ClassDef) and any(inner is place.node for inner in nodes_in(node)):
            return node.name
    return ""


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
