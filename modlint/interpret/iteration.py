"""Running over values, and taking them apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modlint.dims import Answer
from modlint.interpret.machine import Machine
from modlint.interpret.members import call_method
from modlint.interpret.tuples import leaves, wrong_count
from modlint.ops.need import Need
from modlint.syntax import Place
from modlint.values import (
    ClassValue,
    DictValue,
    External,
    Foreign,
    Function,
    Instance,
    IteratorValue,
    ListValue,
    Open,
    SetValue,
    Tensor,
    Unknown,
    Value,
)

_LONGEST_TENSOR = 256


def items_of(machine: Machine, value: Value, place: Place) -> list[Value] | None:
    """The items that iterating over ``value`` gives; None when they are not all known."""
    if isinstance(value, (tuple, str)):
        return list(value)
    return _ITEMS.get(type(value), _not_known)(machine, value, place)


def hashable(value: Value) -> bool:
    """Whether a value can be a key that we compare as Python would."""
    if isinstance(value, tuple):
        return all(map(hashable, value))
    known = (bool, int, float, str, bytes, ClassValue, Function, External, Instance)
    return value is None or (isinstance(value, known) and not isinstance(value, Foreign))


def _not_known(machine: Machine, value: Value, place: Place) -> list[Value] | None:
    return None


def _iterator(machine: Machine, value: IteratorValue, place: Place) -> list[Value] | None:
    rest = value.items[value.position :]
    value.position = len(value.items)
    return rest


def _tensor(machine: Machine, value: Tensor, place: Place) -> list[Value] | None:
    """A tensor gives its rows, when their number is known."""

    shape = machine.knowledge.shape(value)
    if isinstance(shape, Open) or not shape or not isinstance(shape[0], int) or shape[0] > _LONGEST_TENSOR:
        return None
    rows = call_method(machine, value, "unbind", [0], place)
    return list(rows) if isinstance(rows, tuple) else None


def _instance(machine: Machine, value: Instance, place: Place) -> list[Value] | None:

    result = call_method(machine, value, "__iter__", [], place)
    return None if isinstance(result, Unknown) else items_of(machine, result, place)


def _enumeration(machine: Machine, value: ClassValue, place: Place) -> list[Value] | None:
    members = [member for member in value.namespace.values() if isinstance(member, Instance) and member.cls is value]
    return members if value.kind == "enum" else None


_ITEMS: dict[type, Callable[[Machine, Any, Place], list[Value] | None]] = {
    ListValue: lambda machine, value, place: None if value.partial else list(value.items),
    DictValue: lambda machine, value, place: None if value.partial else list(value.entries),
    SetValue: lambda machine, value, place: sorted(value.items, key=repr) if all(map(hashable, value.items)) else None,
    IteratorValue: _iterator,
    Tensor: _tensor,
    Instance: _instance,
    ClassValue: _enumeration,
}


def unpack(machine: Machine, value: Value, count: int, starred: int | None, place: Place) -> list[Value]:
    """The values for ``count`` targets, of which the one at ``starred`` takes the rest."""
    if isinstance(value, OpenSizes) and starred is None:
        return list(value.settle(machine, count))
    items = items_of(machine, value, place)
    if items is None and isinstance(value, Tensor):
        items = _rows(machine, value, count, place) if starred is None else None
    if items is None:
        return [Unknown("what is unpacked is not known")] * count
    if starred is not None and len(items) >= count - 1:
        tail = count - starred - 1
        middle = ListValue(items[starred : len(items) - tail])
        return [*items[:starred], middle, *items[len(items) - tail :]]
    if len(items) == count:
        return items
    if starred is None:
        wrong_count(machine, count, value, len(items), place)
        if len(leaves(value)) == count:
            return leaves(value)
    return [Unknown("the number of values does not fit")] * count


def _rows(machine: Machine, value: Tensor, count: int, place: Place) -> list[Value] | None:
    """``a, b, c = x``: the first dim is ``count`` from now on."""
    shape = machine.knowledge.shape(value)
    if isinstance(shape, Open) or not shape:
        return None
    if machine.knowledge.facts.assume_equal(shape[0], count) is Answer.NO:
        wrong_count(machine, count, value, machine.knowledge.facts.resolve(shape[0]), place)
        return None
    return [value.with_shape(shape[1:]) for _ in range(count)]


class OpenSizes(Unknown):
    """``x.shape`` of a tensor whose rank is open: only its items can be asked for."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor) -> None:
        super().__init__("the number of dimensions is not known")
        self.tensor = tensor

    def settle(self, machine: Machine, count: int) -> tuple[Any, ...]:
        """From now on the tensor has ``count`` dims; return them."""
        return Need(machine.knowledge).rank(self.tensor, count)
