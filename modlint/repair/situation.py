"""An open block and the statement that arrives: what may tell whether the block ends before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from modlint.repair.arrivals import Arrival
from modlint.repair.lexer import Statement
from modlint.repair.structure import Block, Stack
from modlint.repair.vocabulary import words

NOTHING: frozenset[str] = frozenset()

_KINDS = {"elif": "if", "while": "for", "finally": "try", "async": "with"}
_ALIASES = {"while": "for", "from": "import"}
_HEADS = words(
    "def class @ return raise if for with try import yield pass continue break assert elif else except del global",
)
_NEAR = 6


@dataclass(frozen=True)
class Situation:
    """``block``, which begins with ``header`` and stands in ``outer``, when a statement arrives."""

    block: Block
    header: Statement
    outer: Stack
    arrival: Arrival
    is_innermost: bool

    @property
    def statement(self) -> Statement:
        return self.arrival.statement

    @property
    def following(self) -> Statement | None:
        return self.arrival.following

    @property
    def kind(self) -> str:
        return _KINDS.get(self.block.kind, self.block.kind)

    @cached_property
    def own(self) -> frozenset[str]:
        """What the block has given a value."""
        return self.block.binds | self.block.targets

    @cached_property
    def outside(self) -> frozenset[str]:
        """What was given a value outside of the block."""
        return NOTHING.union(*(block.binds | block.targets for block in self.outer))

    @cached_property
    def only_own(self) -> frozenset[str]:
        return self.own - self.outside

    @cached_property
    def live(self) -> frozenset[str]:
        """The names whose value of before the statement is read behind it."""
        return self.arrival.live - self.statement.targets

    @cached_property
    def waiting(self) -> frozenset[str]:
        """What was given a value right outside of the block, and not read since."""
        return self.outer[-1].unread

    @cached_property
    def above(self) -> Sequence[Statement]:
        """The statements that stand before the header, beside it, nearest last."""
        return self.outer[-1].own[-_NEAR - 1 : -1]

    @cached_property
    def inside(self) -> Sequence[Statement]:
        """The statements of the block, nearest last."""
        return self.block.own[-_NEAR:]

    @property
    def previous(self) -> Statement | None:
        """The statement right above, where the block is the innermost one."""
        return self.block.previous if self.is_innermost else None


def category(statement: Statement) -> str:
    """What sort of statement it is: the keyword that it begins with, or what it does."""
    head = _ALIASES.get(statement.head, statement.head)
    if head in _HEADS:
        return head
    if statement.tokens[0].kind == "string":
        return "string"
    if statement.targets:
        return "assigns attribute" if any(target[0] == "." for target in statement.targets) else "assigns name"
    return "call" if statement.is_call else "other"
