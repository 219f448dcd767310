"""Shapes that the families share: axes of tensors whose rank may be open, sizes as arguments, common shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from modlint.dims import Dim, Expr, Grade, symbol
from modlint.ops.arguments import Operand, item
from modlint.ops.arguments import listed as listed
from modlint.ops.need import Impossible, Need, Undecided, is_batch
from modlint.values import CONTIGUOUS, SCATTERED, Open, Rank, Shape, Tensor, Unknown, Value

Order = tuple[int, ...] | None


class Along(NamedTuple):
    """A shape with some axes of it: ``dims`` are the known trailing dims (all of them when ``rank`` is None)."""

    rank: Rank | None
    dims: list[Dim]
    axes: tuple[int, ...]

    def shape(self, dims: Sequence[Dim]) -> Shape:
        """The shape with other trailing dims."""
        return tuple(dims) if self.rank is None else Open(self.rank, tuple(dims))


def along(need: Need, tensor: Tensor, *axes: int) -> Along:
    """The axes of a tensor as indices of its dims; of an open rank only the last ones can be told."""
    shape = need.shape(tensor)
    if not isinstance(shape, Open):
        return Along(None, list(shape), tuple([need.axis(axis, len(shape)) for axis in axes]))
    if any(axis >= 0 for axis in axes):
        raise Undecided("the number of dimensions is not known")
    if axes:
        need.size(tensor, min(axes))
        shape = need.shape(tensor)
    if not isinstance(shape, Open):
        return along(need, tensor, *axes)
    return Along(shape.rank, list(shape.tail), tuple([len(shape.tail) + axis for axis in axes]))


def unique(need: Need, axes: Sequence[int]) -> tuple[int, ...]:
    """Axes that must differ from one another."""
    if len(set(axes)) != len(axes):
        need.fail("dim", "different dims", tuple(axes), "dim")
        raise Impossible
    return tuple(axes)


def demand_rank(need: Need, input: Tensor, minimum: int) -> None:
    """``input`` must have ``minimum`` dims or more."""
    shape = need.shape(input)
    if not isinstance(shape, Open) and len(shape) < minimum:
        need.fail("rank", minimum, shape, "input", *shape)
        raise Impossible


def fresh(name: str = "n", lower: int = 0) -> Expr:
    """A size that the data decides."""
    return symbol(name, lower=lower, grade=Grade.ASSUMED)


def sizes(need: Need, given: tuple[Value, ...], keyword: Value = None, operand: str = "size") -> tuple[Dim | None, ...]:
    """Sizes given one by one, as one sequence or by keyword; None stands for one that is not known."""
    if not given and keyword is not None:
        given = (keyword,)
    if len(given) == 1:
        single = listed(given[0])
        if single is None and isinstance(given[0], Unknown):
            raise Undecided(given[0].why)
        given = given if single is None else single
    return tuple([_size(need, value, operand) for value in given])


def known_sizes(need: Need, given: tuple[Value, ...], keyword: Value = None, operand: str = "size") -> tuple[Dim, ...]:
    """Sizes of a new tensor; a fresh symbol stands for one that is not known."""
    result: list[Dim] = []
    for size in sizes(need, given, keyword, operand):
        if size is not None:
            need.at_least(size, 0, "size", operand)
        result.append(fresh() if size is None else size)
    return tuple(result)


def _size(need: Need, value: Value, operand: str) -> Dim | None:
    if isinstance(value, Tensor):
        if value.data is None:
            return None
        value = item(value)
    if isinstance(value, Unknown):
        return None
    if isinstance(value, (bool, Expr)) or not isinstance(value, int):
        if isinstance(value, Expr):
            return need.facts.resolve(value)
        need.fail("type", "int", value, operand)
        raise Impossible
    return value


def common_shape(need: Need, *operands: Operand) -> Shape:
    """The shape that tensors and numbers broadcast to."""
    shapes = [need.shape(operand) for operand in operands if isinstance(operand, Tensor)]
    if not shapes:
        raise Undecided("none of the operands is a tensor")
    result = shapes[0]
    for shape in shapes[1:]:
        result = broadcast(need, result, shape)
    return result


def broadcast(need: Need, a: Shape, b: Shape) -> Shape:
    """The common shape of two shapes, of which one may be open."""
    if a == b:
        return a
    if not isinstance(a, Open) and not isinstance(b, Open):
        return need.broadcast(a, b)
    if isinstance(a, Open) and isinstance(b, Open):
        return _broadcast_open(need, a, b)
    return _broadcast_half_open(need, a, b) if isinstance(a, Open) else _broadcast_half_open(need, b, a)  # type: ignore[arg-type]


def _broadcast_open(need: Need, a: Open, b: Open) -> Shape:
    if a.rank is b.rank and len(a.tail) == len(b.tail):
        return Open(a.rank, need.broadcast(a.tail, b.tail))
    shared = min(len(a.tail), len(b.tail))
    tail = need.broadcast(a.tail[len(a.tail) - shared :], b.tail[len(b.tail) - shared :])
    return Open(Rank("the common rank"), tail)


def _broadcast_half_open(need: Need, a: Open, b: tuple[Dim, ...]) -> Shape:
    """``b`` has dims that ``a`` is not known to have: a size above 1 is kept whatever ``a`` has there.

    What begins with the batch has all dims that there are.
    """
    if len(a.tail) <= len(b) and b and is_batch(b[0]):
        return need.broadcast(b, a.tail)
    a = _tail_for(need, a, b)
    shared = min(len(a.tail), len(b))
    tail = need.broadcast(a.tail[len(a.tail) - shared :], b[len(b) - shared :])
    if all(dim == 1 for dim in b[: len(b) - shared]):
        return Open(a.rank, (*a.tail[: len(a.tail) - shared], *tail))
    sure: list[Dim] = []
    for dim in reversed(b[: len(b) - shared]):
        if dim == 1:
            break
        sure.insert(0, dim)
    return Open(Rank("the common rank"), (*sure, *tail))


def _tail_for(need: Need, a: Open, b: tuple[Dim, ...]) -> Open:
    """A vector, or parameters with an explicit batch of 1, are written for tensors that have their dims."""
    wanted = 1 if len(b) == 1 else len(b) - 1 if b and b[0] == 1 else 0
    tensor = Tensor(a)
    if wanted > len(a.tail):
        need.size(tensor, -wanted)
    shape = need.shape(tensor)
    return shape if isinstance(shape, Open) else a


def normal_order(order: tuple[int, ...]) -> Order:
    """``order`` with the identity written as CONTIGUOUS."""
    return CONTIGUOUS if order and order == tuple(range(len(order))) else order


def copied_order(need: Need, input: Tensor) -> Order:
    """The stride order of what is computed from a copy in order, as softmax and norms are: only the channels of images
    may stay last (docs.pytorch.org/docs/stable/tensor_attributes.html#torch.memory_format)."""
    shape = need.shape(input)
    may_be_image = isinstance(shape, Open) or len(shape) in (4, 5)
    return SCATTERED if may_be_image and input.order is not CONTIGUOUS else CONTIGUOUS


def result_order(need: Need, shape: Shape, *operands: Operand) -> Order:
    """The stride order of an elementwise result: that of the first operand of full size, as TensorIterator has it."""
    tensors = [operand for operand in operands if isinstance(operand, Tensor)]
    if all(tensor.order is CONTIGUOUS for tensor in tensors):
        return CONTIGUOUS
    for tensor in tensors:
        if need.shape(tensor) == shape:
            return tensor.order
        if isinstance(tensor.shape, Open) or sum(dim != 1 for dim in tensor.shape) > 1:
            break
    return SCATTERED


def elementwise(need: Need, dtype: str | None, *operands: Operand, data: Any = None) -> Tensor:
    """A new tensor of the common shape of the operands."""
    shape = common_shape(need, *operands)
    device = next((operand.device for operand in operands if isinstance(operand, Tensor) and operand.device), None)
    return Tensor(shape, dtype, data=data, order=result_order(need, shape, *operands), device=device)
