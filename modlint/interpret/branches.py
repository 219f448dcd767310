"""Undecided branches: every side is walked on a journal, taken back, and what they left is joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from modlint.dims import Dim, Expr, Grade, symbol
from modlint.interpret.machine import GuestError, Machine
from modlint.interpret.scope import MISSING
from modlint.values import DictValue, External, ListValue, Nothing, Open, Perhaps, Tensor, Unknown, Value


class Walked(NamedTuple):
    """One side of a branch: its result and the slots that it left changed; ``failed`` when it raised."""

    result: Any
    changes: dict[tuple[int, Any], tuple[Any, Any, Any]]
    failed: BaseException | None


def fork(machine: Machine, sides: Sequence[Callable[[], Any]]) -> list[Walked]:
    """Walk every side from the same state and join what they changed; return those that did not raise.

    A side that raises is a precondition: the others hold. When one side is left it is walked again for good; when
    none is left the first exception goes on.
    """
    machine.doubts += 1
    walked = [_walk(machine, side) for side in sides]
    alive = [index for index, side in enumerate(walked) if side.failed is None]
    if not alive:
        failure = walked[0].failed
        assert failure is not None
        raise failure
    if len(alive) == 1:
        with machine.silently():
            return [Walked(sides[alive[0]](), {}, None)]
    survivors = [walked[index] for index in alive]
    _merge(machine, survivors)
    return survivors


def _walk(machine: Machine, side: Callable[[], Any]) -> Walked:
    outer = machine.journal
    journal: list[tuple[Any, Any, Any]] = []
    machine.journal = journal
    machine.undecided += 1
    mark = machine.knowledge.mark()
    made = len(machine.instances)
    result, failed = None, None
    try:
        result = side()
    except GuestError as error:
        failed = error
    finally:
        machine.undecided -= 1
        machine.journal = outer
        changes = _changes(journal)
        _undo(journal)
        machine.knowledge.undo(mark)
        del machine.instances[made:]
    return Walked(result, changes, failed)


def _changes(journal: Sequence[tuple[Any, Any, Any]]) -> dict[tuple[int, Any], tuple[Any, Any, Any]]:
    changes = {}
    for container, key, _ in journal:
        now = container.copy() if key is None else container.get(key, MISSING)
        changes[id(container), key] = (container, key, now)
    return changes


def _undo(journal: list[tuple[Any, Any, Any]]) -> None:
    for container, key, old in reversed(journal):
        if isinstance(container, (list, set)):
            _restore(container, old)
        elif old is MISSING:
            container.pop(key, None)
        else:
            container[key] = old


def _restore(container: list[Value] | set[Value], old: Any) -> None:
    container.clear()
    container.extend(old) if isinstance(container, list) else container.update(old)


def _merge(machine: Machine, survivors: Sequence[Walked]) -> None:
    slots = {slot: change[:2] for side in survivors for slot, change in side.changes.items()}
    for slot, (container, key) in slots.items():
        if isinstance(container, (list, set)):
            versions: list[Any] = [side.changes.get(slot, (0, 0, container.copy()))[2] for side in survivors]
            merge: Callable[..., None] = _merge_list if isinstance(container, list) else _merge_set
            merge(machine, container, versions)
        else:
            before = container.get(key, MISSING)
            _merge_slot(machine, container, key, [side.changes.get(slot, (0, 0, before))[2] for side in survivors])


def _merge_slot(machine: Machine, container: dict[Any, Value], key: Any, values: list[Value]) -> None:
    filled = [value is not MISSING for value in values]
    if any(filled):
        machine.store(container, key, join(values) if all(filled) else Perhaps())
    else:
        machine.clear(container, key)


def _merge_list(machine: Machine, items: list[Value], versions: list[list[Value]]) -> None:
    machine.changing(items)
    if len({len(version) for version in versions}) == 1:
        items[:] = [join(list(column)) for column in zip(*versions)]
    else:
        shortest = min(versions, key=len)
        items[:] = [*shortest, Unknown("the length of the list depends on a condition")]


def _merge_set(machine: Machine, items: set[Value], versions: list[set[Value]]) -> None:
    """What is in all versions stays, and an unknown item stands for the others."""
    machine.changing(items)
    shared = set.intersection(*versions)
    differ = any(version != shared for version in versions)
    _restore(items, {*shared, Unknown("whether it is in the set depends on a condition")} if differ else shared)


def join(values: Sequence[Value]) -> Value:
    """What holds of all ``values``: equal ones stay, tensors keep the dims they share, the rest is Unknown."""
    first = values[0]
    if all(_same(first, other) for other in values[1:]):
        return first
    if all(isinstance(value, Tensor) for value in values):
        return _join_tensors(values)
    if all(isinstance(value, tuple) and len(value) == len(first) for value in values):
        return tuple(join(list(column)) for column in zip(*values))
    return Unknown("it depends on a condition that is not decided")


def _same(a: Value, b: Value) -> bool:
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, Tensor):
        return bool(a.shape == b.shape and a.dtype == b.dtype and a.data == b.data)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, ListValue):
        return len(a.items) == len(b.items) and all(map(_same, a.items, b.items))
    if isinstance(a, DictValue):
        return a.entries.keys() == b.entries.keys() and all(_same(a.entries[k], b.entries[k]) for k in a.entries)
    if isinstance(a, (int, float, complex, str, bytes, frozenset)):
        return bool(a == b)
    return a.function is b.function if isinstance(a, Nothing) else _same_symbolic(a, b)


def _same_symbolic(a: Value, b: Value) -> bool:
    return isinstance(a, (Expr, External)) and bool(getattr(a, "name", a) == getattr(b, "name", b))


def _join_tensors(tensors: Sequence[Any]) -> Value:
    shapes = [tensor.shape for tensor in tensors]
    if any(isinstance(shape, Open) for shape in shapes) or len({len(shape) for shape in shapes}) != 1:
        return Unknown("its number of dimensions depends on a condition that is not decided")
    dtype = tensors[0].dtype if all(tensor.dtype == tensors[0].dtype for tensor in tensors) else None
    shape = tuple(_join_dims(column) for column in zip(*shapes))
    return Tensor(shape, dtype, order=(), origin=tensors[0].origin)


def _join_dims(dims: Sequence[Dim]) -> Dim:
    if all(dim == dims[0] for dim in dims[1:]):
        return dims[0]
    return symbol("?", lower=0, grade=Grade.ASSUMED)
