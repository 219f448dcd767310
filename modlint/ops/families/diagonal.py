"""Diagonals and triangles of matrices."""

from __future__ import annotations

from modlint.dims import Dim, maximum, minimum, product
from modlint.ops.arguments import Anything
from modlint.ops.demands import NUMBERS, demand_kind
from modlint.ops.dtypes import promoted
from modlint.ops.names import everywhere, in_place, updates
from modlint.ops.need import Impossible, Need
from modlint.ops.registry import op
from modlint.ops.shapes import along, demand_rank, unique
from modlint.values import SCATTERED, Tensor


@op(
    *everywhere("tril", "triu"),
    cases=["torch.tril(torch.ones(2, 3, 3))", "torch.ones(3, 4).triu(diagonal=1)", "torch.tril(torch.ones(3))"],
)
def tril(need: Need, input: Tensor, diagonal: Anything = 0, *, out: Anything = None) -> Tensor:
    demand_rank(need, input, 2)
    return input.with_shape(need.shape(input))


op(*updates(["tril", "triu"]), cases=["torch.ones(3, 3).triu_(1)"])(in_place(tril))


def _diagonal(need: Need, input: Tensor, offset: int, dim1: int, dim2: int) -> Tensor:
    at = along(need, input, dim1, dim2)
    if at.axes[0] == at.axes[1]:
        need.fail("dim", "different dims", (dim1, dim2), "dim2")
        raise Impossible
    rows, columns = (at.dims[axis] for axis in at.axes)
    length = _diagonal_length(rows, columns, offset)
    others = [size for axis, size in enumerate(at.dims) if axis not in at.axes]
    return Tensor(at.shape([*others, length]), input.dtype, order=SCATTERED, device=input.device)


def _diagonal_length(rows: Dim, columns: Dim, offset: int) -> Dim:
    length = minimum(rows, columns - offset) if offset >= 0 else minimum(rows + offset, columns)
    return maximum(length, 0)


@op(
    *everywhere("diagonal"),
    cases=[
        "torch.diagonal(torch.ones(2, 3, 4))",
        "torch.ones(2, 3, 4).diagonal(1, 1, 2)",
        "torch.ones(2, 3, 4).diagonal(offset=9, dim1=-2, dim2=-1)",
        "torch.ones(2, 3, 4).diagonal(0, 1, 1)",
        "torch.ones(3).diagonal()",
    ],
)
def diagonal(need: Need, input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    return _diagonal(need, input, offset, dim1, dim2)


@op("torch.linalg.diagonal", cases=["torch.linalg.diagonal(torch.ones(2, 3, 4))"])
def linalg_diagonal(need: Need, A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    return _diagonal(need, A, offset, dim1, dim2)


@op(
    *everywhere("diag"),
    cases=[
        "torch.diag(torch.ones(3))",
        "torch.diag(torch.ones(3), 1)",
        "torch.ones(3, 4).diag(2)",
        "torch.ones(2, 3, 4).diag()",
    ],
)
def diag(need: Need, input: Tensor, diagonal: int = 0, *, out: Anything = None) -> Tensor:
    """A vector becomes the diagonal of a square matrix, of a matrix it is the diagonal."""
    shape = need.rank(input, 1, 2)
    if len(shape) == 2:
        return _diagonal(need, input, diagonal, 0, 1)
    side = shape[0] + abs(diagonal)
    return input.with_shape((side, side))


@op(*everywhere("diagflat"), cases=["torch.diagflat(torch.ones(2, 3))", "torch.diagflat(torch.ones(2), -1)"])
def diagflat(need: Need, input: Tensor, offset: int = 0) -> Tensor:
    side = product(need.dims(input)) + abs(offset)
    return input.with_shape((side, side))


@op(
    *everywhere("diag_embed"),
    cases=[
        "torch.diag_embed(torch.ones(2, 3))",
        "torch.diag_embed(torch.ones(2, 3), 1, 0, 2)",
        "torch.diag_embed(torch.ones(2, 3), dim1=0, dim2=0)",
        "torch.diag_embed(torch.ones(2, 3), dim1=0, dim2=3)",
    ],
)
def diag_embed(need: Need, input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The last dim becomes the diagonals of square matrices in the dims ``dim1`` and ``dim2``."""
    demand_rank(need, input, 1)
    shape = need.dims(input)
    axes = unique(need, [need.axis(dim, len(shape) + 1) for dim in (dim1, dim2)])
    side = shape[-1] + abs(offset)
    new = list(shape[:-1])
    for axis in sorted(axes):
        new.insert(axis, side)
    return input.with_shape(tuple(new))


@op(
    *everywhere("trace"),
    cases=[
        "torch.trace(torch.ones(3, 4))",
        "torch.trace(torch.ones(2, 2).bool())",
        "torch.ones(3).trace()",
        "torch.trace(torch.ones(2, 2).long())",
    ],
)
def trace(need: Need, input: Tensor) -> Tensor:
    need.rank(input, 2)
    demand_kind(need, input, NUMBERS)
    return Tensor((), "int64" if input.dtype in ("int32", "int64", "bool") else input.dtype, device=input.device)


@op("torch.block_diag", cases=["torch.block_diag(torch.ones(2, 3), torch.ones(1, 1), torch.ones(4))"])
def block_diag(need: Need, *tensors: Tensor) -> Tensor:
    rows: Dim = 0
    columns: Dim = 0
    for tensor in tensors:
        height, width = _matrix(need, tensor)
        rows, columns = rows + height, columns + width
    return Tensor((rows, columns), promoted(*tensors), device=tensors[0].device)


def _matrix(need: Need, tensor: Tensor) -> tuple[Dim, Dim]:
    rows, columns = (1, 1, *need.rank(tensor, 0, 1, 2, operand="tensors"))[-2:]
    return rows, columns
