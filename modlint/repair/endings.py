"""How likely a block ends before a statement when no column tells: signs of it, weighed by how code is written.

The weights are those of a small network over real modules, made by ``tools/learn_block_ends.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from math import exp, inf, log, log1p
from pathlib import Path
from typing import NamedTuple

from modlint.repair.arrivals import Arrival
from modlint.repair.signs import signs
from modlint.repair.situation import Situation
from modlint.repair.structure import Block, Stack

WEIGHTS_FILE = Path(__file__).parent.parent / "data" / "block_ends.json"


class Network(NamedTuple):
    """One hidden layer of rectified units: what each sign adds to the odds, and to each unit.

    The first ``for_`` units speak for an end, the others against it; ``bias`` is what odds and units begin with.
    ``oddity`` is how much an oddity of 1 is in natural logarithms.
    """

    for_: int
    bias: tuple[float, ...]
    signs: dict[str, tuple[float, ...]]
    oddity: float

    def odds(self, seen: Iterable[str]) -> float:
        """The logarithm of the odds of an end."""
        rows = [self.signs[sign] for sign in seen if sign in self.signs]
        odds, *units = map(sum, zip(self.bias, *rows, strict=True))
        active = [max(0.0, unit) for unit in units]
        return odds + sum(active[: self.for_]) - sum(active[self.for_ :])


def ending(block: Block, outer: Stack, arrival: Arrival, *, is_innermost: bool) -> tuple[float, float]:
    """What it costs that ``block``, which stands in ``outer``, ends before the statement, and that it goes on."""
    assert block.header is not None
    network = _network()
    odds = network.odds(signs(Situation(block, block.header, outer, arrival, is_innermost)))
    return _softplus(-odds) / network.oddity, _softplus(odds) / network.oddity


def either(*costs: float) -> float:
    """What several ways cost together: as many as there are make it likelier that one of them was meant."""
    unit = _network().oddity
    likely = sum(exp(-unit * cost) for cost in costs)
    return -log(likely) / unit if likely else inf


def certainty(margin: float, odds: float) -> float:
    """How much ``margin`` is of that which stands for ``odds`` to one."""
    return _network().oddity * margin / log(odds)


def _softplus(x: float) -> float:
    return max(x, 0.0) + log1p(exp(-abs(x)))


@cache
def _network() -> Network:
    return Network(**json.loads(WEIGHTS_FILE.read_text(encoding="utf-8")))
