"""Arrays of NumPy of which only the items are asked for: their arithmetic is not followed."""

from __future__ import annotations

from collections.abc import Sequence

from modlint.interpret.hosts.table import host
from modlint.interpret.machine import Machine
from modlint.syntax import Place
from modlint.values import External, Instance, Partial, Unknown, Value

_LONGEST = 4096
_METHODS = {
    "tolist": "builtins.list",
    "__iter__": "builtins.iter",
    "__len__": "builtins.len",
    "__getitem__": "operator.getitem",
}


def _array(items: Sequence[float], place: Place) -> Instance:
    methods = {name: Partial(External(function), (tuple(items),), {}) for name, function in _METHODS.items()}
    return Instance(External("numpy.ndarray"), dict(methods), place, partial=True)


@host("numpy.linspace")
def _linspace(machine: Machine, place: Place, start: Value, stop: Value, num: Value = 50) -> Value:
    numbers = all(isinstance(one, (int, float)) for one in (start, stop))
    if not numbers or not isinstance(num, int) or not 0 <= num <= _LONGEST:
        return Unknown("the bounds of the range are not known")
    step = (stop - start) / max(num - 1, 1)
    inner = [start + step * index for index in range(num)]
    return _array([float(one) for one in (*inner[: num - 1], *([stop] if num > 1 else inner))][:num], place)


@host("numpy.arange")
def _arange(machine: Machine, place: Place, *bounds: Value) -> Value:
    if not 1 <= len(bounds) <= 3 or not all(isinstance(bound, int) for bound in bounds) or 0 in bounds[2:]:
        return Unknown("the bounds of the range are not known")
    numbers = range(*bounds)
    return _array(numbers, place) if len(numbers) <= _LONGEST else Unknown("the range is very long")
