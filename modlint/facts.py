"""What must hold of the symbols for the code to run on: a store of equations, limits and divisibilities."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from modlint.dims import (
    Answer,
    Dim,
    Expr,
    Grade,
    Interval,
    Symbol,
    as_expr,
    bounds,
    constant,
    linear,
    substitute,
    symbols,
)
from modlint.solving import Progression, common, factorisations, intersect, is_empty, merge, preimage, zeros

_ROUNDS = 16
_SEARCH_STEPS = 2000
_ABSENT: Any = object()
_USUAL_BATCHES = [2, 3, 4, 1]
_USUAL_LENGTHS = [224, 32, 64, 128, 256, 28, 16, 8]
_USUAL_WIDTHS = [4, 8, 16, 3, 32, 64, 2, 1]


@dataclass(frozen=True, slots=True)
class Allowed:
    """The values that one symbol may have: the union of ``progressions``."""

    progressions: tuple[Progression, ...]

    def __contains__(self, value: int) -> bool:
        return any(value in progression for progression in self.progressions)

    def __str__(self) -> str:
        return " or ".join(map(_progression_text, self.progressions))


class Facts:
    """Facts about symbols; every answer YES or NO is certain, and what cannot be shown is MAYBE.

    An ``assume_…`` method answers YES when the statement holds already, NO when it contradicts what is known (nothing
    is recorded then), and MAYBE when it has been recorded.
    """

    def __init__(self) -> None:
        self._values: dict[Symbol, Dim] = {}
        self._ranges: dict[Symbol, Interval] = {}
        self._zeros: dict[Expr, None] = {}
        self._minima: dict[Expr, int] = {}
        self._touched: set[Symbol] = set()
        self._journal: list[tuple[dict[Any, Any], object, object]] = []

    # Queries

    def resolve(self, dim: Dim) -> Dim:
        """Return ``dim`` with every symbol whose value is known replaced by it."""
        while isinstance(dim, Expr) and self._values and not symbols(dim).isdisjoint(self._values):
            dim = substitute(dim, self._values)
        return dim

    def equal(self, a: Dim, b: Dim) -> Answer:
        """Say whether ``a == b`` for all values that the facts allow (YES), or for none (NO)."""
        return self._probe(self.assume_equal, a, b)

    def less(self, a: Dim, b: Dim) -> Answer:
        """Say whether ``a < b`` for all values that the facts allow (YES), or for none (NO)."""
        return self._probe(self.assume_at_least, b - a, 1)

    def divisible(self, a: Dim, k: Dim) -> Answer:
        """Say whether ``a % k == 0`` for all values that the facts allow (YES), or for none (NO)."""
        return self._probe(self.assume_equal, a % k, 0)

    def grade_of(self, *dims: Dim) -> Grade:
        """Return the worst grade of the symbols that decide the value of ``dims``."""
        return max((symbol.grade for dim in dims for symbol in symbols(self.resolve(dim))), default=Grade.STATED)

    # What is left

    def allowed(self, symbol: Symbol) -> Allowed | None:
        """Return exactly the values that the facts leave for ``symbol``; None when they cannot be told."""
        value = self.resolve(as_expr(symbol))
        if isinstance(value, int):
            return Allowed((Progression(value, value),))
        form = linear(value)
        if form is None:
            return None
        factor, variable, shift = form
        values = self._left_for(variable) if isinstance(variable, Symbol) else None
        return None if values is None else Allowed(merge(item.scaled(factor, shift) for item in values))

    def _left_for(self, symbol: Symbol) -> tuple[Progression, ...] | None:
        if any(symbol in symbols(dim) for dim in self._minima):
            return None
        left = _as_progressions(self._range(symbol))
        for dim in self._zeros:
            if symbol in symbols(dim):
                values = self._projection(dim, symbol)
                if values is None:
                    return None
                left = common(left, values)
        return left

    def _projection(self, dim: Expr, symbol: Symbol) -> tuple[Progression, ...] | None:
        """The values of ``symbol`` for which there are others that make ``dim`` 0."""
        others = symbols(dim) - {symbol}
        if not others:
            return self._values_of(dim, symbol)
        tables = [key for key in (*self._zeros, *self._minima) if key != dim]
        product = factorisations(dim, self._limits)
        if product is None or not product.exact or any(not symbols(key).isdisjoint(others) for key in tables):
            return None
        return merge(progression for case in product.cases for progression in _as_progressions(case[symbol]))

    def witnesses(self, wanted: Iterable[Symbol], count: int = 3) -> list[dict[Symbol, int]]:
        """Return up to ``count`` different assignments, usual values first, that satisfy everything known.

        Empty when none is found, which does not mean that there is none.
        """
        chosen = list(dict.fromkeys(wanted))
        found: list[dict[Symbol, int]] = []
        mark = self.mark()
        for turn in range(count):
            self._search([*chosen, *self._undecided()], turn, [_SEARCH_STEPS])
            witness = {symbol: self.resolve(as_expr(symbol)) for symbol in chosen}
            self.undo(mark)
            numbers = {symbol: value for symbol, value in witness.items() if isinstance(value, int)}
            if len(numbers) == len(chosen) and numbers not in found:
                found.append(numbers)
        return found

    def _undecided(self) -> list[Symbol]:
        dims = [*self._zeros, *self._minima]
        return sorted({symbol for dim in dims for symbol in symbols(dim)}, key=lambda symbol: symbol.serial)

    def _search(self, wanted: list[Symbol], turn: int, budget: list[int]) -> bool:
        """Give every wanted symbol a value, going back when none fits; True leaves the facts with these values."""
        for place, symbol in enumerate(wanted):
            if isinstance(self.resolve(as_expr(symbol)), int):
                continue
            return any(self._try(wanted[place:], value, turn, budget) for value in self._candidates(symbol, turn))
        return not self._zeros and not self._minima

    def _try(self, wanted: list[Symbol], value: int, turn: int, budget: list[int]) -> bool:
        budget[0] -= 1
        mark = self.mark()
        fits = budget[0] >= 0 and self.assume_equal(as_expr(wanted[0]), value) is not Answer.NO
        if fits and self._search(wanted[1:], turn, budget):
            return True
        self.undo(mark)
        return False

    def _candidates(self, symbol: Symbol, turn: int) -> list[int]:
        low, high = self._limits(self.resolve(as_expr(symbol)))
        usual = _usual(symbol.name)
        usual = usual[turn % len(usual) :] + usual[: turn % len(usual)]
        first = 1 if low is None else low
        ends = [*range(first, first + 8), *([] if high is None else [high])]
        return [
            value for value in dict.fromkeys([*usual, *ends]) if not is_empty(intersect((low, high), (value, value)))
        ]

    # Assumptions

    def assume_equal(self, a: Dim, b: Dim) -> Answer:
        """Record ``a == b``."""
        if isinstance(a, int) and isinstance(b, int):
            return Answer.YES if a == b else Answer.NO
        difference = self.resolve(a) - self.resolve(b)
        if isinstance(difference, int):
            return Answer.NO if difference else Answer.YES
        if difference in self._zeros or -difference in self._zeros or self._limits(difference) == (0, 0):
            return Answer.YES
        return self._record(self._require_zero, difference)

    def assume_at_least(self, a: Dim, minimum: int) -> Answer:
        """Record ``a >= minimum``."""
        excess = self.resolve(a) - minimum
        low, high = self._limits(excess)
        if low is not None and low >= 0:
            return Answer.YES
        if high is not None and high < 0:
            return Answer.NO
        return self._record(self._require_positive, excess)

    def assume_divisible(self, a: Dim, k: int) -> Answer:
        """Record ``a % k == 0``."""
        return self.assume_equal(a % k, 0)

    # Journal

    def mark(self) -> object:
        """Return a point in time that ``undo`` can go back to."""
        return len(self._journal)

    def undo(self, mark: object) -> None:
        """Forget everything recorded since ``mark``."""
        assert isinstance(mark, int)
        while len(self._journal) > mark:
            table, key, old = self._journal.pop()
            if old is _ABSENT:
                del table[key]
            else:
                table[key] = old

    def _put(self, table: dict[Any, Any], key: object, value: object) -> None:
        self._journal.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    def _drop(self, table: dict[Any, Any], key: object) -> None:
        self._journal.append((table, key, table.pop(key)))

    def _probe(self, assume: Callable[[Any, Any], Answer], a: Dim, b: Dim) -> Answer:
        mark = self.mark()
        answer = assume(a, b)
        self.undo(mark)
        return answer

    def _record(self, require: Callable[[Expr], bool], dim: Dim) -> Answer:
        mark = self.mark()
        assert isinstance(dim, Expr)
        if require(dim) and self._settle():
            return Answer.MAYBE
        self._touched.clear()
        self.undo(mark)
        return Answer.NO

    # Propagation: a method that returns False has found a contradiction

    def _range(self, symbol: Symbol) -> Interval:
        return self._ranges.get(symbol) or (symbol.lower, symbol.upper)

    def _limits(self, dim: Dim) -> Interval:
        if isinstance(dim, int):
            return dim, dim
        shift = constant(dim)
        low = self._minima.get(_as_key(dim))
        minus_high = self._minima.get(_as_key(-dim))
        known = (None if low is None else low + shift, None if minus_high is None else shift - minus_high)
        return intersect(bounds(dim, self._ranges), known)

    def _require_zero(self, dim: Dim) -> bool:
        reduced = _primitive(self.resolve(dim))
        if isinstance(reduced, int):
            return reduced == 0
        if is_empty(intersect(self._limits(reduced), (0, 0))):
            return False
        solved = _solved(reduced)
        if solved is not None:
            return self._bind(*solved)
        self._put(self._zeros, reduced, None)
        return self._propagate_zero(reduced)

    def _bind(self, symbol: Symbol, value: Dim) -> bool:
        low, high = self._range(symbol)
        self._put(self._values, symbol, value)
        self._touched.add(symbol)
        above = low is None or self._require_positive(value - low)
        return above and (high is None or self._require_positive(high - value))

    def _require_positive(self, dim: Dim) -> bool:
        """Record ``dim >= 0``."""
        dim = self.resolve(dim)
        low, high = self._limits(dim)
        if low is not None and low >= 0:
            return True
        if high is not None and high < 0:
            return False
        assert isinstance(dim, Expr)
        found = preimage(dim, (0, None))
        if found is not None:
            return self._narrow(*found)
        self._put(self._minima, _as_key(dim), -constant(dim))
        return True

    def _narrow(self, symbol: Symbol, interval: Interval) -> bool:
        known = self._range(symbol)
        narrowed = intersect(known, interval)
        if is_empty(narrowed):
            return False
        if narrowed != known:
            self._put(self._ranges, symbol, narrowed)
            self._touched.add(symbol)
            if narrowed[0] == narrowed[1] and narrowed[0] is not None:
                self._put(self._values, symbol, narrowed[0])
        return True

    def _propagate_zero(self, dim: Expr) -> bool:
        if len(symbols(dim)) == 1:
            return self._propagate_single(dim)
        found = factorisations(dim, self._limits)
        return found is None or self._narrow_to_cases(found.cases)

    def _propagate_single(self, dim: Expr) -> bool:
        (symbol,) = symbols(dim)
        found = self._values_of(dim, symbol)
        if found is None:
            return True
        if not found:
            return False
        if len(found) == 1:
            self._drop(self._zeros, dim)
            return self._restrict(symbol, found[0])
        highs = [item.high for item in found if item.high is not None]
        return self._narrow(symbol, (found[0].low, max(highs) if len(highs) == len(found) else None))

    def _values_of(self, dim: Expr, symbol: Symbol) -> tuple[Progression, ...] | None:
        """The values of the only symbol of ``dim`` for which it is 0."""
        within = self._range(symbol)
        found = preimage(dim, (0, 0))
        if found is not None:
            return _as_progressions(intersect(found[1], within))
        product = factorisations(dim, self._limits)
        if product is not None and product.exact:
            return merge(progression for case in product.cases for progression in _as_progressions(case[symbol]))
        return zeros(dim, symbol, within)

    def _restrict(self, symbol: Symbol, values: Progression) -> bool:
        if values.step == 1 or values.low == values.high:
            return self._narrow(symbol, (values.low, values.high))
        first, offset = divmod(values.low, values.step)
        last = None if values.high is None else values.high // values.step
        quotient = Symbol(f"({symbol.name}//{values.step})", first, last, symbol.grade)
        return self._bind(symbol, values.step * as_expr(quotient) + offset)

    def _narrow_to_cases(self, cases: tuple[dict[Symbol, Interval], ...]) -> bool:
        if not cases:
            return False
        common = set.intersection(*(set(case) for case in cases))
        return all(self._narrow(symbol, _hull(case[symbol] for case in cases)) for symbol in common)

    def _settle(self) -> bool:
        """Look again at whatever mentions a symbol of which more is known now."""
        for _ in range(_ROUNDS):
            if not self._touched:
                return True
            touched, self._touched = self._touched, set()
            if not (self._settle_zeros(touched) and self._settle_minima(touched)):
                return False
        self._touched.clear()
        return True

    def _settle_zeros(self, touched: set[Symbol]) -> bool:
        for dim in [dim for dim in self._zeros if not symbols(dim).isdisjoint(touched)]:
            if dim not in self._zeros:
                continue
            self._drop(self._zeros, dim)
            if not self._require_zero(dim):
                return False
        return True

    def _settle_minima(self, touched: set[Symbol]) -> bool:
        for dim in [dim for dim in self._minima if not symbols(dim).isdisjoint(touched)]:
            minimum = self._minima[dim]
            self._drop(self._minima, dim)
            if not self._require_positive(dim - minimum):
                return False
        return True


def _progression_text(values: Progression) -> str:
    low, high, step = values.low, values.high, values.step
    if low == high:
        return str(low)
    if step == 1:
        return f"at least {low}" if high is None else f"{low}..{high}"
    offset = low % step
    kind = f"{offset} more than a multiple of {step}" if offset else f"a multiple of {step}"
    limit = "" if high is None and low <= step else f", at least {low}" if high is None else f" in {low}..{high}"
    return kind + limit


def _usual(name: str) -> list[int]:
    if name in {"B", "N", "batch", "batch_size"}:
        return _USUAL_BATCHES
    return _USUAL_LENGTHS if name in {"H", "W", "D", "L", "T", "height", "width", "length"} else _USUAL_WIDTHS


def _as_key(dim: Expr) -> Expr:
    shifted = dim - constant(dim)
    assert isinstance(shifted, Expr)
    return shifted


def _hull(intervals: Iterable[Interval]) -> Interval:
    lows, highs = zip(*intervals, strict=True)
    return None if None in lows else min(lows), None if None in highs else max(highs)


def _as_progressions(interval: Interval) -> tuple[Progression, ...]:
    low, high = interval
    assert low is not None
    return () if is_empty(interval) else (Progression(low, high),)


def _primitive(dim: Dim) -> Dim:
    """``dim`` without the common factor of its coefficients; 1 when no integers make it 0 for that reason."""
    if isinstance(dim, int):
        return dim
    common = math.gcd(*(coefficient for monomial, coefficient in dim.terms.items() if monomial))
    if constant(dim) % common:
        return 1
    return Expr({monomial: coefficient // common for monomial, coefficient in dim.terms.items()})


def _solved(dim: Expr) -> tuple[Symbol, Dim] | None:
    """A symbol and its value for which ``dim`` is 0; the worst founded one, and of those the newest."""
    candidates = [symbol for symbol, _ in _solutions(dim)]
    if not candidates:
        return None
    chosen = max(candidates, key=lambda symbol: (symbol.grade, symbol.serial))
    return chosen, dict(_solutions(dim))[chosen]


def _solutions(dim: Expr) -> Iterator[tuple[Symbol, Dim]]:
    for monomial, coefficient in dim.terms.items():
        if abs(coefficient) != 1 or len(monomial) != 1:
            continue
        ((atom, power),) = monomial
        rest = dim - coefficient * as_expr(atom)
        if power == 1 and isinstance(atom, Symbol) and atom not in symbols(rest):
            yield atom, -coefficient * rest
