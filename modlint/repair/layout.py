"""Lost, partial and inconsistent indentation: a beam search over the depth of every statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from math import inf
from typing import NamedTuple

from modlint.edits import Edit
from modlint.repair.alone import is_garbled
from modlint.repair.arrivals import Arrival, arrivals
from modlint.repair.candidate import CLEAR, Candidate, family
from modlint.repair.draft import Change, Draft, Fault
from modlint.repair.endings import certainty, either, ending
from modlint.repair.lexer import Statement
from modlint.repair.structure import (
    CLAUSES,
    MODULE,
    Block,
    Stack,
    admits,
    closed,
    oddity,
    opened,
)

OFFERED = 3
TAB_SIZES = (8, 4)
LAYOUT_KINDS = frozenset({"indentation", "mixed-tabs"})

_LOST = 0.5
_LOST_BELOW = 0.2
_MISPLACED = 1.0
_MISPLACED_THOUGH_FITTING = 1.6
_PER_COLUMN = 0.08
_PER_BLOCK = 0.05
_SEEN_BEFORE = 0.2
_SLIP = 2
_UNEXPECTED = 0.6
_BODYLESS = 2.5
_A_FEW = 1.5
# The odds at which a guess is clear: of the files that are as sure as that, 99 in 100 get what their authors wrote.
_SURE = 30.0


class Effort(NamedTuple):
    """How many hypotheses are carried on, and how much more than the best one they may cost."""

    beam: int
    window: float


# Where the first leads to a dead end, the next is tried.
EFFORTS = (Effort(16, 3.0), Effort(32, 6.0))


class Hypothesis(NamedTuple):
    """A depth for each statement so far; ``fit`` is what it costs in columns, ``odd`` in structure.

    ``pending`` is the header whose body comes next, ``bodyless`` the headers that got none; ``margin`` is how much
    more the next best way to get here would have cost. ``guessed`` tells that somewhere no column did.
    """

    fit: float = 0.0
    odd: float = 0.0
    stack: Stack = MODULE
    pending: Statement | None = None
    before: Block | None = None
    depths: tuple[int, ...] = ()
    guessed: bool = False
    bodyless: tuple[int, ...] = ()
    margin: float = inf

    @property
    def cost(self) -> float:
        return self.fit + self.odd


@family
def layouts(draft: Draft, fault: Fault) -> Iterator[Candidate]:
    """Give every statement the depth at which the text looks most like a file of modules."""
    if not is_about_indentation(fault) or is_garbled(draft):
        return
    tabs = TAB_SIZES if "\t" in draft.text else TAB_SIZES[:1]
    ranked = _different(h for tab in tabs for h in _search(draft.statements, tab))
    least = min((h.fit for h in ranked), default=0.0)
    for rank, hypothesis in enumerate(ranked[:OFFERED]):
        changes = _changes(draft, hypothesis)
        if changes:
            margin = _margin(hypothesis, ranked[rank + 1 :])
            price = 0.5 + _price(least) + hypothesis.fit - least
            yield Candidate(price, changes, CLEAR * certainty(margin, _SURE) if hypothesis.guessed else margin)


def _different(hypotheses: Iterable[Hypothesis]) -> list[Hypothesis]:
    """The cheapest of those that give the same depths, whatever a tab counts for; cheapest first."""
    first: dict[tuple[int, ...], Hypothesis] = {}
    for hypothesis in sorted(hypotheses, key=lambda h: h.cost):
        first.setdefault(hypothesis.depths, hypothesis)
    return list(first.values())


def _margin(chosen: Hypothesis, others: Iterable[Hypothesis]) -> float:
    """By how much ``chosen`` is cheaper than all other ways together: the logarithm of the odds that it is meant."""
    gaps = [other.cost - chosen.cost + gap for other in others for gap in (0.0, other.margin)]
    return either(chosen.margin, *gaps)


def _price(fit: float) -> float:
    """Indentation is lost as a whole: beyond a few lines, more of them hardly make it a greater fault."""
    return min(fit, _A_FEW) + 0.1 * max(0.0, fit - _A_FEW)


def is_about_indentation(fault: Fault) -> bool:
    """Whether the parser complains of the indentation."""
    return any(words in fault.message for words in ("indent", "tabs and spaces"))


def _search(statements: list[Statement], tab: int) -> list[Hypothesis]:
    found = (_searched(statements, tab, effort) for effort in EFFORTS)
    return next(filter(None, found), [])


def _searched(statements: list[Statement], tab: int, effort: Effort) -> list[Hypothesis]:
    beam = [Hypothesis()]
    for index, arrival in enumerate(arrivals(statements)):
        column = arrival.statement.column(tab)
        children = (_place(parent, arrival, column, index, tab, effort.window) for parent in beam)
        beam = _prune(chain.from_iterable(children), effort)
    return beam


def _prune(hypotheses: Iterable[Hypothesis], effort: Effort) -> list[Hypothesis]:
    """The cheapest of those that differ in what is open now or in how the last lines were placed."""
    best: dict[object, Hypothesis] = {}
    for hypothesis in sorted(hypotheses, key=lambda h: h.cost):
        blocks = tuple((block.header.first if block.header else -1, block.last) for block in hypothesis.stack)
        state = blocks, hypothesis.depths[-2:]
        winner = best.setdefault(state, hypothesis)
        if hypothesis.depths != winner.depths:
            best[state] = winner._replace(margin=_margin(winner, [hypothesis]))
    kept = list(best.values())[: effort.beam]
    return [hypothesis for hypothesis in kept if hypothesis.cost <= kept[0].cost + effort.window]


def _place(
    parent: Hypothesis, arrival: Arrival, column: int, index: int, tab: int, window: float
) -> Iterator[Hypothesis]:
    """Every depth that the grammar allows for the next statement."""
    statement = arrival.statement
    if parent.pending is not None:
        stack = opened(parent.stack, parent.pending, tab, parent.before)
        yield from _settle(parent, stack, statement, column, _body_fit(parent, column, tab))
        if statement.head not in _MAY_FOLLOW_EMPTY:
            return
        parent = parent._replace(fit=parent.fit + _BODYLESS, bodyless=(*parent.bodyless, index - 1))
    seen = [column in block.columns for block in parent.stack]
    begun_here = sum(block.main == column for block in parent.stack)
    guesses = begun_here > 1 or (not begun_here and sum(seen) > 1)
    parent = parent._replace(guessed=parent.guessed or guesses)
    stack, gone, ended, cheapest = parent.stack, None, 0.0, inf
    for depth in range(len(seen) - 1, -1, -1):
        ends, goes_on = _ending(stack, arrival, is_innermost=gone is None) if guesses else (0.0, 0.0)
        if seen[depth] or not _settled(parent.stack, statement, column, seen):
            fit = _misfit(stack[-1], column, any(seen), is_top=gone is None)
            fit += ended + goes_on if seen[depth] else _PER_BLOCK * (len(seen) - 1 - depth)
            for child in _settle(parent, stack, statement, column, fit, gone):
                cheapest = min(cheapest, child.cost)
                yield child
        ended, gone = ended + ends, stack[-1]
        if parent.cost + ended > cheapest + window:
            return
        stack = closed(stack, depth - 1) if depth else stack


def _ending(stack: Stack, arrival: Arrival, *, is_innermost: bool) -> tuple[float, float]:
    return ending(stack[-1], stack[:-1], arrival, is_innermost=is_innermost) if len(stack) > 1 else (0.0, 0.0)


def _settled(stack: Stack, statement: Statement, column: int, seen: list[bool]) -> bool:
    """Whether the column speaks for one block alone, and nothing is odd there: no other needs to be tried."""
    if sum(seen) != 1:
        return False
    depth = seen.index(True)
    return (
        stack[depth].main == column
        and admits(stack[: depth + 1], statement)
        and oddity(stack[: depth + 1], statement) < _ODD
    )


_ODD = 1.0
_MAY_FOLLOW_EMPTY = frozenset({"def", "class", "@", "if", "import", "from", *CLAUSES})


def _body_fit(parent: Hypothesis, column: int, tab: int) -> float:
    assert parent.pending is not None
    header = parent.pending.column(tab)
    if column > header:
        return 0.0
    return _LOST + (_LOST_BELOW if column < header else 0.0)


def _misfit(block: Block, column: int, fits_somewhere: bool, is_top: bool) -> float:
    if column == block.main or block.begins_anew(column):
        return 0.0
    if column in block.columns:
        return _SEEN_BEFORE
    if block.main is None:
        return 0.3 if column else 0.0
    distance = min(abs(column - seen) for seen in block.columns)
    cost = _MISPLACED_THOUGH_FITTING if fits_somewhere else _MISPLACED
    unexpected = is_top and column > max(block.columns) + _SLIP and block.size > 1
    return cost + min(_PER_COLUMN * distance, 0.8) + (_UNEXPECTED if unexpected else 0.0)


def _settle(
    parent: Hypothesis, stack: Stack, statement: Statement, column: int, fit: float, branch: Block | None = None
) -> Iterator[Hypothesis]:
    if not admits(stack, statement):
        return
    yield parent._replace(
        fit=parent.fit + fit,
        odd=parent.odd + oddity(stack, statement),
        stack=(*stack[:-1], stack[-1].with_statement(statement, column)),
        pending=statement if statement.opens else None,
        before=branch,
        depths=(*parent.depths, len(stack) - 1),
    )


def _changes(draft: Draft, hypothesis: Hypothesis) -> tuple[Change, ...]:
    """Write the depths down as leading blanks, keeping those that the author's blocks agree on."""
    wanted = _indents(draft.statements, hypothesis.depths)
    indents: dict[int, str] = {}
    for statement, indent in zip(draft.statements, wanted, strict=False):
        _indent_statement(draft, statement, indent, indents)
    _indent_comments(draft, wanted, indents)
    changes = [
        Change(_kind(old, new), Edit(draft.starts[line], draft.starts[line] + len(old), new))
        for line, new in sorted(indents.items())
        if (old := _leading(draft.lines[line])) != new
    ]
    return (*changes, *_bodies(draft, hypothesis, wanted))


def _bodies(draft: Draft, hypothesis: Hypothesis, wanted: list[str]) -> Iterator[Change]:
    unit = step_of(draft.statements)
    for index in hypothesis.bodyless:
        last = draft.statements[index].last
        at = draft.starts[last] + len(draft.lines[last].rstrip())
        yield Change("missing-body", Edit(at, at, f"\n{wanted[index]}{unit}pass"))


def _indents(statements: list[Statement], depths: tuple[int, ...]) -> list[str]:
    """The indentation of each statement: per block the most common one that fits below its header's."""
    unit = step_of(statements)
    members: dict[int, list[int]] = {}
    owner: list[int] = []
    open_blocks: list[int] = [-1]
    for index, depth in enumerate(depths):
        open_blocks = open_blocks[: depth + 1] if depth < len(open_blocks) else [*open_blocks, index - 1]
        owner.append(open_blocks[-1])
        members.setdefault(open_blocks[-1], []).append(index)
    indents: dict[int, str] = {-1: ""}
    for header in sorted(members):
        if header < 0:
            continue
        above = indents[owner[header]]
        usual = Counter(statements[i].indent for i in members[header])
        fitting = [i for i, _ in usual.most_common() if i.startswith(above) and len(i) > len(above)]
        indents[header] = fitting[0] if fitting else above + unit
    return [indents[header] for header in owner]


def step_of(statements: list[Statement]) -> str:
    """One step of the author's indentation; four blanks where there is none to see."""
    steps = Counter(
        below.indent[len(above.indent) :]
        for above, below in pairwise(statements)
        if above.opens and below.indent.startswith(above.indent) and len(below.indent) > len(above.indent)
    )
    even = [step for step, _ in steps.most_common() if step in ("  ", "    ", "\t", "   ")]
    return even[0] if even else "    "


def _indent_statement(draft: Draft, statement: Statement, indent: str, indents: dict[int, str]) -> None:
    """Indent a statement, and move the lines it continues in along with it, unless they lie in a string."""
    indents[statement.first] = indent
    inside = _inside_strings(statement)
    for line in range(statement.first + 1, statement.last + 1):
        if line in inside or not draft.lines[line].strip():
            continue
        old = _leading(draft.lines[line])
        if indent != statement.indent:
            indents[line] = _moved(old, statement.indent, indent)


def _moved(old: str, before: str, after: str) -> str:
    if old.startswith(before):
        return after + old[len(before) :]
    width = len(old.expandtabs(8)) - len(before.expandtabs(8)) + len(after.expandtabs(8))
    return " " * max(0, width)


def _inside_strings(statement: Statement) -> set[int]:
    return {
        line
        for token in statement.tokens
        if token.kind == "string"
        for line in range(token.line + 1, token.line + token.text.count("\n") + 1)
    }


def _indent_comments(draft: Draft, wanted: list[str], indents: dict[int, str]) -> None:
    """A line of comment goes with the statement below it when it stood in the same column."""
    following: tuple[str, str] | None = None
    for index in range(len(draft.statements) - 1, -1, -1):
        statement = draft.statements[index]
        below = draft.statements[index + 1].first if index + 1 < len(draft.statements) else len(draft.lines)
        for line in range(statement.last + 1, below):
            old = _leading(draft.lines[line])
            if draft.lines[line].lstrip().startswith("#") and following is not None and old == following[0]:
                indents[line] = following[1]
        following = (statement.indent, wanted[index])


def _kind(old: str, new: str) -> str:
    same_width = old.expandtabs(8) == new.expandtabs(8) or old.expandtabs(4) == new.expandtabs(4)
    return "mixed-tabs" if same_width else "indentation"


def _leading(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t\f"))]
