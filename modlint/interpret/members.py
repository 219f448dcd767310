"""What stands behind a dot: the room that knows a kind of value registers what gives the members of such values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from modlint.interpret.calls import call_values
from modlint.interpret.dispatch import ByKind
from modlint.interpret.machine import Machine
from modlint.interpret.scope import MISSING
from modlint.syntax import Place
from modlint.values import Unknown, Value

Getter: TypeAlias = Callable[[Machine, Any, str, Place | None], Value]
_GETTERS: ByKind[Getter] = ByKind()
getter = _GETTERS.handles
"""Registers what gives the members of values of a kind; ``object`` stands for all others."""


def look_up(machine: Machine, value: Value, name: str, place: Place | None) -> Value:
    """``value.name``, or MISSING."""
    if isinstance(value, Unknown):
        return Unknown(value.why)
    kind = tuple if isinstance(value, tuple) else type(value)
    return (_GETTERS.get(kind) or _GETTERS[object])(machine, value, name, place)


def call_method(machine: Machine, receiver: Value, name: str, values: Sequence[Value], place: Place) -> Value:
    """``receiver.name(*values)``; Unknown when there is no such method."""
    method = look_up(machine, receiver, name, place)
    return Unknown(f"{name} is not known") if method is MISSING else call_values(machine, method, values, place)
