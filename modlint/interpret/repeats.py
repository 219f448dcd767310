"""What was made in a loop is alike: the second block of a stage is not built, nor run, as if nobody knew the first.

A result is used again only where nothing can tell the difference: the same expression makes the object, its arguments
are equal all the way down, the same facts are known, and the first time wrote to nothing that was there before.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from modlint.dims import Expr
from modlint.interpret.events import Failure
from modlint.interpret.machine import Built, Machine
from modlint.interpret.scope import Scope
from modlint.signature import Passed
from modlint.syntax import Place
from modlint.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    Function,
    Instance,
    ListValue,
    ModuleValue,
    Open,
    Partial,
    Size,
    Tensor,
    Unknown,
    Value,
    tick,
)


class Unfit(Exception):
    """A value that cannot be compared, or not be copied."""


def build(
    machine: Machine,
    cls: ClassValue,
    args: Sequence[Passed],
    kwargs: Mapping[str, Passed],
    place: Place,
    make: Callable[[], Instance],
) -> Instance:
    """What ``make`` gives, or a copy of what it gave for equal arguments at the same place."""
    machine.repeats.made[place.node] += 1
    values = [passed.value for passed in (*args, *kwargs.values())]
    key = _call_key(machine, (cls, place.node, *_objects_in(values)), args, kwargs)
    if key is None or machine.journal is not None:
        return make()
    copied = _copied(machine, machine.repeats.built[key]) if key in machine.repeats.built else None
    if copied is not None:
        return copied
    before, began = len(machine.instances), tick()
    instance: Instance
    instance, pure = _watched(machine, began, make)
    if pure:
        machine.repeats.built[key] = Built(instance, tuple(machine.instances[before:]), began, tick())
    return instance


def run(
    machine: Machine,
    instance: Instance,
    args: Sequence[Passed],
    kwargs: Mapping[str, Passed],
    forward: Callable[[], Value],
) -> Value:
    """What ``forward`` gives, or what it gave for the like of ``instance`` on equal arguments."""
    place = instance.place
    if place is None or not isinstance(instance.cls, ClassValue) or machine.repeats.made[place.node] < 2:
        return forward()
    key = _call_key(machine, instance, args, kwargs)
    if key is None:
        return forward()
    if key in machine.repeats.outputs:
        return machine.repeats.outputs[key]
    output, pure = _watched(machine, tick(), forward)
    if pure and _is_constant(output):
        machine.repeats.outputs[key] = output
    return output


def _objects_in(values: Iterable[Value]) -> Iterator[Instance]:
    """The objects among some values: what is made of them holds these, and no others that are like them."""
    for value in values:
        if isinstance(value, Instance):
            yield value
        elif isinstance(value, (tuple, ListValue)):
            yield from _objects_in(value if isinstance(value, tuple) else value.items)
        elif isinstance(value, DictValue):
            yield from _objects_in(value.entries.values())
        elif isinstance(value, Partial):
            yield from _objects_in((*value.args, *value.kwargs.values()))
        elif isinstance(value, BoundMethod):
            yield from _objects_in([value.receiver])


def _watched(machine: Machine, began: int, work: Callable[[], Any]) -> tuple[Any, bool]:
    """The result of some work, and whether it learnt nothing, wrote only to what it made itself, and found no fault."""
    outer, state, told = machine.oldest_written, machine.knowledge.state, len(machine.events)
    machine.oldest_written = began
    try:
        result = work()
        fault = any(isinstance(event, Failure) for event in machine.events[told:])
        return result, machine.oldest_written >= began and machine.knowledge.state == state and not fault
    finally:
        machine.oldest_written = min(outer, machine.oldest_written)


def _is_constant(value: Value) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_constant, value))
    return isinstance(value, (Tensor, Unknown, int, float, str, Expr)) or value is None


# --- equal arguments ---


def _call_key(machine: Machine, callee: Any, args: Sequence[Passed], kwargs: Mapping[str, Passed]) -> Hashable | None:
    """What a call depends on; None when that cannot be told, and when every call is to be seen."""
    if machine.recorder is not None:
        return None
    try:
        given = [_key(machine, passed.value) for passed in args]
        named = [(name, _key(machine, passed.value)) for name, passed in kwargs.items()]
        what = _key(machine, callee) if isinstance(callee, Instance) else callee
    except (Unfit, RecursionError):
        return None
    stance = machine.training, machine.undecided > 0, machine.quiet > 0
    return what, tuple(given), tuple(named), stance, machine.knowledge.state


def _key(machine: Machine, value: Value) -> Hashable:
    maker = _KEYS.get(type(value))
    if maker is None:
        raise Unfit
    return maker(machine, value)


def _plain(machine: Machine, value: Hashable) -> Hashable:
    return type(value), value


def _itself(machine: Machine, value: Hashable) -> Hashable:
    return value


def _items(machine: Machine, value: Sequence[Value]) -> Hashable:
    return tuple, tuple([_key(machine, item) for item in value])


def _list(machine: Machine, value: ListValue) -> Hashable:
    return list, value.partial, tuple([_key(machine, item) for item in value.items])


def _entries(machine: Machine, entries: Mapping[Any, Value]) -> Hashable:
    return tuple([(name, _key(machine, item)) for name, item in entries.items()])


def _dict(machine: Machine, value: DictValue) -> Hashable:
    return dict, value.kind, value.partial, _entries(machine, value.entries)


def _instance(machine: Machine, value: Instance) -> Hashable:
    kind = value.cls.name if isinstance(value.cls, External) else value.cls
    made_by = value.place.node if value.place is not None else None
    return kind, made_by, value.initialised, value.partial, _entries(machine, value.attrs)


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
    External: lambda machine, value: (External, value.name),
    Unknown: lambda machine, value: Unknown,
    tuple: _items,
    Size: _items,
    ListValue: _list,
    DictValue: _dict,
    Instance: _instance,
    Tensor: _tensor,
    BoundMethod: _method,
    Partial: _partial,
}


# --- copies ---


def _copied(machine: Machine, built: Built) -> Instance | None:
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
