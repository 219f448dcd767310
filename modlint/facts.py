"""What must hold of the symbols for the code to run on: a store of equations, limits and divisibilities."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from itertools import count
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
    common_atoms,
    constant,
    linear,
    quotient,
    substitute,
    symbols,
)
from modlint.progressions import Allowed, Progression, common, hull, intersect, is_empty, merge, progressions, strand
from modlint.solving import congruence, factorisations, gaps, preimage, primitive, separated, solutions, solved

_ZERO: Interval = (0, 0)
_POSITIVE: Interval = (0, None)
_ROUNDS = 16
_LARGEST_LIMIT = 1 << 40
_SEARCH_STEPS = 2000
_SMALLEST_TRIED = 12
_ABSENT: Any = object()
_USUAL_SIZES = {
    re.compile(r"B|N|batch(_size)?"): [2, 3, 4, 1],
    re.compile(r"[DT]"): [16, 8, 32, 4, 64],
    re.compile(r"[HWL]|height|width|length"): [56, 224, 32, 64, 128, 256, 28, 16, 8],
    re.compile(r".*(stride|dilation|group|padding).*"): [1, 2, 3, 4],
    re.compile(r".*kernel.*"): [3, 1, 5, 7],
    re.compile(r".*(layers|blocks|depth|repeats)|n"): [2, 1, 3, 4],
    re.compile(r".*heads"): [4, 2, 8, 1],
    re.compile(r"C|.*(channel|plane|filter|dim|hidden|feature|emb).*"): [64, 32, 16, 8, 4, 3, 2, 1],
}
_SIDES = frozenset({"H", "W"})
_USUAL_NUMBERS = [4, 8, 16, 3, 32, 64, 2, 1]


class _Quotient(Symbol):
    """The symbol for another one divided by a number, when its remainder is known."""

    __slots__ = ("divisor", "root")

    def __init__(self, symbol: Symbol, divisor: int, lower: int, upper: int | None) -> None:
        self.root: Symbol = symbol.root if isinstance(symbol, _Quotient) else symbol
        self.divisor: int = divisor * (symbol.divisor if isinstance(symbol, _Quotient) else 1)
        super().__init__(f"({self.root.name}//{self.divisor})", lower, upper, symbol.grade)


def whole_of(symbol: Symbol) -> Symbol:
    """The symbol that ``symbol`` is the quotient of, or itself."""
    return symbol.root if isinstance(symbol, _Quotient) else symbol


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
        self._shown: set[tuple[Dim, int]] = set()
        self._touched: set[Symbol] = set()
        self._journal: list[tuple[dict[Any, Any], object, object, int]] = []
        self._serials = count(1)

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
        return self.values(as_expr(symbol))

    def values(self, dim: Dim) -> Allowed | None:
        """Return exactly the values that the facts leave for a dim of one symbol; None when they cannot be told."""
        value = self.resolve(dim)
        if isinstance(value, int):
            return Allowed((Progression(value, value),))
        form = linear(value)
        if form is None:
            return None
        factor, variable, shift = form
        values = self._left_for(variable) if isinstance(variable, Symbol) else None
        return None if values is None else Allowed(merge(item.scaled(factor, shift) for item in values))

    def _left_for(self, symbol: Symbol) -> tuple[Progression, ...] | None:
        left = progressions(self._range(symbol))
        for dim, wanted in self._kept():
            if isinstance(dim, Expr) and symbol in symbols(dim):
                values = self._projection(dim, symbol, wanted)
                if values is None:
                    return None
                left = common(left, values)
        return left

    def _kept(self) -> list[tuple[Dim, Interval]]:
        """What could be recorded only as it is: dims and the intervals that they lie in."""
        kept: list[tuple[Dim, Interval]] = [(self.resolve(dim), _ZERO) for dim in self._zeros]
        kept += [(self.resolve(dim), (minimum, None)) for dim, minimum in self._minima.items()]
        return [(dim, wanted) for dim, wanted in kept if not _holds(dim, wanted)]

    def _projection(self, dim: Expr, symbol: Symbol, wanted: Interval) -> tuple[Progression, ...] | None:
        """The values of ``symbol`` for which there are values of the others that make ``dim`` what is wanted."""
        others = symbols(dim) - {symbol}
        if not others:
            return solutions(dim, symbol, self._range(symbol), wanted)
        if wanted != _ZERO or any(dim != key and not others.isdisjoint(symbols(key)) for key, _ in self._kept()):
            return None
        found = factorisations(dim, self._limits)
        if found is None or not found.exact:
            return None
        return found.values(symbol)

    def around(self, dim: Dim) -> Allowed:
        """Return the values between the limits of ``dim``, of which the facts may exclude some."""
        low, high = self._limits(self.resolve(dim))
        return Allowed(progressions((min(symbol.lower for symbol in symbols(dim)) if low is None else low, high)))

    def relations(self, wanted: Collection[Symbol]) -> list[tuple[Expr, Interval]]:
        """Return what holds of ``wanted`` besides the values of each: dims, and the intervals that they lie in."""
        return [
            (dim, interval)
            for dim, interval in self._kept()
            if isinstance(dim, Expr) and not symbols(dim).isdisjoint(wanted) and not self._is_told(dim, interval)
        ]

    def _is_told(self, dim: Expr, interval: Interval) -> bool:
        """Whether the values of a symbol say it."""
        about = symbols(dim)
        return len(about) == 1 and self.allowed(next(iter(about))) is not None

    def last_learnt(self, wanted: Collection[Symbol]) -> int:
        """Return the state in which something about ``wanted`` was learnt last, 0 for never."""
        about = (
            (symbols(key) if isinstance(key, Expr) else {key}, serial) for _, key, _, serial in reversed(self._journal)
        )
        return next((serial for found, serial in about if not found.isdisjoint(wanted)), 0)

    def witnesses(self, wanted: Iterable[Symbol], count: int = 3) -> list[dict[Symbol, int]]:
        """Return up to ``count`` different assignments, usual values first, that satisfy everything known.

        Empty when none is found, which does not mean that there is none.
        """
        chosen = list(dict.fromkeys(wanted))
        found: list[dict[Symbol, int]] = []
        mark = self.mark()
        for turn in range(count):
            wanted = [*chosen, *self._undecided()]
            if self._search_square(wanted, turn) or self._search(wanted, turn, [_SEARCH_STEPS]):
                witness = {symbol: self._number(symbol) for symbol in chosen}
                found += [] if witness in found else [witness]
            self.undo(mark)
        return found

    def _number(self, symbol: Symbol) -> int:
        value = self.resolve(as_expr(symbol))
        assert isinstance(value, int)
        return value

    def _undecided(self) -> list[Symbol]:
        found = {symbol for dim, _ in self._kept() for symbol in symbols(dim)}
        return sorted(found, key=lambda symbol: symbol.serial)

    def _search_square(self, wanted: list[Symbol], turn: int) -> bool:
        """The same where every height is the width; False leaves the facts as they were."""
        mark = self.mark()
        sides = [symbol for symbol in wanted if symbol.name in _SIDES]
        same = len(sides) > 1 and all(
            self.assume_equal(as_expr(sides[0]), as_expr(side)) is not Answer.NO for side in sides[1:]
        )
        if same and self._search(wanted, turn, [_SEARCH_STEPS]):
            return True
        self.undo(mark)
        return False

    def _search(self, wanted: list[Symbol], turn: int, budget: list[int]) -> bool:
        """Give every wanted symbol a value, going back when none fits; True leaves the facts with these values."""
        for place, symbol in enumerate(wanted):
            if isinstance(self.resolve(as_expr(symbol)), int):
                continue
            return any(self._try(wanted[place:], value, turn, budget) for value in self._candidates(symbol, turn))
        return not self._kept()

    def _try(self, wanted: list[Symbol], value: int, turn: int, budget: list[int]) -> bool:
        budget[0] -= 1
        mark = self.mark()
        if budget[0] >= 0 and self._can_be(wanted[0], value) and self._search(wanted[1:], turn, budget):
            return True
        self.undo(mark)
        return False

    def _can_be(self, symbol: Symbol, value: int) -> bool:
        """Record ``symbol == value``; False when that contradicts what is known, or divides by zero."""
        try:
            return self.assume_equal(as_expr(symbol), value) is not Answer.NO
        except ZeroDivisionError:
            return False

    def _candidates(self, symbol: Symbol, turn: int) -> list[int]:
        usual = usual_sizes(symbol.name)
        turn %= len(usual)
        allowed = self.allowed(symbol) or self.around(as_expr(symbol))
        preferred = [value for value in usual[turn:] + usual[:turn] if value in allowed]
        return list(dict.fromkeys([*preferred, *allowed.smallest(_SMALLEST_TRIED)]))

    # Assumptions

    def assume_equal(self, a: Dim, b: Dim) -> Answer:
        """Record ``a == b``."""
        if isinstance(a, int) and isinstance(b, int):
            return Answer.YES if a == b else Answer.NO
        difference = self.resolve(a) - self.resolve(b)
        if isinstance(difference, int):
            return Answer.NO if difference else Answer.YES
        return self._record(self._require_zero, difference)

    def assume_at_least(self, a: Dim, minimum: int) -> Answer:
        """Record ``a >= minimum``."""
        if (a, minimum) in self._shown:
            return Answer.YES
        answer = self._record(self._require_positive, self.resolve(a) - minimum)
        if answer is not Answer.NO:
            self._shown.add((a, minimum))
        return answer

    def assume_divisible(self, a: Dim, k: int) -> Answer:
        """Record ``a % k == 0``."""
        return self.assume_equal(a % k, 0)

    # Journal

    def mark(self) -> object:
        """Return a point in time that ``undo`` can go back to."""
        return len(self._journal)

    @property
    def state(self) -> int:
        """A number that is the same whenever the same facts are known."""
        return self._journal[-1][3] if self._journal else 0

    def undo(self, mark: object) -> None:
        """Forget everything recorded since ``mark``."""
        assert isinstance(mark, int)
        if len(self._journal) > mark:
            self._shown.clear()
        while len(self._journal) > mark:
            table, key, old, _ = self._journal.pop()
            if old is _ABSENT:
                del table[key]
            else:
                table[key] = old

    def _put(self, table: dict[Any, Any], key: object, value: object) -> None:
        self._log(table, key, table.get(key, _ABSENT))
        table[key] = value

    def _drop(self, table: dict[Any, Any], key: object) -> None:
        self._log(table, key, table.pop(key))

    def _log(self, table: dict[Any, Any], key: object, old: object) -> None:
        self._journal.append((table, key, old, next(self._serials)))

    def _probe(self, assume: Callable[[Any, Any], Answer], a: Dim, b: Dim) -> Answer:
        mark = self.mark()
        answer = assume(a, b)
        self.undo(mark)
        return answer

    def _record(self, require: Callable[[Dim], bool], dim: Dim) -> Answer:
        mark = len(self._journal)
        if require(dim) and self._settle():
            return Answer.MAYBE if len(self._journal) > mark else Answer.YES
        self._touched.clear()
        self.undo(mark)
        return Answer.NO

    # Propagation: a method that returns False has found a contradiction

    def _range(self, symbol: Symbol) -> Interval:
        return self._ranges.get(symbol) or (symbol.lower, symbol.upper)

    def _limits(self, dim: Dim) -> Interval:
        """The interval that ``dim``, with all known values put in, lies in."""
        known = bounds(dim, self._ranges)
        if not self._minima or isinstance(dim, int):
            return known
        shift = constant(dim)
        low, minus_high = self._minima.get(_as_key(dim)), self._minima.get(_as_key(-dim))
        return intersect(
            known, (None if low is None else shift + low, None if minus_high is None else shift - minus_high)
        )

    def _require_zero(self, dim: Dim) -> bool:
        reduced = self._reduced(self.resolve(dim))
        if isinstance(reduced, int):
            return reduced == 0
        if is_empty(intersect(self._limits(reduced), _ZERO)):
            return False
        if reduced in self._zeros or -reduced in self._zeros:
            return True
        solution = solved(reduced)
        if solution is not None:
            return self._bind(*solution)
        rest = gaps(reduced)
        if rest is not None:
            return all(map(self._require_positive, rest))
        residue = congruence(reduced)
        if residue is not None:
            return self._require_residue(*residue) and self._require_zero(reduced)
        if len(symbols(reduced)) == 1:
            return self._require_of_one(reduced, _ZERO)
        parts = separated(reduced)
        if parts is not None and all(self._is_positive(whole) for whole, _ in parts):
            return all(self._require_zero(rest) for _, rest in parts)
        return self._require_zero_of_many(reduced)

    def _is_positive(self, dim: Dim) -> bool:
        low = self._limits(dim)[0]
        return low is not None and low > 0

    def _require_zero_of_many(self, dim: Expr) -> bool:
        found = factorisations(dim, self._limits)
        if found is None:
            self._keep(dim, _ZERO)
            return self._propagate_terms(dim, _ZERO)
        if len(found.cases) != 1 or not found.exact:
            self._keep(dim, _ZERO)
        return bool(found.cases) and all(self._narrow(symbol, around) for symbol, around in found.hulls().items())

    def _reduced(self, dim: Dim) -> Dim:
        """``dim`` without factors that are not 0; 1 when it cannot be 0 as the rest is no multiple of a factor."""
        if isinstance(dim, int):
            return dim
        for atom in common_atoms(dim):
            if is_empty(intersect(self._limits(as_expr(atom)), _ZERO)):
                return self._reduced(quotient(dim, atom))
        return primitive(dim)

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
        found = preimage(dim, _POSITIVE)
        if found is not None:
            return self._narrow(*found)
        if len(symbols(dim)) == 1:
            return self._require_of_one(dim, _POSITIVE)
        self._keep(dim, _POSITIVE)
        return self._propagate_terms(dim, _POSITIVE)

    def _require_of_one(self, dim: Expr, wanted: Interval) -> bool:
        (symbol,) = symbols(dim)
        found = solutions(dim, symbol, self._range(symbol), wanted)
        if found is not None and len(found) <= 1:
            return bool(found) and self._restrict(symbol, found[0])
        self._keep(dim, wanted)
        return found is None or self._narrow(symbol, hull(found))

    def _keep(self, dim: Expr, wanted: Interval) -> None:
        if wanted == _ZERO:
            self._put(self._zeros, dim, None)
        else:
            self._put(self._minima, _as_key(dim), -constant(dim))

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

    def _propagate_terms(self, dim: Expr, wanted: Interval) -> bool:
        """Narrow what each term may be by what the others leave of the interval that ``dim`` lies in."""

        def usable(end: int | None) -> int | None:
            return None if end is None or abs(end) > _LARGEST_LIMIT else end

        for monomial, coefficient in dim.terms.items():
            term = Expr({monomial: coefficient})
            low, high = self._limits(dim - term)
            least = None if wanted[0] is None or high is None else wanted[0] - high
            most = None if wanted[1] is None or low is None else wanted[1] - low
            found = preimage(term, (usable(least), usable(most))) if monomial else None
            if found is not None and not self._narrow(*found):
                return False
        return True

    def _require_residue(self, symbol: Symbol, residue: int, modulus: int) -> bool:
        values = strand(residue, modulus, self._range(symbol))
        return values is not None and self._restrict(symbol, values)

    def _restrict(self, symbol: Symbol, values: Progression) -> bool:
        """Leave only ``values``, of which there are any, to a symbol that is not bound."""
        if values.step == 1 or values.low == values.high:
            return self._narrow(symbol, (values.low, values.high))
        first, offset = divmod(values.low, values.step)
        last = None if values.high is None else values.high // values.step
        return self._bind(symbol, values.step * as_expr(_Quotient(symbol, values.step, first, last)) + offset)

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


def usual_sizes(name: str) -> list[int]:
    """What a size of that name usually is, the most usual first."""
    return next((sizes for pattern, sizes in _USUAL_SIZES.items() if pattern.fullmatch(name)), _USUAL_NUMBERS)


def _holds(dim: Dim, wanted: Interval) -> bool:
    return isinstance(dim, int) and not is_empty(intersect(wanted, (dim, dim)))


def _as_key(dim: Expr) -> Expr:
    shifted = dim - constant(dim)
    assert isinstance(shifted, Expr)
    return shifted
