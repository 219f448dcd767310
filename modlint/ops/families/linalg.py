"""Linear algebra on batches of matrices: docs.pytorch.org/docs/stable/linalg.html."""

from __future__ import annotations

from modlint.dims import Answer, Dim, minimum
from modlint.ops import dtypes
from modlint.ops.arguments import Anything, Flag
from modlint.ops.demands import REAL_OR_COMPLEX, demand_kind, demand_same_dtype
from modlint.ops.names import everywhere
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.results import NamedResult
from modlint.ops.shapes import broadcast, demand_rank
from modlint.values import SCATTERED, Open, Shape, Tensor, Unknown


def _matrices(need: Need, input: Tensor, square: bool = False) -> tuple[tuple[Dim, ...], Dim, Dim]:
    """The batch dims, the rows and the columns of floating-point matrices."""
    demand_rank(need, input, 2)
    if not need.is_empty(input):
        demand_kind(need, input, REAL_OR_COMPLEX)
    *batch, rows, columns = need.dims(input)
    if square:
        need.equal(columns, rows, "matmul")
    return tuple(batch), rows, columns


def _result(input: Tensor, shape: Shape, dtype: str | None = None) -> Tensor:
    return Tensor(shape, input.dtype if dtype is None else dtype, order=SCATTERED, device=input.device)


@op(
    "torch.linalg.inv",
    "torch.linalg.matrix_exp",
    *everywhere("inverse", "matrix_exp", "cholesky"),
    "torch.linalg.cholesky",
    cases=[
        "torch.linalg.inv(torch.eye(3))",
        "torch.linalg.cholesky(torch.eye(3).expand(2, 3, 3))",
        "torch.inverse(torch.ones(2, 3))",
        "torch.inverse(torch.ones(3))",
        "torch.linalg.inv(torch.eye(3).long())",
    ],
)
def square(need: Need, input: Tensor, *, upper: Anything = False, out: Anything = None) -> Tensor:
    """Functions from square matrices to square matrices."""
    _matrices(need, input, square=True)
    return _result(input, need.shape(input))


@op(
    *everywhere("det", "logdet"),
    "torch.linalg.det",
    cases=["torch.det(torch.eye(3))", "torch.linalg.det(torch.ones(2, 3, 3))", "torch.det(torch.ones(2, 3))"],
)
def det(need: Need, input: Tensor, *, out: Anything = None) -> Tensor:
    batch, _, _ = _matrices(need, input, square=True)
    return _result(input, batch)


@op("torch.linalg.slogdet", *everywhere("slogdet"), cases=["torch.linalg.slogdet(torch.eye(3))"])
def slogdet(need: Need, A: Tensor, *, out: Anything = None) -> NamedResult:
    batch, _, _ = _matrices(need, A, square=True)
    return NamedResult(("sign", "logabsdet"), (_result(A, batch), _result(A, batch, dtypes.real(A.dtype))))


@op(
    "torch.linalg.matrix_power",
    *everywhere("matrix_power"),
    cases=["torch.matrix_power(torch.ones(3, 3), 2)", "torch.matrix_power(torch.ones(2, 3), 2)"],
)
def matrix_power(need: Need, input: Tensor, n: Anything, *, out: Anything = None) -> Tensor:
    demand_rank(need, input, 2)
    shape = need.dims(input)
    need.equal(shape[-1], shape[-2], "matmul")
    return _result(input, shape)


@op("torch.linalg.matrix_rank", cases=["torch.linalg.matrix_rank(torch.ones(2, 3, 4))"])
def matrix_rank(
    need: Need, A: Tensor, *, atol: Anything = None, rtol: Anything = None, hermitian: Anything = False
) -> Tensor:
    batch, _, _ = _matrices(need, A)
    return _result(A, batch, "int64")


@op("torch.linalg.cond", cases=["torch.linalg.cond(torch.ones(2, 3, 3))"])
def cond(need: Need, A: Tensor, p: Anything = None, *, out: Anything = None) -> Tensor:
    batch, _, _ = _matrices(need, A)
    return _result(A, batch, dtypes.real(A.dtype))


@op("torch.linalg.pinv", *everywhere("pinverse"), cases=["torch.linalg.pinv(torch.ones(2, 3, 4))"])
def pinv(need: Need, A: Tensor, *, atol: Anything = None, rtol: Anything = None, hermitian: Anything = False) -> Tensor:
    batch, rows, columns = _matrices(need, A)
    return _result(A, (*batch, columns, rows))


@op(
    "torch.linalg.svd",
    cases=[
        "torch.linalg.svd(torch.ones(2, 3, 4))",
        "torch.linalg.svd(torch.ones(3, 4), full_matrices=False)",
        "torch.linalg.svd(torch.ones(3))",
    ],
)
def svd(need: Need, A: Tensor, full_matrices: Flag = True, *, driver: Anything = None) -> NamedResult:
    batch, rows, columns = _matrices(need, A)
    rank = minimum(rows, columns)
    left = _result(A, (*batch, rows, rows if full_matrices else rank))
    right = _result(A, (*batch, columns if full_matrices else rank, columns))
    return NamedResult(("U", "S", "Vh"), (left, _result(A, (*batch, rank), dtypes.real(A.dtype)), right))


@op(*everywhere("svd"), cases=["torch.svd(torch.ones(2, 3, 4))", "torch.svd(torch.ones(3, 4), some=False)"])
def old_svd(need: Need, input: Tensor, some: Flag = True, compute_uv: Anything = True) -> NamedResult:
    batch, rows, columns = _matrices(need, input)
    rank = minimum(rows, columns)
    left = _result(input, (*batch, rows, rank if some else rows))
    right = _result(input, (*batch, columns, rank if some else columns))
    return NamedResult(("U", "S", "V"), (left, _result(input, (*batch, rank), dtypes.real(input.dtype)), right))


@op("torch.linalg.svdvals", cases=["torch.linalg.svdvals(torch.ones(2, 3, 4))"])
def svdvals(need: Need, A: Tensor, *, driver: Anything = None) -> Tensor:
    batch, rows, columns = _matrices(need, A)
    return _result(A, (*batch, minimum(rows, columns)), dtypes.real(A.dtype))


@op(
    "torch.linalg.qr",
    cases=["torch.linalg.qr(torch.ones(2, 3, 4))", "torch.linalg.qr(torch.ones(4, 3), 'complete')"],
)
def qr(need: Need, A: Tensor, mode: Anything = "reduced") -> NamedResult:
    batch, rows, columns = _matrices(need, A)
    if mode not in ("reduced", "complete"):
        raise Undecided("only R is computed")
    inner = rows if mode == "complete" else minimum(rows, columns)
    return NamedResult(("Q", "R"), (_result(A, (*batch, rows, inner)), _result(A, (*batch, inner, columns))))


@op("torch.linalg.eigh", cases=["torch.linalg.eigh(torch.eye(3))", "torch.linalg.eigh(torch.ones(2, 3))"])
def eigh(need: Need, A: Tensor, UPLO: Anything = "L") -> NamedResult:
    batch, rows, _ = _matrices(need, A, square=True)
    values = _result(A, (*batch, rows), dtypes.real(A.dtype))
    return NamedResult(("eigenvalues", "eigenvectors"), (values, _result(A, need.shape(A))))


@op("torch.linalg.eigvalsh", cases=["torch.linalg.eigvalsh(torch.eye(3))"])
def eigvalsh(need: Need, A: Tensor, UPLO: Anything = "L") -> Tensor:
    batch, rows, _ = _matrices(need, A, square=True)
    return _result(A, (*batch, rows), dtypes.real(A.dtype))


@op("torch.linalg.eig", cases=["torch.linalg.eig(torch.eye(3))"])
def eig(need: Need, A: Tensor) -> NamedResult:
    batch, rows, _ = _matrices(need, A, square=True)
    dtype = dtypes.complex_of(A.dtype)
    values, vectors = _result(A, (*batch, rows), dtype), _result(A, need.shape(A), dtype)
    return NamedResult(("eigenvalues", "eigenvectors"), (values, vectors))


@op("torch.linalg.eigvals", cases=["torch.linalg.eigvals(torch.eye(3))"])
def eigvals(need: Need, A: Tensor) -> Tensor:
    batch, rows, _ = _matrices(need, A, square=True)
    return _result(A, (*batch, rows), dtypes.complex_of(A.dtype))


def _leads(need: Need, a: tuple[Dim, ...], b: tuple[Dim, ...]) -> tuple[Dim, ...]:
    common = broadcast(need, a, b)
    return () if isinstance(common, Open) else common


@op(
    "torch.linalg.solve",
    cases=[
        "torch.linalg.solve(torch.eye(3), torch.ones(3, 2))",
        "torch.linalg.solve(torch.eye(3), torch.ones(3))",
        "torch.linalg.solve(torch.eye(3).expand(2, 3, 3), torch.ones(2, 3))",
        "torch.linalg.solve(torch.eye(3), torch.ones(2, 3))",
    ],
)
def solve(need: Need, A: Tensor, B: Tensor, *, left: Flag = True, out: Anything = None) -> Tensor:
    """``X`` with ``A X = B``; ``B`` is one vector for every matrix, or one matrix."""
    batch, rows, _ = _matrices(need, A, square=True)
    demand_same_dtype(need, B, A, "B")
    found = need.dims(B)
    if len(found) == 1 or (len(found) == len(batch) + 1 and _are_vectors(need, found, (*batch, rows))):
        need.equal(found[-1], rows, "matmul", "B")
        return _result(B, (*batch, rows))
    if len(found) < 2:
        need.fail("rank", 1, found, "B")
        raise Impossible
    need.equal(found[-2] if left else found[-1], rows, "matmul", "B")
    return _result(A, (*_leads(need, batch, found[:-2]), *found[-2:]))


def _are_vectors(need: Need, found: tuple[Dim, ...], wanted: tuple[Dim, ...]) -> bool:
    answers = {need.same(have, want) for have, want in zip(found, wanted)}
    if Answer.MAYBE in answers and Answer.NO not in answers:
        raise Undecided("whether B is a batch of vectors is not known")
    return answers == {Answer.YES}


@op(
    "torch.linalg.solve_triangular",
    cases=[
        "torch.linalg.solve_triangular(torch.eye(3), torch.ones(3, 2), upper=True)",
        "torch.linalg.solve_triangular(torch.eye(3), torch.ones(2, 3), upper=True)",
        "torch.linalg.solve_triangular(torch.eye(3), torch.ones(3), upper=True)",
    ],
)
def solve_triangular(
    need: Need,
    A: Tensor,
    B: Tensor,
    *,
    upper: Anything,
    left: Flag = True,
    unitriangular: Anything = False,
    out: Anything = None,
) -> Tensor:
    batch, rows, _ = _matrices(need, A, square=True)
    demand_rank(need, B, 2)
    found = need.dims(B)
    need.equal(found[-2] if left else found[-1], rows, "matmul", "B")
    return _result(A, (*_leads(need, batch, found[:-2]), *found[-2:]))


@op(
    "torch.linalg.lstsq",
    cases=[
        "torch.linalg.lstsq(torch.ones(3, 2), torch.ones(3, 1)).solution",
        "torch.linalg.lstsq(torch.ones(4, 3, 2), torch.ones(1, 3, 5)).solution",
        "torch.linalg.lstsq(torch.ones(4, 3, 2), torch.ones(2, 3, 1)).solution",
    ],
)
def lstsq(need: Need, A: Tensor, B: Tensor, rcond: Anything = None, *, driver: Anything = None) -> NamedResult:
    batch, rows, columns = _matrices(need, A)
    found = need.dims(B)
    if len(found) != len(batch) + 2:
        raise Undecided("whether B is a batch of vectors is not known")
    need.equal(found[-2], rows, "matmul", "B")
    demand_same_dtype(need, B, A, "B")
    names = ("solution", "residuals", "rank", "singular_values")
    rest = Unknown("it depends on the driver")
    solution = _result(B, (*need.broadcast(batch, found[:-2]), columns, found[-1]))
    return NamedResult(names, (solution, rest, rest, rest))


@op(
    "torch.linalg.cross",
    cases=[
        "torch.linalg.cross(torch.ones(2, 3), torch.ones(1, 3))",
        "torch.linalg.cross(torch.ones(3, 2), torch.ones(3, 2), dim=0)",
        "torch.linalg.cross(torch.ones(3, 2), torch.ones(3, 2))",
        "torch.linalg.cross(torch.ones(2, 3), torch.ones(3))",
    ],
)
def cross(need: Need, input: Tensor, other: Tensor, *, dim: int = -1, out: Anything = None) -> Tensor:
    left, right = need.dims(input), need.dims(other)
    if len(left) != len(right):
        need.fail("rank", len(left), len(right), "other")
        raise Impossible
    axis = need.axis(dim, len(left))
    for size, name in ((left[axis], "input"), (right[axis], "other")):
        need.equal(size, 3, "dim", name)
    return Tensor(need.broadcast(left, right), dtypes.promoted(input, other), order=SCATTERED, device=input.device)


@op(
    *everywhere("cross"),
    cases=["torch.cross(torch.ones(2, 3), torch.ones(2, 3), dim=1)", "torch.ones(2, 3).cross(torch.ones(2, 3), 0)"],
)
def old_cross(need: Need, input: Tensor, other: Tensor, dim: int | None = None, *, out: Anything = None) -> Tensor:
    """Without a ``dim``: the first one of size 3."""
    if dim is None:
        dim = next((axis for axis, size in enumerate(need.dims(input)) if size == 3), None)
    if dim is None:
        raise Undecided("which dim has 3 elements is not known")
    return cross(need, input, other, dim=dim)


@op("torch.linalg.vecdot", cases=["torch.linalg.vecdot(torch.ones(2, 3), torch.ones(3))"])
def vecdot(need: Need, x: Tensor, y: Tensor, *, dim: int = -1, out: Anything = None) -> Tensor:
    common = need.broadcast(need.dims(x), need.dims(y))
    axis = need.axis(dim, len(common))
    demand_kind(need, x, REAL_OR_COMPLEX, "x")
    demand_same_dtype(need, y, x, "y")
    return _result(x, tuple([size for place, size in enumerate(common) if place != axis]))
