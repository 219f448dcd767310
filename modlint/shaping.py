"""The shapes of a file's models: of every submodule call, beside every line, and of what they take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modlint.interpret.given import Given, Stated
from modlint.interpret.machine import Exhausted, Files, GuestError, Limits
from modlint.interpret.modules import is_module_class
from modlint.interpret.reading import Reading, build, build_expression, open_document
from modlint.interpret.recording import Tape
from modlint.interpret.taking import Taken
from modlint.interpret.ways import ways
from modlint.syntax import Unit
from modlint.values import ClassValue, Instance

_STEPS = 3_000_000


@dataclass(frozen=True)
class Shapes:
    """``modules`` and ``lines`` as ``modlint shapes`` prints them; ``notes`` say what could not be followed.

    ``takes``: what the arguments of every model may be, in one or more ways; in none when it always fails.
    ``sources``: where that is stated, for models of which it is.
    """

    modules: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    takes: Mapping[str, tuple[Taken, ...]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


def shapes_of(units: Sequence[Unit], files: Files, model: str | None, given: Given) -> Shapes:
    """Run a model in evaluation mode and tell its shapes; raises NoModelError when it cannot be built.

    Without ``model`` every module class of the file is run on what is known of it.
    """
    reading = open_document(units, files, limits=Limits(steps=_STEPS, registrations=True))
    machine = reading.machine
    machine.training = False
    machine.quiet += 1
    roots = _roots(reading) if model is None else [("", build_expression(reading, model))]
    collected = _Collected(Tape(machine, units[0].path))
    for name, root in roots:
        collected.add(name, root, given.of(root.cls))
    return collected.shapes()


class _Collected:
    """What the runs of several models have told so far."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.modules: dict[str, Any] = {}
        self.notes: list[str] = []
        self.takes: dict[str, tuple[Taken, ...]] = {}
        self.sources: dict[str, str] = {}

    def add(self, name: str, root: Instance, stated: Stated | None) -> None:
        """Run a model; the paths of its modules begin with ``name``."""
        called = name or root.cls.name
        if stated is not None:
            self.sources[called] = stated.source
        try:
            self.takes[called] = tuple(ways(self.tape.machine, self.tape, root, stated))
        except (GuestError, Exhausted, RecursionError) as error:
            self.notes.append(f"{called}: the run ends early ({type(error).__name__})")
        prefix = f"{name}." if name else ""
        entries = self.tape.modules(root).items()
        self.modules.update({f"{prefix}{path}".rstrip("."): entry for path, entry in entries})

    def shapes(self) -> Shapes:
        """All of it."""
        return Shapes(self.modules, self.tape.variables(), tuple(self.notes), self.takes, self.sources)


def _roots(reading: Reading) -> list[tuple[str, Instance]]:
    """An instance of every module class of the file: one that the file builds, else one on symbols."""
    machine, roots = reading.machine, []
    for cls in machine.classes:
        if cls.unit.path in machine.hosts and is_module_class(cls):
            instance = next((one for one in machine.instances if one.cls is cls), None) or _built(reading, cls)
            if instance is not None:
                roots.append((cls.name, instance))
    return roots


def _built(reading: Reading, cls: ClassValue) -> Instance | None:
    try:
        value = build(reading.machine, cls, {})
    except (GuestError, Exhausted, RecursionError):
        return None
    return value if isinstance(value, Instance) else None
