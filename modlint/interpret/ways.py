"""In which ways a model takes its arguments: what it takes, for each number of dims where that is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from modlint.dims import Dim, Grade, symbol
from modlint.interpret.given import Stated
from modlint.interpret.machine import Exhausted, GuestError, Machine
from modlint.interpret.modules import named_modules
from modlint.interpret.reading import model_inputs, run_model
from modlint.interpret.recording import Tape
from modlint.interpret.taking import Taken, taken
from modlint.ops.need import AXES
from modlint.values import Instance, Open, Tensor, Unknown, Value

_RANKS = (1, 2, 3, 4)


def ways(machine: Machine, tape: Tape, root: Instance, stated: Stated | None) -> list[Taken]:
    """What a model takes; where the number of dims is open and matters, in a way for each of the usual numbers."""
    found = _take(machine, tape, root, None if stated is None else stated.values)
    if found is None:
        return []
    place = next((place for place, shape in enumerate(found.arguments.values()) if isinstance(shape, Open)), None)
    ranked = [] if place is None else list(_ranked(machine, tape.path, root, place))
    fitting = [one for one in ranked if one is not None]
    return [one for one in fitting if _has_batch(one)] or fitting if _differ(found, ranked) else [found]


def _take(machine: Machine, tape: Tape, root: Instance, given: Sequence[Value] | None) -> Taken | None:
    """What a model takes of the inputs that are given, or of open ones; None when it fails on all of them."""
    doubts, faults = machine.doubts, machine.faults
    machine.recorder = tape
    run = run_model(machine, root, given)
    if machine.faults > faults:
        return None
    found = taken(machine, run.inputs, machine.doubts == doubts and _is_known(run.output))
    return replace(found, below=dict(_indices(tape, root, run.inputs)))


def _indices(tape: Tape, root: Instance, inputs: Mapping[str, Value]) -> Iterator[tuple[str, int]]:
    """The arguments that an embedding takes as they are, with the number of its rows."""
    for _, module in named_modules(root):
        rows = module.attrs.get("num_embeddings")
        used = [args[0] for args, _ in tape.calls.get(id(module), ()) if args]
        if isinstance(rows, int):
            yield from ((name, rows) for name, value in inputs.items() if any(value is one for one in used))


def _is_known(value: Value) -> bool:
    """Whether nothing was lost on the way to what a model gives."""
    if isinstance(value, tuple):
        return all(map(_is_known, value))
    return not isinstance(value, Unknown)


def _ranked(machine: Machine, path: str, root: Instance, place: int) -> Iterator[Taken | None]:
    """What a model takes for each usual number of dims of the argument at a place."""
    for rank in _RANKS:
        inputs = list(model_inputs(root, None).values())
        inputs[place] = Tensor(_of_rank(rank), dtype=None)
        mark = machine.knowledge.mark()
        try:
            yield _take(machine, Tape(machine, path), root, inputs)
        except (GuestError, Exhausted, RecursionError):
            yield None
        machine.knowledge.undo(mark)


def _of_rank(rank: int) -> tuple[Dim, ...]:
    """Sizes of which nothing is known; the first of several is the batch."""
    lowest = [2 if rank > 1 else 1, *[1] * (rank - 1)]
    return tuple(symbol(name, lower=low, grade=Grade.CONTRACT) for name, low in zip(AXES[rank], lowest))


def _differ(found: Taken, ranked: Sequence[Taken | None]) -> bool:
    """Whether a number of dims tells more than the open shape does: it does not fit, or sizes are narrowed."""
    tail = max((len(shape.tail) for shape in found.arguments.values() if isinstance(shape, Open)), default=0)
    fitting = [one for one in ranked if one is not None]
    return bool(fitting) and (len(fitting) < len(_RANKS[max(tail - 1, 0) :]) or any(map(_asks_more, fitting)))


def _asks_more(taken: Taken) -> bool:
    values = [one for allowed in taken.sizes.values() for one in allowed.progressions]
    return bool(taken.relations) or any(one.high is not None or one.step > 1 for one in values)


def _has_batch(taken: Taken) -> bool:
    """Whether the first dim of the first of several is not a number."""
    first = next(iter(taken.arguments.values()))
    return isinstance(first, Open) or first is None or len(first) < 2 or not isinstance(first[0], int)
