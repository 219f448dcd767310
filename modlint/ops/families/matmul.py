"""Products of vectors, matrices and batches of matrices."""

from __future__ import annotations

from collections.abc import Sequence

from modlint.dims import Dim
from modlint.ops import dtypes
from modlint.ops.arguments import Anything, Tensors
from modlint.ops.demands import demand_integers, demand_same_dtype, like
from modlint.ops.names import everywhere, in_place, updates
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.shapes import broadcast, demand_rank, listed
from modlint.values import CONTIGUOUS, SCATTERED, Open, Shape, Tensor, Unknown, Value


def _product(input: Tensor, shape: Shape, contiguous: bool = True) -> Tensor:
    return Tensor(shape, input.dtype, order=CONTIGUOUS if contiguous else SCATTERED, device=input.device)


@op(
    *everywhere("matmul"),
    "torch.linalg.matmul",
    cases=[
        "torch.matmul(torch.ones(3), torch.ones(3))",
        "torch.matmul(torch.ones(2, 3), torch.ones(3))",
        "torch.matmul(torch.ones(3), torch.ones(3, 4))",
        "torch.matmul(torch.ones(2, 3), torch.ones(3, 4))",
        "torch.ones(5, 1, 2, 3).matmul(torch.ones(6, 3, 4))",
        "torch.matmul(torch.ones(3), torch.ones(5, 3, 4))",
        "torch.matmul(torch.ones(5, 3, 4), torch.ones(4))",
        "torch.ones(2, 3) @ torch.ones(3, 4)",
        "torch.ones(2, 3) @ torch.ones(2, 3)",
        "torch.ones(5, 2, 3) @ torch.ones(6, 3, 4)",
        "torch.ones(()) @ torch.ones(3)",
        "torch.ones(2, 3) @ torch.ones(3, 4, dtype=torch.float64)",
        "torch.ones(2, 3) @ 2",
    ],
)
def matmul(need: Need, input: Tensor, other: Tensor, *, out: Anything = None) -> Tensor:
    """Of vectors, matrices and batches: (..., n, m) @ (..., m, p) -> (..., n, p), batch dims broadcast."""
    demand_same_dtype(need, other, input, "other")
    left, right = _operand_dims(need, input, "input"), _operand_dims(need, other, "other")
    fits = _check_inner(need, left.columns, right.rows, "matmul")
    lead = broadcast(need, left.lead, right.lead)
    tail = (*left.kept, *(right.kept if fits or right.columns != left.columns else (right.rows,)))
    shape = Open(lead.rank, (*lead.tail, *tail)) if isinstance(lead, Open) else (*lead, *tail)
    return _product(input, shape, contiguous=len(right.kept) + len(right.lead) <= len(left.kept) + len(left.lead))


def _check_inner(need: Need, columns: Dim, rows: Dim, aspect: str) -> bool:
    """Whether the inner sizes may be equal. If not, a second matrix that fits when it is transposed, as the keys of an
    attention do, was meant to be."""
    before = len(need.failures)
    need.equal(columns, rows, aspect, "input")
    return len(need.failures) == before


class _Matrix:
    """One side of a product: the batch dims, the rows and columns, and which of these are kept (none of a vector)."""

    def __init__(self, lead: Shape, tail: tuple[Dim, ...], left: bool) -> None:
        self.lead = lead
        self.columns, self.rows = tail[-1], tail[0]
        self.kept: tuple[Dim, ...] = () if len(tail) == 1 else tail[:1] if left else tail[1:]


def _operand_dims(need: Need, tensor: Tensor, name: str) -> _Matrix:
    demand_rank(need, tensor, 1)
    shape = need.shape(tensor)
    if isinstance(shape, Open):
        need.size(tensor, -2)
        shape = need.shape(tensor)
    if isinstance(shape, Open):
        return _Matrix(Open(shape.rank, shape.tail[:-2]), shape.tail[-2:], name == "input")
    return _Matrix(shape[:-2], shape[-2:], name == "input")


@op(
    *everywhere("mm"),
    "torch.spmm",
    cases=[
        "torch.mm(torch.ones(2, 3), torch.ones(3, 4))",
        "torch.mm(torch.ones(2, 3), torch.ones(2, 3))",
        "torch.ones(2, 3).mm(torch.ones(1, 3, 4))",
    ],
)
def mm(need: Need, input: Tensor, mat2: Tensor, *, out: Anything = None) -> Tensor:
    rows, inner = need.rank(input, 2)
    other, columns = need.rank(mat2, 2, operand="mat2")
    need.equal(inner, other, "matmul", "input")
    demand_same_dtype(need, mat2, input, "mat2")
    return _product(input, (rows, columns))


@op(
    *everywhere("bmm"),
    cases=[
        "torch.bmm(torch.ones(2, 3, 4), torch.ones(2, 4, 5))",
        "torch.ones(2, 3, 4).bmm(torch.ones(1, 4, 5))",
        "torch.ones(2, 3, 4).bmm(torch.ones(2, 5, 5))",
        "torch.bmm(torch.ones(3, 4), torch.ones(4, 5))",
        "torch.bmm(torch.ones(2, 3, 4).cfloat(), torch.ones(2, 4, 0))",
        "torch.bmm(torch.ones(2, 0, 4).cfloat(), torch.ones(2, 4, 5).long())",
    ],
)
def bmm(need: Need, input: Tensor, mat2: Tensor, *, out: Anything = None) -> Tensor:
    batch, rows, inner = need.rank(input, 3)
    other_batch, other, columns = need.rank(mat2, 3, operand="mat2")
    need.equal(other_batch, batch, "bmm", "mat2")
    fits = _check_inner(need, inner, other, "bmm")
    result = _product(input, (batch, rows, columns if fits or columns != inner else other))
    if need.is_empty(input) or need.is_empty(mat2):
        result.dtype = mat2.dtype
    else:
        demand_same_dtype(need, mat2, input, "mat2")
    return result


@op(
    *everywhere("mv"),
    cases=["torch.mv(torch.ones(2, 3), torch.ones(3))", "torch.mv(torch.ones(2, 3), torch.ones(2))"],
)
def mv(need: Need, input: Tensor, vec: Tensor, *, out: Anything = None) -> Tensor:
    rows, columns = need.rank(input, 2)
    need.equal(need.rank(vec, 1, operand="vec")[0], columns, "matmul", "vec")
    demand_same_dtype(need, vec, input, "vec")
    return _product(input, (rows,))


@op(
    *everywhere("dot"),
    cases=[
        "torch.dot(torch.ones(3), torch.ones(3))",
        "torch.ones(3).dot(torch.ones(1))",
        "torch.ones(1, 3).dot(torch.ones(3))",
    ],
)
def dot(need: Need, input: Tensor, tensor: Tensor, *, out: Anything = None) -> Tensor:
    return _dotted(need, input, tensor, "tensor")


@op(*everywhere("vdot"), cases=["torch.vdot(torch.ones(3), torch.ones(3))"])
def vdot(need: Need, input: Tensor, other: Tensor, *, out: Anything = None) -> Tensor:
    return _dotted(need, input, other, "other")


def _dotted(need: Need, input: Tensor, other: Tensor, name: str) -> Tensor:
    (length,) = need.rank(input, 1)
    need.equal(need.rank(other, 1, operand=name)[0], length, "matmul", name)
    demand_same_dtype(need, other, input, name)
    return _product(input, ())


@op(
    *everywhere("inner"),
    cases=["torch.inner(torch.ones(2, 3), torch.ones(4, 3))", "torch.inner(torch.ones(2, 3), torch.ones(3, 4))"],
)
def inner(need: Need, input: Tensor, other: Tensor, *, out: Anything = None) -> Tensor:
    left, right = need.dims(input), need.dims(other)
    if not left or not right:
        return _product(input, (*left, *right))
    need.equal(right[-1], left[-1], "matmul", "other")
    demand_same_dtype(need, other, input, "other")
    return _product(input, (*left[:-1], *right[:-1]))


@op(*everywhere("outer"), cases=["torch.outer(torch.ones(2), torch.ones(3))", "torch.ones(2, 3).outer(torch.ones(3))"])
def outer(need: Need, input: Tensor, vec2: Tensor, *, out: Anything = None) -> Tensor:
    (rows,), (columns,) = need.rank(input, 1), need.rank(vec2, 1, operand="vec2")
    return Tensor((rows, columns), dtypes.promoted(input, vec2), device=input.device)


op(*everywhere("ger"), cases=["torch.ger(torch.ones(2), torch.ones(3))"])(outer)


def _added(need: Need, input: Tensor, product: Tensor) -> Tensor:
    """``input`` is expanded to the product that it is added to."""
    shape, wanted = need.shape(input), need.dims(product)
    if 0 in wanted:
        raise Undecided("nothing is added")
    if not isinstance(shape, Open):
        if len(shape) > len(wanted):
            need.fail("expand", wanted, shape, "input")
        for have, want in zip(reversed(shape), reversed(wanted)):
            if have != 1:
                need.equal(have, want, "expand")
    demand_same_dtype(need, input, product, "input")
    return product


@op(
    *everywhere("addmm"),
    cases=[
        "torch.addmm(torch.ones(4), torch.ones(2, 3), torch.ones(3, 4))",
        "torch.addmm(torch.ones(2, 1), torch.ones(2, 3), torch.ones(3, 4), beta=0.5, alpha=2)",
        "torch.addmm(torch.ones(3), torch.ones(2, 3), torch.ones(3, 4))",
        "torch.addmm(torch.ones(4), torch.ones(2, 3), torch.ones(2, 4))",
    ],
)
def addmm(
    need: Need,
    input: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    *,
    beta: Anything = 1,
    alpha: Anything = 1,
    out: Anything = None,
) -> Tensor:
    return _added(need, input, mm(need, mat1, mat2))


@op(
    *everywhere("baddbmm"),
    cases=[
        "torch.baddbmm(torch.ones(3, 5), torch.ones(2, 3, 4), torch.ones(2, 4, 5))",
        "torch.baddbmm(torch.ones(2, 3, 1), torch.ones(2, 3, 4), torch.ones(2, 4, 5), beta=1, alpha=2)",
        "torch.baddbmm(torch.ones(3, 3), torch.ones(2, 3, 4), torch.ones(2, 4, 5))",
    ],
)
def baddbmm(
    need: Need,
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *,
    beta: Anything = 1,
    alpha: Anything = 1,
    out: Anything = None,
) -> Tensor:
    return _added(need, input, bmm(need, batch1, batch2))


@op(
    *everywhere("addbmm"),
    cases=["torch.addbmm(torch.ones(3, 5), torch.ones(2, 3, 4), torch.ones(2, 4, 5))"],
)
def addbmm(
    need: Need,
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *,
    beta: Anything = 1,
    alpha: Anything = 1,
    out: Anything = None,
) -> Tensor:
    products = bmm(need, batch1, batch2)
    return _added(need, input, _product(products, need.dims(products)[1:]))


@op(
    *everywhere("addmv"),
    cases=["torch.addmv(torch.ones(2), torch.ones(2, 3), torch.ones(3))"],
)
def addmv(
    need: Need,
    input: Tensor,
    mat: Tensor,
    vec: Tensor,
    *,
    beta: Anything = 1,
    alpha: Anything = 1,
    out: Anything = None,
) -> Tensor:
    return _added(need, input, mv(need, mat, vec))


@op(
    *everywhere("addr"),
    cases=["torch.addr(torch.ones(2, 3), torch.ones(2), torch.ones(3))"],
)
def addr(
    need: Need,
    input: Tensor,
    vec1: Tensor,
    vec2: Tensor,
    *,
    beta: Anything = 1,
    alpha: Anything = 1,
    out: Anything = None,
) -> Tensor:
    product = outer(need, vec1, vec2)
    dtype = dtypes.promoted(input, product)
    return _added(need, like(input, dtype), like(product, dtype))


for _name, _function, _arguments in [
    ("addmm", addmm, "torch.ones(2, 2), torch.ones(2, 3)"),
    ("addmv", addmv, "torch.ones(2, 2), torch.ones(3)"),
    ("baddbmm", baddbmm, "torch.ones(2, 3, 4), torch.ones(2, 4, 3)"),
    ("addr", addr, "torch.ones(2), torch.ones(3)"),
]:
    op(*updates([_name]), cases=[f"torch.ones(2, 3).{_name}_({_arguments})"])(in_place(_function))


@op(
    *everywhere("kron"),
    cases=["torch.kron(torch.ones(2, 3), torch.ones(3, 4))", "torch.kron(torch.ones(2, 3), torch.ones(3))"],
)
def kron(need: Need, input: Tensor, other: Tensor, *, out: Anything = None) -> Tensor:
    left, right = need.dims(input), need.dims(other)
    rank = max(len(left), len(right))
    pairs = zip((1,) * (rank - len(left)) + tuple(left), (1,) * (rank - len(right)) + tuple(right))
    return Tensor(tuple([a * b for a, b in pairs]), dtypes.promoted(input, other), device=input.device)


@op(
    "torch.tensordot",
    cases=[
        "torch.tensordot(torch.ones(2, 3, 4), torch.ones(3, 4, 5), 2)",
        "torch.tensordot(torch.ones(2, 3, 4), torch.ones(4, 3, 5), dims=([1, 2], [1, 0]))",
        "torch.tensordot(torch.ones(2, 3), torch.ones(3), dims=0)",
        "torch.tensordot(torch.ones(2, 3, 4), torch.ones(4, 3, 5), dims=([1], [0]))",
        "torch.tensordot(torch.ones(2, 3), torch.ones(3), 3)",
    ],
)
def tensordot(need: Need, a: Tensor, b: Tensor, dims: Anything = 2, out: Anything = None) -> Tensor:
    """The sum over pairs of dims: the last of ``a`` with the first of ``b``, or given ones."""
    left, right = need.dims(a), need.dims(b)
    first, second = _contracted(need, len(left), len(right), dims)
    demand_same_dtype(need, b, a, "b")
    for i, j in zip(first, second):
        if left[i] != 1 and right[j] != 1:
            need.equal(right[j], left[i], "matmul", "b")
    kept_left = [size for axis, size in enumerate(left) if axis not in first]
    kept_right = [size for axis, size in enumerate(right) if axis not in second]
    return _product(a, (*kept_left, *kept_right), contiguous=False)


def _contracted(need: Need, left: int, right: int, dims: Value) -> tuple[list[int], list[int]]:
    pair = listed(dims)
    if isinstance(dims, int):
        if not 0 <= dims <= min(left, right):
            need.fail("dim", (0, min(left, right)), dims, "dims")
            raise Impossible
        return list(range(left - dims, left)), list(range(dims))
    if isinstance(dims, Unknown):
        raise Undecided(dims.why)
    if pair is None or len(pair) != 2:
        need.fail("type", "int or two sequences of dims", dims, "dims")
        raise Impossible
    first, second = (_axes(need, part, rank) for part, rank in zip(pair, (left, right)))
    if len(first) != len(second):
        need.fail("dim", len(first), len(second), "dims")
        raise Impossible
    return first, second


def _axes(need: Need, part: Value, rank: int) -> list[int]:
    items = listed(part)
    axes = (part,) if items is None else items
    demand_integers(need, axes, "dims")
    return [need.axis(need.known(axis), rank) for axis in axes]


@op(
    "torch.chain_matmul",
    cases=["torch.chain_matmul(torch.ones(2, 3), torch.ones(3, 4))"],
)
def chain_matmul(need: Need, *matrices: Tensor, out: Anything = None) -> Tensor:
    return _chained(need, matrices)


@op(
    "torch.linalg.multi_dot",
    cases=[
        "torch.linalg.multi_dot([torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 5)])",
        "torch.linalg.multi_dot([torch.ones(2, 3), torch.ones(4, 4)])",
    ],
)
def multi_dot(need: Need, tensors: Tensors, *, out: Anything = None) -> Tensor:
    return _chained(need, tensors)


def _chained(need: Need, matrices: Sequence[Tensor]) -> Tensor:
    if not matrices:
        need.fail("matmul", "at least one matrix", (), "tensors")
        raise Impossible
    result = matrices[0]
    for matrix in (matrices[0], matrices[-1]):
        need.rank(matrix, 1, 2, operand="tensors")
    for matrix in matrices[1:-1]:
        need.rank(matrix, 2, operand="tensors")
    for matrix in matrices[1:]:
        result = matmul(need, result, matrix)
    return result
