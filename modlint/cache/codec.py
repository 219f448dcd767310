"""Dataclasses, named tuples and enumerations as JSON, and back: what is read is checked, and nothing in it is run."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Mapping, Set
from dataclasses import is_dataclass
from enum import Enum
from functools import cache, partial, singledispatch
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""What ``json`` writes: lists, strings, numbers, booleans and None."""
Reader: TypeAlias = Callable[[Json], Any]

_ATOMS = (str, int, float, bool, types.NoneType)


@singledispatch
def encode(value: Any) -> Json:
    """A value as JSON; equal values give the same. The fields of a dataclass follow each other in a list."""
    return [encode(getattr(value, name)) for name in value.__dataclass_fields__] if is_dataclass(value) else value


@encode.register
def _(value: Enum) -> Json:
    return value.value


@encode.register
def _(value: tuple) -> Json:  # type: ignore[type-arg]
    return [encode(item) for item in value]


@encode.register
def _(value: Set) -> Json:  # type: ignore[type-arg]
    return sorted(map(encode, value), key=json.dumps)


@encode.register
def _(value: Mapping) -> Json:  # type: ignore[type-arg]
    return encode(frozenset(value.items()))


def decode(kind: Any, data: Json) -> Any:
    """The value of a type that ``encode`` made ``data`` of; raises ValueError when there is none."""
    return _reader(kind)(data)


@cache
def _reader(kind: Any) -> Reader:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return _row(arguments[0]) if arguments[1:] == (...,) else _record(arguments, lambda *items: items)
    if origin in (typing.Union, types.UnionType):
        return _optional(*arguments)
    if kind in _ATOMS:
        return partial(_atom, kind)
    if issubclass(kind, Enum):
        return typing.cast(Reader, kind)
    return _record(tuple(typing.get_type_hints(kind).values()), kind)


def _atom(kind: type, data: Json) -> Any:
    if type(data) is not kind:
        raise ValueError(f"{data!r} is no {kind.__name__}")
    return data


def _row(kind: Any) -> Reader:
    read = _reader(kind)
    return lambda data: tuple(map(read, _atom(list, data)))


def _record(kinds: tuple[Any, ...], make: Callable[..., Any]) -> Reader:
    readers = [_reader(kind) for kind in kinds]
    return lambda data: make(*[read(item) for read, item in zip(readers, _atom(list, data), strict=True)])


def _optional(kind: Any, nothing: Any) -> Reader:
    if nothing is not types.NoneType:
        raise TypeError(f"{kind} | {nothing} cannot be told apart")
    read = _reader(kind)
    return lambda data: None if data is None else read(data)
