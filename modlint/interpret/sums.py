"""Operators that are called by name: ``sum``, ``prod`` and ``pow``."""

from __future__ import annotations

import ast
from collections.abc import Callable

from modlint.interpret.hosts import host
from modlint.interpret.iteration import items_of
from modlint.interpret.machine import Machine
from modlint.interpret.operators import binary
from modlint.syntax import Place
from modlint.values import Unknown, Value


def _total(kind: type[ast.operator], neutral: int) -> Callable[..., Value]:
    """``sum`` and ``prod``."""

    def call(machine: Machine, place: Place, values: Value, start: Value = neutral) -> Value:
        items = items_of(machine, values, place)
        if items is None:
            return Unknown("the values are not all known")
        for item in items:
            start = binary(machine, kind, start, item, place)
        return start

    return call


host("builtins.sum")(_total(ast.Add, 0))
host("math.prod", "numpy.prod")(_total(ast.Mult, 1))


@host("builtins.pow")
def _pow(machine: Machine, place: Place, base: Value, exponent: Value) -> Value:
    return binary(machine, ast.Pow, base, exponent, place)
