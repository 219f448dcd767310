"""Sets of integers that solutions come as: unions of arithmetic progressions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from modlint.dims import Interval


@dataclass(frozen=True, slots=True, order=True)
class Progression:
    """The integers ``low, low + step, …`` up to ``high``, which is None for no end and else belongs to them."""

    low: int
    high: int | None
    step: int = 1

    def __contains__(self, value: int) -> bool:
        return value >= self.low and (self.high is None or value <= self.high) and (value - self.low) % self.step == 0

    def __str__(self) -> str:
        if self.low == self.high:
            return str(self.low)
        if self.step == 1:
            return f"at least {self.low}" if self.high is None else f"{self.low}..{self.high}"
        return self._kind() + self._limit()

    def _kind(self) -> str:
        offset = self.low % self.step
        return f"{offset} more than a multiple of {self.step}" if offset else f"a multiple of {self.step}"

    def _limit(self) -> str:
        if self.high is not None:
            return f" in {self.low}..{self.high}"
        return f", at least {self.low}" if self.low > self.step else ""

    def first(self, count: int) -> range:
        """Return the first ``count`` values, or all if there are less."""
        stop = self.low + count * self.step
        return range(self.low, stop if self.high is None else min(stop, self.high + 1), self.step)

    def scaled(self, factor: int, shift: int) -> Progression:
        """Return ``factor*v + shift`` for all values v; an endless one has no descending image."""
        ends = [None if end is None else factor * end + shift for end in (self.low, self.high)]
        low, high = ends if factor > 0 else reversed(ends)
        assert low is not None
        return Progression(low, high, abs(factor) * self.step)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The values that one symbol may have: the union of ``progressions``."""

    progressions: tuple[Progression, ...]

    def __contains__(self, value: int) -> bool:
        return any(value in progression for progression in self.progressions)

    def smallest(self, count: int) -> list[int]:
        """Return ``count`` of the values, or all if there are less: the first ones of each progression."""
        rounds = zip_longest(*(progression.first(count) for progression in self.progressions))
        return [value for values in rounds for value in values if value is not None][:count]

    def __str__(self) -> str:
        return " or ".join(map(str, self.progressions))


def intersect(a: Interval, b: Interval) -> Interval:
    """Return the common part of two intervals, whose low end is above its high end when there is none."""
    lows = [low for low in (a[0], b[0]) if low is not None]
    highs = [high for high in (a[1], b[1]) if high is not None]
    return max(lows, default=None), min(highs, default=None)


def is_empty(interval: Interval) -> bool:
    low, high = interval
    return low is not None and high is not None and low > high


def progressions(interval: Interval) -> tuple[Progression, ...]:
    """Return the integers of an interval that has a low end."""
    low, high = interval
    assert low is not None
    return () if is_empty(interval) else (Progression(low, high),)


def hull(parts: Iterable[Progression]) -> Interval:
    """Return the smallest interval around at least one progression."""
    lows, highs = zip(*((part.low, part.high) for part in parts), strict=True)
    return min(lows), None if None in highs else max(highs)


def common(left: Iterable[Progression], right: Iterable[Progression]) -> tuple[Progression, ...]:
    """Return the values that both unions have."""
    right = tuple(right)
    return merge(met for a in left for b in right if (met := _meet(a, b)) is not None)


def _meet(a: Progression, b: Progression) -> Progression | None:
    low, high = intersect((a.low, a.high), (b.low, b.high))
    assert low is not None
    gcd, step = math.gcd(a.step, b.step), math.lcm(a.step, b.step)
    if (b.low - a.low) % gcd:
        return None
    turns = (b.low - a.low) // gcd * pow(a.step // gcd, -1, b.step // gcd) % (b.step // gcd)
    return strand(a.low + turns * a.step, step, (low, high))


def merge(progressions: Iterable[Progression]) -> tuple[Progression, ...]:
    """Return the same values in order: as one progression if they are one, with neighbouring intervals joined."""
    ordered = sorted(set(progressions))
    if len(ordered) > 1 and _interleave(ordered):
        highs = [item.high for item in ordered if item.high is not None]
        return (Progression(ordered[0].low, max(highs) if highs else None, ordered[1].low - ordered[0].low),)
    dense = [item for item in ordered if item.step == 1 or item.low == item.high]
    return tuple(sorted({*ordered}.difference(dense).union(_joined(dense))))


def _interleave(ordered: list[Progression]) -> bool:
    """Whether they are evenly spaced numbers, or take turns in counting and end in the same round."""
    first, second = ordered[:2]
    gap = second.low - first.low
    if any(after.low - before.low != gap for before, after in pairwise(ordered)):
        return False
    if all(item.low == item.high for item in ordered):
        return True
    highs = [item.high for item in ordered if item.high is not None]
    same_round = not highs or (len(highs) == len(ordered) and max(highs) - min(highs) < first.step)
    return same_round and all(item.step == gap * len(ordered) for item in ordered)


def _joined(intervals: list[Progression]) -> list[Progression]:
    joined: list[Progression] = []
    for item in intervals:
        last = joined[-1] if joined else None
        if last is None or (last.high is not None and item.low > last.high + 1):
            joined.append(Progression(item.low, item.high))
        elif last.high is not None:
            joined[-1] = Progression(last.low, None if item.high is None else max(last.high, item.high))
    return joined


def strand(residue: int, period: int, within: Interval) -> Progression | None:
    """Return the integers within limits, of which there is a low one, that leave ``residue`` modulo ``period``."""
    low, high = within
    assert low is not None
    first = low + (residue - low) % period
    last = None if high is None else high - (high - residue) % period
    return None if last is not None and first > last else Progression(first, last, period)
