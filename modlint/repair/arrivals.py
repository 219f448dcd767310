"""The statements of a text one after the other, each with what the text below tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from statistics import median_low
from typing import NamedTuple

from modlint.repair.lexer import Statement
from modlint.repair.structure import CLAUSES

FAR = 8
SOON = 3
_DEFINITIONS = frozenset({"def", "class", "@"})


class Gaps(NamedTuple):
    """How many more blank lines than usual stand above a statement and below it; ``run`` statements, with this one,
    stand before the next of them.
    """

    above: int
    below: int
    run: int


class Arrival(NamedTuple):
    """The next statement and those ``ahead`` of it in its function, at most ``FAR``.

    ``gaps`` is None in a text where they are always the same, ``clause`` the index of the next clause ahead. ``live`` are
    the names whose value of now is read further on in the function, ``reach`` tells how many statements on the targets
    of the statement are read for the last time.
    """

    statement: Statement
    gaps: Gaps | None = None
    following: Statement | None = None
    ahead: Sequence[Statement] = ()
    clause: int | None = None
    live: frozenset[str] = frozenset()
    reach: Mapping[str, int] = {}


def arrivals(statements: Sequence[Statement]) -> Iterator[Arrival]:
    """All statements of a text, each as it arrives."""
    gaps = _gaps(statements)
    futures = list(_futures(statements))[::-1]
    for index, (statement, (live, reach)) in enumerate(zip(statements, futures, strict=True)):
        below = statements[index + 1 : index + 1 + FAR]
        ahead = list(takewhile(lambda s: s.head not in _DEFINITIONS, below))
        clause = next((i for i, further in enumerate(ahead) if further.head in CLAUSES), None)
        yield Arrival(statement, gaps[index], below[0] if below else None, ahead, clause, live, reach)


def _gaps(statements: Sequence[Statement]) -> list[Gaps | None]:
    usual = median_low([statement.gap for statement in statements] or [0])
    above = [max(0, statement.gap - usual) for statement in statements]
    if not any(above):
        return [None for _ in above]
    runs = [1]
    for gap in above[:0:-1]:
        runs.append(1 if gap else runs[-1] + 1)
    return [Gaps(*gaps) for gaps in zip(above, [*above[1:], 0], runs[::-1], strict=True)]


def _futures(statements: Sequence[Statement]) -> Iterator[tuple[frozenset[str], dict[str, int]]]:
    """From the last statement to the first: the names that are live below it, and the reach of its targets."""
    last: dict[str, int] = {}
    for index in range(len(statements) - 1, -1, -1):
        statement = statements[index]
        yield frozenset(last), {name: last[name] - index for name in statement.targets if name in last}
        if statement.head in ("def", "class"):
            last = {}
        for name in statement.targets | statement.binds:
            last.pop(name, None)
        for name in statement.reads:
            last.setdefault(name, index)
