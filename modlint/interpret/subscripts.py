"""``value[key]``: reading, writing, deleting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modlint.dims import Expr
from modlint.interpret.calls import call_values
from modlint.interpret.iteration import OpenSizes, hashable, items_of
from modlint.interpret.machine import GuestError, Machine
from modlint.interpret.members import call_method
from modlint.interpret.tuples import first_tensor
from modlint.ops.need import Need
from modlint.syntax import Place
from modlint.values import (
    ClassValue,
    DictValue,
    External,
    Foreign,
    Instance,
    IteratorValue,
    ListValue,
    ModuleValue,
    Open,
    Size,
    Tensor,
    Unknown,
    Value,
)


def get(machine: Machine, value: Value, key: Value, place: Place) -> Value:
    """``value[key]``."""
    if isinstance(value, OpenSizes):
        return _open_size(machine, value, key)
    if isinstance(value, Unknown):
        return value
    tensor = first_tensor(machine, value, "torch.Tensor.__getitem__", place) if isinstance(key, tuple) else None
    if tensor is not None:
        return get(machine, tensor, key, place)
    if isinstance(value, (tuple, str, bytes)):
        return _sequence_item(value, key)
    return _GETTERS.get(type(value), _not_known)(machine, value, key, place)


def _not_known(machine: Machine, value: Value, key: Value, place: Place) -> Value:
    return Unknown("the item is not known")


def _sequence_item(items: Any, key: Value) -> Value:
    if not _usable(key):
        return Unknown("the index is not known")
    try:
        return type(items)(items[key]) if isinstance(items, Size) and isinstance(key, slice) else items[key]
    except (IndexError, TypeError, ValueError) as error:
        raise GuestError(External(f"builtins.{type(error).__name__}")) from None


def _usable(key: Value) -> bool:
    if isinstance(key, slice):
        return all(part is None or isinstance(part, int) for part in (key.start, key.stop, key.step))
    return isinstance(key, int)


def _list_item(machine: Machine, value: ListValue, key: Value, place: Place) -> Value:
    if value.partial or not _usable(key):
        return Unknown("the item of the list is not known")
    item = _sequence_item(value.items, key)
    return ListValue(item) if isinstance(key, slice) else item


def _dict_item(machine: Machine, value: DictValue, key: Value, place: Place) -> Value:
    if not hashable(key):
        return _under_unknown(value, key)
    if key in value.entries:
        return value.entries[key]
    if value.partial:
        return Unknown("the key may be missing")
    if value.kind == "defaultdict":
        return _default(machine, value, key, place)
    raise GuestError(External("builtins.KeyError"))


def _under_unknown(owner: DictValue, key: Value) -> Value:
    """What was stored under this very key, of which nothing else is known."""
    known = isinstance(key, Unknown) and key in owner.entries
    return owner.entries[key] if known else Unknown("the key is not known")


def _default(machine: Machine, value: DictValue, key: Value, place: Place) -> Value:

    made = call_values(machine, value.factory, [], place)
    machine.put(value, value.entries, key, made)
    return made


def _tensor_item(machine: Machine, value: Tensor, key: Value, place: Place) -> Value:

    if isinstance(machine.knowledge.shape(value), Open) and value.dtype is None:
        return Unknown("what the input holds is not known")
    return call_method(machine, value, "__getitem__", [key], place)


def _open_size(machine: Machine, value: OpenSizes, key: Value) -> Value:
    return Need(machine.knowledge).size(value.tensor, key) if isinstance(key, int) else Unknown(value.why)


def _instance_item(machine: Machine, value: Instance, key: Value, place: Place) -> Value:

    return call_method(machine, value, "__getitem__", [key], place)


def _class_item(machine: Machine, value: Any, key: Value, place: Place) -> Value:
    """``list[int]``, ``Optional[Tensor]`` are annotations; ``Color["RED"]`` is a member of an enumeration."""
    if isinstance(value, External) and value.name == "sys.modules":
        return _loaded_module(machine, key)
    if isinstance(value, ClassValue) and value.kind == "enum":
        return (
            value.namespace.get(key, Unknown("no such member")) if isinstance(key, str) else Unknown("no such member")
        )
    return value


def _loaded_module(machine: Machine, name: Value) -> Value:
    for scope in machine.modules.values():
        if scope.variables.get("__name__") == name:
            return ModuleValue(scope.name, scope)
    return Unknown("the module is not loaded")


_GETTERS: dict[type, Callable[[Machine, Any, Value, Place], Value]] = {
    ListValue: _list_item,
    DictValue: _dict_item,
    Tensor: _tensor_item,
    Instance: _instance_item,
    ClassValue: _class_item,
    External: _class_item,
    Foreign: _not_known,
    IteratorValue: _not_known,
    Expr: _not_known,
}


def set(machine: Machine, owner: Value, key: Value, value: Value, place: Place) -> None:
    """``owner[key] = value``."""

    if isinstance(owner, ListValue):
        _set_item(machine, owner, key, value, place)
    elif isinstance(owner, DictValue):
        _set_entry(machine, owner, key, value)
    elif isinstance(owner, Instance):
        call_method(machine, owner, "__setitem__", [key, value], place)
    elif isinstance(owner, Tensor):
        owner.data = None
        call_method(machine, owner, "__setitem__", [key, value], place)


def _set_item(machine: Machine, owner: ListValue, key: Value, value: Value, place: Place) -> None:
    items = items_of(machine, value, place) if isinstance(key, slice) else None
    if owner.partial or not _usable(key) or (isinstance(key, slice) and items is None):
        owner.partial = True
        return
    try:
        machine.touch(owner)[key] = value if items is None else items
    except (IndexError, ValueError) as error:
        raise GuestError(External(f"builtins.{type(error).__name__}")) from None


def _set_entry(machine: Machine, owner: DictValue, key: Value, value: Value) -> None:
    """A key of which nothing is known names one entry as long as it is the only key."""
    others = owner.entries.keys() - {key} if hashable(key) or isinstance(key, Unknown) else owner.entries.keys()
    if hashable(key):
        for other in [one for one in others if isinstance(one, Unknown)]:
            owner.partial = True
            machine.drop(owner, owner.entries, other)
        machine.put(owner, owner.entries, key, value)
    elif isinstance(key, Unknown) and not others:
        machine.put(owner, owner.entries, key, value)
    else:
        owner.partial = True


def delete(machine: Machine, owner: Value, key: Value, place: Place) -> None:
    """``del owner[key]``."""
    if isinstance(owner, Instance):
        call_method(machine, owner, "__delitem__", [key], place)
    elif isinstance(owner, DictValue) and isinstance(key, (str, int)):
        machine.drop(owner, owner.entries, key)
    elif isinstance(owner, ListValue) and _usable(key) and not owner.partial:
        _delete_item(machine, owner, key)
    elif isinstance(owner, (DictValue, ListValue)):
        owner.partial = True


def _delete_item(machine: Machine, owner: ListValue, key: Any) -> None:
    try:
        del machine.touch(owner)[key]
    except IndexError:
        raise GuestError(External("builtins.IndexError")) from None
