"""Symbols, the functions of dims that are atoms, and polynomials over both, with their arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import Enum, IntEnum
from itertools import chain, count
from typing import ClassVar, TypeAlias


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
        from modlint.dims.writing import atom_text

        return atom_text(self)  # type: ignore[arg-type]


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
Range: TypeAlias = tuple[float, float]
CONSTANT: Monomial = frozenset()


class Expr:
    """An immutable polynomial that is not constant: ``terms`` maps each product of atoms to its coefficient."""

    __slots__ = ("_hash", "_range", "_symbols", "_weight", "terms")

    def __init__(self, terms: dict[Monomial, int]) -> None:
        self.terms = terms
        self._hash: int | None = None
        self._symbols: frozenset[Symbol] | None = None
        self._range: Range | None = None
        self._weight: int | None = None

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Expr) and self.terms == other.terms

    def __add__(self, other: Dim) -> Dim:
        return _sum(self.terms, terms_of(other), 1)

    __radd__ = __add__

    def __sub__(self, other: Dim) -> Dim:
        return _sum(self.terms, terms_of(other), -1)

    def __rsub__(self, other: Dim) -> Dim:
        return _sum(terms_of(other), self.terms, -1)

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
        from modlint.dims.writing import text

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


def weight(dim: Dim) -> int:
    """Return how many atoms ``dim`` is written with, those inside of others included, however often they repeat."""
    if not isinstance(dim, Expr):
        return 0
    if dim._weight is None:
        dim._weight = sum(1 + sum(map(weight, parts_of(atom))) for monomial in dim.terms for atom, _ in monomial)
    return dim._weight


def atoms(dim: Dim) -> frozenset[Atom]:
    """Return the atoms of the polynomial ``dim``, without those that stand inside of other atoms."""
    return frozenset(atom for monomial in terms_of(dim) for atom, _ in monomial)


def constant(dim: Dim) -> int:
    """Return the term of the polynomial ``dim`` that has no atom."""
    return terms_of(dim).get(CONSTANT, 0)


def linear(dim: Dim) -> tuple[int, Atom, int] | None:
    """Return ``(a, x, b)`` when ``dim`` is ``a*x + b`` for a single atom ``x``."""
    variable = [term for term in terms_of(dim).items() if term[0]]
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
        found.update(chain.from_iterable(divisors(part) for part in parts_of(atom)))
    return frozenset(found)


def terms_of(dim: Dim) -> dict[Monomial, int]:
    """Return the coefficients of ``dim`` by monomial, those that are 0 left out."""
    if isinstance(dim, Expr):
        return dim.terms
    return {CONSTANT: dim} if dim else {}


def of_terms(terms: dict[Monomial, int]) -> Dim:
    """Return the dim that has these coefficients, none of which is 0."""
    if not terms:
        return 0
    if len(terms) == 1 and CONSTANT in terms:
        return terms[CONSTANT]
    return Expr(terms)


def _sum(left: dict[Monomial, int], right: dict[Monomial, int], factor: int) -> Dim:
    terms = dict(left)
    for monomial, coefficient in right.items():
        total = terms.get(monomial, 0) + factor * coefficient
        if total:
            terms[monomial] = total
        else:
            del terms[monomial]
    return of_terms(terms)


def _product(left: dict[Monomial, int], right: dict[Monomial, int]) -> Dim:
    terms: dict[Monomial, int] = {}
    for a, p in left.items():
        for b, q in right.items():
            monomial = _join(a, b)
            terms[monomial] = terms.get(monomial, 0) + p * q
    return of_terms({monomial: coefficient for monomial, coefficient in terms.items() if coefficient})


def _join(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return frozenset(powers.items())


def parts_of(atom: Atom) -> Iterable[Dim]:
    """Return the dims that ``atom`` is a function of."""
    if isinstance(atom, Symbol):
        return ()
    return (atom.numerator, atom.divisor) if isinstance(atom, FloorDiv) else atom.arguments


def _atom_symbols(atom: Atom) -> frozenset[Symbol]:
    if isinstance(atom, Symbol):
        return frozenset((atom,))
    return frozenset(chain.from_iterable(symbols(part) for part in parts_of(atom)))


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
        step = of_terms({rest: coefficient // by})
        quotient, a = quotient + step, a - step * b
    return quotient


def _leading(dim: Dim, ranks: Mapping[Atom, int]) -> tuple[Monomial, int]:
    """The term that is largest in the lexicographic order of exponents, which multiplication keeps."""

    def exponents(term: tuple[Monomial, int]) -> list[int]:
        powers = [0] * len(ranks)
        for atom, power in term[0]:
            powers[ranks[atom]] = power
        return powers

    return max(terms_of(dim).items(), key=exponents)


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
    whole = of_terms({monomial: c // k for monomial, c in a.terms.items() if c % k == 0})
    rest = of_terms({monomial: c for monomial, c in a.terms.items() if c % k})
    if isinstance(rest, Expr) and all(c < 0 for monomial, c in rest.terms.items() if monomial):
        return whole - _floordiv_of_residues(-rest + (k - 1), k)
    return whole + _floordiv_of_residues(rest, k)


def residues(dim: Dim, modulus: int) -> Dim:
    """Return ``dim`` with every coefficient in ``0..modulus - 1``; it differs from ``dim`` by a multiple of modulus."""
    return of_terms({monomial: c % modulus for monomial, c in terms_of(dim).items() if c % modulus})


def _floordiv_of_residues(a: Dim, k: int) -> Dim:
    whole = of_terms({monomial: c // k for monomial, c in terms_of(a).items() if c // k})
    rest = terms_of(residues(a, k))
    common = math.gcd(k, *(c for monomial, c in rest.items() if monomial))
    reduced = of_terms({monomial: c // common for monomial, c in rest.items() if c // common})
    return whole + _collapsed(reduced, k // common)


def _collapsed(a: Dim, k: int) -> Dim:
    """``floor((floor(n / c) + p) / k) == floor((n + c*p) / (c*k))``, which makes one atom of a chain of layers."""
    if not isinstance(a, Expr) or k == 1:
        return a // k
    inner = [found for monomial, c in a.terms.items() if c == 1 and (found := lone_quotient(monomial))]
    if len(inner) != 1:
        return as_expr(FloorDiv(a, k))
    ((atom, n, c),) = inner
    return floordiv(n + c * (a - as_expr(atom)), c * k)


def lone_quotient(monomial: Monomial) -> tuple[FloorDiv, Dim, int] | None:
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
    a, b_rest = quotient_by_term(a, common), quotient_by_term(b, common)
    return as_expr(FloorDiv(a, b_rest)) if isinstance(b_rest, Expr) else floordiv(a, b_rest)


def _common_factor(a: Dim, b: Dim) -> tuple[Monomial, int]:
    terms = [*terms_of(a).items(), *terms_of(b).items()]
    powers = dict(terms[0][0])
    for monomial, _ in terms:
        other = dict(monomial)
        powers = {atom: min(power, other[atom]) for atom, power in powers.items() if atom in other}
    return frozenset(powers.items()), math.gcd(*(coefficient for _, coefficient in terms))


def quotient_by_term(dim: Dim, term: tuple[Monomial, int]) -> Dim:
    """Return ``dim`` divided by a term that divides each of its own."""
    divisor, by = term
    quotients = ((_monomial_quotient(monomial, divisor), c // by) for monomial, c in terms_of(dim).items())
    return of_terms({monomial: c for monomial, c in quotients if monomial is not None})
