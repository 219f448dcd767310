"""For which values of its symbols a dim is a given number: closed forms, periods and factoring."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from modlint.dims import (
    Atom,
    Dim,
    Expr,
    FloorDiv,
    Interval,
    Max,
    Min,
    Monomial,
    Symbol,
    as_expr,
    atoms,
    bounds,
    constant,
    factors,
    linear,
    remainder,
    residues,
    substitute,
    symbols,
)
from modlint.progressions import Progression, hull, intersect, is_empty, merge, progressions, strand

_LONGEST_PERIOD = 256
_LONGEST_LIST = 1024
_LARGEST_TARGET = 1 << 32
_MOST_FACTORISATIONS = 4096


def preimage(dim: Dim, wanted: Interval) -> tuple[Symbol, Interval] | None:
    """Return the one symbol of ``dim`` and exactly its values for which ``dim`` is ``wanted``.

    From the outside in: ``a*x + b`` is inverted, and ``n // k`` is in ``low..high`` when n is in
    ``low*k .. high*k + k - 1``. None when ``dim`` is not such a tower over one symbol.
    """
    form = linear(dim)
    if form is None:
        return None
    factor, atom, shift = form
    inner = _unscaled(wanted, factor, shift)
    if isinstance(atom, Symbol):
        return atom, inner
    if not isinstance(atom, FloorDiv):
        return _extremum_preimage(atom, inner)
    return None if isinstance(atom.divisor, Expr) else preimage(atom.numerator, _undivided(inner, atom.divisor))


def _unscaled(wanted: Interval, factor: int, shift: int) -> Interval:
    low, high = (None if end is None else end - shift for end in wanted)
    if factor < 0:
        low, high, factor = None if high is None else -high, None if low is None else -low, -factor
    return None if low is None else -(-low // factor), None if high is None else high // factor


def _undivided(wanted: Interval, divisor: int) -> Interval:
    low, high = wanted
    return None if low is None else low * divisor, None if high is None else high * divisor + divisor - 1


def _extremum_preimage(atom: Max | Min, wanted: Interval) -> tuple[Symbol, Interval] | None:
    """Of ``max(x, c)`` and ``min(x, c)``."""
    numbers = [argument for argument in atom.arguments if isinstance(argument, int)]
    others = [argument for argument in atom.arguments if isinstance(argument, Expr)]
    if len(numbers) != 1 or len(others) != 1:
        return None
    low, high = wanted
    number = numbers[0]
    if isinstance(atom, Max):
        if high is not None and number > high:
            return preimage(others[0], (1, 0))
        return preimage(others[0], (low if low is not None and low > number else None, high))
    if low is not None and number < low:
        return preimage(others[0], (1, 0))
    return preimage(others[0], (low, high if high is not None and high < number else None))


# All values of one symbol


def solutions(dim: Expr, symbol: Symbol, within: Interval, wanted: Interval) -> tuple[Progression, ...] | None:
    """Return exactly the values of the only ``symbol`` of ``dim`` for which it is ``wanted``; None if undecided.

    Of the interval ``within``, in which the symbol lies, the low end is known.
    """
    found = preimage(dim, wanted)
    if found is not None:
        return progressions(intersect(found[1], within))
    if wanted == (0, 0):
        for roots_of in (_roots_of_remainder, _roots_of_product, _periodic_roots):
            roots = roots_of(dim, symbol, within)
            if roots is not None:
                return roots
    return _listed(dim, symbol, within, wanted)


def _roots_of_remainder(dim: Expr, symbol: Symbol, within: Interval) -> tuple[Progression, ...] | None:
    """Of ``a*(n % k) + b`` for an n that is linear in the symbol."""
    factor, numerator, divisor, shift = remainder(dim) or (0, 0, 1, 0)
    if factor == 0 or shift % factor or not 0 <= -shift // factor < divisor:
        return None
    found = _linear_congruence(numerator + shift // factor, divisor)
    if found is None or found[0] is not symbol:
        return None
    values = strand(found[1], found[2], within)
    return () if values is None else (values,)


def _roots_of_product(dim: Expr, symbol: Symbol, within: Interval) -> tuple[Progression, ...] | None:
    found = factorisations(dim, lambda part: bounds(part, {symbol: within}))
    if found is None or not found.exact:
        return None
    return found.values(symbol)


def _listed(dim: Expr, symbol: Symbol, within: Interval, wanted: Interval) -> tuple[Progression, ...] | None:
    low, high = within
    if low is None or high is None or high - low > _LONGEST_LIST:
        return None
    values = ((value, substitute(dim, {symbol: value})) for value in range(low, high + 1))
    return merge(Progression(x, x) for x, y in values if isinstance(y, int) and not is_empty(intersect(wanted, (y, y))))


def _periodic_roots(dim: Expr, symbol: Symbol, within: Interval) -> tuple[Progression, ...] | None:
    """With the symbol written as ``period*q + r``, every floor division by a number is a polynomial in q."""
    assert within[0] is not None
    residues = _residues(dim, symbol, within[0])
    if residues is None:
        return None
    period = len(residues)
    found: list[Progression] = []
    for residue, roots in enumerate(residues):
        if roots is None:
            found += filter(None, [strand(residue, period, within)])
        else:
            values = [period * root + residue for root in roots]
            found += [Progression(x, x) for x in values if not is_empty(intersect(within, (x, x)))]
    return merge(found)


@lru_cache(maxsize=4096)
def _residues(dim: Expr, symbol: Symbol, low: int) -> list[list[int] | None] | None:
    """For every residue modulo the period the roots q of values from ``low`` on; None stands for all integers."""
    period = _period(dim)
    if period > _LONGEST_PERIOD:
        return None
    quotient = Symbol("q", low // period - 1)
    found: list[list[int] | None] = []
    for residue in range(period):
        polynomial = substitute(dim, {symbol: period * as_expr(quotient) + residue})
        if polynomial == 0:
            found.append(None)
            continue
        roots = _integer_roots(polynomial, quotient)
        if roots is None:
            return None
        found.append(roots)
    return found


@lru_cache(maxsize=4096)
def _period(dim: Dim) -> int:
    periods = [1]
    for atom in atoms(dim):
        if isinstance(atom, FloorDiv) and isinstance(atom.divisor, int):
            periods.append(atom.divisor * _period(atom.numerator))
        elif isinstance(atom, Max | Min):
            periods += map(_period, atom.arguments)
    return math.lcm(*periods)


def _integer_roots(polynomial: Dim, variable: Symbol) -> list[int] | None:
    """The integer roots of a polynomial that is not 0: each divides the last coefficient that is not 0."""
    if isinstance(polynomial, int):
        return []
    if atoms(polynomial) != {variable}:
        return None
    coefficients = {sum(power for _, power in monomial): c for monomial, c in polynomial.terms.items()}
    least = min(coefficients)
    if abs(coefficients[least]) > _LARGEST_TARGET:
        return None
    candidates = [sign * divisor for divisor in divisors(abs(coefficients[least])) for sign in (1, -1)]
    roots = [q for q in candidates if sum(c * q**power for power, c in coefficients.items()) == 0]
    return [0, *roots] if least else roots


@lru_cache(maxsize=1024)
def divisors(number: int) -> tuple[int, ...]:
    """Return the positive divisors of a positive number, in order."""
    small = [divisor for divisor in range(1, math.isqrt(number) + 1) if number % divisor == 0]
    return tuple(sorted({*small, *(number // divisor for divisor in small)}))


# Equations that are linear in a symbol


def primitive(dim: Dim) -> Dim:
    """Return ``dim`` without the common factor of its coefficients; 1 when for that reason it is never 0."""
    if isinstance(dim, int):
        return dim
    factor = math.gcd(*(coefficient for monomial, coefficient in dim.terms.items() if monomial))
    if constant(dim) % factor:
        return 1
    return Expr({monomial: coefficient // factor for monomial, coefficient in dim.terms.items()})


def solved(dim: Expr) -> tuple[Symbol, Dim] | None:
    """Return a symbol and the value for which ``dim`` is 0: the worst founded one, and of those the newest."""
    candidates = [symbol for symbol, _ in _solutions(dim)]
    if not candidates:
        return None
    chosen = max(candidates, key=lambda symbol: (symbol.grade, symbol.serial))
    return chosen, dict(_solutions(dim))[chosen]


def _solutions(dim: Expr) -> Iterator[tuple[Symbol, Dim]]:
    for monomial, coefficient in dim.terms.items():
        form = linear(Expr({monomial: coefficient})) if abs(coefficient) == 1 else None
        if form is not None and isinstance(form[1], Symbol) and _stands_alone(form[1], dim):
            yield form[1], as_expr(form[1]) - coefficient * dim


def _stands_alone(symbol: Symbol, dim: Expr) -> bool:
    """Whether ``dim`` has the symbol in no other term than a multiple of it."""
    alone = next(iter(as_expr(symbol).terms))
    return not any(symbol in symbols(Expr({monomial: 1})) for monomial in dim.terms if monomial != alone)


def congruence(dim: Expr) -> tuple[Symbol, int, int] | None:
    """Return ``(y, r, m)`` when ``dim == 0`` means ``y % m == r``: all its terms but ``u*y + v`` are multiples of m."""
    moduli = {abs(coefficient) for monomial, coefficient in dim.terms.items() if monomial} - {1}
    for modulus in sorted(moduli):
        found = _linear_congruence(residues(dim, modulus), modulus)
        if found is not None and _stands_alone(found[0], dim):
            return found
    return None


def _linear_congruence(dim: Dim, modulus: int) -> tuple[Symbol, int, int] | None:
    factor, symbol, shift = linear(dim) or (0, None, 0)
    if not isinstance(symbol, Symbol):
        return None
    divisor = math.gcd(factor, modulus)
    if divisor == modulus or shift % divisor:
        return None
    inverse = pow(factor // divisor, -1, modulus // divisor)
    return symbol, -(shift // divisor) * inverse % (modulus // divisor), modulus // divisor


# Products


def separated(dim: Expr) -> list[tuple[Expr, Dim]] | None:
    """Return ``[(x, r), …]`` when ``dim`` is the product of several x minus that of all ``x - r``, r being ``x % k``.

    For positive x it is 0 when all r are 0.
    """
    whole = [monomial for monomial, coefficient in dim.terms.items() if coefficient in (1, -1)]
    parts = [(monomial, coefficient) for monomial, coefficient in dim.terms.items() if coefficient not in (1, -1)]
    if len(whole) != 1 or len(parts) != 1 or dim.terms[whole[0]] * parts[0][1] > 0:
        return None
    left, found = _flat(whole[0]), []
    scale = 1
    for quotient in _flat(parts[0][0]):
        pair = next((pair for atom in left if (pair := _divided(atom, quotient)) is not None), None)
        if pair is None:
            return None
        atom, divisor = pair
        left.remove(atom)
        scale *= divisor
        found.append((as_expr(atom), as_expr(atom) % divisor))
    return found if len(found) > 1 and not left and scale == abs(parts[0][1]) else None


def gaps(dim: Expr) -> list[Dim] | None:
    """Return dims that are at least 0 exactly when ``dim``, which is ``x - min(x, …)`` or ``max(x, …) - x``, is 0."""
    for monomial, coefficient in dim.terms.items():
        atom = next(iter(_flat(monomial)), None)
        if not isinstance(atom, Max | Min) or len(_flat(monomial)) > 1 or abs(coefficient) != 1:
            continue
        chosen = as_expr(atom) - coefficient * dim
        if chosen in atom.arguments:
            sign = 1 if isinstance(atom, Max) else -1
            return [sign * (chosen - other) for other in atom.arguments if other != chosen]
    return None


def _flat(monomial: Monomial) -> list[Atom]:
    return [atom for atom, power in monomial for _ in range(power)]


def _divided(atom: Atom, quotient: Atom) -> tuple[Atom, int] | None:
    """``atom`` and the number by which it is divided to give ``quotient``."""
    if not isinstance(quotient, FloorDiv) or not isinstance(quotient.divisor, int):
        return None
    inner = atom.divisor if isinstance(atom, FloorDiv) else 1
    divisor = quotient.divisor // inner if isinstance(inner, int) else 0
    return (atom, divisor) if divisor > 1 and as_expr(atom) // divisor == as_expr(quotient) else None


@dataclass(frozen=True, slots=True)
class Cases:
    """Intervals of symbols, case by case: no solution is outside of all; ``exact``: nothing else is in them either."""

    cases: tuple[dict[Symbol, Interval], ...]
    exact: bool

    def hulls(self) -> dict[Symbol, Interval]:
        """Return for each symbol that all cases limit the interval around its values."""
        limited = set.intersection(*map(set, self.cases)) if self.cases else set()
        return {symbol: hull(self.values(symbol)) for symbol in limited}

    def values(self, symbol: Symbol) -> tuple[Progression, ...]:
        """Return the values of a symbol that every case limits."""
        return merge(values for case in self.cases for values in progressions(case[symbol]))


def factorisations(dim: Expr, bounds_of: Callable[[Dim], Interval]) -> Cases | None:
    """Return the cases in which ``dim``, a product plus a number, is 0; None when it is none or has too many."""
    coefficient, shifted, rest = factors(dim)
    if len(shifted) < 2 or rest == 0 or abs(rest) > _LARGEST_TARGET:
        return None
    target, remainder = divmod(-rest, coefficient)
    if remainder:
        return Cases((), True)
    parts = [as_expr(atom) + shift for atom, shift in shifted]
    splits = list(islice(_splits(target, [bounds_of(part) for part in parts]), _MOST_FACTORISATIONS + 1))
    if len(splits) > _MOST_FACTORISATIONS:
        return None
    cases = [case for values in splits if (case := _case(parts, values, bounds_of)) is not None]
    return Cases(tuple(cases), all(preimage(part, (1, 1)) for part in parts))


def _splits(target: int, limits: list[Interval]) -> Iterator[tuple[int, ...]]:
    """All ways to write ``target`` as a product with one factor within each of the limits."""
    if len(limits) == 1:
        if not is_empty(intersect(limits[0], (target, target))):
            yield (target,)
        return
    for divisor in divisors(abs(target)):
        for factor in (divisor, -divisor):
            if not is_empty(intersect(limits[0], (factor, factor))):
                yield from ((factor, *others) for others in _splits(target // factor, limits[1:]))


def _case(
    parts: list[Dim], values: tuple[int, ...], bounds_of: Callable[[Dim], Interval]
) -> dict[Symbol, Interval] | None:
    case: dict[Symbol, Interval] = {}
    for part, value in zip(parts, values, strict=True):
        found = preimage(part, (value, value))
        if found is None:
            continue
        symbol, interval = found
        case[symbol] = intersect(interval, case.get(symbol) or bounds_of(as_expr(symbol)))
        if is_empty(case[symbol]):
            return None
    return case
