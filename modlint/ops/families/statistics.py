"""Spread, norms, quantiles and running reductions."""

from __future__ import annotations

from itertools import pairwise

from modlint.dims import Dim, maximum
from modlint.ops import dtypes, elements
from modlint.ops.arguments import Anything, Axes, Operand
from modlint.ops.demands import (
    NUMBERS,
    ORDERED,
    REAL,
    REAL_OR_COMPLEX,
    demand_bool,
    demand_kind,
    demand_ordered,
    demand_same_dtype,
    demand_within,
)
from modlint.ops.families.reduce import (
    ALL_CASE,
    DIMS_CASES,
    INT_CASE,
    cases_of,
    indexed,
    one_axis,
    reduced,
    reduced_to,
)
from modlint.ops.names import everywhere, functions, overwrite, updates
from modlint.ops.need import Need, Undecided
from modlint.ops.registry import op
from modlint.ops.results import NamedResult
from modlint.ops.shapes import along, demand_rank, listed
from modlint.values import SCATTERED, Open, Shape, Tensor, Value


def _axes(need: Need, dim: Value) -> Axes | None:
    items = listed(dim)
    if items is None:
        return None if dim is None else one_axis(need, dim)
    return tuple([one_axis(need, item) for item in items])


def _spread(need: Need, input: Tensor, dim: Value, unbiased: Value, keepdim: Value) -> Tensor:
    """The dims may be left out: ``x.std(False)`` is the biased one of all elements."""
    if unbiased is not None:
        demand_bool(need, unbiased, "unbiased")
    demand_kind(need, input, REAL_OR_COMPLEX)
    shape = reduced(need, input, None if isinstance(dim, bool) else _axes(need, dim), keepdim)
    return reduced_to(input, shape, dtypes.real(input.dtype))


@op(
    *everywhere("std", "var"),
    cases=cases_of(
        "std",
        *DIMS_CASES,
        ALL_CASE,
        INT_CASE,
        "torch.ones(2, 3).std(False)",
        "torch.ones(2, 3).std(1, unbiased=False, keepdim=True)",
        "torch.var(torch.ones(2, 3), dim=(0, 1), correction=0)",
    ),
)
def std(
    need: Need,
    input: Tensor,
    dim: Anything = None,
    unbiased: Anything = None,
    keepdim: Anything = False,
    *,
    correction: Anything = None,
    out: Anything = None,
) -> Tensor:
    return _spread(need, input, dim, unbiased, keepdim)


@op(
    *functions("std_mean", "var_mean"),
    cases=["torch.var_mean(torch.ones(2, 3), 1)", "torch.std_mean(torch.ones(2, 3), dim=(0, 1), keepdim=True)"],
)
def std_mean(
    need: Need,
    input: Tensor,
    dim: Anything = None,
    unbiased: Anything = None,
    keepdim: Anything = False,
    *,
    correction: Anything = None,
    out: Anything = None,
) -> tuple[Tensor, Tensor]:
    spread = _spread(need, input, dim, unbiased, keepdim)
    return spread, reduced_to(input, spread.shape, input.dtype)


def _normed(need: Need, input: Tensor, dim: Axes | None, keepdim: Value, dtype: Value) -> Tensor:
    kept = dtypes.chosen(need, dtype, demand_kind(need, input, REAL_OR_COMPLEX))
    return reduced_to(input, reduced(need, input, dim, keepdim), dtypes.real(kept))


@op(
    *everywhere("norm"),
    cases=[
        "torch.norm(torch.ones(2, 3, 4))",
        "torch.ones(2, 3, 4).norm(dim=1)",
        "torch.ones(2, 3, 4).norm(2, (0, 1), True)",
        "torch.norm(torch.ones(2, 3, 4), p=2, dim=-1, keepdim=True)",
        "torch.ones(2, 3, 4).norm('nuc', dim=(0, 1))",
        "torch.ones(2, 3, 4).norm('nuc', dim=1)",
        "torch.ones(2, 3).norm('max')",
        "torch.ones(2, 3).norm(2, 2)",
        "torch.arange(3).norm()",
    ],
)
def norm(
    need: Need,
    input: Tensor,
    p: Anything = "fro",
    dim: Axes | None = None,
    keepdim: Anything = False,
    out: Anything = None,
    dtype: Anything = None,
) -> Tensor:
    if isinstance(p, str) and p not in ("fro", "nuc"):
        need.fail("value", ("fro", "nuc"), p, "p")
    shape = need.shape(input)
    rank = None if isinstance(shape, Open) else len(shape)
    count = rank if dim is None else len(dim) if isinstance(dim, tuple) else 1
    if p == "nuc" and count not in (2, None):
        need.fail("dim", 2, count, "dim")
    return _normed(need, input, dim, keepdim, dtype)


@op(
    "torch.linalg.vector_norm",
    cases=["torch.linalg.vector_norm(torch.ones(2, 3))", "torch.linalg.vector_norm(torch.ones(2, 3), 2, -1, True)"],
)
def vector_norm(
    need: Need,
    x: Tensor,
    ord: Anything = 2,
    dim: Axes | None = None,
    keepdim: Anything = False,
    *,
    dtype: Anything = None,
    out: Anything = None,
) -> Tensor:
    return _normed(need, x, dim, keepdim, dtype)


@op(
    "torch.linalg.norm",
    cases=[
        "torch.linalg.norm(torch.ones(2, 3, 4))",
        "torch.linalg.norm(torch.ones(2, 3, 4), dim=2)",
        "torch.linalg.norm(torch.ones(2, 3, 4), 'fro', (0, 1))",
        "torch.linalg.norm(torch.ones(2, 3, 4), ord=2, dim=(0, 1), keepdim=True)",
        "torch.linalg.norm(torch.ones(2, 3, 4), 2)",
        "torch.linalg.norm(torch.ones(2, 3, 4), 2, (0, 1, 2))",
    ],
)
def linalg_norm(
    need: Need,
    A: Tensor,
    ord: Anything = None,
    dim: Axes | None = None,
    keepdim: Anything = False,
    *,
    out: Anything = None,
    dtype: Anything = None,
) -> Tensor:
    if ord is not None and isinstance(dim, tuple) and len(dim) not in (1, 2):
        need.fail("dim", (1, 2), len(dim), "dim")
    if ord is not None and dim is None:
        need.rank(A, 1, 2, operand="A")
    return _normed(need, A, dim, keepdim, dtype)


@op(
    "torch.linalg.matrix_norm",
    cases=[
        "torch.linalg.matrix_norm(torch.ones(2, 3, 4))",
        "torch.linalg.matrix_norm(torch.ones(2, 3, 4), 'nuc', (0, 1), True)",
        "torch.linalg.matrix_norm(torch.ones(3))",
    ],
)
def matrix_norm(
    need: Need,
    A: Tensor,
    ord: Anything = "fro",
    dim: Axes = (-2, -1),
    keepdim: Anything = False,
    *,
    dtype: Anything = None,
    out: Anything = None,
) -> Tensor:
    demand_rank(need, A, 2)
    if not isinstance(dim, tuple) or len(dim) != 2:
        need.fail("dim", 2, dim, "dim")
    return _normed(need, A, dim, keepdim, dtype)


@op(
    *everywhere("logsumexp"),
    cases=cases_of("logsumexp", *DIMS_CASES, "torch.arange(3).logsumexp(0)", "torch.ones(2).logsumexp()"),
)
def logsumexp(need: Need, input: Tensor, dim: Axes, keepdim: Anything = False, *, out: Anything = None) -> Tensor:
    return reduced_to(input, reduced(need, input, dim, keepdim), dtypes.floating(input.dtype))


@op(
    *everywhere("quantile", "nanquantile"),
    cases=[
        "torch.quantile(torch.ones(2, 3), 0.5)",
        "torch.ones(2, 3, 4).quantile(0.5, dim=1, keepdim=True)",
        "torch.ones(2, 3, 4).quantile(torch.tensor([0.1, 0.5]), 1)",
        "torch.ones(2, 3).quantile(1.5)",
        "torch.arange(3).quantile(0.5)",
        "torch.ones(2, 3).quantile(0.5, 2)",
    ],
)
def quantile(
    need: Need,
    input: Tensor,
    q: Operand,
    dim: int | None = None,
    keepdim: Anything = False,
    *,
    interpolation: Anything = "linear",
    out: Anything = None,
) -> Tensor:
    """Several quantiles stand in a dim of their own in front."""
    demand_kind(need, input, REAL)
    demand_within(need, q, 0, 1, "q")
    if need.is_empty(input):
        need.fail("dim", 1, 0, "input")
    shape = reduced(need, input, dim, keepdim)
    if not isinstance(q, Tensor):
        return reduced_to(input, shape, input.dtype)
    demand_same_dtype(need, q, input, "q")
    lead = need.rank(q, 0, 1, operand="q")
    if isinstance(shape, Open):
        raise Undecided("the number of dimensions is not known")
    return Tensor((*lead, *shape), input.dtype, order=SCATTERED, device=input.device)


# Running reductions keep the shape


def _running_shape(need: Need, input: Tensor, dim: int) -> Shape:
    along(need, input, dim)
    return need.shape(input)


@op(
    *everywhere("cumsum", "cumprod"),
    cases=[
        "torch.cumsum(torch.ones(2, 3), 1)",
        "torch.ones(2, 3).cumsum(dim=-1)",
        "torch.ones(2).bool().cumsum(0)",
        "torch.ones(2).cumsum(0, dtype=torch.float64)",
        "torch.ones(2, 3).cumsum(2)",
        "torch.ones(2, 3).cumsum()",
    ],
)
def cumsum(need: Need, input: Tensor, dim: int, *, dtype: Anything = None, out: Anything = None) -> Tensor:
    return reduced_to(input, _running_shape(need, input, dim), dtypes.chosen(need, dtype, dtypes.summed(input.dtype)))


@op(*updates(["cumsum", "cumprod"]), cases=["torch.ones(2, 3).cumsum_(1)", "torch.ones(2).bool().cumsum_(0)"])
def cumsum_in_place(need: Need, input: Tensor, dim: int, *, dtype: Anything = None) -> Tensor:
    """Nothing is written to a tensor without elements, so its type may be any."""
    sums = cumsum(need, input, dim, dtype=dtype)
    return input if need.is_empty(input) else overwrite(need, input, sums)


@op(*everywhere("logcumsumexp"), cases=["torch.logcumsumexp(torch.ones(2, 3), 1)"])
def logcumsumexp(need: Need, input: Tensor, dim: int, *, out: Anything = None) -> Tensor:
    demand_kind(need, input, REAL_OR_COMPLEX)
    return reduced_to(input, _running_shape(need, input, dim), input.dtype)


@op(
    *everywhere("cummax", "cummin"),
    cases=[
        "torch.cummax(torch.ones(2, 3), 1)",
        "torch.cummax(torch.ones(2, 3).cfloat(), 1)",
        "torch.ones(2, 3).cummin(dim=0).values",
        "torch.ones(2).cummax(1)",
    ],
)
def cummax(need: Need, input: Tensor, dim: int, *, out: Anything = None) -> NamedResult:
    shape = need.shape(input) if need.is_empty(input) else _running_shape(need, input, dim)
    demand_kind(need, input, ORDERED)
    return indexed(reduced_to(input, shape, input.dtype))


@op(
    *everywhere("diff"),
    cases=[
        "torch.diff(torch.ones(2, 3))",
        "torch.ones(2, 5).diff(n=2, dim=0)",
        "torch.ones(2, 3).diff(dim=2)",
        "torch.diff(torch.ones(2, 3), prepend=torch.ones(2, 1))",
        "torch.diff(torch.tensor([1, 4, 9])).tolist()",
        "torch.ones(()).diff()",
    ],
)
def diff(
    need: Need,
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
    *,
    out: Anything = None,
) -> Tensor:
    demand_rank(need, input, 1)
    at = along(need, input, dim)
    (axis,) = at.axes
    length = at.dims[axis]
    for other in (prepend, append):
        if other is not None:
            found = need.rank(other, len(need.dims(input)), operand="prepend")
            for place, (have, wanted) in enumerate(zip(found, at.dims)):
                if place != axis:
                    need.equal(have, wanted, "cat", "prepend")
            length = length + found[axis]
    need.at_least(n, 0, "dim", "n")
    left = maximum(length - n, 0)
    joined = dtypes.promoted(input, *(other for other in (prepend, append) if other is not None))
    result = input.with_shape(at.shape([*at.dims[:axis], left, *at.dims[axis + 1 :]]))
    result.dtype = joined
    if input.data is not None and len(at.dims) == 1 and n == 1 and prepend is append is None:
        result.data = elements.cast([after - before for before, after in pairwise(input.data)], joined)
    return result


@op(
    *everywhere("dist"),
    cases=[
        "torch.dist(torch.ones(2, 3), torch.ones(3))",
        "torch.dist(torch.ones(2), torch.ones(3))",
        "torch.dist(torch.ones(2), torch.ones(2).bool())",
    ],
)
def dist(need: Need, input: Tensor, other: Tensor, p: Anything = 2) -> Tensor:
    need.broadcast(need.dims(input), need.dims(other))
    for tensor in (input, other):
        demand_kind(need, tensor, NUMBERS)
    return reduced_to(input, (), dtypes.real(dtypes.promoted(input, other)))


@op(
    *everywhere("histc"),
    cases=[
        "torch.histc(torch.ones(2, 3), 4)",
        "torch.histc(torch.ones(2).long(), 4)",
        "torch.histc(torch.ones(2).bool(), 4)",
        "torch.histc(torch.ones(3), bins=5, min=0, max=1)",
        "torch.ones(3).histc(0)",
    ],
)
def histc(
    need: Need, input: Tensor, bins: Dim = 100, min: Anything = 0, max: Anything = 0, *, out: Anything = None
) -> Tensor:
    need.at_least(bins, 1, "value", "bins")
    demand_ordered(need, min, max, "max")
    demand_kind(need, input, REAL)
    return reduced_to(input, (bins,), input.dtype)


@op(
    *everywhere("renorm"),
    cases=[
        "torch.renorm(torch.ones(2, 3), 2, 0, 5)",
        "torch.renorm(torch.ones(2, 3).long(), 2, 0, 5)",
        "torch.ones(3).renorm(2, 0, 5)",
    ],
)
def renorm(need: Need, input: Tensor, p: Anything, dim: int, maxnorm: Anything, *, out: Anything = None) -> Tensor:
    demand_rank(need, input, 2)
    along(need, input, dim)
    demand_ordered(need, 0, p, "p", strictly=True)
    demand_ordered(need, 0, maxnorm, "maxnorm")
    demand_kind(need, input, REAL_OR_COMPLEX)
    return input.with_shape(need.shape(input))
