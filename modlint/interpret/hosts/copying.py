"""``copy``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modlint.interpret.hosts.table import host
from modlint.interpret.machine import Machine
from modlint.syntax import Place
from modlint.values import DictValue, Instance, ListValue, SetValue, Value


@host("copy.copy", "copy.deepcopy")
def _copy(machine: Machine, place: Place, value: Value, *memo: Value) -> Value:
    return deep_copy(value, {})


def deep_copy(value: Value, done: dict[int, Value]) -> Value:
    """A copy of a value and of all mutable values in it; each is copied once."""
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, tuple):
        return tuple(deep_copy(item, done) for item in value)
    copier = _COPIERS.get(type(value))
    return copier(value, done) if copier else value


def _copy_instance(value: Instance, done: dict[int, Value]) -> Instance:
    copy = Instance(value.cls, {}, value.place, value.arguments, value.initialised, value.partial, value.name)
    done[id(value)] = copy
    copy.attrs.update({name: deep_copy(item, done) for name, item in value.attrs.items()})
    return copy


def _copy_list(value: ListValue, done: dict[int, Value]) -> ListValue:
    done[id(value)] = copy = ListValue([], value.partial)
    copy.items += [deep_copy(item, done) for item in value.items]
    return copy


def _copy_dict(value: DictValue, done: dict[int, Value]) -> DictValue:
    done[id(value)] = copy = DictValue({}, value.partial, value.kind)
    copy.entries.update({key: deep_copy(item, done) for key, item in value.entries.items()})
    return copy


_COPIERS: dict[type, Callable[[Any, dict[int, Value]], Value]] = {
    Instance: _copy_instance,
    ListValue: _copy_list,
    DictValue: _copy_dict,
    SetValue: lambda value, done: SetValue(set(value.items)),
}
