"""Tensors put together: docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modlint.dims import Answer, Dim, product
from modlint.ops import dtypes, elements
from modlint.ops.arguments import Anything, Tensors
from modlint.ops.demands import demand_same_dtype
from modlint.ops.families.view import atleast
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.shapes import Order
from modlint.values import CONTIGUOUS, SCATTERED, Open, Tensor


def _shapes(need: Need, tensors: Tensors, aspect: str) -> list[tuple[Dim, ...]]:
    """The dims of the tensors; one of open rank has as many as the others."""
    if not tensors:
        need.fail(aspect, "at least one tensor", (), "tensors")
        raise Impossible
    closed = [shape for tensor in tensors if not isinstance(shape := need.shape(tensor), Open)]
    if not closed:
        raise Undecided("the number of dimensions is not known")
    rank = next((len(shape) for shape in closed if shape != (0,)), 1)
    return [_dims(need, tensor, rank, aspect) for tensor in tensors]


def _dims(need: Need, tensor: Tensor, rank: int, aspect: str) -> tuple[Dim, ...]:
    shape = need.shape(tensor)
    return need.rank(tensor, rank, aspect=aspect, operand="tensors") if isinstance(shape, Open) else shape


def _shared(need: Need, shapes: Sequence[Sequence[Dim]], joined: int | None, aspect: str) -> list[Dim]:
    """The dims of the first shape, which all others have too, except along the axis ``joined``."""
    first = list(shapes[0])
    for shape in shapes[1:]:
        if len(shape) != len(first):
            need.fail(aspect, tuple(first), tuple(shape), "tensors")
            raise Impossible
        for axis, (wanted, found) in enumerate(zip(first, shape)):
            if axis != joined and need.facts.assume_equal(found, wanted) is Answer.NO:
                need.fail(aspect, tuple(first), tuple(shape), "tensors", wanted, found)
                break
    return first


def _total(sizes: Iterable[Dim]) -> Dim:
    total: Dim = 0
    for size in sizes:
        total = total + size
    return total


def _order(tensors: Tensors) -> Order:
    """Contiguous, unless all inputs could have another memory format in common."""
    return CONTIGUOUS if any(tensor.order is CONTIGUOUS for tensor in tensors) else SCATTERED


def _joined(need: Need, tensors: Tensors, dim: int, aspect: str) -> Tensor:
    if dim < 0 and tensors and all(isinstance(need.shape(tensor), Open) for tensor in tensors):
        return _joined_open(need, tensors, dim, aspect)
    shapes = [shape for shape in _shapes(need, tensors, aspect) if shape != (0,)] or [(0,)]
    if not all(shapes):
        need.fail(aspect, "tensors that have dims", (), "tensors")
        raise Impossible
    axis = need.axis(dim, len(shapes[0]))
    new = _shared(need, shapes, axis, aspect)
    new[axis] = _total(shape[axis] for shape in shapes)
    result = Tensor(tuple(new), dtypes.promoted(*tensors), order=_order(tensors), device=tensors[0].device)
    if axis == 0 and all(tensor.data is not None for tensor in tensors):
        result.data = elements.cast([value for tensor in tensors for value in tensor.data or ()], result.dtype)
    return result


def _joined_open(need: Need, tensors: Tensors, dim: int, aspect: str) -> Tensor:
    """Tensors that begin with the same unknown dims."""
    for tensor in tensors:
        need.size(tensor, dim)
    shapes = [shape for tensor in tensors if isinstance(shape := need.shape(tensor), Open)]
    if len(shapes) < len(tensors) or len({(shape.rank, len(shape.tail)) for shape in shapes}) != 1:
        raise Undecided("the numbers of dimensions are not known")
    axis = len(shapes[0].tail) + dim
    new = _shared(need, [shape.tail for shape in shapes], axis, aspect)
    new[axis] = _total(shape.tail[axis] for shape in shapes)
    return Tensor(Open(shapes[0].rank, tuple(new)), dtypes.promoted(*tensors), device=tensors[0].device)


@op(
    "torch.cat",
    "torch.concat",
    "torch.concatenate",
    cases=[
        "torch.cat([torch.ones(2, 3), torch.ones(4, 3)])",
        "torch.cat((torch.ones(2, 3), torch.ones(2, 5)), dim=1)",
        "torch.cat([torch.ones(2, 3), torch.ones(2, 1)], -1)",
        "torch.cat([torch.ones(2, 3), torch.ones(2, 1)], axis=1)",
        "torch.concat([torch.ones(2, 3), torch.ones(2, 3, dtype=torch.int64)])",
        "torch.concatenate([torch.ones(0), torch.ones(2, 3)], 1)",
        "torch.cat([torch.ones(0), torch.ones(0)])",
        "torch.cat([torch.ones(2, 3), torch.ones(4, 3)], 1)",
        "torch.cat([torch.ones(2, 3), torch.ones(2)], 1)",
        "torch.cat([torch.ones(2, 3), torch.ones(2, 3)], 2)",
        "torch.cat([torch.ones(()), torch.ones(())])",
        "torch.cat([])",
        "torch.cat(torch.ones(2, 3))",
    ],
)
def cat(need: Need, tensors: Tensors, dim: int = 0, *, out: Anything = None) -> Tensor:
    """One behind the other along ``dim``; empty vectors do not count, whatever the others are."""
    return _joined(need, tensors, dim, "cat")


@op(
    "torch.stack",
    cases=[
        "torch.stack([torch.ones(2, 3), torch.ones(2, 3)])",
        "torch.stack((torch.ones(2, 3), torch.ones(2, 3)), dim=-1)",
        "torch.stack([torch.ones(()), torch.ones(())])",
        "torch.stack([torch.ones(2), torch.ones(2).long()], 1)",
        "torch.stack([torch.ones(2, 3), torch.ones(3, 2)])",
        "torch.stack([torch.ones(2, 3), torch.ones(2)])",
        "torch.stack([torch.ones(2, 3), torch.ones(2, 3)], 3)",
        "torch.stack([])",
    ],
)
def stack(need: Need, tensors: Tensors, dim: int = 0, *, out: Anything = None) -> Tensor:
    """Tensors of one shape along a new dim."""
    if tensors and dim == -1 and all(isinstance(need.shape(tensor), Open) for tensor in tensors):
        return _stacked_open(need, tensors)
    new = _shared(need, _shapes(need, tensors, "stack"), None, "stack")
    axis = need.axis(dim, len(new) + 1)
    new.insert(axis, len(tensors))
    result = Tensor(tuple(new), dtypes.promoted(*tensors), order=_order(tensors), device=tensors[0].device)
    if axis == 0 and all(tensor.data is not None for tensor in tensors):
        result.data = elements.cast([value for tensor in tensors for value in tensor.data or ()], result.dtype)
    return result


def _stacked_open(need: Need, tensors: Tensors) -> Tensor:
    shapes = [shape for tensor in tensors if isinstance(shape := need.shape(tensor), Open)]
    if len({(shape.rank, len(shape.tail)) for shape in shapes}) != 1:
        raise Undecided("the numbers of dimensions are not known")
    tail = _shared(need, [shape.tail for shape in shapes], None, "stack")
    return Tensor(Open(shapes[0].rank, (*tail, len(tensors))), dtypes.promoted(*tensors), device=tensors[0].device)


@op(
    "torch.hstack",
    cases=[
        "torch.hstack([torch.ones(2), torch.ones(3)])",
        "torch.hstack([torch.ones(2, 3), torch.ones(2, 1)])",
        "torch.hstack([torch.ones(2, 3), torch.ones(3, 3)])",
    ],
)
def hstack(need: Need, tensors: Tensors, *, out: Anything = None) -> Tensor:
    lifted = tuple([atleast(need, tensor, 1) for tensor in tensors])
    return _joined(need, lifted, 0 if lifted and len(need.dims(lifted[0])) == 1 else 1, "cat")


@op("torch.vstack", "torch.row_stack", cases=["torch.vstack([torch.ones(3), torch.ones(2, 3)])"])
def vstack(need: Need, tensors: Tensors, *, out: Anything = None) -> Tensor:
    return _joined(need, tuple([atleast(need, tensor, 2) for tensor in tensors]), 0, "cat")


@op("torch.dstack", cases=["torch.dstack([torch.ones(3), torch.ones(1, 3)])"])
def dstack(need: Need, tensors: Tensors, *, out: Anything = None) -> Tensor:
    return _joined(need, tuple([atleast(need, tensor, 3) for tensor in tensors]), 2, "cat")


@op("torch.column_stack", cases=["torch.column_stack([torch.ones(2), torch.ones(2, 3)])"])
def column_stack(need: Need, tensors: Tensors, *, out: Anything = None) -> Tensor:
    """Vectors become columns."""
    columns = [_column(need, tensor) for tensor in tensors]
    return _joined(need, tuple(columns), 1, "cat")


def _column(need: Need, tensor: Tensor) -> Tensor:
    shape = need.dims(tensor)
    return tensor.with_shape((product(shape), 1)) if len(shape) < 2 else tensor


@op(
    "torch.cartesian_prod",
    cases=[
        "torch.cartesian_prod(torch.ones(2), torch.ones(3))",
        "torch.cartesian_prod(torch.ones(2), torch.ones(3).long())",
        "torch.cartesian_prod(torch.ones(2))",
    ],
)
def cartesian_prod(need: Need, *tensors: Tensor) -> Tensor:
    lengths = [need.rank(tensor, 1, operand="tensors")[0] for tensor in tensors]
    if len(tensors) == 1:
        return tensors[0]
    for tensor in tensors[1:]:
        demand_same_dtype(need, tensor, tensors[0], "tensors")
    return tensors[0].with_shape((product(lengths), len(tensors)))
