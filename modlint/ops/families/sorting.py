"""Order and sets: sort, topk, unique, searchsorted, bincount and their relatives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from modlint.dims import Answer, Dim, Expr
from modlint.ops.arguments import Anything, Flag, Operand
from modlint.ops.demands import ORDERED, REAL_OR_INTEGER, demand_kind, demand_ordered
from modlint.ops.dtypes import Kind
from modlint.ops.elements import cast
from modlint.ops.families.reduce import flag, indexed, reduced, reduced_to
from modlint.ops.names import everywhere
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.results import NamedResult
from modlint.ops.shapes import Along, along, fresh, listed
from modlint.values import SCATTERED, Tensor, Value


@op(
    *everywhere("sort"),
    cases=[
        "torch.sort(torch.ones(2, 3))",
        "torch.ones(2, 3).sort(0, True)",
        "torch.ones(2, 3).sort(dim=1, descending=True, stable=True).indices",
        "torch.ones(2, 3).sort(2)",
        "torch.ones(2, 3).cfloat().sort()",
    ],
)
def sort(
    need: Need,
    input: Tensor,
    dim: int = -1,
    descending: Anything = False,
    stable: Anything = False,
    *,
    out: Anything = None,
) -> NamedResult:
    along(need, input, dim)
    demand_kind(need, input, ORDERED)
    return indexed(input.with_shape(need.shape(input)))


@op(
    *everywhere("argsort"),
    cases=[
        "torch.argsort(torch.ones(2, 3), dim=0, descending=True)",
        "torch.ones(2, 3).argsort(2)",
        "torch.ones(2).cfloat().argsort()",
    ],
)
def argsort(need: Need, input: Tensor, dim: int = -1, descending: Anything = False, stable: Anything = False) -> Tensor:
    along(need, input, dim)
    demand_kind(need, input, ORDERED)
    return reduced_to(input, need.shape(input), "int64")


@op(*everywhere("msort"), cases=["torch.msort(torch.ones(2, 3))", "torch.msort(torch.ones(2, 3).cfloat())"])
def msort(need: Need, input: Tensor, *, out: Anything = None) -> Tensor:
    demand_kind(need, input, ORDERED)
    return reduced_to(input, need.shape(input), input.dtype)


@op(
    *everywhere("topk"),
    cases=[
        "torch.topk(torch.ones(2, 5), 3)",
        "torch.ones(2, 5).topk(k=2, dim=0)",
        "torch.ones(2, 5).topk(1, dim=-1, largest=False).indices",
        "torch.ones(2, 5).topk(0)",
        "torch.ones(2, 5).topk(6)",
        "torch.ones(2, 5).topk(-1)",
        "torch.ones(2, 5).topk(1, 2)",
    ],
)
def topk(
    need: Need,
    input: Tensor,
    k: Dim,
    dim: int = -1,
    largest: Anything = True,
    sorted: Anything = True,
    *,
    out: Anything = None,
) -> NamedResult:
    demand_kind(need, input, REAL_OR_INTEGER)
    at = along(need, input, dim)
    if not at.dims:
        return indexed(reduced_to(input, (), input.dtype))
    (axis,) = at.axes
    need.at_least(k, 0, "index", "k")
    _demand_rank_order(need, at, k)
    return indexed(reduced_to(input, at.shape([*at.dims[:axis], k, *at.dims[axis + 1 :]]), input.dtype))


def _demand_rank_order(need: Need, at: Along, k: Dim) -> None:
    """There must be ``k`` elements along the axis."""
    size = at.dims[at.axes[0]]
    if need.facts.assume_at_least(size - k, 0) is Answer.NO:
        need.fail("index", size, k, "k", size, k)


@op(
    *everywhere("kthvalue"),
    cases=[
        "torch.kthvalue(torch.ones(2, 5), 3)",
        "torch.ones(2, 5).kthvalue(2, 0, True)",
        "torch.ones(2, 5).kthvalue(6)",
        "torch.ones(2, 5).kthvalue(0)",
        "torch.ones(2, 5).bool().kthvalue(1)",
    ],
)
def kthvalue(
    need: Need, input: Tensor, k: Dim, dim: int = -1, keepdim: Anything = False, *, out: Anything = None
) -> NamedResult:
    shape = reduced(need, input, dim, keepdim)
    at = along(need, input, dim)
    need.at_least(k, 1, "index", "k")
    demand_kind(need, input, REAL_OR_INTEGER)
    if at.dims:
        _demand_rank_order(need, at, k)
    return indexed(reduced_to(input, shape, input.dtype))


@op(
    *everywhere("unique"),
    cases=[
        "torch.unique(torch.ones(2, 3))",
        "torch.unique(torch.ones(2).cfloat())",
        "torch.ones(2, 3).unique(return_inverse=True)",
        "torch.unique(torch.ones(2, 3), return_counts=True, dim=1)",
        "torch.unique(torch.ones(2, 3), dim=2)",
        "torch.unique(torch.tensor([3, 1, 3])).tolist()",
        "torch.unique(torch.tensor([3, 1, 3]), return_counts=True)[1].tolist()",
        "torch.unique(torch.tensor([3.0, float('nan'), float('nan')]))",
    ],
)
def unique(
    need: Need,
    input: Tensor,
    sorted: Anything = True,
    return_inverse: Anything = False,
    return_counts: Anything = False,
    dim: int | None = None,
) -> Value:
    return _distinct(need, input, return_inverse, return_counts, dim, _ascending(input))


@op(
    *everywhere("unique_consecutive"),
    cases=[
        "torch.unique_consecutive(torch.tensor([1, 1, 2, 1])).tolist()",
        "torch.unique_consecutive(torch.ones(3), return_counts=True)",
        "torch.ones(2, 3).unique_consecutive(dim=0)",
    ],
)
def unique_consecutive(
    need: Need,
    input: Tensor,
    return_inverse: Anything = False,
    return_counts: Anything = False,
    dim: int | None = None,
) -> Value:
    return _distinct(need, input, return_inverse, return_counts, dim, input.data)


def _ascending(input: Tensor) -> Sequence[Any] | None:
    """The elements in the order in which torch finds the distinct ones."""
    return None if input.data is None or any(isinstance(one, Expr) for one in input.data) else sorted(input.data)


def _distinct(
    need: Need, input: Tensor, inverse: Value, counts: Value, dim: int | None, elements: Sequence[Any] | None
) -> Value:
    """The distinct among neighbouring ``elements``, or slices along ``dim``: the data decide how many there are."""
    demand_kind(need, input, ORDERED)
    runs = None if dim is not None or elements is None else _runs(elements)
    number = fresh() if runs is None else len(runs)
    if dim is None:
        values, places = reduced_to(input, (number,), input.dtype), need.shape(input)
        values.data = None if runs is None else cast([one for one, _ in runs], input.dtype)
    else:
        at = along(need, input, dim)
        (axis,) = at.axes
        values = reduced_to(input, at.shape([*at.dims[:axis], number, *at.dims[axis + 1 :]]), input.dtype)
        places = (at.dims[axis],)
    results = [values]
    if flag(need, inverse, "return_inverse"):
        results.append(reduced_to(input, places, "int64"))
    if flag(need, counts, "return_counts"):
        results.append(reduced_to(input, (number,), "int64"))
        results[-1].data = None if runs is None else cast([count for _, count in runs], "int64")
    return results[0] if len(results) == 1 else tuple(results)


def _runs(elements: Sequence[Any]) -> list[tuple[Any, int]] | None:
    """Every element that differs from the one before, and how often it follows itself; None where that is not known."""
    if any(isinstance(one, Expr) or one != one for one in elements):
        return None
    return [(one, len(list(run))) for one, run in groupby(elements)]


@op(
    *everywhere("bincount"),
    cases=[
        "torch.bincount(torch.tensor([1, 2]), minlength=5)",
        "torch.bincount(torch.ones(2))",
        "torch.bincount(torch.ones(2).bool())",
        "torch.bincount(torch.tensor([1]), minlength=-1)",
        "torch.bincount(torch.ones(2, 2).long())",
    ],
)
def bincount(need: Need, input: Tensor, weights: Tensor | None = None, minlength: Anything = 0) -> Tensor:
    need.rank(input, 1)
    demand_kind(need, input, (Kind.INTEGER,))
    demand_ordered(need, 0, minlength, "minlength")
    for value in input.data or ():
        need.at_least(value, 0, "index")
    if weights is None:
        return reduced_to(input, (fresh(),), "int64")
    need.equal(need.rank(weights, 1, operand="weights")[0], need.dims(input)[0], "index", "weights")
    return reduced_to(input, (fresh(),), weights.dtype if weights.dtype in ("float32", None) else "float64")


@op(
    "torch.searchsorted",
    cases=[
        "torch.searchsorted(torch.ones(5), torch.ones(2, 3))",
        "torch.searchsorted(torch.ones(2, 5), torch.ones(2, 3), out_int32=True)",
        "torch.searchsorted(torch.ones(5), 3)",
        "torch.searchsorted(torch.ones(2, 5), 3)",
        "torch.searchsorted(torch.ones(5).cfloat(), torch.ones(2))",
        "torch.searchsorted(torch.ones(2, 5), torch.ones(3, 3))",
    ],
)
def searchsorted(
    need: Need,
    sorted_sequence: Tensor,
    input: Operand,
    *,
    out_int32: Flag = False,
    right: Anything = False,
    side: Anything = None,
    sorter: Anything = None,
    out: Anything = None,
) -> Tensor:
    dtype = "int32" if out_int32 else "int64"
    boundaries = need.dims(sorted_sequence)
    demand_kind(need, sorted_sequence, ORDERED, "sorted_sequence")
    if not isinstance(input, Tensor):
        need.rank(sorted_sequence, 1, operand="sorted_sequence")
        return Tensor((), dtype)
    demand_kind(need, input, ORDERED)
    if len(boundaries) != 1:
        found = need.rank(input, len(boundaries))
        for wanted, have in zip(boundaries[:-1], found):
            need.equal(have, wanted, "index", "input")
    return reduced_to(input, need.shape(input), dtype)


@op(
    "torch.bucketize",
    cases=[
        "torch.bucketize(torch.ones(2, 3), torch.ones(5))",
        "torch.bucketize(3, torch.ones(5))",
        "torch.bucketize(torch.ones(2), torch.ones(5, 2))",
    ],
)
def bucketize(
    need: Need,
    input: Operand,
    boundaries: Tensor,
    *,
    out_int32: Flag = False,
    right: Anything = False,
    out: Anything = None,
) -> Tensor:
    need.rank(boundaries, 1, operand="boundaries")
    shape = need.shape(input) if isinstance(input, Tensor) else ()
    return Tensor(shape, "int32" if out_int32 else "int64")


@op(
    *everywhere("multinomial"),
    cases=[
        "torch.multinomial(torch.ones(4), 2)",
        "torch.ones(2, 4).multinomial(5, replacement=True)",
        "torch.multinomial(torch.ones(2, 4), 5)",
        "torch.multinomial(torch.ones(2, 4, 5), 1)",
        "torch.multinomial(torch.ones(4).long(), 2)",
    ],
)
def multinomial(
    need: Need,
    input: Tensor,
    num_samples: Dim,
    replacement: Anything = False,
    *,
    generator: Anything = None,
    out: Anything = None,
) -> Tensor:
    shape = need.rank(input, 1, 2)
    demand_kind(need, input, (Kind.FLOAT,))
    need.at_least(num_samples, 1, "index", "num_samples")
    if replacement is False and need.facts.assume_at_least(shape[-1] - num_samples, 0) is Answer.NO:
        need.fail("index", shape[-1], num_samples, "num_samples", shape[-1], num_samples)
    return reduced_to(input, (*shape[:-1], num_samples), "int64")


@op("torch.unravel_index", cases=["torch.unravel_index(torch.tensor([0, 1]), (2, 3))"])
def unravel_index(need: Need, indices: Tensor, shape: Anything) -> tuple[Tensor, ...]:
    sizes = listed(shape)
    if sizes is None:
        raise Undecided("the shape is not known")
    for size in sizes:
        need.at_least(size, 0, "index", "shape")
    return tuple([Tensor(need.shape(indices), indices.dtype, order=SCATTERED) for _ in sizes])


@op(
    "torch.combinations",
    cases=[
        "torch.combinations(torch.ones(4))",
        "torch.combinations(torch.ones(4), 3, True)",
        "torch.combinations(torch.ones(2, 2))",
    ],
)
def combinations(need: Need, input: Tensor, r: int = 2, with_replacement: Flag = False) -> Tensor:
    (length,) = need.rank(input, 1)
    if r == 0:
        return reduced_to(input, (0,), input.dtype)
    if r < 0:
        need.fail("value", 0, r, "r")
        raise Impossible
    count = need.known(length)
    return reduced_to(input, (math.comb(count + (r - 1 if with_replacement else 0), r), r), input.dtype)
