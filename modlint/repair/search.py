"""Best-first search for the cheapest edits after which a text parses and looks as it was meant."""

from __future__ import annotations

import ast
import heapq
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from modlint.repair import (
    brackets,
    characters,
    clutter,
    dialects,
    imports,
    joints,
    keywords,
    layout,
    marks,
    piecewise,
    quotes,
    torn,
)
from modlint.repair.alone import broken
from modlint.repair.candidate import CLEAR, cheapest_first
from modlint.repair.draft import Draft, Fault
from modlint.repair.layout import LAYOUT_KINDS, is_about_indentation
from modlint.repair.locality import Locality
from modlint.repair.plausible import implausibility
from modlint.repair.structure import judge

CATALOGUE = (characters, clutter, keywords, imports, dialects, marks, torn, brackets, quotes, joints, layout, piecewise)

EXPANSIONS_PER_FAULT = 3
MAX_EXPANSIONS = 120
# Once something parses: how many more finished drafts are compared with it, and unfinished ones carried on;
# the odder it looks, the more of them.
RIVALS = 16
RIVAL_EXPANSIONS = 3
# What a better repair may at most take away from the oddity of a text: the rest is the author's own.
WORST_CHOICE = 3.0
MOST_IMPLAUSIBLE = 0.4
_NO_PROGRESS = 1.0
_PER_BROKEN = 0.9
# The oddity of a statement of good code.
_USUAL = 0.015
# What of the price of a layout a single edit may save.
_ONE_FAULT = 1.0


@dataclass(frozen=True, slots=True)
class Solution:
    """A draft that parses; ``score`` is the price of its edits and of what looks odd in it."""

    draft: Draft
    cost: float
    score: float
    tree: ast.Module

    @property
    def oddity(self) -> float:
        return self.score - self.cost


@dataclass
class _Frontier:
    """Drafts yet to be looked at, cheapest first; of those that stop at one place only the best few go on.

    ``finished`` are those that were found to parse, with what they cost.
    """

    heap: list[tuple[float, int, float, Draft]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    finished: list[tuple[float, Draft]] = field(default_factory=list)
    expanded: Counter[Fault] = field(default_factory=Counter)
    ticket: Iterator[int] = field(default_factory=count)

    def push(self, draft: Draft, cost: float, estimate: float) -> None:
        heapq.heappush(self.heap, (estimate, next(self.ticket), cost, draft))

    def pop(self) -> tuple[float, float, Draft]:
        estimate, _, cost, draft = heapq.heappop(self.heap)
        return estimate, cost, draft

    def is_new(self, draft: Draft) -> bool:
        """Whether the text was not met before; from now on it was."""
        known = draft.text in self.seen
        self.seen.add(draft.text)
        return not known

    def admits(self, fault: Fault) -> bool:
        """Whether a draft that stops at ``fault`` is still worth expanding."""
        self.expanded[fault] += 1
        return self.expanded[fault] <= EXPANSIONS_PER_FAULT


def search(text: str, deadline: float, max_cost: float) -> list[Solution]:
    """All solutions found that come near the best one, best first; empty when there is none within ``max_cost``."""
    stop = time.thread_time() + deadline
    frontier = _Frontier()
    frontier.push(Draft(text), 0.0, 0.0)
    solutions: list[Solution] = []
    expansions, rivals = MAX_EXPANSIONS, RIVALS
    while frontier.heap and rivals and time.thread_time() < stop:
        estimate, cost, draft = frontier.pop()
        if solutions and estimate > _bound(solutions):
            break
        fault = draft.parsed
        if isinstance(fault, ast.Module):
            rivals -= 1
            solution = _solution(draft, cost, fault)
            if solution is not None:
                solutions.append(solution)
                expansions = min(expansions, RIVAL_EXPANSIONS + int(solution.oddity))
        elif expansions and frontier.admits(fault):
            expansions -= 1
            _expand(frontier, draft, fault, cost, max_cost, stop)
    return _ranked(solutions or _in_haste(frontier))


def _in_haste(frontier: _Frontier) -> list[Solution]:
    """The cheapest of what was found to parse before the time was over, of which none is clear."""
    found = sorted(frontier.finished, key=lambda pair: pair[0])[:RIVALS]
    trees = ((draft.having((), margin=0.0), cost, draft.parsed) for cost, draft in found)
    weighed = [_solution(draft, cost, tree) for draft, cost, tree in trees if isinstance(tree, ast.Module)]
    return [solution for solution in weighed if solution is not None]


def _bound(solutions: list[Solution]) -> float:
    """What a draft may cost at most to come near the best solution still."""
    best = min(solutions, key=lambda s: s.score)
    own = min(s.oddity for s in solutions)
    usual = min(own, _USUAL * len(best.draft.statements))
    return best.score - max(usual, own - WORST_CHOICE) + CLEAR


def _expand(frontier: _Frontier, draft: Draft, fault: Fault, cost: float, max_cost: float, stop: float) -> None:
    locality = Locality(draft, fault)
    before = len(broken(draft))
    candidates = cheapest_first(draft, fault)
    lost = min((c.cost for c in candidates if c.changes[0].kind in LAYOUT_KINDS), default=0.0) - _ONE_FAULT
    for candidate in candidates:
        if time.thread_time() > stop:
            return
        price = cost + candidate.cost
        child = draft.having(candidate.changes, candidate.margin)
        if price > max_cost or not frontier.is_new(child):
            continue
        piece = locality.after(candidate.changes, child)
        found = piece if isinstance(piece, Fault) else child.parsed
        if isinstance(found, ast.Module):
            frontier.push(child, price, price)
            frontier.finished.append((price, child))
            continue
        price += 0.0 if _moved_on(fault, found) else _NO_PROGRESS
        left = len(broken(child)) if len(candidate.changes) > 1 else before - isinstance(piece, ast.Module)
        odd = implausibility(piece, ()) if isinstance(piece, ast.Module) else 0.0
        frontier.push(child, price, price + odd + _PER_BROKEN * max(0, left - 1) + _remaining(found, draft, lost))


def _moved_on(before: Fault, after: Fault) -> bool:
    """Whether the parser gets further; an error that shows far above was hidden by the one now gone."""
    return (after.line, after.column) > (before.line, before.column) or after.line < before.line - 1


def _remaining(fault: Fault, draft: Draft, lost: float) -> float:
    """A guess at what is yet to be paid: one more edit at least, more the more text is left, and all indentation lost."""
    total = len(draft.lines)
    ahead = 0.5 + (total - min(fault.line, total)) / total
    return max(ahead, lost) if is_about_indentation(fault) else ahead


def _solution(draft: Draft, cost: float, tree: ast.Module) -> Solution | None:
    """The draft with its score; None when hardly a statement of it means anything."""
    implausible = implausibility(tree, draft.tokens)
    if implausible > MOST_IMPLAUSIBLE * len(draft.statements):
        return None
    return Solution(draft, cost, cost + judge(draft.statements) + implausible, tree)


def _ranked(solutions: list[Solution]) -> list[Solution]:
    ranked = sorted(solutions, key=lambda solution: solution.score)
    best: dict[str, Solution] = {}
    for solution in ranked:
        if solution.score < ranked[0].score + 2 * CLEAR:
            best.setdefault(ast.dump(solution.tree), solution)
    return list(best.values())
