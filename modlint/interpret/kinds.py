"""``isinstance`` and ``type``: what is known of the class of a value."""

from __future__ import annotations

import builtins
import collections
import functools
import numbers
import types
import typing
from collections import abc
from collections.abc import Callable
from typing import Any

from modlint.interpret.classes import external_mro, find_in, is_subclass, libraries_of
from modlint.interpret.scope import MISSING
from modlint.interpret.tables import canonical, knows
from modlint.ops import registry
from modlint.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    ExternalMethod,
    Foreign,
    Function,
    Instance,
    IteratorValue,
    ListValue,
    Nothing,
    Partial,
    Range,
    SetValue,
    Size,
    Tensor,
    Unknown,
    Value,
)

_Classes = tuple[type, ...]
_ORIGINS = {name: typing.get_origin(getattr(typing, name)) for name in typing.__all__}
_OF_PYTHON: dict[str, type] = {
    **{f"typing.{name}": origin for name, origin in _ORIGINS.items() if isinstance(origin, type)},
    **{
        f"{module.__name__}.{name}": cls
        for module in (builtins, functools, collections, abc, numbers, types)
        for name, cls in vars(module).items()
        if isinstance(cls, type)
    },
}
"""The classes of Python that code asks for, by their qualified names."""


class _TensorLike(abc.Collection[Any], abc.Reversible[Any]):
    """What a tensor can do of that."""


_DICTS: dict[str, type] = {
    "dict": dict,
    "defaultdict": collections.defaultdict,
    "OrderedDict": collections.OrderedDict,
}
_ITERATORS: _Classes = (types.GeneratorType, map, filter, zip, enumerate, reversed, type(iter([])))
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType)
_METHODS = (types.MethodType, types.BuiltinMethodType)
_HOSTS: dict[type, Callable[[Any], _Classes]] = {
    **{cls: lambda value: (type(value),) for cls in (bool, int, float, complex, str, bytes, tuple, slice, type(None))},
    Size: lambda value: (tuple,),
    Range: lambda value: (range,),
    ListValue: lambda value: (list,),
    DictValue: lambda value: (_DICTS[value.kind],),
    SetValue: lambda value: (set, frozenset),
    IteratorValue: lambda value: _ITERATORS,
    Tensor: lambda value: (_TensorLike,),
    Function: lambda value: (types.FunctionType,),
    Partial: lambda value: (functools.partial,),
    BoundMethod: lambda value: (types.MethodType,) if isinstance(value.function, Function) else _METHODS,
    ExternalMethod: lambda value: _METHODS,
    ClassValue: lambda value: (type,),
}
"""The classes of Python that a value may be of, by what stands for it."""


def is_instance(value: Value, kind: Value) -> bool | None:
    """``isinstance(value, kind)`` as far as it is known."""
    value = None if isinstance(value, Nothing) else value
    if isinstance(value, Unknown) or not isinstance(kind, (ClassValue, External)):
        return None
    if isinstance(kind, External) and canonical(kind.name) != kind.name:
        kind = External(canonical(kind.name))
    if isinstance(value, Instance):
        return _is_object(value, kind)
    if isinstance(kind, ClassValue):
        return _is_of_own_class(value, kind)
    special = _SPECIAL.get((type(value), kind.name))
    return special(value) if special is not None else _is_one_of(_hosts(value), kind.name)


_SPECIAL: dict[tuple[type, str], Callable[[Any], bool | None]] = {
    **{(Tensor, name): lambda value: True for name in ("torch.Tensor", "torch.autograd.Variable")},
    (Tensor, "torch.nn.Parameter"): lambda value: value.parameter,
    (Tensor, "torch.nn.Buffer"): lambda value: None,
    (Size, "torch.Size"): lambda value: True,
}


def _hosts(value: Value) -> _Classes:
    if isinstance(value, Foreign):
        return ()
    if isinstance(value, External):
        is_class = external_mro(value.name) is not None or value.name in _OF_PYTHON
        return (type,) if is_class else _FUNCTIONS if knows(value.name) else ()
    hosts = _HOSTS.get(type(value))
    return hosts(value) if hosts is not None else ()


def _is_one_of(hosts: _Classes, name: str) -> bool | None:
    """Whether all, or none, of some classes of Python derive from what a qualified name stands for."""
    kind = _OF_PYTHON.get(name)
    if kind is None:
        typed = _TensorLike in hosts and name.endswith("Tensor")
        may_be_metaclass = type in hosts and external_mro(name) is None
        return None if not hosts or name.startswith(_OPEN) or typed or may_be_metaclass else False
    answers = {issubclass(host, kind) for host in hosts}
    return answers.pop() if len(answers) == 1 else None


_OPEN = ("typing.", "torch.types.", "torch._")
"""Where names stand for unions and protocols."""


def _is_of_own_class(value: Value, kind: ClassValue) -> bool | None:
    """Whether what is no object of the code is of one of its classes; a class may be of a metaclass."""
    hosts = _hosts(value)
    may_be_metaclass = kind.opaque or "builtins.type" in kind.libraries
    return None if not hosts or (type in hosts and may_be_metaclass) else False


def _is_object(value: Instance, kind: ClassValue | External) -> bool | None:
    derives = is_subclass(value.cls, kind)
    asked = _OF_PYTHON.get(kind.name) if isinstance(kind, External) and derives is False else None
    if asked is None:
        return derives
    method = _ASKED_FOR.get(asked)
    if method is None:
        return (
            None if asked.__module__ == "collections.abc" and find_in(value.cls, "__iter__") is not MISSING else False
        )
    return _has(value.cls, method)


_ASKED_FOR: dict[type, str] = {
    abc.Callable: "__call__",  # type: ignore[dict-item]
    abc.Hashable: "__hash__",
    abc.Iterable: "__iter__",
    abc.Sized: "__len__",
    abc.Container: "__contains__",
    abc.Iterator: "__next__",
}
"""The abstract classes of which everything is that has a method."""


def _has(cls: ClassValue | External, method: str) -> bool | None:
    """Whether the objects of a class have a special method; the containers of torch have some of them."""
    if method == "__hash__":
        return None if find_in(cls, "__eq__") is not MISSING else True
    libraries = libraries_of(cls)
    if find_in(cls, method) is not MISSING or (method == "__call__" and "torch.nn.Module" in libraries):
        return True
    return None if any(name not in registry.LAYERS and name not in _PLAIN for name in libraries) else False


_PLAIN = frozenset({"builtins.object", "torch.nn.Module"})


def type_of(value: Value) -> Value:
    """``type(value)``."""
    if isinstance(value, Instance):
        return value.cls
    if isinstance(value, Tensor):
        return External("torch.nn.Parameter" if value.parameter else "torch.Tensor")
    hosts = _hosts(value)
    if len(hosts) != 1 or isinstance(value, (ClassValue, External)):
        return Unknown("the class of the value is not known")
    return External("torch.Size" if isinstance(value, Size) else f"{hosts[0].__module__}.{hosts[0].__qualname__}")
