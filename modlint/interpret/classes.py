"""Guest classes: bases, method resolution order, decorators, and what a value is an instance of."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from modlint.interpret.calls import call
from modlint.interpret.machine import Frame
from modlint.interpret.names import defines
from modlint.interpret.scope import MISSING
from modlint.ops import registry
from modlint.signature import Passed
from modlint.syntax import nodes_in
from modlint.values import (
    ClassValue,
    External,
    Function,
    Instance,
    Unknown,
    Value,
    Wrapped,
)

_OBJECT = External("builtins.object")
_MODULE = "torch.nn.Module"
_CONTAINERS = frozenset(
    f"torch.nn.{name}"
    for name in ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict", "DataParallel",
                 "DistributedDataParallel")
)  # fmt: skip
_PLAIN_BASES = frozenset(
    {
        "abc.ABC",
        "builtins.Exception",
        "builtins.RuntimeError",
        "builtins.ValueError",
        "builtins.int",
        "builtins.object",
        "builtins.str",
        "enum.Enum",
        "enum.IntEnum",
        "enum.StrEnum",
        "torch.autograd.Function",
        "torch.utils.data.Dataset",
        "typing.Generic",
        "typing.NamedTuple",
        "typing.Protocol",
    }
)
_DEFINE_NOTHING = frozenset({"abc.ABC", "typing.Generic", "typing.Protocol"})
_ENUMS = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum"})

FIELDS = "<fields>"
"""Where a class keeps the names of its fields: no name that code could give."""


@lru_cache(maxsize=4096)
def external_mro(name: str) -> tuple[External, ...] | None:
    """The bases of a library class that tables know; None for others."""
    registry.load()
    if name == _MODULE:
        return (External(_MODULE), _OBJECT)
    if name in _CONTAINERS:
        return (External(name), External(_MODULE), _OBJECT)
    if name in registry.LAYERS:
        return (External(name), *map(External, registry.PARENTS[name]), _OBJECT)
    if name in _PLAIN_BASES:
        return (External(name), _OBJECT) if name != _OBJECT.name else (_OBJECT,)
    return None


def mro_of(cls: Value) -> tuple[ClassValue | External, ...]:
    """The classes in which attributes of an object of ``cls`` are looked up."""
    if isinstance(cls, ClassValue):
        return cls.mro
    return external_mro(cls.name) or (cls, _OBJECT) if isinstance(cls, External) else ()


def libraries_of(cls: Value) -> frozenset[str]:
    """The library classes that a class is or derives from, by name."""
    if isinstance(cls, ClassValue):
        return cls.libraries
    return _library_bases(cls.name) if isinstance(cls, External) else frozenset()


@lru_cache(maxsize=4096)
def _library_bases(name: str) -> frozenset[str]:
    return frozenset(base.name for base in external_mro(name) or (External(name), _OBJECT))


def find_in(cls: Value, name: str) -> Value:
    """The class attribute that the code itself defines, MISSING when it comes from a library or nowhere."""
    if not isinstance(cls, ClassValue):
        return MISSING
    for index, base in enumerate(cls.mro):
        if isinstance(base, ClassValue) and name in base.namespace:
            hidden = index and _is_hidden_by_library(cls.mro[:index], name)
            return MISSING if hidden else base.namespace[name]
    return MISSING


def _is_hidden_by_library(before: Sequence[ClassValue | External], name: str) -> bool:
    """Whether a library class among those that are looked up ``before`` has an attribute: ``Net(nn.Module, Mixin)``."""
    return any(isinstance(base, External) and defines(base.name, name) for base in before)


def is_empty(base: ClassValue | External) -> bool:
    """Whether a library class gives nothing to those that derive from it."""
    return isinstance(base, External) and base.name in _DEFINE_NOTHING


def constructor(cls: Value) -> Value:
    """The ``__init__`` that code defines for a class; a dataclass itself where it gets one; MISSING when neither."""
    for base in mro_of(cls):
        if isinstance(base, ClassValue) and "__init__" in base.namespace:
            return base.namespace["__init__"]
        if isinstance(base, ClassValue) and base.kind in ("dataclass", "namedtuple"):
            return base
    return MISSING


def make_class(
    frame: Frame,
    node: ast.ClassDef,
    bases: Sequence[Value],
    namespace: dict[str, Value],
    keywords: dict[str, Value],
    methods: Sequence[Function],
) -> ClassValue:
    """The class object of a ``class`` statement; ``methods`` are the functions that its body defines, as they were
    before any decorator."""
    cls = ClassValue(node.name, tuple(bases), namespace, node, frame.unit)
    cls.mro, known = _linearize(cls, bases)
    cls.libraries = frozenset(base.name for base in cls.mro if isinstance(base, External))
    cls.opaque = not known or ("metaclass" in keywords and getattr(keywords["metaclass"], "name", "") != "abc.ABCMeta")
    cls.kind = _kind(cls)
    for function in methods:
        function.owner = cls
    if cls.kind == "enum":
        _make_members(cls)
    frame.machine.classes.append(cls)
    return cls


def _kind(cls: ClassValue) -> str:
    if cls.libraries & _ENUMS:
        return "enum"
    return "namedtuple" if "typing.NamedTuple" in cls.libraries else "class"


def _make_members(cls: ClassValue) -> None:
    for name, value in list(cls.namespace.items()):
        if not name.startswith("_") and not isinstance(value, (Function, Wrapped)):
            cls.namespace[name] = Instance(cls, {"value": value, "name": name})


def _linearize(cls: ClassValue, bases: Sequence[Value]) -> tuple[tuple[ClassValue | External, ...], bool]:
    """C3 (docs.python.org/3/howto/mro.html); False when a base is not known."""
    sequences: list[list[ClassValue | External]] = []
    direct: list[ClassValue | External] = []
    known = True
    for base in bases:
        chain = (
            base.mro
            if isinstance(base, ClassValue)
            else external_mro(base.name)
            if isinstance(base, External)
            else None
        )
        known = known and chain is not None and not getattr(base, "opaque", False)
        if chain is None and isinstance(base, External):
            chain = (base,)
        if chain:
            sequences.append(list(chain))
            direct.append(chain[0])
    merged = _merge([*sequences, direct])
    if merged is None:
        return (cls, *direct), False
    return (cls, *merged) if merged else (cls, _OBJECT), known


def _same(a: ClassValue | External, b: ClassValue | External) -> bool:
    return a is b or (isinstance(a, External) and isinstance(b, External) and a.name == b.name)


def _merge(sequences: list[list[ClassValue | External]]) -> list[ClassValue | External] | None:
    result: list[ClassValue | External] = []
    while any(sequences):
        sequences = [sequence for sequence in sequences if sequence]
        head = next((s[0] for s in sequences if not any(_same(s[0], x) for t in sequences for x in t[1:])), None)
        if head is None:
            return None
        result.append(head)
        sequences = [sequence[1:] if _same(sequence[0], head) else sequence for sequence in sequences]
    return result


def decorate(frame: Frame, decorator: Value, value: Value, node: ast.expr) -> Value:
    """What ``@decorator`` makes of a function or class; one that is not known gives it back as it is, unless it is a
    function of the code itself."""

    if isinstance(decorator, External):
        name = decorator.name
        if name == "dataclasses.dataclass" and isinstance(value, ClassValue):
            value.kind = "dataclass"
            return value
        if name.startswith(("attr.", "attrs.")) and isinstance(value, ClassValue):
            value.opaque = True
            return value
        if name.endswith(".setter"):
            return value
    if isinstance(node, ast.Attribute) and node.attr in ("setter", "deleter", "getter"):
        return (
            _with_accessor(frame.scope.variables.get(value.name), value, node.attr)
            if isinstance(value, Function)
            else value
        )
    if isinstance(decorator, (Unknown, Instance)):
        if isinstance(value, ClassValue) and isinstance(node, ast.Call) and _is_dataclass(node.func):
            value.kind = "dataclass"
        return _redecorated(value)
    if not _is_registered(frame) and isinstance(decorator, Function) and gives_back(decorator.node):
        return value
    result = call(frame.machine, decorator, [Passed(value)], {}, frame.place(node))
    return _redecorated(value) if isinstance(result, Unknown) or result is None else result


def _with_accessor(found: Value, function: Function, kind: str) -> Value:
    """The property that ``@x.setter`` makes of the one before."""
    if not isinstance(found, Wrapped):
        return function if found is None else found
    return Wrapped(found.kind, found.function, function) if kind == "setter" else found


def _redecorated(value: Value) -> Value:
    if isinstance(value, Function):
        value.redecorated = True
    return value


def _is_registered(frame: Frame) -> bool:
    """Whether what a decorator registers is to be found: what the file itself defines is."""
    return frame.machine.limits.registrations or frame.unit.path in frame.machine.hosts


@lru_cache(maxsize=4096)
def gives_back(node: ast.AST) -> bool:
    """Whether a decorator always returns the function that it is given: it registers it, and no more."""
    if not isinstance(node, ast.FunctionDef) or len(node.args.args) != 1:
        return False
    name = node.args.args[0].arg
    inner = [one for statement in node.body for one in nodes_in(statement)]
    returns = [one.value for one in inner if isinstance(one, ast.Return)]
    rebound = any(isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Store) for one in inner)
    return bool(returns) and not rebound and all(isinstance(one, ast.Name) and one.id == name for one in returns)


def _is_dataclass(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "dataclass") or (
        isinstance(node, ast.Attribute) and node.attr == "dataclass"
    )


def is_subclass(cls: Value, base: Value) -> bool | None:
    """``issubclass(cls, base)`` as far as it is known."""
    if isinstance(cls, (ClassValue, External)) and isinstance(base, (ClassValue, External)):
        if base.name in libraries_of(cls) if isinstance(base, External) else base in mro_of(cls):
            return True
        opaque = cls.opaque if isinstance(cls, ClassValue) else external_mro(cls.name) is None
        return None if isinstance(base, External) and (opaque or _is_hidden(cls, base)) else False
    return None


def _is_hidden(cls: Value, base: External) -> bool:
    """Whether a base is one of those that only the layers of torch have: ``_BatchNorm``, ``_ConvNd``."""
    return base.name.startswith("torch.nn._") and any(name in registry.LAYERS for name in libraries_of(cls))


def dataclass_fields(cls: ClassValue) -> dict[str, Any]:
    """The fields of a dataclass or NamedTuple with their defaults (MISSING when they have none), bases first."""
    fields: dict[str, Any] = {}
    for base in reversed(cls.mro):
        if isinstance(base, ClassValue):
            for name in base.namespace.get(FIELDS, ()):
                fields[name] = base.namespace.get(name, MISSING)
    return fields
