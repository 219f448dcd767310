"""How likely a block ends before a statement when no column tells: signs of it, weighed by how code is written.

The weights are those of a logistic regression over real modules, made by ``tools/learn_block_ends.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import zip_longest
from math import exp, log1p
from pathlib import Path
from statistics import median_low
from typing import NamedTuple

from modlint.repair.lexer import Statement
from modlint.repair.structure import CLAUSES, LEAVES, Block, Stack
from modlint.repair.vocabulary import words

WEIGHTS_FILE = Path(__file__).parent.parent / "data" / "block_ends.json"

_KINDS = {"elif": "if", "while": "for", "finally": "try", "async": "with"}
_HEADS = words(
    "def class @ return raise if for with try import yield pass continue break assert elif else except",
)
# Names that are read everywhere, and so tell nothing.
_COMMON = frozenset({"self", "nn", "torch", "F", "np", "math", "os"})
_NOTHING: frozenset[str] = frozenset()


class Arrival(NamedTuple):
    """The next statement and the one that is ``following``.

    ``gap`` is how many more blank lines than usual stand above it; None in a text where that is always the same.
    """

    statement: Statement
    gap: int | None
    following: Statement | None


def arrivals(statements: Sequence[Statement]) -> Iterator[Arrival]:
    """All statements of a text, each as it arrives."""
    gaps = [statement.gap for statement in statements]
    usual = median_low(gaps or [0])
    tells = max(gaps, default=0) > usual
    for statement, following in zip_longest(statements, statements[1:]):
        yield Arrival(statement, max(0, statement.gap - usual) if tells else None, following)


def ending(block: Block, outer: Stack, arrival: Arrival, *, is_innermost: bool) -> tuple[float, float]:
    """What it costs that ``block``, which stands in ``outer``, ends before the statement, and that it goes on."""
    weights = _weights()
    kind = kind_of(block)
    odds = sum(weights.get(f"{kind}: {sign}", 0.0) for sign in signs(block, outer, arrival, is_innermost=is_innermost))
    scale = weights["oddity"]
    return _softplus(-odds) / scale, _softplus(odds) / scale


def _softplus(x: float) -> float:
    return max(x, 0.0) + log1p(exp(-abs(x)))


@cache
def _weights() -> dict[str, float]:
    found: dict[str, float] = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    return found


def kind_of(block: Block) -> str:
    return _KINDS.get(block.kind, block.kind)


def signs(block: Block, outer: Stack, arrival: Arrival, *, is_innermost: bool) -> Iterator[str]:
    """All that may tell whether ``block`` ends here, in words."""
    statement = arrival.statement
    yield "block"
    yield _category(statement)
    yield from _from_form(block, arrival, is_innermost)
    yield from _from_names(block, outer, statement)
    if block.previous is not None and is_innermost:
        yield from _from_neighbour(block.previous, statement)
    if block.before is not None:
        yield from _from_sibling(block.before, block, statement)
    if block.header is not None:
        yield from _from_header(block.header, statement)
    if statement.head in CLAUSES:
        yield from _from_branch(block, arrival)


def _category(statement: Statement) -> str:
    head = {"while": "for", "from": "import"}.get(statement.head, statement.head)
    if head in _HEADS:
        return head
    if statement.tokens[0].kind == "string":
        return "string"
    if statement.targets:
        return "assigns attribute" if any(target[0] == "." for target in statement.targets) else "assigns name"
    return "call" if statement.is_call else "other"


def _from_form(block: Block, arrival: Arrival, is_innermost: bool) -> Iterator[str]:
    if arrival.gap is not None:
        yield ("no blank line", "blank line", "blank lines")[min(arrival.gap, 2)]
    if block.size < 3:
        yield f"size {block.size}"
    if not is_innermost:
        yield f"behind {block.last}"
    if block.last in LEAVES:
        yield "left"
    following = arrival.following
    if following is None:
        return
    if following.head in ("def", "class", "@"):
        yield "at last"
        if arrival.statement.head in LEAVES:
            yield "leaves at last"
    if following.head in CLAUSES:
        yield "before clause"


def _from_names(block: Block, outer: Stack, statement: Statement) -> Iterator[str]:
    own = block.binds | block.targets
    outside = _NOTHING.union(*(b.binds | b.targets for b in outer))
    if statement.reads & own - outside:
        yield "reads own"
    elif statement.reads & own:
        yield "reads shared"
    elif statement.targets & own:
        yield "assigns own"
    else:
        yield "ignores"
    familiar = statement.reads & block.reads - _COMMON
    elsewhere = _NOTHING.union(*(b.reads for b in outer[1:]))
    if familiar - elsewhere:
        yield "familiar here"
    elif familiar:
        yield "familiar"
    if statement.targets & block.reads:
        yield "assigns what was read"
    if (statement.targets & block.unread) - statement.reads:
        yield "overwrites"
    if statement.reads & block.fills - statement.fills:
        yield "reads filled"


def _from_neighbour(previous: Statement, statement: Statement) -> Iterator[str]:
    if statement.words[:2] == previous.words[:2]:
        yield "begins like previous"
    if statement.calls & previous.calls:
        yield "calls like previous"
    if statement.reads & previous.targets:
        yield "reads previous"
    if statement.reads & previous.fills - statement.fills:
        yield "reads what previous filled"
    if statement.targets & previous.targets:
        yield "assigns previous"
    if statement.reads & previous.reads - _COMMON:
        yield "shares with previous"


def _from_sibling(before: Block, block: Block, statement: Statement) -> Iterator[str]:
    if statement.targets:
        yield "sibling assigns" if statement.targets & before.targets else "sibling assigns else"
    if statement.calls & before.calls:
        yield "sibling calls"
    parallel = before.outline[block.size : block.size + 1]
    yield "sibling is longer" if parallel else "sibling is no longer"
    if parallel == (statement.words[:2],):
        yield "parallel to sibling"
    if statement.reads & block.targets & before.targets:
        yield "reads what siblings assign"


def _from_header(header: Statement, statement: Statement) -> Iterator[str]:
    if statement.reads & header.reads - _COMMON:
        yield "shares with header"
    if statement.reads & header.binds:
        yield "reads header"
    if statement.is_header and statement.head == header.head:
        yield "begins like header" if statement.words[:3] == header.words[:3] else "same kind as header"


def _from_branch(block: Block, arrival: Arrival) -> Iterator[str]:
    statement, following = arrival.statement, arrival.following
    clause = statement.head
    if clause == "elif" and block.header is not None:
        alike = statement.words[1:3] == block.header.words[1:3]
        yield "elif like header" if alike else "elif unlike header"
    if following is None:
        return
    if following.targets:
        yield f"{clause} assigns the same" if following.targets & block.targets else f"{clause} assigns else"
    if following.calls & block.calls:
        yield f"{clause} calls the same"
    if following.head == block.last:
        yield f"{clause} has the same head"
