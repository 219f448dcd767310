"""Calling: whatever is called goes to the caller of its kind, which ``functions``, ``objects`` and ``libraries`` give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from modlint.interpret.dispatch import ByKind
from modlint.interpret.events import NotCallable
from modlint.interpret.machine import Machine
from modlint.signature import Passed
from modlint.syntax import Place
from modlint.values import (
    DictValue,
    External,
    Instance,
    ListValue,
    Partial,
    SetValue,
    Tensor,
    Unknown,
    Value,
    Wrapped,
)

_NOT_CALLABLE = (bool, int, float, str, tuple, ListValue, DictValue, SetValue, Tensor)
Kwargs = Mapping[str, Passed]
Caller: TypeAlias = Callable[[Machine, Any, Sequence[Passed], Kwargs, Place], Value]
_CALLERS: ByKind[Caller] = ByKind()
caller = _CALLERS.handles


def call(machine: Machine, callee: Value, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    """``callee(*args, **kwargs)``."""
    caller = _CALLERS.get(type(callee))
    if caller is None:
        if isinstance(callee, _NOT_CALLABLE) and (
            not isinstance(callee, Tensor) or machine.knowledge.is_tensor(callee)
        ):
            machine.fail(NotCallable, place, callee)
        return call_unknown(machine, args, kwargs, getattr(callee, "why", "what is called is not known"))
    return caller(machine, callee, args, kwargs, place)


def call_values(machine: Machine, callee: Value, values: Sequence[Value], place: Place) -> Value:
    """Call with values that stand in no source text."""
    return call(machine, callee, [Passed(value) for value in values], {}, place)


def call_unknown(machine: Machine, args: Sequence[Passed], kwargs: Kwargs, why: str) -> Value:
    """A call of something unknown: its result, and what it could have changed, is unknown."""
    for passed in (*args, *kwargs.values()):
        if isinstance(passed.value, (ListValue, DictValue, Instance)):
            passed.value.partial = True
    return Unknown(why)


def call_op(machine: Machine, name: str, values: Sequence[Value], place: Place) -> Value:
    """A torch operation on values, by its qualified name."""
    return call_values(machine, External(name), values, place)


@caller(Partial)
def _call_partial(machine: Machine, partial: Partial, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    before = [Passed(value) for value in partial.args]
    merged = {**{name: Passed(value) for name, value in partial.kwargs.items()}, **kwargs}
    return call(machine, partial.function, [*before, *args], merged, place)


@caller(Wrapped)
def _call_wrapped(machine: Machine, wrapped: Wrapped, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    return call(machine, wrapped.function, args, kwargs, place)
