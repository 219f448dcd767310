"""Symbolic integers: tensor sizes as polynomials that are normalised at construction, so that ``==`` is structural.

A dim is an int or an ``Expr``: a polynomial with integer coefficients over atoms. An atom is a symbol, or a floor
division, maximum or minimum of dims. ``mod(e, k)`` has no atom of its own, it is ``e - k*floordiv(e, k)``.
"""

from modlint.dims.bounds import bounds
from modlint.dims.expressions import (
    Answer,
    Atom,
    Dim,
    Expr,
    FloorDiv,
    Grade,
    Interval,
    Max,
    Min,
    Monomial,
    Symbol,
    as_expr,
    atoms,
    ceildiv,
    constant,
    divide_exactly,
    divisors,
    floordiv,
    is_symbol,
    linear,
    product,
    residues,
    symbol,
    symbols,
    weight,
)
from modlint.dims.extrema import maximum, minimum
from modlint.dims.factoring import balanced, common_atoms, factors, quotient, remainder
from modlint.dims.substitution import substitute
from modlint.dims.writing import text

__all__ = [
    "Answer",
    "Atom",
    "Dim",
    "Expr",
    "FloorDiv",
    "Grade",
    "Interval",
    "Max",
    "Min",
    "Monomial",
    "Symbol",
    "as_expr",
    "atoms",
    "balanced",
    "bounds",
    "ceildiv",
    "common_atoms",
    "constant",
    "divide_exactly",
    "divisors",
    "factors",
    "floordiv",
    "is_symbol",
    "linear",
    "maximum",
    "minimum",
    "product",
    "quotient",
    "remainder",
    "residues",
    "substitute",
    "symbol",
    "symbols",
    "text",
    "weight",
]
