"""Keeping the shapes that a run gives: of every module call, and of every variable that a line assigns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from modlint.diagnostics import Position
from modlint.dims import Expr, text
from modlint.interpret.machine import Machine
from modlint.interpret.modules import named_modules
from modlint.syntax import Place
from modlint.values import DictValue, Instance, ListValue, Open, Size, Tensor, Unknown, Value

Shape: TypeAlias = Any
"""A list of dims (integers, or strings for symbolic ones), ``{"tuple": …}``, ``{"py": scalar}``, None or ``"?"``."""


def described(machine: Machine, value: Value) -> Shape:
    """The shape of a value, as data."""
    if value is None:
        return None
    if isinstance(value, (bool, int, float, str)):
        return {"py": value}
    if isinstance(value, Size):
        return {"size": [_dim(machine.knowledge.facts.resolve(dim)) for dim in value]}
    if isinstance(value, tuple):
        return {"tuple": [described(machine, item) for item in value]}
    describe = _DESCRIBERS.get(type(value))
    return describe(machine, value) if describe else "?"


def _tensor(machine: Machine, value: Tensor) -> Shape:
    shape = machine.knowledge.shape(value)
    if isinstance(shape, Open):
        return "?" if not shape.tail else ["…", *map(_dim, shape.tail)]
    return [_dim(dim) for dim in shape]


def _dim(dim: int | Expr) -> int | str:
    return dim if isinstance(dim, int) else text(dim)


def _dict(machine: Machine, value: DictValue) -> Shape:
    return "?" if value.partial else {"dict": {str(k): described(machine, v) for k, v in value.entries.items()}}


_DESCRIBERS: dict[type, Callable[[Machine, Any], Shape]] = {
    Tensor: _tensor,
    ListValue: lambda machine, value: (
        "?" if value.partial else {"list": [described(machine, item) for item in value.items]}
    ),
    DictValue: _dict,
    Expr: lambda machine, value: {"py": text(machine.knowledge.facts.resolve(value))},
    Unknown: lambda machine, value: "?",
}


def has_tensor(value: Value) -> bool:
    """Whether a value is, or holds, a tensor."""
    if isinstance(value, Tensor):
        return True
    if isinstance(value, tuple):
        return any(map(has_tensor, value))
    if isinstance(value, ListValue):
        return any(map(has_tensor, value.items))
    return isinstance(value, DictValue) and any(map(has_tensor, value.entries.values()))


def _as_it_is_now(value: Value) -> Value:
    """A list that grows later is told as it was."""
    return ListValue(list(value.items), value.partial) if isinstance(value, ListValue) else value


class Tape:
    """A recorder that keeps everything; shapes are told at the end, when all that was learnt is known."""

    def __init__(self, machine: Machine, path: str) -> None:
        self.machine = machine
        self.path = path
        self.calls: dict[int, list[tuple[list[Value], Value]]] = {}
        self.lines: dict[tuple[Position, str, str], list[Value]] = {}

    def module_called(self, instance: Instance, args: list[Value], kwargs: dict[str, Value], output: Value) -> None:
        """A module was called; arguments by keyword are not told."""
        self.calls.setdefault(id(instance), []).append((args, output))

    def assigned(self, place: Place, name: str, value: Value) -> None:
        """A statement of the file gave ``name`` a value."""
        if place.unit.path == self.path and has_tensor(value):
            self.lines.setdefault((place.span.start, place.line, name), []).append(_as_it_is_now(value))

    def modules(self, root: Instance) -> dict[str, dict[str, Any]]:
        """For every called submodule, by its path: class, inputs and output of the first call, line of its making."""
        found = {}
        for path, module in named_modules(root):
            calls = [
                {"in": [self._shape(arg) for arg in args], "out": self._shape(output)}
                for args, output in self.calls.get(id(module), ())
            ]
            if calls:
                found[path] = self._entry(module, calls)
        return found

    def _entry(self, module: Instance, calls: Sequence[dict[str, Any]]) -> dict[str, Any]:
        name = module.cls.name.rsplit(".", 1)[-1]
        entry = {"cls": name, **calls[0], "line": module.place.span.start.line if module.place else None}
        others = [call for call in calls[1:] if call != calls[0]]
        return {**entry, "calls": others} if others else entry

    def variables(self) -> dict[str, list[Shape]]:
        """The distinct shapes by ``LINE:VARIABLE``, in a notebook by ``CELL:LINE:VARIABLE``."""
        shapes: dict[str, list[Shape]] = {}
        for (_, line, name), values in sorted(self.lines.items(), key=lambda item: item[0]):
            told = shapes.setdefault(f"{line}:{name}", [])
            for value in values:
                shape = self._shape(value)
                if shape not in told:
                    told.append(shape)
        return {key: told for key, told in shapes.items() if told != ["?"]}

    def _shape(self, value: Value) -> Shape:
        return described(self.machine, value)
