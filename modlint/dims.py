"""Symbolic integers: tensor sizes as polynomials that are normalised at construction, so that ``==`` is structural.

A dim is an int or an ``Expr``: a polynomial with integer coefficients over atoms. An atom is a symbol, or a floor
division, maximum or minimum of dims. ``mod(e, k)`` has no atom of its own, it is ``e - k*floordiv(e, k)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, IntEnum
from functools import reduce
from itertools import chain, count
from typing import ClassVar, NamedTuple, TypeAlias


class Answer(Enum):
    """What is known of a statement about dims: it holds for all values, for none, or neither could be shown."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


class Grade(IntEnum):
    """How well a symbol is founded: the reader said so, an operation demands it, or it is only assumed."""

    STATED = 0
    CONTRACT = 1
    ASSUMED = 2


class Symbol:
    """An unknown integer within ``lower..upper`` (None: no limit); two symbols are equal only when identical."""

    __slots__ = ("grade", "lower", "name", "serial", "upper")
    _serials: ClassVar[count[int]] = count()

    def __init__(self, name: str, lower: int = 1, upper: int | None = None, grade: Grade = Grade.ASSUMED) -> None:
        self.name = name
        self.lower = lower
        self.upper = upper
        self.grade = grade
        self.serial = next(Symbol._serials)

    def __hash__(self) -> int:
        return self.serial

    def __repr__(self) -> str:
        return f"Symbol({self.name!r})"


class _Compound:
    """An atom that is a function of other dims; two are equal when they are the same function of equal dims."""

    __slots__ = ("_hash",)
    _hash: int

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return _atom_text(self)  # type: ignore[arg-type]


class FloorDiv(_Compound):
    """``numerator // divisor``, neither of which has a common factor with the other."""

    __slots__ = ("divisor", "numerator")

    def __init__(self, numerator: Dim, divisor: Dim) -> None:
        self.numerator = numerator
        self.divisor = divisor
        self._hash = hash((1, numerator, divisor))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, FloorDiv):
            return NotImplemented
        return self._hash == other._hash and self.divisor == other.divisor and self.numerator == other.numerator

    __hash__ = _Compound.__hash__


class _Extremum(_Compound):
    __slots__ = ("arguments",)
    _tag: ClassVar[int]

    def __init__(self, arguments: frozenset[Dim]) -> None:
        self.arguments = arguments
        self._hash = hash((self._tag, arguments))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, _Extremum):
            return NotImplemented
        return self._tag == other._tag and self._hash == other._hash and self.arguments == other.arguments

    __hash__ = _Compound.__hash__


class Max(_Extremum):
    """The largest of two or more dims, none of which is known to be the largest."""

    __slots__ = ()
    _tag = 2


class Min(_Extremum):
    """The smallest of two or more dims, none of which is known to be the smallest."""

    __slots__ = ()
    _tag = 3


Atom: TypeAlias = Symbol | FloorDiv | Max | Min
Monomial: TypeAlias = frozenset[tuple[Atom, int]]
Interval: TypeAlias = tuple[int | None, int | None]
_CONSTANT: Monomial = frozenset()


class Expr:
    """An immutable polynomial that is not constant: ``terms`` maps each product of atoms to its coefficient."""

    __slots__ = ("_hash", "_range", "_symbols", "terms")

    def __init__(self, terms: dict[Monomial, int]) -> None:
        self.terms = terms
        self._hash: int | None = None
        self._symbols: frozenset[Symbol] | None = None
        self._range: _Range | None = None

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Expr) and self.terms == other.terms

    def __add__(self, other: Dim) -> Dim:
        return _sum(self.terms, _terms(other), 1)

    __radd__ = __add__

    def __sub__(self, other: Dim) -> Dim:
        return _sum(self.terms, _terms(other), -1)

    def __rsub__(self, other: Dim) -> Dim:
        return _sum(_terms(other), self.terms, -1)

    def __neg__(self) -> Expr:
        return Expr({monomial: -coefficient for monomial, coefficient in self.terms.items()})

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, Expr):
            return _product(self.terms, other.terms)
        return Expr({monomial: other * coefficient for monomial, coefficient in self.terms.items()}) if other else 0

    __rmul__ = __mul__

    def __floordiv__(self, other: Dim) -> Dim:
        return floordiv(self, other)

    def __rfloordiv__(self, other: Dim) -> Dim:
        return floordiv(other, self)

    def __mod__(self, other: Dim) -> Dim:
        return self - other * floordiv(self, other)

    def __rmod__(self, other: Dim) -> Dim:
        return other - self * floordiv(other, self)

    def __repr__(self) -> str:
        return text(self)


Dim: TypeAlias = int | Expr


def symbol(name: str, *, lower: int = 1, upper: int | None = None, grade: Grade = Grade.ASSUMED) -> Expr:
    """Return a new unknown, different from every other one of that name."""
    return as_expr(Symbol(name, lower, upper, grade))


def as_expr(atom: Atom) -> Expr:
    """Return the polynomial that consists of ``atom`` alone."""
    return Expr({frozenset(((atom, 1),)): 1})


def product(dims: Iterable[Dim]) -> Dim:
    """Return the product of all ``dims``, 1 for none."""
    result: Dim = 1
    for dim in dims:
        result = result * dim
    return result


def ceildiv(a: Dim, b: Dim) -> Dim:
    """Return ``a / b`` rounded up."""
    return -floordiv(-a, b)


def symbols(dim: Dim) -> frozenset[Symbol]:
    """Return the symbols that ``dim`` is made of, those inside of floor divisions, maxima and minima included."""
    if not isinstance(dim, Expr):
        return frozenset()
    if dim._symbols is None:
        dim._symbols = frozenset(chain.from_iterable(_atom_symbols(atom) for atom in atoms(dim)))
    return dim._symbols


def atoms(dim: Dim) -> frozenset[Atom]:
    """Return the atoms of the polynomial ``dim``, without those that stand inside of other atoms."""
    return frozenset(atom for monomial in _terms(dim) for atom, _ in monomial)


def constant(dim: Dim) -> int:
    """Return the term of the polynomial ``dim`` that has no atom."""
    return _terms(dim).get(_CONSTANT, 0)


def linear(dim: Dim) -> tuple[int, Atom, int] | None:
    """Return ``(a, x, b)`` when ``dim`` is ``a*x + b`` for a single atom ``x``."""
    variable = [term for term in _terms(dim).items() if term[0]]
    if len(variable) != 1:
        return None
    ((monomial, coefficient),) = variable
    if len(monomial) != 1:
        return None
    ((atom, power),) = monomial
    return (coefficient, atom, constant(dim)) if power == 1 else None


def is_symbol(dim: Dim) -> bool:
    """Return whether ``dim`` is a symbol by itself."""
    parts = linear(dim) if isinstance(dim, Expr) else None
    return parts is not None and isinstance(parts[1], Symbol) and (parts[0], parts[2]) == (1, 0)


def divisors(dim: Dim) -> frozenset[int]:
    """Return the integers that ``dim`` divides by, those inside of other atoms included."""
    found: set[int] = set()
    for atom in atoms(dim):
        if isinstance(atom, FloorDiv) and isinstance(atom.divisor, int):
            found.add(atom.divisor)
        found.update(chain.from_iterable(divisors(part) for part in _atom_parts(atom)))
    return frozenset(found)


def substitute(dim: Dim, values: Mapping[Symbol, Dim]) -> Dim:
    """Return ``dim`` with every symbol that has a value replaced by it, all at once."""
    if not isinstance(dim, Expr) or symbols(dim).isdisjoint(values):
        return dim
    total: Dim = 0
    for monomial, coefficient in dim.terms.items():
        total = total + coefficient * product(_substitute_atom(atom, values) for atom, n in monomial for _ in range(n))
    return total


def _terms(dim: Dim) -> dict[Monomial, int]:
    if isinstance(dim, Expr):
        return dim.terms
    return {_CONSTANT: dim} if dim else {}


def _dim(terms: dict[Monomial, int]) -> Dim:
    if not terms:
        return 0
    if len(terms) == 1 and _CONSTANT in terms:
        return terms[_CONSTANT]
    return Expr(terms)


def _sum(left: dict[Monomial, int], right: dict[Monomial, int], factor: int) -> Dim:
    terms = dict(left)
    for monomial, coefficient in right.items():
        total = terms.get(monomial, 0) + factor * coefficient
        if total:
            terms[monomial] = total
        else:
            del terms[monomial]
    return _dim(terms)


def _product(left: dict[Monomial, int], right: dict[Monomial, int]) -> Dim:
    terms: dict[Monomial, int] = {}
    for a, p in left.items():
        for b, q in right.items():
            monomial = _join(a, b)
            terms[monomial] = terms.get(monomial, 0) + p * q
    return _dim({monomial: coefficient for monomial, coefficient in terms.items() if coefficient})


def _join(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return frozenset(powers.items())


def _atom_parts(atom: Atom) -> Iterable[Dim]:
    if isinstance(atom, Symbol):
        return ()
    return (atom.numerator, atom.divisor) if isinstance(atom, FloorDiv) else atom.arguments


def _atom_symbols(atom: Atom) -> frozenset[Symbol]:
    if isinstance(atom, Symbol):
        return frozenset((atom,))
    return frozenset(chain.from_iterable(symbols(part) for part in _atom_parts(atom)))


def _substitute_atom(atom: Atom, values: Mapping[Symbol, Dim]) -> Dim:
    if isinstance(atom, Symbol):
        value = values.get(atom)
        return as_expr(atom) if value is None else value
    if isinstance(atom, FloorDiv):
        return floordiv(substitute(atom.numerator, values), substitute(atom.divisor, values))
    extremum = maximum if isinstance(atom, Max) else minimum
    return reduce(extremum, (substitute(argument, values) for argument in atom.arguments))


# Division


def floordiv(a: Dim, b: Dim) -> Dim:
    """Return ``a // b`` as Python defines it; raise ZeroDivisionError when ``b`` is 0."""
    if isinstance(b, Expr):
        return _floordiv_by_expr(a, b)
    if not isinstance(a, Expr):
        return a // b
    if b == 0:
        raise ZeroDivisionError("integer division or modulo by zero")
    return _floordiv_by_int(a, b) if b > 0 else _floordiv_by_int(-a, -b)


def divide_exactly(a: Dim, b: Dim) -> Dim | None:
    """Return the polynomial ``q`` with ``q * b == a``, or None when there is none with integer coefficients."""
    if b == 0:
        raise ZeroDivisionError("integer division or modulo by zero")
    quotient: Dim = 0
    ranks = {atom: rank for rank, atom in enumerate(atoms(a) | atoms(b))}
    divisor, by = _leading(b, ranks)
    while a != 0:
        monomial, coefficient = _leading(a, ranks)
        rest = _monomial_quotient(monomial, divisor)
        if rest is None or coefficient % by:
            return None
        step = _dim({rest: coefficient // by})
        quotient, a = quotient + step, a - step * b
    return quotient


def _leading(dim: Dim, ranks: Mapping[Atom, int]) -> tuple[Monomial, int]:
    """The term that is largest in the lexicographic order of exponents, which multiplication keeps."""

    def exponents(term: tuple[Monomial, int]) -> list[int]:
        powers = [0] * len(ranks)
        for atom, power in term[0]:
            powers[ranks[atom]] = power
        return powers

    return max(_terms(dim).items(), key=exponents)


def _monomial_quotient(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    if monomial.issuperset(divisor):
        return monomial - divisor
    powers = dict(monomial)
    for atom, power in divisor:
        powers[atom] = powers.get(atom, 0) - power
        if powers[atom] < 0:
            return None
    return frozenset((atom, power) for atom, power in powers.items() if power)


def _floordiv_by_int(a: Expr, k: int) -> Dim:
    """Whole multiples of k leave, ``floor(-n / k)`` is ``-floor((n + k - 1) / k)``, and residues are in 0..k-1."""
    whole = _dim({monomial: c // k for monomial, c in a.terms.items() if c % k == 0})
    rest = _dim({monomial: c for monomial, c in a.terms.items() if c % k})
    if isinstance(rest, Expr) and all(c < 0 for monomial, c in rest.terms.items() if monomial):
        return whole - _floordiv_of_residues(-rest + (k - 1), k)
    return whole + _floordiv_of_residues(rest, k)


def _floordiv_of_residues(a: Dim, k: int) -> Dim:
    whole = _dim({monomial: c // k for monomial, c in _terms(a).items() if c // k})
    rest = _terms(residues(a, k))
    common = math.gcd(k, *(c for monomial, c in rest.items() if monomial))
    reduced = _dim({monomial: c // common for monomial, c in rest.items() if c // common})
    return whole + _collapsed(reduced, k // common)


def _collapsed(a: Dim, k: int) -> Dim:
    """``floor((floor(n / c) + p) / k) == floor((n + c*p) / (c*k))``, which makes one atom of a chain of layers."""
    if not isinstance(a, Expr) or k == 1:
        return a // k
    inner = [found for monomial, c in a.terms.items() if c == 1 and (found := _lone_quotient(monomial))]
    if len(inner) != 1:
        return as_expr(FloorDiv(a, k))
    ((atom, n, c),) = inner
    return floordiv(n + c * (a - as_expr(atom)), c * k)


def _lone_quotient(monomial: Monomial) -> tuple[FloorDiv, Dim, int] | None:
    """The atom, n and k when the monomial is just ``n // k``."""
    if len(monomial) != 1:
        return None
    ((atom, power),) = monomial
    if power != 1 or not isinstance(atom, FloorDiv) or isinstance(atom.divisor, Expr):
        return None
    return atom, atom.numerator, atom.divisor


def _floordiv_by_expr(a: Dim, b: Expr) -> Dim:
    quotient = divide_exactly(a, b)
    if quotient is not None:
        return quotient
    common = _common_factor(a, b)
    a, b_rest = _quotient_by_term(a, common), _quotient_by_term(b, common)
    return as_expr(FloorDiv(a, b_rest)) if isinstance(b_rest, Expr) else floordiv(a, b_rest)


def _common_factor(a: Dim, b: Dim) -> tuple[Monomial, int]:
    terms = [*_terms(a).items(), *_terms(b).items()]
    powers = dict(terms[0][0])
    for monomial, _ in terms:
        other = dict(monomial)
        powers = {atom: min(power, other[atom]) for atom, power in powers.items() if atom in other}
    return frozenset(powers.items()), math.gcd(*(coefficient for _, coefficient in terms))


def _quotient_by_term(dim: Dim, term: tuple[Monomial, int]) -> Dim:
    divisor, by = term
    quotients = ((_monomial_quotient(monomial, divisor), c // by) for monomial, c in _terms(dim).items())
    return _dim({monomial: c for monomial, c in quotients if monomial is not None})


# Extrema


def maximum(a: Dim, b: Dim) -> Dim:
    """Return the larger of two dims."""
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    return _extremum(Max, _arguments(Max, a) | _arguments(Max, b), _never_above)


def minimum(a: Dim, b: Dim) -> Dim:
    """Return the smaller of two dims."""
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    return _extremum(Min, _arguments(Min, a) | _arguments(Min, b), lambda one, other: _never_above(other, one))


def _arguments(kind: type[Max] | type[Min], dim: Dim) -> frozenset[Dim]:
    form = linear(dim)
    if form is None or not isinstance(form[1], kind) or form[0] != 1:
        return frozenset((dim,))
    return frozenset(argument + form[2] for argument in form[1].arguments)


def _extremum(kind: type[Max] | type[Min], arguments: frozenset[Dim], yields: Callable[[Dim, Dim], bool]) -> Dim:
    """Drop every argument that yields to another one; what all have in common as a constant leaves the atom."""
    kept: list[Dim] = []
    for argument in arguments:
        if not any(yields(argument, other) for other in kept):
            kept = [other for other in kept if not yields(other, argument)] + [argument]
    if len(kept) == 1:
        return kept[0]
    common = min(map(constant, kept))
    return as_expr(kind(frozenset(argument - common for argument in kept))) + common


def _never_above(a: Dim, b: Dim) -> bool:
    upper = bounds(a - b)[1]
    return upper is not None and upper <= 0


# Bounds: inside, an interval has the ends -inf and inf where the public one has None

_Range: TypeAlias = tuple[float, float]
_NOTHING: Mapping[Symbol, Interval] = {}


class _Known(NamedTuple):
    """What is known of some symbols, and the ranges that were worked out with it: dims share their inner ones."""

    limits: Mapping[Symbol, Interval]
    ranges: dict[Expr, _Range]


def bounds(dim: Dim, known: Mapping[Symbol, Interval] = _NOTHING) -> Interval:
    """Return limits (None: no limit) that hold for all values of the symbols, whose own limits ``known`` may narrow."""
    if not isinstance(dim, Expr):
        return dim, dim
    return _public(_range(dim, _Known(known, {})))


def _public(interval: _Range) -> Interval:
    low, high = interval
    return None if low == -math.inf else int(low), None if high == math.inf else int(high)


def _private(interval: Interval) -> _Range:
    low, high = interval
    return -math.inf if low is None else low, math.inf if high is None else high


def _range(dim: Dim, known: _Known) -> _Range:
    if not isinstance(dim, Expr):
        return dim, dim
    if known.limits and not symbols(dim).isdisjoint(known.limits):
        if dim not in known.ranges:
            known.ranges[dim] = _range_of_sum(dim, known)
        return known.ranges[dim]
    if dim._range is None:
        dim._range = _range_of_sum(dim, _Known(_NOTHING, {}))
    return dim._range


def _range_of_sum(dim: Expr, known: _Known) -> _Range:
    direct = _polynomial_range(dim, known)
    if len(dim.terms) < 3 and (len(dim.terms) < 2 or _CONSTANT in dim.terms):
        return direct
    low, high = _relaxed_range(dim, known)
    return max(direct[0], low), min(direct[1], high)


def _polynomial_range(dim: Expr, known: _Known) -> _Range:
    """With every atom written as its lower limit plus a rest that is at least 0, so that ``h*w - h`` is bounded."""
    ranges = {atom: _atom_range(atom, known) for atom in atoms(dim)}
    shifted: Dim = dim
    if len(dim.terms) > 1 and any(len(m) > 1 or any(power > 1 for _, power in m) for m in dim.terms):
        shifted, ranges = _shifted(dim, ranges)
    low: float = 0
    high: float = 0
    for monomial, coefficient in _terms(shifted).items():
        least, most = _monomial_range(monomial, ranges)
        ends = (_times(coefficient, least), _times(coefficient, most))
        low, high = _plus(low, min(ends)), _plus(high, max(ends))
    return low, high


def _shifted(dim: Expr, ranges: Mapping[Atom, _Range]) -> tuple[Dim, dict[Atom, _Range]]:
    lows = {atom: 0 if low == -math.inf else int(low) for atom, (low, _) in ranges.items()}
    moved: Dim = 0
    for monomial, coefficient in dim.terms.items():
        moved = moved + coefficient * product(as_expr(atom) + lows[atom] for atom, n in monomial for _ in range(n))
    return moved, {atom: (_plus(low, -lows[atom]), _plus(high, -lows[atom])) for atom, (low, high) in ranges.items()}


def _monomial_range(monomial: Monomial, ranges: Mapping[Atom, _Range]) -> _Range:
    low: float = 1
    high: float = 1
    for atom, power in monomial:
        least, most = _power_range(ranges[atom], power)
        corners = (_times(low, least), _times(low, most), _times(high, least), _times(high, most))
        low, high = min(corners), max(corners)
    return low, high


def _power_range(interval: _Range, power: int) -> _Range:
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


def _atom_range(atom: Atom, known: _Known) -> _Range:
    if isinstance(atom, Symbol):
        return _private(known.limits.get(atom) or (atom.lower, atom.upper))
    if isinstance(atom, FloorDiv):
        return _quotient_range(_range(atom.numerator, known), _range(atom.divisor, known))
    lows, highs = zip(*(_range(argument, known) for argument in atom.arguments), strict=True)
    choose = max if isinstance(atom, Max) else min
    return choose(lows), choose(highs)


def _quotient_range(numerator: _Range, divisor: _Range) -> _Range:
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


def _relaxed_range(dim: Expr, known: _Known) -> _Range:
    """With every ``n // k`` that stands alone written as ``(n - r) / k``, ``0 <= r < k``: ``H - 2*(H//2)`` is 0..1."""
    quotients = [(c, found) for monomial, c in dim.terms.items() if (found := _lone_quotient(monomial))]
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


# Text


def text(dim: Dim) -> str:
    """Return ``dim`` as a Python expression for people: ``512*h``, ``(H - 5)//2``."""
    if not isinstance(dim, Expr):
        return str(dim)
    form = linear(dim)
    if form is not None and form[0] == 1:
        return _shifted_text(form[1], form[2])
    coefficient, shifted, rest = factors(dim)
    return _product_text(coefficient, shifted) if shifted and not rest else _sum_text(dim)


def _shifted_text(atom: Atom, shift: int) -> str:
    """``n//k + c`` is shown as ``(n + k*c)//k``."""
    if isinstance(atom, FloorDiv) and isinstance(atom.divisor, int):
        return f"{_wrapped(atom.numerator + atom.divisor * shift)}//{atom.divisor}"
    return f"{_atom_text(atom)} {'-' if shift < 0 else '+'} {abs(shift)}" if shift else _atom_text(atom)


def _atom_text(atom: Atom) -> str:
    if isinstance(atom, Symbol):
        return atom.name
    if isinstance(atom, FloorDiv):
        return f"{_wrapped(atom.numerator)}//{_wrapped(atom.divisor)}"
    name = "max" if isinstance(atom, Max) else "min"
    return f"{name}({', '.join(sorted(map(text, atom.arguments)))})"


def _sum_text(dim: Expr) -> str:
    pieces = sorted((_rank(monomial, c), c < 0, _term_text(monomial, abs(c))) for monomial, c in dim.terms.items())
    return "".join(
        f"{'-' if negative else ''}{piece}" if place == 0 else f" {'-' if negative else '+'} {piece}"
        for place, (_, negative, piece) in enumerate(pieces)
    )


def _rank(monomial: Monomial, coefficient: int) -> tuple[bool, bool, int]:
    """The constant comes last; a sum starts with a positive term if there is one."""
    return not monomial, coefficient < 0, -sum(power for _, power in monomial)


def _term_text(monomial: Monomial, coefficient: int) -> str:
    return _product_text(coefficient, [(atom, 0) for atom, power in monomial for _ in range(power)])


def _product_text(coefficient: int, shifted: list[tuple[Atom, int]]) -> str:
    names = sorted(
        (_wrapped(as_expr(atom) + shift) for atom, shift in shifted), key=lambda name: (name[0] == "(", name)
    )
    if not names or abs(coefficient) != 1:
        return "*".join([str(coefficient), *names])
    return ("-" if coefficient < 0 else "") + "*".join(names)


def _wrapped(dim: Dim) -> str:
    inner = text(dim)
    form = linear(dim)
    plain = form is not None and form[0] == 1 and form[2] == 0 and not isinstance(form[1], FloorDiv)
    return inner if plain or isinstance(dim, int) else f"({inner})"


# Factors


def common_atoms(dim: Expr) -> frozenset[Atom]:
    """Return the atoms that are in every term of ``dim``."""
    return frozenset.intersection(*(frozenset(atom for atom, _ in monomial) for monomial in dim.terms))


def quotient(dim: Expr, atom: Atom) -> Dim:
    """Return ``dim`` divided by one of its common atoms."""
    return _quotient_by_term(dim, (frozenset(((atom, 1),)), 1))


def remainder(dim: Expr) -> tuple[int, Expr, int, int] | None:
    """Return ``(a, n, k, b)`` when ``dim`` is ``a*(n % k) + b`` for an integer ``k``."""
    for monomial, coefficient in dim.terms.items():
        found = _lone_quotient(monomial)
        if found is None or coefficient % found[2]:
            continue
        atom, numerator, divisor = found
        factor = -coefficient // divisor
        shift = dim - coefficient * as_expr(atom) - factor * numerator
        if isinstance(numerator, Expr) and isinstance(shift, int):
            return factor, numerator, divisor, shift
    return None


def residues(dim: Dim, modulus: int) -> Dim:
    """Return ``dim`` with every coefficient in ``0..modulus - 1``; it differs from ``dim`` by a multiple of modulus."""
    return _dim({monomial: c % modulus for monomial, c in _terms(dim).items() if c % modulus})


def balanced(dim: Dim, modulus: int) -> Dim:
    """Return ``dim`` with every coefficient as near to 0 as a multiple of modulus can bring it."""
    half = (modulus - 1) // 2
    reduced = {monomial: (c + half) % modulus - half for monomial, c in _terms(dim).items()}
    return _dim({monomial: c for monomial, c in reduced.items() if c})


def factors(dim: Expr) -> tuple[int, list[tuple[Atom, int]], int]:
    """Return ``(c, [(x, s), …], rest)`` such that ``dim`` is ``rest`` plus the product of ``c`` and of all ``x + s``.

    The list is empty when ``dim`` has no such form.
    """
    top = max(dim.terms, key=lambda monomial: sum(power for _, power in monomial))
    coefficient = dim.terms[top]
    shifts = [(atom, _shift(dim, top, atom, power)) for atom, power in top for _ in range(power)]
    rest = dim - coefficient * product(as_expr(atom) + shift for atom, shift in shifts)
    return (1, [], 0) if isinstance(rest, Expr) else (coefficient, shifts, rest)


def _shift(dim: Expr, top: Monomial, atom: Atom, power: int) -> int:
    below = (top - {(atom, power)}) | ({(atom, power - 1)} if power > 1 else frozenset())
    return dim.terms.get(below, 0) // (power * dim.terms[top])
