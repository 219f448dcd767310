"""What the models of a file are built with and called with, as the analysis of the file sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from modlint.dims import Dim, Expr, Symbol, substitute, symbols
from modlint.interpret.machine import Machine
from modlint.planning.made_up import made_up
from modlint.planning.spelling import constructions, is_guessed, takes_made_up
from modlint.planning.uses import Definitions
from modlint.syntax import Place
from modlint.values import ClassValue, DictValue, External, Instance, ListValue, Open, Rank, Tensor, Value
from modlint.verify.protocol import MADE_UP, InputSpec, Trial

NOT_KNOWN = "no arguments are known"
_WITNESSES = 4
_BATCH = 2
_LENGTH = 7
_WIDTH = 4
_PIXELS = 16


@dataclass
class Observation:
    """The first call of a model that tells something: ways to repeat it, and where what it was given came from.

    Something is guessed when it was made up and the analysis does not know the output that it leads to. ``any_shape``:
    some input may have any shape, as far as the analysis knows. ``args`` are the inputs as the analysis saw them.
    """

    trials: tuple[Trial, ...]
    source: str
    arguments_guessed: bool = False
    inputs_guessed: bool = False
    any_shape: bool = False
    args: tuple[Value, ...] = ()

    @property
    def complete(self) -> bool:
        return bool(self.trials and self.trials[0].inputs)


@dataclass
class Observer:
    """A recorder that keeps an observation for every model of the file."""

    machine: Machine
    path: str
    definitions: Definitions
    _seen: dict[int, Observation] = field(default_factory=dict)
    _values: dict[int, list[dict[str, str]]] = field(default_factory=dict)

    def of_class(self, cls: ClassValue) -> Observation:
        """The call of a model, or when none was seen, a guess: built as the file builds it, on the usual inputs."""
        observed = self._seen.get(id(cls.node))
        return observed if observed and observed.trials else self._guess(cls)

    def of_instance(self, instance: Instance) -> Observation | None:
        return self._seen.get(id(instance))

    def module_called(self, instance: Instance, args: list[Value], kwargs: dict[str, Value], output: Value) -> None:
        """A module was called; calls by position alone are kept, of the file's classes and of lone Sequentials."""
        if kwargs:
            return
        key = self._key(instance)
        if key is not None and not (key in self._seen and self._seen[key].complete):
            call = _Call(self.machine, instance, args, output, self._made_up(instance.cls))
            self._seen[key] = call.observation()

    def assigned(self, place: Place, name: str, value: Value) -> None:
        """Assignments are of no interest here."""

    def _guess(self, cls: ClassValue) -> Observation:
        instance = next((one for one in self.machine.instances if one.cls is cls), None) or Instance(cls)
        values = self._made_up(cls)
        ways = constructions(instance, lambda dim: dim if isinstance(dim, int) else None, values)
        guessed = is_guessed(instance) or takes_made_up(instance, values[-1])
        return Observation(tuple(map(Trial, ways)), MADE_UP if ways else NOT_KNOWN, guessed, inputs_guessed=True)

    def _made_up(self, cls: ClassValue | External) -> list[dict[str, str]]:
        if not isinstance(cls, ClassValue):
            return [{}]
        if id(cls.node) not in self._values:
            self._values[id(cls.node)] = made_up(cls.node, self.definitions)
        return self._values[id(cls.node)]

    def _key(self, instance: Instance) -> int | None:
        cls = instance.cls
        if isinstance(cls, ClassValue):
            return id(cls.node) if cls.unit.path == self.path else None
        return id(instance) if cls.name == "torch.nn.Sequential" else None


@dataclass(frozen=True)
class _Call:
    """One call of a module, right after it, when everything that it told about its symbols is known."""

    machine: Machine
    instance: Instance
    args: Sequence[Value]
    output: Value
    made_up: Sequence[Mapping[str, str]]

    def observation(self) -> Observation:
        of_arguments, of_inputs = set(self._of_arguments()), set(self._of_inputs())
        numbers = [_Numbers(self.machine, values) for values in self._witnesses(of_arguments | of_inputs)]
        trials = tuple(trial for number in numbers for trial in self._trials(number))
        invented = is_guessed(self.instance)
        supposed = takes_made_up(self.instance, self.made_up[-1])
        made_up = invented or bool(of_inputs) or any(isinstance(shape, Open) for shape in self._shapes())
        source = self._source(made_up)
        known = self._is_known(self.output) and bool(trials) and trials[0].predicted is not None
        args = tuple(self.args)
        if not made_up:
            return Observation(trials[:1], source, args=args)
        if known:
            return Observation(trials, source, supposed, any_shape=any(map(_says_nothing, self._shapes())), args=args)
        return Observation(trials, source, invented or supposed, inputs_guessed=True, args=args)

    def _shapes(self) -> Iterator[Any]:
        return (self.machine.knowledge.shape(arg) for arg in self.args if isinstance(arg, Tensor))

    def _of_arguments(self) -> Iterator[Symbol]:
        """The free symbols in the constructor's arguments."""
        arguments = (argument.value for argument in self.instance.arguments.values())
        return self._symbols(value for value in arguments if isinstance(value, Expr))

    def _of_inputs(self) -> Iterator[Symbol]:
        for shape in self._shapes():
            yield from self._symbols((*shape.tail, *shape.rank.axes.values()) if isinstance(shape, Open) else shape)

    def _symbols(self, dims: Iterable[Dim]) -> Iterator[Symbol]:
        for dim in dims:
            yield from symbols(self.machine.knowledge.facts.resolve(dim))

    def _witnesses(self, wanted: set[Symbol]) -> list[dict[Symbol, int]]:
        """Values for the symbols that satisfy what is known of them."""
        return self.machine.knowledge.facts.witnesses(wanted, _WITNESSES) if wanted else [{}]

    def _trials(self, number: _Numbers) -> Iterator[Trial]:
        inner = not isinstance(self.instance.cls, ClassValue)
        for expression in [""] if inner else constructions(self.instance, number, self.made_up):
            for inputs in list(self._inputs(number)) or [()]:
                yield Trial(expression, inputs, _predicted(self.output, number, self._leads(inputs)))

    def _inputs(self, number: _Numbers) -> Iterator[tuple[InputSpec, ...]]:
        """Tensors that may be the arguments; nothing when one is no tensor of a shape that can be told."""
        given = list(self.args)
        while given and given[-1] is None:
            given.pop()
        if not all(isinstance(arg, Tensor) for arg in given):
            return
        choices = [_specs(arg, number) for arg in given]
        if not all(choices):
            return
        for row in zip_longest(*choices):
            yield tuple(spec or choice[-1] for spec, choice in zip(row, choices))

    def _leads(self, inputs: Sequence[InputSpec]) -> dict[Rank, tuple[Dim, ...]]:
        """What the inputs make of the ranks that are open."""
        return {
            shape.rank: spec.shape[: len(spec.shape) - len(shape.tail)]
            for shape, spec in zip(self._shapes(), inputs)
            if isinstance(shape, Open)
        }

    def _source(self, made_up: bool) -> str:
        origin = next((arg.origin for arg in self.args if isinstance(arg, Tensor) and arg.origin is not None), None)
        return MADE_UP if made_up or origin is None else f"line {origin.place.line}: {origin.place.text}"

    def _is_known(self, value: Value) -> bool:
        if isinstance(value, (ListValue, DictValue)):
            items = value.entries.values() if isinstance(value, DictValue) else value.items
            return not value.partial and all(map(self._is_known, items))
        if isinstance(value, tuple):
            return all(map(self._is_known, value))
        return isinstance(value, (Tensor, Expr, int, float, str, type(None)))


@dataclass(frozen=True)
class _Numbers:
    """Dims as numbers, by the given values of their symbols."""

    machine: Machine
    values: dict[Symbol, int]

    def __call__(self, dim: Dim) -> int | None:
        dim = self.machine.knowledge.facts.resolve(dim)
        dim = substitute(dim, self.values) if isinstance(dim, Expr) else dim
        return dim if isinstance(dim, int) else None


def _says_nothing(shape: Any) -> bool:
    return isinstance(shape, Open) and not shape.tail and shape.rank.flat is None and not shape.rank.axes.keys() - {0}


def _specs(tensor: Tensor, number: _Numbers) -> list[InputSpec]:
    """The tensor as an input; several, the plainest first, when its rank is open, and none when a dim is not known."""
    shape = number.machine.knowledge.shape(tensor)
    found = [tuple(map(number, dims)) for dims in (_closed(shape) if isinstance(shape, Open) else [shape])]
    known = [tuple(size for size in sizes if size is not None) for sizes in found if None not in sizes]
    return [InputSpec(sizes, tensor.dtype or "float32") for sizes in known]


def _closed(shape: Open) -> list[tuple[Dim, ...]]:
    """Shapes that fit an open one: a batch of vectors, of sequences, of grids, and where the width is free, of images."""
    axes, flat = shape.rank.axes, shape.rank.flat
    if flat is not None and not shape.tail:
        return [(axes.get(0, _BATCH), flat)]
    tail = shape.tail or (_WIDTH,)
    found = [(_BATCH, *(_LENGTH,) * count, *tail) for count in range(3)]
    if not shape.tail:
        found.append((_BATCH, _WIDTH, _PIXELS, _PIXELS))
    fitting = (dims for dims in found if all(axis < len(dims) for axis in axes))
    return [tuple(axes.get(axis, dim) for axis, dim in enumerate(dims)) for dims in fitting]


def _predicted(value: Value, number: _Numbers, leads: Mapping[Rank, tuple[Dim, ...]]) -> Any:
    """A value in the form of ``ModelReport.output``, None where it is not known."""
    if isinstance(value, Tensor):
        shape = number.machine.knowledge.shape(value)
        if isinstance(shape, Open) and shape.rank not in leads:
            return None
        dims = (*leads[shape.rank], *shape.tail) if isinstance(shape, Open) else shape
        return {"shape": list(map(number, dims)), "dtype": value.dtype or "float32"}
    if isinstance(value, tuple):
        return {"tuple": [_predicted(item, number, leads) for item in value]}
    if isinstance(value, ListValue) and not value.partial:
        return {"list": [_predicted(item, number, leads) for item in value.items]}
    if isinstance(value, DictValue) and not value.partial:
        return {"dict": {str(key): _predicted(item, number, leads) for key, item in value.entries.items()}}
    return None
