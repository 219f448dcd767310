"""When values are alike all the way down: keys that are equal for those that no program can tell apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from modlint.dims import Expr
from modlint.interpret.machine import Machine, Numbered
from modlint.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    Foreign,
    Function,
    Instance,
    ListValue,
    ModuleValue,
    Open,
    Partial,
    Perhaps,
    Range,
    Size,
    Tensor,
    Unknown,
    Value,
    tick,
)

_Container: TypeAlias = Instance | ListValue | DictValue


class Incomparable(Exception):
    """A value that has no key."""


def key_of(machine: Machine, value: Value) -> Hashable:
    """What is equal for values that are alike; raises Incomparable, and RecursionError for what contains itself."""
    machine.repeats.looked_at.clear()
    return _key(machine, value)


def _key(machine: Machine, value: Value) -> Hashable:
    maker = _KEYS.get(type(value))
    if maker is None:
        raise Incomparable
    return maker(machine, value)


def objects_in(values: Iterable[Value]) -> Iterator[Instance]:
    """The objects among some values: what is made of them holds these, and no others that are like them."""
    return _found_in(values, (Instance,))


def _found_in(values: Iterable[Value], wanted: Collection[type]) -> Iterator[Any]:
    """The values of the ``wanted`` kinds among some values and their parts, but not what is in those."""
    for value in values:
        if type(value) in wanted:
            yield value
        elif type(value) in _PARTS:
            yield from _found_in(_PARTS[type(value)](value), wanted)


_CONTENTS: dict[type, Callable[[Any], Iterable[Value]]] = {
    Instance: lambda value: value.attrs.values(),
    ListValue: lambda value: value.items,
    DictValue: lambda value: value.entries.values(),
}
_PARTS: dict[type, Callable[[Any], Iterable[Value]]] = {
    ListValue: _CONTENTS[ListValue],
    DictValue: _CONTENTS[DictValue],
    tuple: lambda value: value,
    Size: lambda value: (),
    Range: lambda value: (),
    Partial: lambda value: (value.function, *value.args, *value.kwargs.values()),
    BoundMethod: lambda value: (value.function, value.receiver),
}


# --- containers: those that are alike share a number, which is worked out again only when something has changed ---


def _numbered(machine: Machine, value: _Container) -> Hashable:
    """The number of a container; an object that holds itself, in a method of its own, holds ``itself``."""
    inside = machine.repeats.numbering
    if inside and inside[-1] is value:
        return "itself"
    if any(other is value for other in inside):
        raise Incomparable
    return type(value), _number(machine, value)


def _number(machine: Machine, value: _Container) -> int:
    known = machine.repeats.numbered.get(id(value))
    if known is not None and id(value) in machine.repeats.looked_at:
        return known.number
    if known is None or not _is_current(machine, known):
        machine.repeats.numbering.append(value)
        try:
            known = machine.repeats.numbered[id(value)] = _numbered_now(machine, value)
        finally:
            machine.repeats.numbering.pop()
    machine.repeats.looked_at.add(id(value))
    return known.number


def _numbered_now(machine: Machine, value: _Container) -> Numbered:
    now, stance, state = tick(), _stance(value), machine.knowledge.state
    key = stance, state, _CONTAINERS[type(value)](machine, value)
    inner = _found_in(_CONTENTS[type(value)](value), _CONTENTS)
    parts = tuple((part, _number(machine, part)) for part in inner if part is not value)
    return Numbered(
        value, stance, state, now, parts, machine.repeats.numbers.setdefault(key, len(machine.repeats.numbers))
    )


def _is_current(machine: Machine, known: Numbered) -> bool:
    return (
        known.value.touched <= known.at
        and known.state == machine.knowledge.state
        and known.stance == _stance(known.value)
        and all(_number(machine, part) == number for part, number in known.parts)
    )


def _stance(value: _Container) -> Hashable:
    return value.partial, type(value) is Instance and value.initialised


def _list(machine: Machine, value: ListValue) -> Hashable:
    return tuple([_key(machine, item) for item in value.items])


def _entries(machine: Machine, entries: Mapping[Any, Value]) -> Hashable:
    return tuple([(name, _key(machine, item)) for name, item in entries.items()])


def _dict(machine: Machine, value: DictValue) -> Hashable:
    return value.kind, _entries(machine, value.entries)


def _instance(machine: Machine, value: Instance) -> Hashable:
    kind = value.cls.name if isinstance(value.cls, External) else value.cls
    made_by = value.place.node if value.place is not None else None
    return kind, made_by, _entries(machine, value.attrs)


_CONTAINERS: dict[type, Callable[[Machine, Any], Hashable]] = {
    Instance: _instance,
    ListValue: _list,
    DictValue: _dict,
}


# --- everything else ---


def _plain(machine: Machine, value: Hashable) -> Hashable:
    return type(value), value


def _itself(machine: Machine, value: Hashable) -> Hashable:
    return value


def _items(machine: Machine, value: Sequence[Value]) -> Hashable:
    return tuple, tuple([_key(machine, item) for item in value])


def _tensor(machine: Machine, value: Tensor) -> Hashable:
    shape = machine.knowledge.shape(value)
    dims = (shape.rank, shape.tail) if isinstance(shape, Open) else shape
    return Tensor, dims, value.dtype, value.data, value.order, value.parameter, value.requires_grad, value.device


def _method(machine: Machine, value: BoundMethod) -> Hashable:
    return BoundMethod, _key(machine, value.function), _key(machine, value.receiver)


def _partial(machine: Machine, value: Partial) -> Hashable:
    return Partial, _key(machine, value.function), _items(machine, value.args), _entries(machine, value.kwargs)


_KEYS: dict[type, Callable[[Machine, Any], Hashable]] = {
    **dict.fromkeys((int, float, bool, str, bytes, complex, type(None), type(Ellipsis), Expr), _plain),
    **dict.fromkeys((ClassValue, Function, ModuleValue), _itself),
    **dict.fromkeys(_CONTAINERS, _numbered),
    **dict.fromkeys((External, Foreign), lambda machine, value: (External, value.name)),
    **dict.fromkeys((Unknown, Perhaps), lambda machine, value: (Unknown, value.truth)),
    tuple: _items,
    Size: _items,
    Range: _items,
    Tensor: _tensor,
    BoundMethod: _method,
    Partial: _partial,
}
