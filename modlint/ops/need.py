"""What an operation asks of its operands, and what it answers when they do not fit.

An op states each restriction that torch enforces through ``Need``. A restriction that cannot hold becomes a Mismatch
and the op goes on with the value that it would have had, so that one mistake does not hide the next; one that may hold
is remembered as a fact about the symbols. What the op cannot know ends it: ``raise Undecided(why)``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from modlint.dims import Answer, Dim, Expr, Grade, Symbol, divisors, is_symbol, linear, substitute, symbol, symbols
from modlint.facts import Facts
from modlint.solving import preimage
from modlint.values import Open, Rank, Shape, Tensor


class Undecided(Exception):
    """The result of an op cannot be known; the message says why."""


class Impossible(Exception):
    """An op cannot go on after the mismatches that it reported."""


class Mismatch(NamedTuple):
    """A restriction of an op that its operands break.

    ``aspect`` names the restriction (a key of the shape rules), ``wanted`` and ``found`` are what torch would compare,
    ``operand`` is the op's parameter that holds what was found, ``grade`` the weakest premise.
    """

    aspect: str
    wanted: object
    found: object
    operand: str | None
    grade: Grade


class Knowledge:
    """Everything assumed so far: facts about symbols, and the ranks that were open."""

    def __init__(self) -> None:
        self.facts = Facts()
        self._ranks: dict[Rank, Shape] = {}
        self._journal: list[tuple[Rank, int]] = []
        self._serials = count(1)

    def shape(self, tensor: Tensor) -> Shape:
        """The shape of ``tensor`` as far as it is known by now."""
        shape = tensor.shape
        resolve = self.facts.resolve
        if isinstance(shape, Open):
            shape = self.settled(shape)
            if isinstance(shape, Open):
                return Open(shape.rank, tuple(map(resolve, shape.tail)))
        return tuple([dim if type(dim) is int else resolve(dim) for dim in shape])

    def settled(self, shape: Shape) -> Shape:
        """A shape with all the dims that it is known to have, as they were when that was learnt."""
        while isinstance(shape, Open):
            lead = self._ranks.get(shape.rank)
            if lead is None:
                break
            shape = Open(lead.rank, (*lead.tail, *shape.tail)) if isinstance(lead, Open) else (*lead, *shape.tail)
        return shape

    def is_tensor(self, value: object) -> bool:
        """Whether a value is a tensor for certain: an input of which nothing is known may be something else."""
        return isinstance(value, Tensor) and (value.origin is not None or not isinstance(self.shape(value), Open))

    def settle(self, rank: Rank, lead: Shape) -> None:
        """From now on the open dims are ``lead``."""
        self._ranks[rank] = lead
        self._journal.append((rank, next(self._serials)))

    @property
    def state(self) -> tuple[int, int]:
        """Numbers that are the same whenever the same is known."""
        return self._journal[-1][1] if self._journal else 0, self.facts.state

    def mark(self) -> object:
        """A point to which ``undo`` can return."""
        return len(self._journal), self.facts.mark()

    def undo(self, mark: object) -> None:
        """Forget what was learnt since ``mark``."""
        ranks, facts = mark  # type: ignore[misc]
        while len(self._journal) > ranks:  # type: ignore[has-type]
            rank, _ = self._journal.pop()
            self._ranks.pop(rank, None)
        self.facts.undo(facts)  # type: ignore[has-type]


AXES = {1: ("N",), 2: ("B", "N"), 3: ("B", "C", "L"), 4: ("B", "C", "H", "W"), 5: ("B", "C", "D", "H", "W")}
_BEFORE_FEATURES = {2: ("B",), 3: ("B", "L"), 4: ("B", "H", "W"), 5: ("B", "D", "H", "W")}


class Need:
    """The restrictions of one call; ``failures`` are those that cannot hold."""

    __slots__ = ("facts", "failures", "knowledge")

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.facts = knowledge.facts
        self.failures: list[Mismatch] = []

    def fail(self, aspect: str, wanted: object, found: object, operand: str | None = None, *dims: Dim) -> None:
        """State that a restriction is broken for sure; ``dims`` are the dims that the claim rests on.

        Raises Undecided when it is broken only if an input of which nothing is known is a tensor.
        """
        if aspect == "type" and isinstance(found, Tensor) and not self.knowledge.is_tensor(found):
            raise Undecided("what the input is, is not known")
        self.failures.append(Mismatch(aspect, wanted, found, operand, self.facts.grade_of(*dims)))

    def shape(self, tensor: Tensor) -> Shape:
        """The shape, which may still be Open."""
        return self.knowledge.shape(tensor)

    def is_empty(self, tensor: Tensor) -> bool:
        """Whether ``tensor`` is known to have no elements, in which case torch often looks no further."""
        shape = self.shape(tensor)
        return 0 in (shape.tail if isinstance(shape, Open) else shape)

    def dims(self, tensor: Tensor) -> tuple[Dim, ...]:
        """The dims of a tensor; raises Undecided when its rank is open."""
        shape = self.knowledge.shape(tensor)
        if isinstance(shape, Open):
            raise Undecided("the number of dimensions is not known")
        return shape

    def rank(self, tensor: Tensor, *allowed: int, aspect: str = "rank", operand: str = "input") -> tuple[Dim, ...]:
        """The dims of a tensor that must have one of the ``allowed`` numbers of dimensions.

        An open rank becomes the last of ``allowed`` (the batched one, by the contract that inputs come in batches).
        Raises Impossible after noting the mismatch when the rank is another.
        """
        shape = self.knowledge.shape(tensor)
        if isinstance(shape, Open):
            return self._settle(shape, allowed, aspect, operand)
        if len(shape) not in allowed:
            self.fail(aspect, allowed, shape, operand)
            raise Impossible
        return shape

    def _settle(self, shape: Open, allowed: Sequence[int], aspect: str, operand: str) -> tuple[Dim, ...]:
        fitting = [rank for rank in allowed if rank >= len(shape.tail)]
        if not fitting:
            self.fail(aspect, tuple(allowed), shape, operand)
            raise Impossible
        rank = fitting[-1]
        names = (_BEFORE_FEATURES if shape.tail else AXES).get(rank, tuple(f"d{axis}" for axis in range(rank)))
        lead = tuple(self._axis(shape.rank, axis, names[axis]) for axis in range(rank - len(shape.tail)))
        self.knowledge.settle(shape.rank, lead)
        return (*lead, *shape.tail)

    @staticmethod
    def _axis(rank: Rank, axis: int, name: str) -> Dim:
        """The dim at an index of a rank that is open: a symbol, the same for every question."""
        if axis not in rank.axes:
            rank.axes[axis] = symbol(name, lower=2 if axis == 0 else 1, grade=Grade.CONTRACT)
        return rank.axes[axis]

    def size(self, tensor: Tensor, axis: int) -> Dim:
        """``tensor.size(axis)``, also of a tensor whose rank is open; one without dims has no sizes."""
        shape = self.knowledge.shape(tensor)
        if shape == ():
            self.fail("dim", 1, 0, "input")
            raise Impossible
        if not isinstance(shape, Open):
            return shape[self.axis(axis, len(shape))]
        if axis >= 0:
            return self._axis(shape.rank, axis, "BCHW"[axis] if axis < 4 else f"d{axis}")
        while len(shape.tail) < -axis:
            last = symbol("N", grade=Grade.CONTRACT)
            shape = Open(self.split_last(Open(shape.rank), last), (last, *shape.tail))
        return shape.tail[axis]

    def split_last(self, shape: Open, last: Dim) -> Rank:
        """The last dim of a wholly open shape is ``last``; return the rank of the dims before it."""
        rest = Rank(shape.rank.name, shape.rank.axes)
        self.knowledge.settle(shape.rank, Open(rest, (last,)))
        return rest

    def equal(self, found: Dim, wanted: Dim, aspect: str, operand: str | None = "input") -> None:
        """``found`` must equal ``wanted``."""
        if type(found) is int and type(wanted) is int:
            if found != wanted:
                self.failures.append(Mismatch(aspect, wanted, found, operand, Grade.STATED))
        elif self.facts.assume_equal(found, wanted) is Answer.NO:
            self._differ(self.facts.resolve(found), self.facts.resolve(wanted), aspect, operand)

    def _differ(self, found: Dim, wanted: Dim, aspect: str, operand: str | None) -> None:
        """A batch of 1 that meets the batch of the input: the code may be meant for one sample."""
        single = 1 in (found, wanted) and (is_batch(found) or is_batch(wanted))
        grade = Grade.ASSUMED if single else self.facts.grade_of(found, wanted)
        self.failures.append(Mismatch(aspect, wanted, found, operand, grade))

    def at_least(self, found: Dim, minimum: int, aspect: str, operand: str | None = "input") -> None:
        """``found`` must be ``minimum`` or more."""
        if self.facts.assume_at_least(found, minimum) is Answer.NO:
            self.fail(aspect, minimum, self.facts.resolve(found), operand, found)

    def divisible(self, found: Dim, divisor: Dim, aspect: str, operand: str | None = "input") -> None:
        """``found`` must be a multiple of ``divisor``."""
        if isinstance(divisor, int):
            no = divisor == 0 or self.facts.assume_divisible(found, divisor) is Answer.NO
        else:
            no = self.facts.divisible(found, divisor) is Answer.NO
        if no:
            self.fail(aspect, divisor, self.facts.resolve(found), operand, found, divisor)

    def axis(self, dim: int, rank: int, aspect: str = "dim", operand: str | None = "dim") -> int:
        """``dim`` as an index from the front; a scalar counts as one-dimensional, as in torch."""
        size = max(rank, 1)
        if not -size <= dim < size:
            self.fail(aspect, (-size, size - 1), dim, operand)
            raise Impossible
        return dim % size

    def known(self, dim: Dim) -> int:
        """``dim`` as an integer; raises Undecided when it is symbolic."""
        dim = self.facts.resolve(dim)
        if isinstance(dim, Expr):
            raise Undecided("a size is not a known integer")
        return dim

    def same(self, a: Dim, b: Dim) -> Answer:
        """Whether two dims are equal, without assuming it."""
        return self.facts.equal(a, b)

    def broadcast(self, *shapes: tuple[Dim, ...], aspect: str = "broadcast", operand: str = "other") -> tuple[Dim, ...]:
        """The common shape by torch's broadcasting semantics (docs.pytorch.org/docs/stable/notes/broadcasting.html)."""
        result = shapes[0]
        for shape in shapes[1:]:
            rank = max(len(result), len(shape))
            left = (1,) * (rank - len(result)) + tuple(result)
            right = (1,) * (rank - len(shape)) + tuple(shape)
            pairs = [self._broadcast_dim(a, b) for a, b in zip(left, right)]
            if any(dim is None for dim in pairs):
                self.fail(aspect, tuple(result), tuple(shape), operand, *result, *shape)
                return tuple(result)
            result = tuple(dim for dim in pairs if dim is not None)
        return tuple(result)

    def _broadcast_dim(self, a: Dim, b: Dim) -> Dim | None:
        if a == b or b == 1:
            return a
        if a == 1:
            return b
        if type(a) is int and type(b) is int:
            return None
        return self._broadcast_symbolic(a, b)

    def _broadcast_symbolic(self, a: Dim, b: Dim) -> Dim | None:
        """Two sizes that must be equal unless one of them is 1, which is excused only for sizes that are free."""
        if type(a) is int or type(b) is int:
            dim, number = (a, b) if type(b) is int else (b, a)
            return self._broadcast_to_number(dim, number)
        if usually_one(a) or usually_one(b):
            return a if usually_one(b) else b
        if self.facts.equal(a, b) is not Answer.NO and recurrent(a, b):
            return b if self.facts.assume_equal(a, b) is not Answer.NO else None
        return next((other for one, other in ((a, b), (b, a)) if self._is_stretched(one, other)), None)

    def _broadcast_to_number(self, dim: Dim, number: Dim) -> Dim | None:
        """A free size may be the number or 1, and it stays open which; another one must be the number."""
        if self.facts.equal(dim, number) is Answer.NO:
            return number if self._is_stretched(dim, number) else None
        if not is_symbol(dim) and not usually_one(dim):
            self.facts.assume_equal(dim, number)
        return number

    def _is_stretched(self, dim: Dim, other: Dim) -> bool:
        """Whether a size is 1, or is to be 1, as it cannot be the other."""
        if usually_one(dim):
            return True
        possible = self._free(dim, other) or widely_one(dim, other)
        return possible and self.facts.assume_equal(dim, 1) is not Answer.NO

    @staticmethod
    def _free(dim: Dim, other: Dim) -> bool:
        return is_symbol(dim) and not symbols(dim) & symbols(other)


def is_batch(dim: Dim) -> bool:
    """A batch size of which the code must not depend: a symbol of the input that is 2 or more."""
    form = linear(dim) if isinstance(dim, Expr) else None
    if form is None or form[0] != 1 or form[2] != 0 or not isinstance(form[1], Symbol):
        return False
    return form[1].grade is Grade.CONTRACT and form[1].lower >= 2


_LARGE = 1 << 16
_SMALL = 1 << 10
_SEVERAL = 8
_MANY = 6


def usually_one(dim: Dim) -> bool:
    """Whether a size is 1 for all but small sizes of the input, as that of ``x[:, -1:]``."""
    return substitute(dim, dict.fromkeys(symbols(dim), _LARGE)) == 1


def widely_one(dim: Dim, other: Dim) -> bool:
    """Whether a size is 1 beside many values of another, as after a pool whose window is the usual feature map."""
    found = preimage(dim, (1, 1))
    if found is None or symbols(other) != {found[0]} or None in found[1]:
        return False
    first, last = (substitute(other, {found[0]: end}) for end in found[1] if end is not None)
    return isinstance(first, int) and isinstance(last, int) and last - first >= _MANY


def recurrent(a: Dim, b: Dim) -> bool:
    """Whether ``a == b`` holds for arbitrarily large sizes or for many small ones, not only for a few exceptions.

    Sizes after convolutions are quasi-linear in the input size: what never holds over a whole period of large values
    never holds for larger ones. A slice of a table with 77 rows fits all sizes up to 77. Expressions in several symbols,
    or with long periods, count as recurrent; so does a number, which asks for one size of the input.
    """
    shared = symbols(a) | symbols(b)
    if len(shared) != 1 or isinstance(a, int) or isinstance(b, int):
        return True
    (free,) = shared
    if free.upper is not None:
        return True
    period = math.lcm(*divisors(a), *divisors(b))
    if period > 1024:
        return True
    large, small = range(_LARGE, _LARGE + 2 * period), range(max(free.lower, 1), _SMALL)
    return any(_equal_at(large, free, a, b)) or sum(_equal_at(small, free, a, b)) >= _SEVERAL * period


def _equal_at(sizes: range, free: Symbol, a: Dim, b: Dim) -> Iterator[bool]:
    return (substitute(a, {free: size}) == substitute(b, {free: size}) for size in sizes)
