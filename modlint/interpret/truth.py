"""Whether a value is true, as far as it is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modlint.dims import Answer, Expr
from modlint.interpret.machine import Machine
from modlint.values import (
    DictValue,
    External,
    Foreign,
    Instance,
    IteratorValue,
    ListValue,
    Nothing,
    Perhaps,
    SetValue,
    Tensor,
    Unknown,
    Value,
)


def truth(machine: Machine, value: Value) -> bool | None:
    """``bool(value)``; None when it is not decided."""
    if value is True or value is False:
        return value
    if value is None or isinstance(value, (int, float, str, bytes, complex, tuple)):
        return bool(value)
    return _TRUTHS.get(type(value), _always)(machine, value)


def _always(machine: Machine, value: Value) -> bool | None:
    return True


def _unknown(machine: Machine, value: Unknown) -> bool | None:
    return value.truth


def _symbolic(machine: Machine, value: Expr) -> bool | None:
    return {Answer.YES: False, Answer.NO: True, Answer.MAYBE: None}[machine.knowledge.facts.equal(value, 0)]


def _tensor(machine: Machine, value: Tensor) -> bool | None:
    return bool(value.data[0]) if value.data is not None and len(value.data) == 1 else None


def _sized(items: Callable[[Any], Any]) -> Callable[[Machine, Any], bool | None]:
    return lambda machine, value: True if items(value) else (None if value.partial else False)


def _instance(machine: Machine, value: Instance) -> bool | None:
    if isinstance(value.cls, External) and value.cls.name in _WITH_LENGTH and not value.partial:
        return _has_items(value)
    bases = getattr(value.cls, "mro", (value.cls,))
    names = {name for base in bases for name in getattr(base, "namespace", ())}
    has_length = any(base.name in _WITH_LENGTH for base in bases) or getattr(value.cls, "opaque", False)
    return None if {"__bool__", "__len__"} & names or has_length else True


def _has_items(value: Instance) -> bool | None:
    """Whether a container of modules holds any; not known where it holds something that may be none."""
    held = list(value.attrs.values())
    return True if any(isinstance(part, (Instance, Tensor)) for part in held) else None if held else False


_WITH_LENGTH = frozenset(
    f"torch.nn.{name}" for name in ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
)


def _is_vague(items: set[Any]) -> bool:
    """Whether nothing but unknown items is in a set, which may be in it or not."""
    return bool(items) and all(isinstance(item, Unknown) for item in items)


_TRUTHS: dict[type, Callable[[Machine, Any], bool | None]] = {
    **dict.fromkeys((Unknown, Nothing, Perhaps), _unknown),
    Foreign: lambda machine, value: None,
    Expr: _symbolic,
    Tensor: _tensor,
    ListValue: _sized(lambda value: value.items),
    DictValue: _sized(lambda value: value.entries),
    SetValue: lambda machine, value: None if _is_vague(value.items) else bool(value.items),
    IteratorValue: _always,
    Instance: _instance,
}
