"""Signs of likeness: what begins, calls or is written like what stands near it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from modlint.repair.lexer import Statement
from modlint.repair.situation import Situation, category
from modlint.repair.structure import Block

LIKENESS: dict[str, Callable[[Situation], object]] = {
    "begins like outer": lambda s: _begins_like(s.statement, s.above),
    "begins like inner": lambda s: _begins_like(s.statement, s.inside),
    "category of outer": lambda s: _is_of_sort(s.statement, s.above[-2:]),
    "category of inner": lambda s: _is_of_sort(s.statement, s.inside[-2:]),
    "pattern of before header": lambda s: s.above and s.above[-1].pattern == s.statement.pattern,
    "calls like before header": lambda s: s.above and s.above[-1].calls & s.statement.calls,
    "begins like following": lambda s: s.following is not None and _begins_like(s.following, [s.statement]),
    "pattern of following": lambda s: s.following is not None and s.following.pattern == s.statement.pattern,
    "following begins like outer": lambda s: s.following is not None and _begins_like(s.following, s.above),
    "following begins like inner": lambda s: s.following is not None and _begins_like(s.following, s.inside),
    "begins like previous": lambda s: s.previous is not None and s.statement.words[:2] == s.previous.words[:2],
    "begins much like previous": lambda s: s.previous is not None and _begins_like(s.statement, [s.previous]),
    "pattern of previous": lambda s: s.previous is not None and s.statement.pattern == s.previous.pattern,
    "calls like previous": lambda s: s.previous is not None and s.statement.calls & s.previous.calls,
    "chain of previous": lambda s: s.previous is not None and s.statement.chains & s.previous.chains,
    "chain of header": lambda s: s.statement.chains & s.header.chains,
    "pattern of header": lambda s: s.statement.pattern == s.header.pattern,
    "begins like header": lambda s: s.statement.is_header and _begins_like(s.statement, [s.header]),
    "same kind as header": lambda s: s.statement.is_header and s.statement.head == s.header.head,
    "repeats header": lambda s: _repeats(s.statement, s.header),
    "says header again": lambda s: s.statement.words == s.header.words,
    "says again what has ended": lambda s: s.block.ended is not None and _says_again(s.statement, s.block.ended),
}


def likeness_words(s: Situation) -> Iterator[str]:
    """How many parts of names statements share."""
    pairs = (
        ("header alike", s.header, s.statement),
        ("previous alike", s.previous, s.statement),
        ("above alike", s.above[-1] if s.above else None, s.statement),
        ("following alike", s.following, s.statement),
        ("following alike previous", s.following, s.block.previous),
        ("following alike header", s.following, s.header),
        ("following alike above", s.following, s.above[-1] if s.above else None),
    )
    for name, one, other in pairs:
        if one is not None and other is not None:
            yield f"{name} {_alike(one, other)}"


def _begins_like(statement: Statement, others: Sequence[Statement]) -> bool:
    return any(other.words[:3] == statement.words[:3] for other in others)


def _is_of_sort(statement: Statement, others: Sequence[Statement]) -> bool:
    sort = category(statement)
    return any(category(other) == sort for other in others)


def _says_again(statement: Statement, ended: Block) -> bool:
    """Whether the statement is the header of the block that has just ended, which might as well have gone on."""
    return ended.header is not None and statement.words == ended.header.words


def _repeats(statement: Statement, header: Statement) -> bool:
    """Whether the condition of the header stands at the beginning of that of the statement."""
    condition = header.words[1:-1]
    return len(condition) > 1 and statement.head == header.head and statement.words[1 : len(condition) + 1] == condition


def _alike(one: Statement, other: Statement) -> str:
    """How much of the smaller one's names is in the other, from 0 to 4; `none` where one has no names."""
    parts, others = one.parts, other.parts
    if not parts or not others:
        return "none"
    share = len(parts & others) / min(len(parts), len(others))
    return "0" if not share else "1" if share <= 0.25 else "2" if share <= 0.5 else "3" if share < 0.9 else "4"
