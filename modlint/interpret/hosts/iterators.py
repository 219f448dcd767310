"""Running over values: the iterating builtins, ``itertools`` and ``functools.reduce``."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any

from modlint.dims import Expr
from modlint.interpret.calls import call_values
from modlint.interpret.hosts.table import host
from modlint.interpret.iteration import items_of
from modlint.interpret.machine import GuestError, Machine
from modlint.interpret.truth import truth
from modlint.syntax import Place
from modlint.values import External, IteratorValue, ListValue, Partial, Unknown, Value

_MOST_ITEMS = 10_000


@host("builtins.enumerate")
def _enumerate(machine: Machine, place: Place, values: Value, start: Value = 0) -> Value:
    items = items_of(machine, values, place)
    if items is None or not isinstance(start, int):
        return Unknown("what is counted is not known")
    return IteratorValue(list(enumerate(items, start)))


@host("builtins.zip")
def _zip(machine: Machine, place: Place, *values: Value, strict: Value = False) -> Value:
    columns = [items_of(machine, value, place) for value in values]
    if any(column is None for column in columns):
        return Unknown("what is zipped is not known")
    return IteratorValue(list(zip(*[column for column in columns if column is not None])))


@host("builtins.reversed")
def _reversed(machine: Machine, place: Place, values: Value) -> Value:
    items = items_of(machine, values, place)
    return Unknown("what is reversed is not known") if items is None else IteratorValue(items[::-1])


@host("builtins.map")
def _map(machine: Machine, place: Place, function: Value, *values: Value) -> Value:

    columns = [items_of(machine, value, place) for value in values]
    if any(column is None for column in columns):
        return Unknown("what is mapped is not known")
    rows = zip(*[column for column in columns if column is not None])
    return IteratorValue([call_values(machine, function, list(row), place) for row in rows])


@host("builtins.filter")
def _filter(machine: Machine, place: Place, function: Value, values: Value) -> Value:

    items = items_of(machine, values, place)
    if items is None:
        return Unknown("what is filtered is not known")
    kept = [
        (item, truth(machine, item if function is None else call_values(machine, function, [item], place)))
        for item in items
    ]
    if any(decided is None for _, decided in kept):
        return Unknown("which items stay is not decided")
    return IteratorValue([item for item, decided in kept if decided])


def _quantifier(stop: bool) -> Callable[..., Value]:
    def call(machine: Machine, place: Place, values: Value) -> Value:
        items = items_of(machine, values, place)
        if items is None:
            return Unknown("the condition is not decided")
        answers = [truth(machine, item) for item in items]
        if stop in answers:
            return stop
        return Unknown("the condition is not decided") if None in answers else not stop

    return call


host("builtins.all")(_quantifier(False))

host("builtins.any")(_quantifier(True))


@host("builtins.iter")
def _iter(machine: Machine, place: Place, values: Value) -> Value:
    if isinstance(values, IteratorValue):
        return values
    items = items_of(machine, values, place)
    return Unknown("the items are not known") if items is None else IteratorValue(items)


@host("builtins.next")
def _next(machine: Machine, place: Place, values: Value, *default: Value) -> Value:
    if not isinstance(values, IteratorValue):
        return Unknown("the next item is not known")
    if values.position >= len(values.items):
        if default:
            return default[0]
        raise GuestError(External("builtins.StopIteration"))
    values.position += 1
    return values.items[values.position - 1]


@host("functools.reduce")
def _reduce(machine: Machine, place: Place, function: Value, values: Value, *start: Value) -> Value:

    items = items_of(machine, values, place)
    if items is None or not [*start, *items]:
        return Unknown("what is reduced is not known")
    result, *rest = [*start, *items]
    for item in rest:
        result = call_values(machine, function, [result, item], place)
    return result


def _selecting(function: Callable[..., Iterable[Any]]) -> Callable[..., Value]:
    """A function of ``itertools`` that gives back items of its first argument, alone or in tuples."""

    def call(machine: Machine, place: Place, values: Value, *numbers: Value) -> Value:
        items = items_of(machine, values, place)
        if items is None or not all(number is None or isinstance(number, int) for number in numbers):
            return Unknown("the items are not all known")
        try:
            selected = list(itertools.islice(function(items, *numbers), _MOST_ITEMS))
        except (TypeError, ValueError) as error:
            raise GuestError(External(f"builtins.{type(error).__name__}")) from None
        return IteratorValue(selected) if len(selected) < _MOST_ITEMS else Unknown("it is very long")

    return call


host("itertools.islice")(_selecting(itertools.islice))
host("itertools.combinations")(_selecting(itertools.combinations))
host("itertools.permutations")(_selecting(itertools.permutations))
host("itertools.pairwise")(_selecting(itertools.pairwise))


@host("itertools.chain.from_iterable")
def _chain_from(machine: Machine, place: Place, values: Value) -> Value:
    items = items_of(machine, values, place)
    return Unknown("what is chained is not known") if items is None else _chain(machine, place, *items)


@host("itertools.zip_longest")
def _zip_longest(machine: Machine, place: Place, *values: Value, fillvalue: Value = None) -> Value:
    columns = [items_of(machine, value, place) for value in values]
    if any(column is None for column in columns):
        return Unknown("what is zipped is not known")
    return IteratorValue(list(itertools.zip_longest(*[column or () for column in columns], fillvalue=fillvalue)))


@host("itertools.chain")
def _chain(machine: Machine, place: Place, *values: Value) -> Value:
    columns = [items_of(machine, value, place) for value in values]
    if any(column is None for column in columns):
        return Unknown("what is chained is not known")
    return IteratorValue([item for column in columns if column for item in column])


@host("itertools.product")
def _product(machine: Machine, place: Place, *values: Value, repeat: Value = 1) -> Value:
    columns = [items_of(machine, value, place) for value in values]
    if any(column is None for column in columns) or repeat not in (1, 2, 3):
        return Unknown("the product is not known")
    known = [column for column in columns if column is not None]
    size = math.prod(map(len, known)) ** repeat
    return (
        IteratorValue(list(itertools.product(*known, repeat=repeat)))
        if size < _MOST_ITEMS
        else Unknown("it is very long")
    )


@host("itertools.repeat")
def _repeat(machine: Machine, place: Place, value: Value, times: Value = None) -> Value:
    return (
        IteratorValue([value] * times)
        if isinstance(times, int) and times < _MOST_ITEMS
        else Unknown("an endless iterator")
    )


@host("itertools.accumulate", "numpy.cumsum")
def _accumulate(machine: Machine, place: Place, values: Value, *rest: Value, **options: Value) -> Value:
    items = items_of(machine, values, place)
    if items is None or rest or options or not all(isinstance(item, (int, float)) for item in items):
        return Unknown("the sums are not known")
    return ListValue(list(itertools.accumulate(items)))


@host("torch.nn.modules.utils._ntuple.parse")
def _spread(machine: Machine, place: Place, count: Value, value: Value) -> Value:
    """What is iterated over as a tuple, anything else ``count`` times."""
    if value is None or isinstance(value, (int, float, Expr)):
        return (value,) * count if isinstance(count, int) else Unknown("how often it is repeated is not known")
    items = items_of(machine, value, place)
    return Unknown("what is iterated over is not known") if items is None else tuple(items)


@host("torch.nn.modules.utils._ntuple")
def _ntuple(machine: Machine, place: Place, count: Value, name: Value = "parse") -> Value:
    return Partial(External("torch.nn.modules.utils._ntuple.parse"), (count,), {})


def _tuple_of(count: int) -> Callable[[Machine, Place, Value], Value]:
    return lambda machine, place, x: _spread(machine, place, count, x)


for _count, _name in enumerate(("single", "pair", "triple", "quadruple"), 1):
    host(f"torch.nn.modules.utils._{_name}")(_tuple_of(_count))
