"""The state of one interpretation: what is assumed, what was written, what happened, how far it may still go."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

from modlint.interpret.events import Event, Failure, NoneUsed
from modlint.interpret.exceptions import caught
from modlint.interpret.scope import MISSING, ModuleScope, Scope
from modlint.locating import is_installed
from modlint.ops.need import Knowledge
from modlint.syntax import Place, Unit
from modlint.values import (
    ClassValue,
    External,
    Function,
    Instance,
    ListValue,
    Nothing,
    Origin,
    SetValue,
    Shape,
    Unknown,
    Value,
    tick,
)

_Items = TypeVar("_Items", list[Value], set[Any])


class GuestError(Exception):
    """An exception of the guest program; ``value`` is what it raised."""

    def __init__(self, value: Value) -> None:
        self.value = value


class Exhausted(Exception):
    """The budget of steps is used up: the rest of the run stays unknown."""


class Frame:
    """One activation of a function, class body or module."""

    __slots__ = ("function", "machine", "owner", "place", "receiver", "returned", "scope", "unit", "yielded")

    def __init__(
        self, machine: Machine, scope: Scope, function: Function | None = None, unit: Unit | None = None
    ) -> None:
        self.machine = machine
        self.scope = scope
        self.unit: Unit = unit or scope.unit
        self.place: Callable[[ast.AST], Place] = self.unit.places.__getitem__
        self.function = function
        self.owner: ClassValue | None = function.owner if function else None
        self.receiver: Value = None
        self.returned: list[Value] = []
        self.yielded: list[Value] | None = None


class Files(Protocol):
    """Where imports are found: source files of the project, by path."""

    def find(self, importer: str, module: str, level: int) -> Unit | None: ...


@dataclass(eq=False)
class Limits:
    """Bounds of one interpretation. ``registrations``: decorators that only register a function are run, too.

    ``recursion`` bounds what a condition ends; ``undecided_recursion`` what nobody knows to end, where every call may
    double the work.
    """

    steps: int = 16_000
    depth: int = 90
    recursion: int = 12
    undecided_recursion: int = 3
    unroll: int = 1_000
    registrations: bool = False

    @property
    def patience(self) -> int:
        """The steps that a loop may take which only fills containers."""
        return self.steps // 16


@dataclass(eq=False)
class Sightings:
    """What a statement that a comment describes gave, every time that it ran."""

    place: Place
    name: str
    decided: bool = True
    shapes: list[Shape] = field(default_factory=list)
    inputs: list[Shape] = field(default_factory=list)


class Built(NamedTuple):
    """An object that a call made, everything else that it made, and when it began and ended."""

    instance: Instance
    all: tuple[Instance, ...]
    began: int
    ended: int


class Numbered(NamedTuple):
    """A container as it was at a time: those that were alike all the way down had the same ``number``.

    ``stance`` is what is said of it beside its contents, ``state`` what was known, ``parts`` the containers in it.
    """

    value: Any
    stance: Hashable
    state: Hashable
    at: int
    parts: tuple[tuple[Any, int], ...]
    number: int


@dataclass(eq=False)
class Repeats:
    """What need not be worked out again: objects by the call that made them, results of ``forward``, how often each
    expression made an object, and which containers are alike (``numbering``: those that are being looked at;
    ``looked_at``: those whose number is current, as nothing has run since)."""

    built: dict[Hashable, Built] = field(default_factory=dict)
    outputs: dict[Hashable, Value] = field(default_factory=dict)
    made: Counter[ast.AST] = field(default_factory=Counter)
    numbered: dict[int, Numbered] = field(default_factory=dict)
    numbers: dict[Hashable, int] = field(default_factory=dict)
    numbering: list[Any] = field(default_factory=list)
    looked_at: set[int] = field(default_factory=set)


@dataclass(eq=False)
class Machine:
    """The interpreter's state; the rooms ``expressions``, ``statements``, ``calls`` … work on it.

    ``called`` are the functions and modules that ran, ``fed`` the modules among them that surely got something known;
    ``active`` has for every function that runs how much was undecided when each of its activations began.
    ``state`` is what the program has of the libraries that it may change.
    ``lessons``: which operation had taught something when the facts were in a state; ``doubts`` and ``faults`` count the
    conditions that were not decided, and what certainly fails.
    """

    files: Files
    limits: Limits = field(default_factory=Limits)
    training: bool = True
    watched: frozenset[str] = frozenset()
    knowledge: Knowledge = field(default_factory=Knowledge)
    events: list[Event] = field(default_factory=list)
    trail: list[Place] = field(default_factory=list)
    active: defaultdict[ast.AST, list[int]] = field(default_factory=lambda: defaultdict(list))
    instances: list[Instance] = field(default_factory=list)
    classes: list[ClassValue] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    called: set[int] = field(default_factory=set)
    fed: set[int] = field(default_factory=set)
    undecided: int = 0
    quiet: int = 0
    steps: int = 0
    oldest_written: int = 0
    repeats: Repeats = field(default_factory=Repeats)
    modules: dict[str, ModuleScope] = field(default_factory=dict)
    journal: list[tuple[Any, Any, Any]] | None = None
    recorder: Recorder | None = None
    hosts: set[str] = field(default_factory=set)
    state: dict[str, Value] = field(default_factory=dict)
    document: tuple[Unit, ...] = ()
    handled: tuple[str, ...] = ()
    narrowed_by: Origin | None = None
    lessons: list[tuple[int, Origin]] = field(default_factory=list)
    doubts: int = 0
    faults: int = 0
    sized: dict[ast.stmt, Sightings] = field(default_factory=dict)

    def step(self) -> None:
        """Count one statement; raises Exhausted at the bound."""
        self.steps += 1
        if self.steps > self.limits.steps:
            raise Exhausted

    def emit(self, kind: Callable[..., Event], place: Place, *facts: Any) -> None:
        """Report that something happened at ``place``."""
        if place.unit.path in self.hosts:
            self._tell(kind, place, *facts)

    def _tell(self, kind: Callable[..., Event], place: Place, *facts: Any) -> None:
        if not self.quiet:
            self.events.append(kind(place, self.undecided == 0, tuple(self.trail), *facts))

    def fail(self, kind: type[Failure], place: Place, *facts: Any) -> None:
        """Report that Python or torch raises at ``place``; what the code itself catches is raised, if it is certain.

        What fails in an installed library, or by what it takes, is in doubt: the code may be meant for another version.
        """
        with self.doubtfully() if any(map(_is_installed, (place, *facts))) else nullcontext():
            self._fail(kind, place, *facts)

    def _fail(self, kind: type[Failure], place: Place, *facts: Any) -> None:
        name = caught(kind.raised, self.handled) if self.handled else None
        self.faults += name is None and not self.undecided
        if name is None and (place.unit.path in self.hosts or kind.of_arguments):
            self._tell(kind, place, *facts)
        elif name is not None and kind(place, True, (), *facts).is_proof:
            raise GuestError(External(f"builtins.{name}"))

    @contextmanager
    def handling(self, names: Sequence[str]) -> Iterator[None]:
        """While the exceptions of these names are caught."""
        outer = self.handled
        self.handled = (*outer, *names)
        try:
            yield
        finally:
            self.handled = outer

    def need(self, value: Value, place: Place) -> None:
        """Report that ``value`` is needed at ``place``, in case it is None."""
        if type(value) is Nothing:
            self.fail(NoneUsed, place, value.function)

    def put(self, owner: Value, mapping: dict[Any, Value], key: Any, value: Value) -> None:
        """Write a slot of a mapping that belongs to ``owner``, so that an undecided branch can be taken back."""
        self._wrote(owner)
        self.store(mapping, key, value)

    def store(self, mapping: dict[Any, Value], key: Any, value: Value) -> None:
        """Write what the sides of a branch have written."""
        if self.journal is not None:
            self.journal.append((mapping, key, mapping.get(key, MISSING)))
        mapping[key] = value

    def drop(self, owner: Value, mapping: dict[Any, Value], key: Any) -> None:
        """Remove a slot of a mapping that belongs to ``owner``."""
        self._wrote(owner)
        self.clear(mapping, key)

    def clear(self, mapping: dict[Any, Value], key: Any) -> None:
        """Remove what the sides of a branch have removed."""
        if self.journal is not None:
            self.journal.append((mapping, key, mapping.get(key, MISSING)))
        mapping.pop(key, None)

    def touch(self, owner: ListValue | SetValue) -> Any:
        """The items of a list or set, about to be changed."""
        self._wrote(owner)
        items: Any = owner.items
        return self.changing(items)

    def changing(self, items: _Items) -> _Items:
        """The list or set itself, about to be changed."""
        if self.journal is not None:
            self.journal.append((items, None, items.copy()))
        return items

    def _wrote(self, owner: Value) -> None:
        born = getattr(owner, "born", 0)
        self.oldest_written = min(self.oldest_written, born)
        if born:
            owner.touched = tick()

    def too_deep(self, function: Function) -> bool:
        """Whether another activation of ``function`` would nest too deep to be followed."""
        before = self.active[function.node]
        in_doubt = bool(before) and self.undecided > before[0]
        bound = self.limits.undecided_recursion if in_doubt else self.limits.recursion
        return len(self.trail) >= self.limits.depth or len(before) >= bound

    def begin(self, function: Function, place: Place) -> None:
        """A guest function begins to run that was called at ``place``; ``end`` must follow."""
        self.trail.append(place)
        self.active[function.node].append(self.undecided)

    def end(self, function: Function) -> None:
        """The guest function that began last has ended."""
        self.active[function.node].pop()
        self.trail.pop()

    @contextmanager
    def doubtfully(self) -> Iterator[None]:
        """While what happens rests on something that is only likely."""
        self.undecided += 1
        try:
            yield
        finally:
            self.undecided -= 1

    @contextmanager
    def silently(self) -> Iterator[None]:
        """While nothing that happens is to be reported."""
        self.quiet += 1
        try:
            yield
        finally:
            self.quiet -= 1


def _is_installed(thing: Any) -> bool:
    """Whether a place, function or class stands in an installed library, or a class among those that an object has."""
    classes = getattr(thing.cls if isinstance(thing, Instance) else thing, "mro", ())
    units = (getattr(one, "unit", None) for one in (thing, *classes))
    return any(isinstance(unit, Unit) and is_installed(unit.path) for unit in units)


class Recorder(Protocol):
    """Keeps the shapes that module calls and assignments gave."""

    def module_called(self, instance: Instance, args: list[Value], kwargs: dict[str, Value], output: Value) -> None: ...

    def assigned(self, place: Place, name: str, value: Value) -> None: ...


def unknown_if_missing(value: Value, why: str) -> Value:
    """``value``, or Unknown when it is MISSING."""
    return Unknown(why) if value is MISSING else value
