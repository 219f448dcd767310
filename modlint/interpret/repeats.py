"""What was made in a loop is alike: the second block of a stage is not built, nor run, as if nobody knew the first.

A result is used again only where nothing can tell the difference: the same expression makes the object, its arguments
are equal all the way down, the same facts are known, and the first time wrote to nothing that was there before.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from modlint.dims import Expr
from modlint.interpret.closures import surroundings
from modlint.interpret.copies import copied
from modlint.interpret.equality import Incomparable, key_of, objects_in
from modlint.interpret.events import Failure
from modlint.interpret.machine import Built, Machine
from modlint.signature import Passed
from modlint.syntax import Place
from modlint.values import ClassValue, External, Function, Instance, Tensor, Unknown, Value, tick

_OFTEN = 3
"""From which call on it is worth to compare the arguments of a function."""


def build(
    machine: Machine,
    cls: ClassValue,
    args: Sequence[Passed],
    kwargs: Mapping[str, Passed],
    place: Place,
    make: Callable[[], Instance],
) -> Instance:
    """What ``make`` gives, or a copy of what it gave for equal arguments at the same place."""
    machine.repeats.made[place.node] += 1
    values = [passed.value for passed in (*args, *kwargs.values())]
    key = _call_key(machine, (cls, place.node, *objects_in(values)), args, kwargs)
    if key is None or machine.journal is not None:
        return make()
    copy = copied(machine, machine.repeats.built[key]) if key in machine.repeats.built else None
    if copy is not None:
        return copy
    before, began = len(machine.instances), tick()
    instance: Instance
    instance, pure = _watched(machine, began, make)
    if pure:
        machine.repeats.built[key] = Built(instance, tuple(machine.instances[before:]), began, tick())
    return instance


def run(
    machine: Machine,
    instance: Instance,
    args: Sequence[Passed],
    kwargs: Mapping[str, Passed],
    forward: Callable[[], Value],
) -> Value:
    """What ``forward`` gives, or what it gave for the like of ``instance`` on equal arguments."""
    place = instance.place
    if place is None or not isinstance(instance.cls, ClassValue) or machine.repeats.made[place.node] < 2:
        return forward()
    key = _call_key(machine, instance, args, kwargs)
    return forward() if key is None else _remembered(machine, key, forward)


def answer(
    machine: Machine,
    function: Function,
    args: Sequence[Passed],
    kwargs: Mapping[str, Passed],
    work: Callable[[], Value],
) -> Value:
    """What ``work`` gives, or what it gave when the function was called with equal arguments that it cannot change."""
    machine.repeats.made[function.node] += 1
    if machine.repeats.made[function.node] < _OFTEN:
        return work()
    key = _answer_key(machine, function, args, kwargs)
    return work() if key is None else _remembered(machine, key, work)


def _answer_key(
    machine: Machine, function: Function, args: Sequence[Passed], kwargs: Mapping[str, Passed]
) -> Hashable | None:
    if not all(_is_constant(passed.value) for passed in (*args, *kwargs.values())):
        return None
    try:
        return _call_key(machine, surroundings(machine, function), args, kwargs)
    except Incomparable:
        return None


def _remembered(machine: Machine, key: Hashable, work: Callable[[], Value]) -> Value:
    if key in machine.repeats.outputs:
        return machine.repeats.outputs[key]
    output, pure = _watched(machine, tick(), work)
    if pure and _is_constant(output):
        machine.repeats.outputs[key] = output
    return output


def _watched(machine: Machine, began: int, work: Callable[[], Any]) -> tuple[Any, bool]:
    """The result of some work, and whether it learnt nothing, wrote only to what it made itself, and found no fault."""
    outer, state, told = machine.oldest_written, machine.knowledge.state, len(machine.events)
    machine.oldest_written = began
    try:
        result = work()
        fault = any(isinstance(event, Failure) for event in machine.events[told:])
        return result, machine.oldest_written >= began and machine.knowledge.state == state and not fault
    finally:
        machine.oldest_written = min(outer, machine.oldest_written)


def _is_constant(value: Value) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_constant, value))
    return isinstance(value, (Tensor, Unknown, External, int, float, str, Expr)) or value is None


def _call_key(machine: Machine, callee: Any, args: Sequence[Passed], kwargs: Mapping[str, Passed]) -> Hashable | None:
    """What a call depends on; None when that cannot be told, and when every call is to be seen."""
    if machine.recorder is not None:
        return None
    try:
        given = [key_of(machine, passed.value) for passed in args]
        named = [(name, key_of(machine, passed.value)) for name, passed in kwargs.items()]
        what = key_of(machine, callee) if isinstance(callee, Instance) else callee
    except (Incomparable, RecursionError):
        return None
    stance = machine.training, machine.undecided > 0, machine.quiet > 0
    return what, tuple(given), tuple(named), stance, machine.knowledge.state
