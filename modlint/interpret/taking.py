"""What a model takes: the sizes of its arguments, told at the end of a run on open inputs."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from modlint.dims import (
    Answer,
    Dim,
    Expr,
    Interval,
    Symbol,
    as_expr,
    balanced,
    constant,
    factors,
    linear,
    remainder,
    substitute,
    symbols,
    text,
)
from modlint.facts import Facts, whole_of
from modlint.interpret.machine import Machine
from modlint.ops.need import AXES
from modlint.progressions import Allowed
from modlint.values import Open, Origin, Shape, Tensor, Value


@dataclass(frozen=True, slots=True)
class Taken:
    """Sizes that the arguments of ``forward`` may have: those of which all that is said here holds.

    ``arguments``: the shape of each, None for what is no tensor, with dims in the names that ``sizes`` has values for;
    ``relations``: conditions on several names, as Python writes them; ``square``: names that are usually equal, and the
    values that they all may have then; ``reasons``: the operation that last narrowed a name or a dim of an argument;
    ``below``: arguments that hold integers from 0 to below a number; ``whole``: everything that the model did could be
    followed, so that it takes all that is told.
    """

    arguments: Mapping[str, Shape | None]
    sizes: Mapping[str, Allowed] = field(default_factory=dict)
    relations: tuple[str, ...] = ()
    square: tuple[tuple[str, ...], Allowed] | None = None
    reasons: Mapping[str, Origin] = field(default_factory=dict)
    below: Mapping[str, int] = field(default_factory=dict)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Name:
    """A name for a dim: ``shown`` is the symbol of that name, ``dim`` what stands for it in the facts."""

    shown: Symbol
    dim: Expr


_MIRRORED = {"==": "==", ">=": "<="}
_Shapes: TypeAlias = Mapping[str, tuple[Dim, ...]]


def taken(machine: Machine, inputs: Mapping[str, Value], whole: bool) -> Taken:
    """What is known of the inputs of a run by now; ``whole``: nothing in it was left open."""
    facts = machine.knowledge.facts
    shapes = {name: machine.knowledge.shape(value) for name, value in inputs.items() if isinstance(value, Tensor)}
    dims = {name: shape.tail if isinstance(shape, Open) else shape for name, shape in shapes.items()}
    names = _named(dims)
    by_symbol = {symbol: value for name in names for symbol, value in _in_terms_of(name)}
    by_dim = {name.dim: as_expr(name.shown) for name in names}

    def told(dim: Dim) -> Dim:
        return by_dim[dim] if dim in by_dim else substitute(dim, by_symbol)  # type: ignore[index]

    relations = [(told(dim), within) for dim, within in facts.relations(by_symbol.keys())]
    shown = {name.shown for name in names}
    clear = [(dim, within) for dim, within in relations if isinstance(dim, Expr) and symbols(dim) <= shown]
    return Taken(
        {name: _shape(shapes[name], tuple(map(told, dims[name]))) if name in shapes else None for name in inputs},
        {name.shown.name: facts.values(name.dim) or facts.around(name.dim) for name in names},
        tuple(sorted(_relation(dim, within) for dim, within in clear)),
        _square(facts, names, dims) if clear else None,
        dict(_reasons(machine, inputs, dims, names)),
        whole=whole and len(clear) == len(relations),
    )


def _shape(shape: Shape, dims: tuple[Dim, ...]) -> Shape:
    return Open(shape.rank, dims) if isinstance(shape, Open) else dims


# Names


def _named(shapes: _Shapes) -> list[_Name]:
    """A name for every dim that does not follow from the ones before it; symbols that are dims by themselves come first."""
    spelled = _Spelling(shapes)
    names: dict[Symbol, _Name] = {}
    for is_plain in (True, False):
        for argument, place, dim in _places(shapes):
            form = linear(dim)
            leaf = form[1] if form is not None and isinstance(form[1], Symbol) else None
            if form is not None and leaf is not None and leaf not in names and is_plain == (form[0] == 1):
                names[leaf] = _Name(Symbol(spelled(whole_of(leaf), argument, place), 0), dim)
    inner = {symbol: (argument, place) for argument, place, dim in _places(shapes) for symbol in symbols(dim)}
    for symbol in sorted(inner.keys() - names.keys(), key=lambda symbol: symbol.serial):
        names[symbol] = _Name(Symbol(spelled(symbol, *inner[symbol]), 0), as_expr(symbol))
    order = [symbol for _, _, dim in _places(shapes) for symbol in symbols(dim)]
    return [names[symbol] for symbol in dict.fromkeys(order)]


def _places(shapes: _Shapes) -> Iterator[tuple[str, int, Expr]]:
    for argument, dims in shapes.items():
        for place, dim in enumerate(dims):
            if isinstance(dim, Expr):
                yield argument, place, dim


class _Spelling:
    """Names that differ: a symbol's own, else that of the axis, else one with the argument."""

    def __init__(self, shapes: _Shapes) -> None:
        self._ranks = {argument: len(dims) for argument, dims in shapes.items()}
        self._own = Counter(name for argument, dims in shapes.items() for name in self._names_in(dims))
        self._used: set[str] = set()

    @staticmethod
    def _names_in(dims: Iterable[Dim]) -> list[str]:
        return [whole_of(symbol).name for symbol in {symbol for dim in dims for symbol in symbols(dim)}]

    def __call__(self, symbol: Symbol, argument: str, place: int) -> str:
        axis = dict(enumerate(AXES.get(self._ranks[argument], ()))).get(place, f"d{place}")
        name = symbol.name if symbol.name.isidentifier() else axis
        candidates = [axis if self._own[name] > 1 else name, name, axis, f"{name}_{argument}", f"{axis}_{argument}"]
        chosen = next(one for one in [*candidates, f"s{symbol.serial}"] if one not in self._used)
        self._used.add(chosen)
        return chosen


def _in_terms_of(name: _Name) -> Iterator[tuple[Symbol, Dim]]:
    """The symbol of the facts that a name replaces, written with the name."""
    factor, leaf, shift = linear(name.dim) or (0, None, 0)
    assert isinstance(leaf, Symbol)
    yield leaf, (as_expr(name.shown) - shift) // factor


# What holds of the names


def _relation(dim: Expr, within: Interval) -> str:
    """``((H - 8)//4)*((W - 8)//4) == 25``, ``C*L % 784 == 0``, ``H*W <= 1024``."""
    if within == (0, 0):
        return _remainder_text(dim) or _comparison(dim, "==")
    return _comparison(dim - (within[0] or 0), ">=")


def _remainder_text(dim: Expr) -> str | None:
    factor, numerator, divisor, shift = remainder(dim) or (1, 0, 1, 1)
    if not isinstance(numerator, Expr) or shift % factor:
        return None
    lead, rest = _apart(balanced(numerator, divisor))
    return f"{_operand(lead)} % {divisor} == {(-shift // factor - rest) % divisor}"


def _comparison(dim: Dim, sign: str) -> str:
    """A comparison with 0, written as one of a product, where it is one, with a number."""
    lead, rest = _apart(dim)
    common = math.gcd(*lead.terms.values()) if isinstance(lead, Expr) else 1
    lead, rest = lead // common, rest // common
    told = text(lead)
    return f"{text(-lead)} {_MIRRORED[sign]} {rest}" if told.startswith("-") else f"{told} {sign} {-rest}"


def written(dim: Dim) -> str:
    """A dim as people write it: ``134 - 8*((H - 1)//2)*((W - 1)//2)``."""
    lead, rest = _apart(dim)
    told = text(lead)
    return f"{rest} - {told[1:]}" if rest > 0 and told.startswith("-") else text(dim)


def _apart(dim: Dim) -> tuple[Dim, int]:
    """A product, if there is one, and the number that is added to it."""
    _, shifted, rest = factors(dim) if isinstance(dim, Expr) else (1, [], 0)
    rest = rest if shifted else constant(dim)
    return dim - rest, rest


def _operand(dim: Dim) -> str:
    """A dim as the first operand of ``%``."""
    return text(dim) if isinstance(dim, Expr) and factors(dim)[1] else f"({text(dim)})"


def _square(facts: Facts, names: Iterable[_Name], shapes: _Shapes) -> tuple[tuple[str, ...], Allowed] | None:
    """The spatial sizes of an input with channels, when all of them may be equal."""
    spatial = {dim for dims in shapes.values() if len(dims) in (4, 5) for dim in dims[2:]}
    found = [name for name in names if name.dim in spatial]
    mark = facts.mark()
    possible = all(facts.assume_equal(found[0].dim, other.dim) is not Answer.NO for other in found[1:])
    values = facts.values(found[0].dim) if possible and len(found) > 1 else None
    facts.undo(mark)
    return None if values is None or not values.progressions else (tuple(name.shown.name for name in found), values)


def _reasons(
    machine: Machine, inputs: Mapping[str, Value], shapes: _Shapes, names: Iterable[_Name]
) -> Iterator[tuple[str, Origin]]:
    """By name, and by ``argument.place`` for dims that are numbers."""
    for name in names:
        origin = _taught(machine, symbols(name.dim) | {whole_of(symbol) for symbol in symbols(name.dim)})
        if origin is not None:
            yield name.shown.name, origin
    for argument, dims in shapes.items():
        value = inputs[argument]
        shape = machine.knowledge.settled(value.shape) if isinstance(value, Tensor) else ()
        for place, (dim, raw) in enumerate(zip(dims, shape.tail if isinstance(shape, Open) else shape)):
            origin = _taught(machine, symbols(raw)) if isinstance(dim, int) else None
            if origin is not None:
                yield f"{argument}.{place}", origin


def _taught(machine: Machine, wanted: frozenset[Symbol]) -> Origin | None:
    state = machine.knowledge.facts.last_learnt(wanted)
    place = bisect_left(machine.lessons, state, key=lambda lesson: lesson[0])
    return machine.lessons[place][1] if state and place < len(machine.lessons) else None
