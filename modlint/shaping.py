"""The shapes of a file's models: of every submodule call, and beside every line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from modlint.interpret.given import Given
from modlint.interpret.machine import Exhausted, Files, GuestError, Limits
from modlint.interpret.modules import is_module_class
from modlint.interpret.reading import (
    Reading,
    build,
    build_expression,
    open_document,
    run_model,
)
from modlint.interpret.recording import Tape
from modlint.syntax import Unit
from modlint.values import ClassValue, Instance

_STEPS = 3_000_000


@dataclass(frozen=True)
class Shapes:
    """``modules`` and ``lines`` as ``modlint shapes`` prints them; ``notes`` say what could not be followed."""

    modules: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def shapes_of(units: Sequence[Unit], files: Files, model: str | None, given: Given) -> Shapes:
    """Run a model in evaluation mode and tell its shapes; raises NoModelError when it cannot be built.

    Without ``model`` every module class of the file is run on what is known of it.
    """
    reading = open_document(units, files, limits=Limits(steps=_STEPS, registrations=True))
    machine = reading.machine
    machine.training = False
    machine.quiet += 1
    roots = _roots(reading) if model is None else [("", build_expression(reading, model))]
    machine.recorder = tape = Tape(machine, units[0].path)
    notes = []
    modules: dict[str, Any] = {}
    for name, root in roots:
        try:
            stated = given.of(root.cls)
            run_model(machine, root, None if stated is None else stated.values)
        except (GuestError, Exhausted, RecursionError) as error:
            notes.append(f"{name or root.cls.name}: the run ends early ({type(error).__name__})")
        prefix = f"{name}." if name else ""
        modules.update({f"{prefix}{path}".rstrip("."): entry for path, entry in tape.modules(root).items()})
    return Shapes(modules, tape.variables(), tuple(notes))


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
