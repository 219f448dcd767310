"""Copies of objects: everything that a call made is made again, and what was there before is shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modlint.interpret.machine import Built, Machine
from modlint.interpret.scope import Scope
from modlint.values import BoundMethod, DictValue, Function, Instance, ListValue, Partial, Value


class Unfit(Exception):
    """A value that cannot be copied."""


def copied(machine: Machine, built: Built) -> Instance | None:
    """A copy of everything that a call made; None when some of it has changed since, or cannot be copied."""
    copier = _Copier(built)
    try:
        instances = [copier.copy(instance) for instance in built.all]
    except (Unfit, RecursionError):
        return None
    machine.instances += instances
    copy = copier.copies[id(built.instance)]
    copy.name = ""
    return copy  # type: ignore[no-any-return]


class _Copier:
    """Copies what was made between two points in time, and shares the rest."""

    def __init__(self, built: Built) -> None:
        self.built = built
        self.copies: dict[int, Any] = {}

    def copy(self, value: Value) -> Value:
        copier = _COPIES.get(type(value))
        return value if copier is None else copier(self, value)

    def is_shared(self, value: Any) -> bool:
        """Whether a container was there before; raises Unfit for one that has changed since it was made."""
        if value.born < self.built.began:
            return True
        if value.touched > self.built.ended:
            raise Unfit
        return False

    def instance(self, value: Instance) -> Instance:
        if id(value) in self.copies or self.is_shared(value):
            return self.copies.get(id(value), value)  # type: ignore[no-any-return]
        made = Instance(value.cls, {}, value.place, value.arguments, value.initialised, value.partial, value.name,
                        dict(value.bindings), set(value.reads), value.scope)  # fmt: skip
        self.copies[id(value)] = made
        made.attrs.update({name: self.copy(item) for name, item in value.attrs.items()})
        return made

    def list(self, value: ListValue) -> ListValue:
        return value if self.is_shared(value) else ListValue([self.copy(item) for item in value.items], value.partial)

    def dict(self, value: DictValue) -> DictValue:
        if self.is_shared(value):
            return value
        entries = {name: self.copy(item) for name, item in value.entries.items()}
        return DictValue(entries, value.partial, value.kind, value.factory)

    def tuple(self, value: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple([self.copy(item) for item in value])

    def method(self, value: BoundMethod) -> BoundMethod:
        return BoundMethod(self.copy(value.function), self.copy(value.receiver))

    def partial(self, value: Partial) -> Partial:
        return Partial(self.copy(value.function), self.tuple(value.args),
                       {name: self.copy(item) for name, item in value.kwargs.items()})  # fmt: skip

    def function(self, value: Function) -> Function:
        """Shared unless it closes over what was made."""
        if isinstance(value.scope, Scope) and value.scope.born >= self.built.began:
            raise Unfit
        return value


_COPIES: dict[type, Callable[[_Copier, Any], Value]] = {
    Instance: _Copier.instance,
    ListValue: _Copier.list,
    DictValue: _Copier.dict,
    tuple: _Copier.tuple,
    BoundMethod: _Copier.method,
    Partial: _Copier.partial,
    Function: _Copier.function,
}
