"""Statements that are broken in themselves, each mended alone and all at once: faults far apart need no common search."""

from __future__ import annotations

import ast
import heapq
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import count
from math import inf
from typing import NamedTuple

from modlint.edits import Edit
from modlint.repair.alone import alone, broken, is_garbled, parse_alone
from modlint.repair.candidate import CLEAR, Candidate, cheapest_first, family
from modlint.repair.draft import Change, Draft, Fault
from modlint.repair.lexer import CLOSERS, COLONS, Statement
from modlint.repair.plausible import implausibility, odd_strings
from modlint.repair.quotes import TRIPLE, misclosed
from modlint.repair.vocabulary import OPEN_ENDS

MOST_COST = 3.5
EXPANSIONS = 8
RIVALS = 12


@family
def piecewise(draft: Draft, _: Fault) -> Iterator[Candidate]:
    """All statements that can be mended alone."""
    faulty = broken(draft)
    if len(faulty) < 2 or is_garbled(draft) or _has_open_docstring(draft):
        return
    cost, changes, margin = 0.0, list[Change](), inf
    for statement, _ in faulty:
        mended = _mended(draft, statement)
        if mended is not None:
            cost += mended.cost
            changes += mended.changes
            margin = min(margin, mended.margin)
    if changes:
        yield Candidate(cost, tuple(changes), margin)


def _has_open_docstring(draft: Draft) -> bool:
    return bool(misclosed(draft)) or any(t.kind == "quote" and t.text[-3:] in TRIPLE for t in draft.tokens)


def _mended(draft: Draft, statement: Statement) -> Candidate | None:
    """The mending of one statement in coordinates of ``draft``; None for a part of one that is torn over two lines."""
    goes_on = not statement.is_header and statement.words[-1] in OPEN_ENDS | {"."}
    if statement.words[0] in CLOSERS or goes_on:
        return None
    start = draft.starts[statement.first] + len(statement.indent)
    found = mend(draft.text[start : draft.starts[statement.last + 1] - 1])
    return found and replace(found, changes=tuple(_placed(change, start, statement.indent) for change in found.changes))


def _placed(change: Change, start: int, indent: str) -> Change:
    edit = change.edit
    return Change(change.kind, Edit(start + edit.start, start + edit.end, edit.text.replace("\n", f"\n{indent}")))


@lru_cache(maxsize=4096)
def mend(text: str) -> Candidate | None:
    """The best repair of a statement without indentation; None when there is none that is cheap."""
    ticket = count()
    first = Draft(text)
    heap = [_Waiting(0.0, next(ticket), 0.0, first, weighed=True)]
    seen, solutions, expansions = {text}, list[_Solution](), EXPANSIONS
    while heap and expansions and len(solutions) < RIVALS:
        estimate, _, cost, draft, weighed = heapq.heappop(heap)
        if solutions and estimate > min(solution.score for solution in solutions) + CLEAR:
            break
        if not weighed:
            odd = odd_strings(draft.tokens)
            heapq.heappush(heap, _Waiting(estimate + odd, next(ticket), cost, draft, weighed=True))
            continue
        found = _fault(draft)
        if not isinstance(found, Fault):
            odd = implausibility(found, draft.tokens)
            solutions.append(_Solution(cost + odd, cost, draft, ast.dump(found)))
            continue
        expansions -= 1
        for candidate in cheapest_first(draft, found, without=piecewise):
            child, price = draft.having(candidate.changes), cost + candidate.cost
            if price <= MOST_COST and child.text not in seen:
                seen.add(child.text)
                whole = not _is_broken(child, first)
                estimate = price if whole else price + _ONE_MORE
                heapq.heappush(heap, _Waiting(estimate, next(ticket), price, child, weighed=whole))
    if not solutions:
        return None
    best = min(solutions, key=lambda solution: solution.score)
    others = [solution.score for solution in solutions if solution.dump != best.dump]
    return Candidate(best.cost, best.draft.changes, min(others, default=inf) - best.score)


class _Solution(NamedTuple):
    score: float
    cost: float
    draft: Draft
    dump: str


class _Waiting(NamedTuple):
    """A draft yet to be looked at; of one that is still broken the strings are weighed when its turn comes."""

    estimate: float
    ticket: int
    cost: float
    draft: Draft
    weighed: bool


_ONE_MORE = 0.5


def _is_broken(child: Draft, first: Draft) -> bool:
    """Whether ``child``, made of the statement ``first``, does not parse; where it is still one statement, at a glance."""
    if child.text.count("\n") != first.text.count("\n"):
        return isinstance(_fault(child), Fault)
    statement = first.statements[0]
    opens = statement.opens or child.text.rstrip().endswith(COLONS)
    return isinstance(parse_alone(child.text, statement.head, opens), Fault)


def _fault(draft: Draft) -> ast.Module | Fault:
    """The first of the statements of ``draft`` that is broken; else its tree, as far as it has one."""
    trees: list[ast.stmt] = []
    for statement in draft.statements:
        found = alone(statement, draft.lines[statement.first : statement.last + 1])
        if isinstance(found, Fault):
            return found._replace(line=found.line + statement.first)
        trees += found.body if found is not None else []
    return ast.Module(trees, [])
