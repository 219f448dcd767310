"""Make ``modlint/data/block_ends.json``: what the signs of :mod:`modlint.repair.signs` weigh.

Every statement of good code is a choice between the depths that the grammar allows it; the weights are those under
which the depths that were chosen are the most likely. Needs torch: ``python tools/learn_block_ends.py DIRECTORY …``;
a directory that is named several times counts as often.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import cross_entropy, embedding_bag, softplus

from modlint.repair.arrivals import Arrival, arrivals
from modlint.repair.draft import Draft
from modlint.repair.endings import WEIGHTS_FILE
from modlint.repair.signs import signs
from modlint.repair.situation import Situation
from modlint.repair.structure import Stack, admits, closed, oddity, places

LINES = range(20, 1600)
CHOICES = 700_000
HELD_OUT = 0.02
LEAST_SEEN = 120
UNITS = 32
EPOCHS = 6
BATCH = 4000
RATE = 0.02
DROPPED = 0.1
SHRINKAGE = 5e-6
# The share of files that are read as if they had no blank lines.
WITHOUT_GAPS = 0.25
_IMPOSSIBLE = 1e6


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
            found = _choice(stack, depth, arrival if with_gaps else arrival._replace(gaps=None))
            if sum(odd is not None for odd in found.oddities) > 1 and found.oddities[depth] is not None:
                yield found


def _choice(stack: Stack, depth: int, arrival: Arrival) -> Choice:
    blocks: list[list[str]] = []
    oddities: list[float | None] = []
    for level in range(len(stack) - 1, -1, -1):
        here = closed(stack, level)
        oddities.append(oddity(here, arrival.statement) if admits(here, arrival.statement) else None)
        header = here[-1].header
        if header is not None:
            situation = Situation(here[-1], header, here[:-1], arrival, is_innermost=not blocks)
            blocks.append([sys.intern(sign) for sign in signs(situation)])
    return Choice(blocks, oddities[::-1], depth)


def gather(paths: Iterable[Path], most: int, rng: random.Random) -> list[Choice]:
    """The choices that files show, as many as are wanted."""
    found: list[Choice] = []
    for path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        if text.count("\n") in LINES and "\t" not in text and _parses(text):
            found += choices(text, rng.random() >= WITHOUT_GAPS)
        if len(found) >= most:
            break
    return found


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


class Batch:
    """Choices as tensors: the signs of all blocks, which blocks each choice has, and what stands against its depths.

    Depths are counted from within: as many blocks end as the index says.
    """

    def __init__(self, found: Sequence[Choice], number: dict[str, int]) -> None:
        seen = [[number[sign] for sign in block if sign in number] for choice in found for block in choice.blocks]
        counts = torch.tensor([len(choice.blocks) for choice in found])
        self.signs = torch.tensor([sign for block in seen for sign in block])
        self.starts = torch.tensor([0, *map(len, seen[:-1])]).cumsum(0)
        ranks = torch.arange(int(counts.max()))
        self.exists = ranks < counts[:, None]
        self.blocks = (counts.cumsum(0) - counts)[:, None] + ranks.minimum(counts[:, None] - 1)
        self.oddities = torch.tensor([_padded(choice, len(ranks) + 1) for choice in found])
        self.ended = counts - torch.tensor([choice.depth for choice in found])


def _padded(choice: Choice, length: int) -> list[float]:
    from_within = [_IMPOSSIBLE if odd is None else odd for odd in reversed(choice.oddities)]
    return from_within + [_IMPOSSIBLE] * (length - len(from_within))


class Odds(nn.Module):
    """The network of :mod:`modlint.repair.endings`, and what an oddity counts for beside it."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.sides = torch.tensor([1.0, -1.0]).repeat_interleave(UNITS // 2)
        self.weights = nn.Parameter(torch.randn(count, UNITS + 1) * 0.05)
        self.bias = nn.Parameter(torch.zeros(UNITS + 1))
        self.oddity = nn.Parameter(torch.tensor(1.0))

    def forward(self, batch: Batch, dropped: float = 0.0) -> torch.Tensor:
        """What each depth of each choice costs, in natural logarithms."""
        kept = (torch.rand(len(batch.signs)) >= dropped).float()
        sums = embedding_bag(batch.signs, self.weights, batch.starts, mode="sum", per_sample_weights=kept) + self.bias
        odds = (sums[:, 0] + sums[:, 1:].relu() @ self.sides)[batch.blocks]
        ends, goes_on = softplus(-odds) * batch.exists, softplus(odds) * batch.exists
        nothing = torch.zeros(len(odds), 1)
        ended, stays = torch.cat([nothing, ends.cumsum(1)], 1), torch.cat([goes_on, nothing], 1)
        return ended + stays + self.oddity * batch.oddities


def learn(found: list[Choice], names: Sequence[str], held_out: list[Choice]) -> Odds:
    """The weights under which the depths that were chosen are the most likely."""
    number = {name: i for i, name in enumerate(names)}
    batches = [Batch(found[i : i + BATCH], number) for i in range(0, len(found), BATCH)]
    model = Odds(len(names))
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE, betas=(0.9, 0.99))
    decay = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, total_iters=EPOCHS * len(batches))
    for epoch in range(EPOCHS):
        random.Random(epoch).shuffle(batches)
        for batch in batches:
            optimizer.zero_grad()
            loss = cross_entropy(-model(batch, DROPPED), batch.ended)
            loss += SHRINKAGE * sum((parameter**2).sum() for parameter in model.parameters())
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            decay.step()
        print(f"after {epoch + 1} rounds: {_measured(model, Batch(held_out, number))}", flush=True)
    return model


@torch.no_grad()
def _measured(model: Odds, batch: Batch) -> str:
    costs = model(batch)
    wrong = (costs.argmin(1) != batch.ended).float().mean()
    return f"{cross_entropy(-costs, batch.ended):.4f} nats a choice, {100 * wrong:.2f} % wrong"


def table(model: Odds, names: Sequence[str]) -> dict[str, object]:
    """What :class:`modlint.repair.endings.Network` reads."""
    rows = {name: [round(w, 2) for w in row] for name, row in zip(names, model.weights.tolist(), strict=True)}
    return {
        "for_": UNITS // 2,
        "oddity": round(model.oddity.item(), 2),
        "bias": [round(b, 2) for b in model.bias.tolist()],
        "signs": rows,
    }


def _written(value: dict[str, object]) -> str:
    """JSON with a line for each sign."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace('],"', '],\n"').replace('{"', '{\n"') + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roots", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    paths = sorted(path for root in options.roots for path in root.rglob("*.py"))
    rng.shuffle(paths)
    apart = set(paths[: int(HELD_OUT * len(paths))])
    held_out = gather(sorted(apart), CHOICES, rng)
    found = gather((path for path in paths if path not in apart), CHOICES, rng)
    rng.shuffle(found)
    seen = Counter(sign for choice in found for block in choice.blocks for sign in block)
    names = sorted(name for name, count in seen.items() if count >= LEAST_SEEN)
    print(f"{len(found)} choices, {len(held_out)} held out, {len(names)} signs")
    WEIGHTS_FILE.write_text(_written(table(learn(found, names, held_out), names)), encoding="utf-8")


if __name__ == "__main__":
    main()
