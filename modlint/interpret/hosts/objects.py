"""What objects are and have: classes, attributes, dataclasses, namespaces."""

from __future__ import annotations

from modlint.interpret.hosts.table import host
from modlint.interpret.machine import Machine
from modlint.signature import Passed
from modlint.syntax import Place
from modlint.values import (
    DictValue,
    External,
    Instance,
    ListValue,
    Unknown,
    Value,
)


@host("dataclasses.replace")
def _replace(machine: Machine, place: Place, value: Value, **changes: Value) -> Value:
    if not isinstance(value, Instance):
        return Unknown("the dataclass is not known")
    copy = Instance(value.cls, {**value.attrs, **changes}, place, partial=value.partial)
    return copy


@host("dataclasses.asdict")
def _asdict(machine: Machine, place: Place, value: Value) -> Value:
    return DictValue(dict(value.attrs), value.partial) if isinstance(value, Instance) else Unknown("not known")


@host("builtins.isinstance")
def _isinstance(machine: Machine, place: Place, value: Value, kinds: Value) -> Value:
    from modlint.interpret.kinds import is_instance

    answers = [is_instance(value, kind) for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
    if True in answers:
        return True
    return Unknown("the class of the value is not known") if None in answers else False


@host("builtins.issubclass")
def _issubclass(machine: Machine, place: Place, value: Value, kinds: Value) -> Value:
    from modlint.interpret.classes import is_subclass

    answers = [is_subclass(value, kind) for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
    if True in answers:
        return True
    return Unknown("the class is not known") if None in answers else False


@host("builtins.type")
def _type(machine: Machine, place: Place, value: Value, *more: Value) -> Value:
    from modlint.interpret.kinds import type_of

    return Unknown("a class made by type()") if more else type_of(value)


@host("builtins.getattr")
def _getattr(machine: Machine, place: Place, value: Value, name: Value, *default: Value) -> Value:
    from modlint.interpret import attributes

    if not isinstance(name, str):
        return Unknown("the name of the attribute is not known")
    if default:
        return attributes.get_or(machine, value, name, default[0], place)
    return attributes.get(machine, value, name, place)


@host("operator.getitem")
def _getitem(machine: Machine, place: Place, value: Value, key: Value) -> Value:
    from modlint.interpret import subscripts

    return subscripts.get(machine, value, key, place)


@host("dataclasses.dataclass.__init__")
def _init_fields(machine: Machine, place: Place, cls: Value, self: Value, *args: Value, **kwargs: Value) -> Value:
    """The ``__init__`` that a dataclass gets."""
    from modlint.interpret.objects import init_fields

    passed = {name: Passed(value) for name, value in kwargs.items()}
    init_fields(machine, cls, self, [Passed(value) for value in args], passed, place)
    return None


@host("builtins.vars")
def _vars(machine: Machine, place: Place, value: Value) -> Value:
    from modlint.interpret import attributes

    return attributes.get(machine, value, "__dict__", place)


@host("builtins.hasattr")
def _hasattr(machine: Machine, place: Place, value: Value, name: Value) -> Value:
    from modlint.interpret import attributes

    if not isinstance(name, str):
        return Unknown("the name of the attribute is not known")
    return attributes.has(machine, value, name)


@host("builtins.setattr", "builtins.object.__setattr__", "torch.nn.Module.__setattr__")
def _setattr(machine: Machine, place: Place, value: Value, name: Value, new: Value) -> Value:
    from modlint.interpret import attributes

    if isinstance(name, str):
        attributes.set(machine, value, name, new, place)
    elif isinstance(value, Instance):
        value.partial = True
    return None


@host("builtins.object")
def _object(machine: Machine, place: Place) -> Value:
    return Instance(External("builtins.object"), place=place)


@host("types.SimpleNamespace", "argparse.Namespace")
def _namespace(machine: Machine, place: Place, **entries: Value) -> Value:
    return Instance(External("types.SimpleNamespace"), dict(entries), place)


@host("builtins.dir")
def _dir(machine: Machine, place: Place, value: Value = None) -> Value:
    """The names of a library module that has a table."""
    from modlint.interpret.names import tables

    names = tables().get(value.name) if isinstance(value, External) else None
    return Unknown("the names are not known") if names is None else ListValue(sorted(names))


@host("typing.cast", "torch.jit.annotate")
def _cast(machine: Machine, place: Place, kind: Value, value: Value) -> Value:
    return value
