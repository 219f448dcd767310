"""What objects are and have: classes, attributes, dataclasses, namespaces."""

from __future__ import annotations

from modlint.interpret.hosts.table import host
from modlint.interpret.machine import Machine
from modlint.interpret.names import tables
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


@host("builtins.object")
def _object(machine: Machine, place: Place) -> Value:
    return Instance(External("builtins.object"), place=place)


@host("types.SimpleNamespace", "argparse.Namespace")
def _namespace(machine: Machine, place: Place, **entries: Value) -> Value:
    return Instance(External("types.SimpleNamespace"), dict(entries), place)


@host("builtins.dir")
def _dir(machine: Machine, place: Place, value: Value = None) -> Value:
    """The names of a library module that has a table."""
    names = tables().get(value.name) if isinstance(value, External) else None
    return Unknown("the names are not known") if names is None else ListValue(sorted(names))


@host("typing.cast", "torch.jit.annotate")
def _cast(machine: Machine, place: Place, kind: Value, value: Value) -> Value:
    return value
