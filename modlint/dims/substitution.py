"""Putting values in the place of symbols."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from modlint.dims.expressions import Atom, Dim, Expr, FloorDiv, Max, Symbol, as_expr, floordiv, product, symbols
from modlint.dims.extrema import maximum, minimum


def substitute(dim: Dim, values: Mapping[Symbol, Dim]) -> Dim:
    """Return ``dim`` with every symbol that has a value replaced by it, all at once."""
    if not isinstance(dim, Expr) or symbols(dim).isdisjoint(values):
        return dim
    return _Substitution(values).of(dim)


class _Substitution:
    """One substitution: an atom that stands in many places of a dim is worked out once."""

    def __init__(self, values: Mapping[Symbol, Dim]) -> None:
        self._values = values
        self._done: dict[Atom, Dim] = {}

    def of(self, dim: Dim) -> Dim:
        if not isinstance(dim, Expr) or symbols(dim).isdisjoint(self._values):
            return dim
        total: Dim = 0
        for monomial, coefficient in dim.terms.items():
            total = total + coefficient * product(self._atom(atom) for atom, n in monomial for _ in range(n))
        return total

    def _atom(self, atom: Atom) -> Dim:
        if atom not in self._done:
            self._done[atom] = self._worked_out(atom)
        return self._done[atom]

    def _worked_out(self, atom: Atom) -> Dim:
        if isinstance(atom, Symbol):
            value = self._values.get(atom)
            return as_expr(atom) if value is None else value
        if isinstance(atom, FloorDiv):
            return floordiv(self.of(atom.numerator), self.of(atom.divisor))
        extremum = maximum if isinstance(atom, Max) else minimum
        return reduce(extremum, (self.of(argument) for argument in atom.arguments))
