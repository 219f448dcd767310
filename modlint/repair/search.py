"""Best-first search for the cheapest edits after which a text parses and looks as it was meant."""

from __future__ import annotations

import ast
import heapq
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from modlint.repair import brackets, characters, clutter, dialects, imports, joints, keywords, layout, marks, quotes
from modlint.repair.candidate import FAMILIES
from modlint.repair.draft import Draft, Fault
from modlint.repair.plausible import implausibility
from modlint.repair.structure import judge

CATALOGUE = (characters, clutter, keywords, imports, dialects, marks, brackets, quotes, joints, layout)

MARGIN = 0.4
EXPANSIONS_PER_FAULT = 3
MAX_EXPANSIONS = 120
RIVALS = 24
_NO_PROGRESS = 1.0


@dataclass(frozen=True, slots=True)
class Solution:
    """A draft that parses; ``score`` is the price of its edits and of what looks odd in it."""

    draft: Draft
    cost: float
    score: float
    dump: str


@dataclass
class _Frontier:
    """Drafts yet to be expanded, cheapest first; of those that stop at one place only the best few."""

    heap: list[tuple[float, int, float, Draft]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    expanded: Counter[tuple[int, int, str]] = field(default_factory=Counter)
    ticket: Iterator[int] = field(default_factory=count)

    def push(self, draft: Draft, cost: float, estimate: float) -> None:
        if draft.text not in self.seen:
            self.seen.add(draft.text)
            heapq.heappush(self.heap, (estimate, next(self.ticket), cost, draft))

    def pop(self) -> tuple[float, float, Draft]:
        estimate, _, cost, draft = heapq.heappop(self.heap)
        return estimate, cost, draft

    def admits(self, fault: Fault) -> bool:
        """Whether a draft that stops at ``fault`` is still worth expanding."""
        key = (fault.line, fault.column, fault.message)
        self.expanded[key] += 1
        return self.expanded[key] <= EXPANSIONS_PER_FAULT


def search(text: str, deadline: float, max_cost: float) -> list[Solution]:
    """All solutions found that come near the best one, best first; empty when there is none within ``max_cost``."""
    stop = time.monotonic() + deadline
    frontier = _Frontier()
    frontier.push(Draft(text), 0.0, 0.0)
    solutions: list[Solution] = []
    allowance = MAX_EXPANSIONS
    while frontier.heap and allowance and time.monotonic() < stop:
        estimate, cost, draft = frontier.pop()
        if solutions and estimate > min(s.score for s in solutions) + MARGIN:
            break
        allowance -= 1
        fault = draft.parsed
        if isinstance(fault, ast.Module):
            solutions.append(_solution(draft, cost, fault))
            allowance = min(allowance, RIVALS)
        elif frontier.admits(fault):
            _expand(frontier, draft, fault, cost, max_cost, stop)
    return _ranked(solutions)


def _expand(frontier: _Frontier, draft: Draft, fault: Fault, cost: float, max_cost: float, stop: float) -> None:
    total = max(1, len(draft.lines))
    for make in FAMILIES:
        if time.monotonic() > stop:
            return
        for candidate in make(draft, fault):
            price = cost + candidate.cost
            if price > max_cost:
                continue
            child = draft.having(candidate.changes)
            if child.text in frontier.seen:
                continue
            found = child.parsed
            if isinstance(found, ast.Module):
                frontier.push(child, price, price)
                continue
            stuck = (found.line, found.column) <= (fault.line, fault.column) and found.line >= fault.line - 1
            price += _NO_PROGRESS if stuck else 0.0
            remaining = 0.5 + (total - min(found.line, total)) / total
            frontier.push(child, price, price + remaining)


def _solution(draft: Draft, cost: float, tree: ast.Module) -> Solution:
    odd = judge(draft.statements) + implausibility(tree, draft.tokens)
    return Solution(draft, cost, cost + odd, ast.dump(tree))


def _ranked(solutions: list[Solution]) -> list[Solution]:
    best: dict[str, Solution] = {}
    for solution in sorted(solutions, key=lambda s: s.score):
        best.setdefault(solution.dump, solution)
    return list(best.values())
