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
    total: Dim = 0
    for monomial, coefficient in dim.terms.items():
        total = total + coefficient * product(_substitute_atom(atom, values) for atom, n in monomial for _ in range(n))
    return total


def _substitute_atom(atom: Atom, values: Mapping[Symbol, Dim]) -> Dim:
    if isinstance(atom, Symbol):
        value = values.get(atom)
        return as_expr(atom) if value is None else value
    if isinstance(atom, FloorDiv):
        return floordiv(substitute(atom.numerator, values), substitute(atom.divisor, values))
    extremum = maximum if isinstance(atom, Max) else minimum
    return reduce(extremum, (substitute(argument, values) for argument in atom.arguments))
