"""The patterns of einops: ``b (h p) ... -> b h p``, as groups of axis names (einops.rocks/api/rearrange)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

ELLIPSIS = "..."
_TOKEN = re.compile(r"\.\.\.|[()]|\w+|\S")


class PatternError(ValueError):
    """A pattern that einops refuses; the message says why."""


class Side(NamedTuple):
    """One side of the arrow: a group for every dim, which several axes in parentheses share.

    An axis is a name, ELLIPSIS, or a length with a serial number (``2@0``); ``in_group``: the ellipsis stands in
    parentheses.
    """

    groups: tuple[tuple[str, ...], ...]
    in_group: bool = False

    @property
    def axes(self) -> tuple[str, ...]:
        return tuple(axis for group in self.groups for axis in group)

    @property
    def names(self) -> frozenset[str]:
        """The axes that both sides may share."""
        return frozenset(axis for axis in self.axes if "@" not in axis)

    @property
    def has_lengths(self) -> bool:
        """Whether an axis is written as a length other than 1."""
        return any("@" in axis for axis in self.axes)


class Pattern(NamedTuple):
    """Both sides of a transformation."""

    left: Side
    right: Side


def parse(pattern: str) -> Pattern:
    """Read a transformation; raises PatternError."""
    sides = pattern.split("->")
    if len(sides) != 2:
        raise PatternError("a pattern has two sides and one arrow")
    left, right = map(parse_side, sides)
    if left.in_group:
        raise PatternError("an ellipsis cannot stand in parentheses on the left")
    if ELLIPSIS in right.axes and ELLIPSIS not in left.axes:
        raise PatternError("an ellipsis stands on the right alone")
    return Pattern(left, right)


def parse_side(text: str) -> Side:
    """Read one side; raises PatternError."""
    groups: list[tuple[str, ...]] = []
    inner: list[str] | None = None
    in_group = False
    for token in _TOKEN.findall(text):
        if token == "(":
            if inner is not None:
                raise PatternError("parentheses inside of parentheses")
            inner = []
        elif token == ")":
            if inner is None:
                raise PatternError("a parenthesis that nothing opens")
            groups.append(tuple(inner))
            inner = None
        else:
            _demand_axis(token)
            in_group = in_group or (token == ELLIPSIS and inner is not None)
            if inner is not None:
                inner.append(token)
            else:
                groups.append((token,))
    if inner is not None:
        raise PatternError("a parenthesis that nothing closes")
    _demand_distinct(axis for group in groups for axis in group)
    return Side(tuple(_numbered(groups)), in_group)


def _numbered(groups: Iterable[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Without axes of length 1, and with every other length told apart from its equals: ``2@0``, ``2@1``."""
    serial = count()
    for group in groups:
        yield tuple([f"{axis}@{next(serial)}" if axis.isdigit() else axis for axis in group if axis != "1"])


def _demand_axis(token: str) -> None:
    if token == ELLIPSIS or token.isdecimal():
        if token.isdecimal() and int(token) == 0:
            raise PatternError("an axis of length 0")
        return
    if not token.isidentifier() or token.startswith("_") or token.endswith("_"):
        raise PatternError(f"{token} is no name for an axis")


def _demand_distinct(axes: Iterable[str]) -> None:
    seen: set[str] = set()
    for axis in axes:
        if axis in seen and not axis.isdigit():
            raise PatternError(f"{axis} stands twice")
        seen.add(axis)


def check(pattern: Pattern, operation: str, lengths: Collection[str]) -> None:
    """Raise PatternError when the axes do not fit: new ones appear in ``repeat`` alone, and go in reductions alone."""
    left, right = pattern.left.names, pattern.right.names
    gone, new = sorted(left - right), sorted(right - left)
    if operation == "rearrange" and (pattern.left.has_lengths or pattern.right.has_lengths):
        raise PatternError("axes written as lengths are for repeat and reduce")
    if gone and operation in ("rearrange", "repeat"):
        raise PatternError(f"{', '.join(gone)} on the left alone")
    if new and operation != "repeat":
        raise PatternError(f"{', '.join(new)} on the right alone")
    if pattern.left.has_lengths if operation == "repeat" else pattern.right.has_lengths:
        raise PatternError("an axis written as a length on the wrong side")
    missing = [axis for axis in new if axis not in lengths]
    if missing:
        raise PatternError(f"no length for {', '.join(missing)}")
    strange = [axis for axis in lengths if axis not in left | right]
    if strange:
        raise PatternError(f"{', '.join(strange)} is not in the pattern")
