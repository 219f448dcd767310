"""Limits that a dim stays within."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from modlint.dims.expressions import (
    CONSTANT,
    Atom,
    Dim,
    Expr,
    FloorDiv,
    Interval,
    Max,
    Monomial,
    Range,
    Symbol,
    as_expr,
    atoms,
    lone_quotient,
    product,
    symbols,
    terms_of,
)

# Inside, an interval has the ends -inf and inf where the public one has None

_NOTHING: Mapping[Symbol, Interval] = {}


class _Known(NamedTuple):
    """What is known of some symbols, and the ranges that were worked out with it: dims share their inner ones."""

    limits: Mapping[Symbol, Interval]
    ranges: dict[Expr, Range]


def bounds(dim: Dim, known: Mapping[Symbol, Interval] = _NOTHING) -> Interval:
    """Return limits (None: no limit) that hold for all values of the symbols, whose own limits ``known`` may narrow."""
    if not isinstance(dim, Expr):
        return dim, dim
    return _public(_range(dim, _Known(known, {})))


def _public(interval: Range) -> Interval:
    low, high = interval
    return None if low == -math.inf else int(low), None if high == math.inf else int(high)


def _private(interval: Interval) -> Range:
    low, high = interval
    return -math.inf if low is None else low, math.inf if high is None else high


def _range(dim: Dim, known: _Known) -> Range:
    if not isinstance(dim, Expr):
        return dim, dim
    if known.limits and not symbols(dim).isdisjoint(known.limits):
        if dim not in known.ranges:
            known.ranges[dim] = _range_of_sum(dim, known)
        return known.ranges[dim]
    if dim._range is None:
        dim._range = _range_of_sum(dim, _Known(_NOTHING, {}))
    return dim._range


def _range_of_sum(dim: Expr, known: _Known) -> Range:
    direct = _polynomial_range(dim, known)
    if len(dim.terms) < 3 and (len(dim.terms) < 2 or CONSTANT in dim.terms):
        return direct
    low, high = _relaxed_range(dim, known)
    return max(direct[0], low), min(direct[1], high)


def _polynomial_range(dim: Expr, known: _Known) -> Range:
    """With every atom written as its lower limit plus a rest that is at least 0, so that ``h*w - h`` is bounded."""
    ranges = {atom: _atom_range(atom, known) for atom in atoms(dim)}
    shifted: Dim = dim
    if len(dim.terms) > 1 and any(len(m) > 1 or any(power > 1 for _, power in m) for m in dim.terms):
        shifted, ranges = _shifted(dim, ranges)
    low: float = 0
    high: float = 0
    for monomial, coefficient in terms_of(shifted).items():
        least, most = _monomial_range(monomial, ranges)
        ends = (_times(coefficient, least), _times(coefficient, most))
        low, high = _plus(low, min(ends)), _plus(high, max(ends))
    return low, high


def _shifted(dim: Expr, ranges: Mapping[Atom, Range]) -> tuple[Dim, dict[Atom, Range]]:
    lows = {atom: 0 if low == -math.inf else int(low) for atom, (low, _) in ranges.items()}
    moved: Dim = 0
    for monomial, coefficient in dim.terms.items():
        moved = moved + coefficient * product(as_expr(atom) + lows[atom] for atom, n in monomial for _ in range(n))
    return moved, {atom: (_plus(low, -lows[atom]), _plus(high, -lows[atom])) for atom, (low, high) in ranges.items()}


def _monomial_range(monomial: Monomial, ranges: Mapping[Atom, Range]) -> Range:
    low: float = 1
    high: float = 1
    for atom, power in monomial:
        least, most = _power_range(ranges[atom], power)
        corners = (_times(low, least), _times(low, most), _times(high, least), _times(high, most))
        low, high = min(corners), max(corners)
    return low, high


def _power_range(interval: Range, power: int) -> Range:
    low, high = interval
    ends = (_power(low, power), _power(high, power))
    return (0 if power % 2 == 0 and low < 0 < high else min(ends)), max(ends)


def _power(base: float, power: int) -> float:
    result: float = 1
    for _ in range(power):
        result = _times(result, base)
    return result


def _plus(a: float, b: float) -> float:
    """Without making a float of a number, of which there is none for a very large one."""
    if abs(a) == math.inf:
        return a
    return b if abs(b) == math.inf else a + b


def _times(a: float, b: float) -> float:
    if a == 0 or b == 0:
        return 0
    if math.inf in (abs(a), abs(b)):
        return math.inf if (a > 0) == (b > 0) else -math.inf
    return a * b


def _atom_range(atom: Atom, known: _Known) -> Range:
    if isinstance(atom, Symbol):
        return _private(known.limits.get(atom) or (atom.lower, atom.upper))
    if isinstance(atom, FloorDiv):
        return _quotient_range(_range(atom.numerator, known), _range(atom.divisor, known))
    lows, highs = zip(*(_range(argument, known) for argument in atom.arguments), strict=True)
    choose = max if isinstance(atom, Max) else min
    return choose(lows), choose(highs)


def _quotient_range(numerator: Range, divisor: Range) -> Range:
    if divisor[0] < 1:
        return -math.inf, math.inf
    corners = [_quotient(n, d) for n in numerator for d in divisor]
    return min(corners), max(corners)


def _quotient(n: float, d: float) -> float:
    """The floor of n / d for d >= 1, in the limit where one of them is infinite."""
    if math.inf == abs(n):
        return n
    if d == math.inf:
        return 0 if n >= 0 else -1
    return n // d


def _relaxed_range(dim: Expr, known: _Known) -> Range:
    """With every ``n // k`` that stands alone written as ``(n - r) / k``, ``0 <= r < k``: ``H - 2*(H//2)`` is 0..1."""
    quotients = [(c, found) for monomial, c in dim.terms.items() if (found := lone_quotient(monomial))]
    if not quotients:
        return -math.inf, math.inf
    scale = math.lcm(*(k for _, (_, _, k) in quotients))
    scaled: Dim = scale * dim
    least = most = 0
    for coefficient, (atom, n, k) in quotients:
        factor = coefficient * (scale // k)
        scaled = scaled + factor * (n - k * as_expr(atom))
        rest = factor * (1 - k)
        least, most = least + min(rest, 0), most + max(rest, 0)
    low, high = _range(scaled, known)
    return -_quotient(-_plus(low, least), scale), _quotient(_plus(high, most), scale)
