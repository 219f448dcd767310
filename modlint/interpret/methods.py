"""Methods of Python's own containers and strings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from modlint.dims import product
from modlint.interpret.iteration import hashable, items_of
from modlint.interpret.machine import GuestError, Machine
from modlint.syntax import Place
from modlint.values import DictValue, External, ListValue, SetValue, Size, Unknown, Value

Method = Callable[..., Value]


def _list_append(machine: Machine, place: Place, self: ListValue, item: Value) -> Value:
    machine.touch(self).append(item)
    return None


def _list_extend(machine: Machine, place: Place, self: ListValue, more: Value) -> Value:
    items = items_of(machine, more, place)
    if items is None:
        self.partial = True
    else:
        machine.touch(self).extend(items)
    return None


def _list_insert(machine: Machine, place: Place, self: ListValue, index: Value, item: Value) -> Value:
    if isinstance(index, int) and not self.partial:
        machine.touch(self).insert(index, item)
    else:
        self.partial = True
    return None


def _list_pop(machine: Machine, place: Place, self: ListValue, index: Value = -1) -> Value:
    if not isinstance(index, int) or self.partial:
        self.partial = True
        return Unknown("the item is not known")
    if not -len(self.items) <= index < len(self.items):
        raise GuestError(External("builtins.IndexError"))
    return machine.touch(self).pop(index)


def _list_reverse(machine: Machine, place: Place, self: ListValue) -> Value:
    machine.touch(self).reverse()
    return None


def _list_copy(machine: Machine, place: Place, self: ListValue) -> Value:
    return ListValue(list(self.items), self.partial)


def _list_index(machine: Machine, place: Place, self: ListValue, item: Value) -> Value:
    known = not self.partial and isinstance(item, (int, str))
    return self.items.index(item) if known and item in self.items else Unknown("the index is not known")


def _list_count(machine: Machine, place: Place, self: ListValue, item: Value) -> Value:
    return Unknown("the items are not all known") if self.partial else _count(self.items, item)


def _count(items: Sequence[Value], item: Value) -> Value:
    """How many of ``items`` equal a plain ``item``."""
    plain = all(isinstance(one, (int, float, str)) or one is None for one in (item, *items))
    return items.count(item) if plain else Unknown("the count is not known")


def _list_clear(machine: Machine, place: Place, self: ListValue) -> Value:
    machine.touch(self).clear()
    self.partial = False
    return None


def _list_disorder(machine: Machine, place: Place, self: ListValue, *args: Value, **options: Value) -> Value:
    self.partial = True
    return None


def _dict_get(machine: Machine, place: Place, self: DictValue, key: Value, default: Value = None) -> Value:
    if isinstance(key, Unknown):
        return Unknown("the key is not known")
    if key in self.entries:
        return self.entries[key]
    return Unknown("the key may be missing") if self.partial else default


def _dict_pop(machine: Machine, place: Place, self: DictValue, key: Value, *default: Value) -> Value:
    if isinstance(key, Unknown):
        self.partial = True
        return Unknown("the key is not known")
    if key in self.entries:
        value = self.entries[key]
        machine.drop(self, self.entries, key)
        return value
    if self.partial:
        return Unknown("the key may be missing")
    if default:
        return default[0]
    raise GuestError(External("builtins.KeyError"))


def _dict_setdefault(machine: Machine, place: Place, self: DictValue, key: Value, default: Value = None) -> Value:
    if isinstance(key, Unknown) or (self.partial and key not in self.entries):
        return Unknown("the key may be missing")
    if key not in self.entries:
        machine.put(self, self.entries, key, default)
    return self.entries[key]


def _dict_update(machine: Machine, place: Place, self: DictValue, other: Value = None, **entries: Value) -> Value:
    if isinstance(other, DictValue):
        entries = {**other.entries, **entries}
        self.partial = self.partial or other.partial
    elif other is not None:
        self.partial = True
    for key, value in entries.items():
        machine.put(self, self.entries, key, value)
    return None


def _dict_view(part: Callable[[DictValue], Any]) -> Method:
    def call(machine: Machine, place: Place, self: DictValue) -> Value:
        return Unknown("the entries are not all known") if self.partial else ListValue(list(part(self)))

    return call


def _dict_copy(machine: Machine, place: Place, self: DictValue) -> Value:
    return DictValue(dict(self.entries), self.partial, self.kind)


def _set_add(machine: Machine, place: Place, self: SetValue, item: Value) -> Value:
    machine.touch(self).add(item)
    return None


def _set_result(name: str) -> Method:
    """A method that makes a new set, or compares two."""

    def call(machine: Machine, place: Place, self: SetValue, *others: Value) -> Value:
        sets = [items_of(machine, other, place) for other in (self, *others)]
        if any(one is None or not all(map(hashable, one)) for one in sets):
            return Unknown("the items of the set are not known")
        first, *rest = (set(one or ()) for one in sets)
        result = getattr(first, name)(*rest)
        return SetValue(result) if isinstance(result, set) else result

    return call


def _set_change(name: str) -> Method:
    """A method that changes the set."""

    def call(machine: Machine, place: Place, self: SetValue, *others: Value) -> Value:
        made = _set_result(name)(machine, place, self, *others)
        items = machine.touch(self)
        items.clear()
        items.update(made.items if isinstance(made, SetValue) else {made})
        return None

    return call


def _set_discard(machine: Machine, place: Place, self: SetValue, item: Value) -> Value:
    return _set_change("difference")(machine, place, self, (item,))


_LIST: dict[str, Method] = {
    "append": _list_append,
    "extend": _list_extend,
    "appendleft": lambda machine, place, self, item: _list_insert(machine, place, self, 0, item),
    "popleft": lambda machine, place, self: _list_pop(machine, place, self, 0),
    "insert": _list_insert,
    "pop": _list_pop,
    "reverse": _list_reverse,
    "copy": _list_copy,
    "index": _list_index,
    "count": _list_count,
    "clear": _list_clear,
    "sort": _list_disorder,
    "remove": _list_disorder,
}
_DICT: dict[str, Method] = {
    "get": _dict_get,
    "pop": _dict_pop,
    "setdefault": _dict_setdefault,
    "update": _dict_update,
    "copy": _dict_copy,
    "keys": _dict_view(lambda value: value.entries),
    "values": _dict_view(lambda value: value.entries.values()),
    "items": _dict_view(lambda value: value.entries.items()),
}
_STRING = frozenset(
    [
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "startswith",
        "endswith",
        "replace",
        "split",
        "rsplit",
        "removeprefix",
        "removesuffix",
        "title",
        "capitalize",
        "isdigit",
        "isalpha",
        "isnumeric",
        "find",
        "rfind",
        "count",
        "partition",
        "rpartition",
        "index",
        "islower",
        "isupper",
    ]
)


_SET = (
    "copy", "difference", "intersection", "isdisjoint", "issubset", "issuperset", "symmetric_difference", "union",
)  # fmt: skip


def _string_method(name: str) -> Method:
    def call(machine: Machine, place: Place, self: str, *args: Value) -> Value:
        if not all(isinstance(arg, (str, int, tuple)) or arg is None for arg in args):
            return Unknown("an argument is not known")
        try:
            result = getattr(self, name)(*args)
        except (TypeError, ValueError):
            return Unknown("the call does not fit")
        return ListValue(result) if isinstance(result, list) else result

    return call


def _string_join(machine: Machine, place: Place, self: str, values: Value) -> Value:
    items = items_of(machine, values, place)
    known = items is not None and all(isinstance(item, str) for item in items)
    return self.join(items) if known and items is not None else Unknown("the parts are not known")


def _string_format(machine: Machine, place: Place, self: str, *args: Value, **kwargs: Value) -> Value:
    values = [*args, *kwargs.values()]
    if any(mark in self for mark in ".[:!") or not all(isinstance(value, (int, float, str)) for value in values):
        return Unknown("a part of the string is not known")
    try:
        return self.format(*args, **kwargs)
    except (IndexError, KeyError, ValueError):
        return Unknown("the format does not fit")


def _tuple_index(machine: Machine, place: Place, self: tuple[Value, ...], item: Value) -> Value:
    return self.index(item) if isinstance(item, (int, str)) and item in self else Unknown("the index is not known")


def _numel(machine: Machine, place: Place, self: Size) -> Value:
    """``torch.Size.numel``."""
    return product(self)


def _tuple_count(machine: Machine, place: Place, self: tuple[Value, ...], item: Value) -> Value:
    return _count(self, item)


_TUPLE: dict[str, Method] = {"index": _tuple_index, "count": _tuple_count}
METHODS: dict[type, dict[str, Method]] = {
    ListValue: _LIST,
    DictValue: _DICT,
    SetValue: {
        "add": _set_add,
        "discard": _set_discard,
        "remove": _set_discard,
        "update": _set_change("union"),
        "difference_update": _set_change("difference"),
        "intersection_update": _set_change("intersection"),
        **{name: _set_result(name) for name in _SET},
    },
    str: {**{name: _string_method(name) for name in _STRING}, "join": _string_join, "format": _string_format},
    tuple: _TUPLE,
    Size: {**_TUPLE, "numel": _numel},
    int: {"bit_length": lambda machine, place, self: self.bit_length()},
    float: {"is_integer": lambda machine, place, self: self.is_integer()},
}
