"""Make ``modlint/data/block_ends.json``: what the signs of :mod:`modlint.repair.endings` weigh.

Every statement of good code is a choice between the depths that the grammar allows it; the weights are those under
which the depths that were chosen are the most likely. Needs torch: ``python tools/learn_block_ends.py DIRECTORY …``.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy, softplus

from modlint.repair.draft import Draft
from modlint.repair.endings import WEIGHTS_FILE, Arrival, arrivals, kind_of, signs
from modlint.repair.structure import Stack, admits, closed, oddity, places

LINES = range(30, 700)
CHOICES = 40_000
LEAST_SEEN = 40
SIGNS = 200
SHRINKAGE = 1e-5
# The share of files that are read as if they had no blank lines.
WITHOUT_GAPS = 0.35


class Choice(NamedTuple):
    """The signs of each open block, innermost first, and the oddity of each depth, outermost first or None."""

    blocks: list[list[str]]
    oddities: list[float | None]
    depth: int


def choices(text: str, with_gaps: bool) -> Iterator[Choice]:
    """All choices in a text but those that the grammar makes."""
    statements = Draft(text).statements
    for arrival, (stack, depth, _) in zip(arrivals(statements), places(statements), strict=True):
        if stack[-1].size and len(stack) > 1:
            seen = arrival if with_gaps else arrival._replace(gap=None)
            found = _choice(stack, depth, seen)
            if sum(odd is not None for odd in found.oddities) > 1 and found.oddities[depth] is not None:
                yield found


def _choice(stack: Stack, depth: int, arrival: Arrival) -> Choice:
    blocks: list[list[str]] = []
    oddities: list[float | None] = []
    for level in range(len(stack) - 1, -1, -1):
        here = closed(stack, level)
        oddities.append(oddity(here, arrival.statement) if admits(here, arrival.statement) else None)
        if level:
            found = signs(here[-1], here[:-1], arrival, is_innermost=not blocks)
            blocks.append([f"{kind_of(here[-1])}: {sign}" for sign in found])
    return Choice(blocks, oddities[::-1], depth)


def gather(roots: Iterable[Path], seed: int) -> list[Choice]:
    """Choices of files in random order, as many as are wanted."""
    rng = random.Random(seed)
    paths = sorted(path for root in roots for path in root.rglob("*.py"))
    rng.shuffle(paths)
    found: list[Choice] = []
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        if len(found) < CHOICES and text.count("\n") in LINES and "\t" not in text and _parses(text):
            found += choices(text, rng.random() >= WITHOUT_GAPS)
    return found


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


class Problem:
    """The choices as sparse matrices: from signs to blocks, and from blocks that end or go on to depths."""

    def __init__(self, found: Sequence[Choice], names: Sequence[str]) -> None:
        number = {name: i for i, name in enumerate(names)}
        self.depths = max(len(choice.oddities) for choice in found)
        self.oddities = torch.full((len(found), self.depths), 1e6)
        self.taken = torch.tensor([choice.depth for choice in found])
        said, ends, goes_on = list[tuple[int, int]](), list[tuple[int, int]](), list[tuple[int, int]]()
        first = 0
        for row, choice in enumerate(found):
            innermost = len(choice.blocks)
            for i, block in enumerate(choice.blocks):
                said += [(first + i, number[sign]) for sign in block if sign in number]
            for depth, odd in enumerate(choice.oddities):
                if odd is None:
                    continue
                self.oddities[row, depth] = odd
                ends += [(row * self.depths + depth, first + i) for i in range(innermost - depth)]
                goes_on += [(row * self.depths + depth, first + innermost - depth)] if depth else []
            first += innermost
        cells = len(found) * self.depths
        self.said = _sparse(said, (first, len(names)))
        self.ends, self.goes_on = _sparse(ends, (cells, first)), _sparse(goes_on, (cells, first))

    def cost(self, weights: torch.Tensor, per_oddity: torch.Tensor) -> torch.Tensor:
        """What each depth of each choice costs, in natural logarithms."""
        odds = self.said @ weights[:, None]
        blocks = self.ends @ softplus(-odds) + self.goes_on @ softplus(odds)
        return blocks.view(-1, self.depths) + per_oddity * self.oddities


def _sparse(cells: Sequence[tuple[int, int]], shape: tuple[int, int]) -> torch.Tensor:
    indices = torch.tensor(cells).T
    return torch.sparse_coo_tensor(indices, torch.ones(len(cells)), shape, check_invariants=False).coalesce()


def estimate(found: Sequence[Choice], names: Sequence[str]) -> tuple[dict[str, float], float]:
    """The weight of each sign, and how much an oddity of 1 is in the same unit."""
    problem = Problem(found, names)
    weights = torch.zeros(len(names), requires_grad=True)
    per_oddity = torch.tensor(1.0, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, per_oddity], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = cross_entropy(-problem.cost(weights, per_oddity), problem.taken) + SHRINKAGE * (weights**2).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    right = (problem.cost(weights, per_oddity).argmin(1) == problem.taken).float().mean()
    print(f"{len(found)} choices, {len(names)} signs: {100 * right:.1f} % right one by one")
    return dict(zip(names, weights.tolist(), strict=True)), per_oddity.item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roots", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    found = gather(options.roots, options.seed)
    seen = Counter(sign for choice in found for block in choice.blocks for sign in block)
    names = sorted(name for name, count in seen.items() if count >= LEAST_SEEN)
    weights, _ = estimate(found, names)
    strongest = sorted(names, key=lambda name: -(weights[name] ** 2) * seen[name])[:SIGNS]
    weights, per_oddity = estimate(found, sorted(strongest))
    table = {**{name: round(weight, 2) for name, weight in weights.items()}, "oddity": round(per_oddity, 2)}
    WEIGHTS_FILE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
