"""Constructors of containers, their lengths and their orders."""

from __future__ import annotations

from typing import Any

from modlint.dims import Expr
from modlint.interpret.hosts.scalars import keys_of
from modlint.interpret.hosts.table import host
from modlint.interpret.iteration import hashable, items_of
from modlint.interpret.machine import GuestError, Machine
from modlint.interpret.members import call_method
from modlint.syntax import Place
from modlint.values import DictValue, External, Instance, ListValue, Range, SetValue, Tensor, Unknown, Value

_LONGEST_RANGE = 10_000


@host("builtins.len")
def _len(machine: Machine, place: Place, value: Value) -> Value:

    if isinstance(value, Instance):
        return call_method(machine, value, "__len__", [], place)
    if isinstance(value, Tensor):
        return call_method(machine, value, "size", [0], place)
    items = items_of(machine, value, place)
    return Unknown("the length is not known") if items is None else len(items)


@host("builtins.range")
def _range(machine: Machine, place: Place, *bounds: Value) -> Value:
    resolve = machine.knowledge.facts.resolve
    known: list[Any] = [resolve(bound) if isinstance(bound, Expr) else bound for bound in bounds]
    if not all(isinstance(bound, int) for bound in known) or not 1 <= len(known) <= 3:
        return Unknown("the bounds of the range are not known")
    try:
        numbers = range(*known)
    except ValueError:
        raise GuestError(External("builtins.ValueError")) from None
    return Range(numbers) if len(numbers) <= _LONGEST_RANGE else Unknown("the range is very long")


@host("builtins.tuple")
def _tuple(machine: Machine, place: Place, values: Value = ()) -> Value:
    items = items_of(machine, values, place)
    return Unknown("the items are not known") if items is None else tuple(items)


@host("builtins.list")
def _list(machine: Machine, place: Place, values: Value = ()) -> Value:
    items = items_of(machine, values, place)
    return ListValue([], partial=True) if items is None else ListValue(items)


@host("builtins.set", "builtins.frozenset")
def _set(machine: Machine, place: Place, values: Value = ()) -> Value:
    items = items_of(machine, values, place)
    if items is None or not all(map(hashable, items)):
        return Unknown("the items are not known")
    return SetValue(set(items))


@host("collections.OrderedDict")
def _ordered_dict(machine: Machine, place: Place, *values: Value, **entries: Value) -> Value:
    made = _dict(machine, place, *values, **entries)
    made.kind = "OrderedDict"
    return made


@host("builtins.dict")
def _dict(machine: Machine, place: Place, values: Value = None, **entries: Value) -> Value:
    if values is None:
        return DictValue(dict(entries))
    if isinstance(values, DictValue):
        return DictValue({**values.entries, **entries}, values.partial)
    pairs = items_of(machine, values, place)
    if pairs is None or not all(isinstance(pair, (tuple, ListValue)) for pair in pairs):
        return DictValue(dict(entries), partial=True)
    split = [items_of(machine, pair, place) for pair in pairs]
    if not all(pair is not None and len(pair) == 2 and hashable(pair[0]) for pair in split):
        return DictValue(dict(entries), partial=True)
    return DictValue({**{pair[0]: pair[1] for pair in split if pair}, **entries})


@host("collections.defaultdict")
def _default_dict(machine: Machine, place: Place, factory: Value = None, *rest: Value) -> Value:
    return DictValue({}, partial=bool(rest), kind="defaultdict", factory=factory)


@host("collections.deque")
def _deque(machine: Machine, place: Place, values: Value = (), *rest: Value, **options: Value) -> Value:
    return _list(machine, place, values)


@host("builtins.sorted")
def _sorted(machine: Machine, place: Place, values: Value, *, key: Value = None, reverse: Value = False) -> Value:
    items = items_of(machine, values, place)
    keys = keys_of(machine, items, key, place)
    if items is None or keys is None or not isinstance(reverse, int) or any(isinstance(one, Expr) for one in keys):
        return Unknown("the order is not known")
    try:
        order = sorted(range(len(keys)), key=keys.__getitem__, reverse=bool(reverse))
    except TypeError:
        return Unknown("the order is not known")
    return ListValue([items[place] for place in order])


@host("builtins.dict.fromkeys", "collections.OrderedDict.fromkeys")
def _from_keys(machine: Machine, place: Place, keys: Value, value: Value = None) -> Value:
    items = items_of(machine, keys, place)
    known = items is not None and all(map(hashable, items))
    return DictValue(dict.fromkeys(items or (), value)) if known else DictValue({}, partial=True)


@host("builtins.slice")
def _slice(machine: Machine, place: Place, *bounds: Value) -> Value:
    return slice(*bounds)
