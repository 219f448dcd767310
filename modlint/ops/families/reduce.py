"""Reductions over all elements or over some dims: docs.pytorch.org/docs/stable/torch.html#reduction-ops."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from modlint.ops import dtypes, elements
from modlint.ops.arguments import Anything, Axes
from modlint.ops.demands import ORDERED, REAL_OR_COMPLEX, demand_bool, demand_kind
from modlint.ops.dtypes import Kind
from modlint.ops.names import everywhere
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.results import NamedResult
from modlint.ops.shapes import along, elementwise, unique
from modlint.values import Shape, Tensor, Unknown, Value

_REAL = (Kind.BOOL, Kind.INTEGER, Kind.FLOAT)


def flag(need: Need, value: Value, name: str = "keepdim") -> bool:
    """A flag that must be True or False: ``x.mean(2, 3)`` raises."""
    if isinstance(value, Unknown):
        raise Undecided(value.why)
    demand_bool(need, value, name)
    return bool(value)


def reduced(need: Need, input: Tensor, dim: Axes | None, keepdim: Value, empty: bool = True) -> Shape:
    """The shape without the dims ``dim`` (all of them for None), or with 1 in their place.

    ``empty``: whether dims of size 0 may be reduced.
    """
    keep = flag(need, keepdim)
    if dim is None or dim == ():
        return (1,) * len(need.dims(input)) if keep else ()
    at = along(need, input, *(dim if isinstance(dim, tuple) else (dim,)))
    axes = set(unique(need, at.axes))
    if not empty:
        for axis in axes.intersection(range(len(at.dims))):
            need.at_least(at.dims[axis], 1, "dim", "input")
    if keep:
        return at.shape([1 if axis in axes else size for axis, size in enumerate(at.dims)])
    return at.shape([size for axis, size in enumerate(at.dims) if axis not in axes])


def reduced_to(input: Tensor, shape: Shape, dtype: str | None) -> Tensor:
    """The result of reducing ``input``: contiguous, on the same device."""
    return Tensor(shape, dtype, device=input.device)


DIMS_CASES = [
    "torch.{}(torch.ones(2, 3, 4), 1)",
    "torch.{}(torch.ones(2, 3, 4), dim=(0, -1), keepdim=True)",
    "torch.ones(2, 3, 4).{}(-1, True)",
    "torch.ones(2, 3, 4).{}(dim=[1])",
    "torch.ones(2, 3, 4).{}(axis=1, keepdims=True)",
    "torch.{}(torch.ones(2, 3, 4), 3)",
    "torch.{}(torch.ones(2, 3, 4), (0, 0))",
    "torch.ones(2, 3, 4).{}(1, 2)",
]
DIM_CASES = [
    "torch.{}(torch.ones(2, 3, 4), 1)",
    "torch.{}(torch.ones(2, 3, 4), dim=-1, keepdim=True)",
    "torch.ones(2, 3, 4).{}(0, True)",
    "torch.{}(torch.ones(2, 3, 4), 3)",
]
ALL_CASE = "torch.ones(2, 3).{}()"
INT_CASE = "torch.ones(2, 3, dtype=torch.int64).{}()"


def cases_of(name: str, *cases: str) -> list[str]:
    """The cases of the op ``name`` from patterns."""
    return [case.format(name) for case in cases]


# Sums: over any dims, with a dtype of their own


def _summing(value: Callable[[Sequence[Any]], Any] | None, kinds: tuple[Kind, ...] = tuple(Kind)) -> Any:
    def function(
        need: Need,
        input: Tensor,
        dim: Axes | None = None,
        keepdim: Anything = False,
        *,
        dtype: Anything = None,
        out: Anything = None,
    ) -> Tensor:
        demand_kind(need, input, kinds)
        result = reduced_to(
            input, reduced(need, input, dim, keepdim), dtypes.chosen(need, dtype, dtypes.summed(input.dtype))
        )
        if value is not None and input.data is not None and result.shape == ():
            result.data = elements.cast((value(input.data),), result.dtype)
        return result

    return function


for _name, _function in {"sum": _summing(sum), "nansum": _summing(None, ORDERED)}.items():
    op(*everywhere(_name), cases=cases_of(_name, *DIMS_CASES, ALL_CASE, INT_CASE))(_function)


@op(
    *everywhere("mean", "nanmean"),
    cases=cases_of("mean", *DIMS_CASES, ALL_CASE, INT_CASE, "torch.arange(3).mean(dtype=torch.float32)"),
)
def mean(
    need: Need,
    input: Tensor,
    dim: Axes | None = None,
    keepdim: Anything = False,
    *,
    dtype: Anything = None,
    out: Anything = None,
) -> Tensor:
    """Integers have no mean unless a ``dtype`` is given."""
    shape = reduced(need, input, dim, keepdim)
    kept = dtypes.chosen(need, dtype, None) if dtype is not None else demand_kind(need, input, REAL_OR_COMPLEX)
    return reduced_to(input, shape, kept)


@op(*everywhere("prod"), cases=cases_of("prod", *DIM_CASES, ALL_CASE, INT_CASE, "torch.ones(2, 3).prod((0, 1))"))
def prod(
    need: Need,
    input: Tensor,
    dim: int | None = None,
    keepdim: Anything = False,
    *,
    dtype: Anything = None,
    out: Anything = None,
) -> Tensor:
    result = reduced_to(
        input, reduced(need, input, dim, keepdim), dtypes.chosen(need, dtype, dtypes.summed(input.dtype))
    )
    if input.data is not None and result.shape == ():
        result.data = elements.cast((math.prod(input.data),), result.dtype)
    return result


# Extrema


def _extreme(value: Callable[[Sequence[Any]], Any]) -> Any:
    def function(
        need: Need,
        input: Tensor,
        dim: Anything = None,
        keepdim: Anything = False,
        *,
        other: Anything = None,
        out: Anything = None,
    ) -> Value:
        """Of all elements, along a dim with its index, or elementwise of two tensors."""
        if isinstance(dim, Tensor) or other is not None:
            return _of_two(need, input, dim if other is None else other)
        demand_kind(need, input, _REAL)
        if dim is not None:
            return _with_index(need, input, one_axis(need, dim), keepdim)
        _demand_elements(need, input)
        result = reduced_to(input, (), input.dtype)
        result.data = _value_of(value, input)
        return result

    return function


def _of_two(need: Need, input: Tensor, other: Value) -> Tensor:
    if not isinstance(other, Tensor):
        need.fail("type", "Tensor", other, "other")
        raise Impossible
    return elementwise(need, dtypes.promoted(input, other), input, other)


def one_axis(need: Need, dim: Value) -> int:
    """``dim``, which must be a single known axis."""
    if isinstance(dim, Unknown):
        raise Undecided(dim.why)
    if not isinstance(dim, int):
        need.fail("type", "int", dim, "dim")
        raise Impossible
    return dim


def _value_of(function: Callable[[Sequence[Any]], Any], input: Tensor) -> tuple[Any, ...] | None:
    if not input.data or not all(isinstance(value, (int, float)) for value in input.data):
        return None
    return (function(input.data),)


def _demand_elements(need: Need, input: Tensor) -> None:
    for size in need.dims(input) if isinstance(need.shape(input), tuple) else ():
        if size == 0:
            need.fail("dim", 1, 0, "input")


def indexed(values: Tensor) -> NamedResult:
    """``values`` with the indices where they stand."""
    indices = Tensor(values.shape, "int64", device=values.device)
    return NamedResult(("values", "indices"), (values, indices))


def _with_index(need: Need, input: Tensor, dim: int, keepdim: Value) -> NamedResult:
    shape = reduced(need, input, dim, keepdim, empty=False)
    return indexed(reduced_to(input, shape, input.dtype))


for _name, _value in {"max": max, "min": min}.items():
    op(
        *everywhere(_name),
        cases=cases_of(
            _name,
            *DIM_CASES,
            ALL_CASE,
            "torch.{}(torch.ones(2, 3), torch.ones(3))",
            "torch.ones(2, 3).{}(1).values",
            "torch.{}(torch.ones(2, 3), torch.ones(2))",
            "torch.ones(2, 3).{}((0, 1))",
            "torch.ones(0, 3).{}()",
            "torch.ones(0, 3).{}(0)",
            "torch.ones(2, 3).{}(1, 2)",
        ),
    )(_extreme(_value))


@op(*everywhere("amax", "amin"), cases=cases_of("amax", *DIMS_CASES, ALL_CASE, "torch.ones(0, 3).amax(0)"))
def amax(
    need: Need, input: Tensor, dim: Axes | None = None, keepdim: Anything = False, *, out: Anything = None
) -> Tensor:
    if not need.is_empty(input):
        demand_kind(need, input, _REAL)
    if dim is None or dim == ():
        _demand_elements(need, input)
    return reduced_to(input, reduced(need, input, dim, keepdim, empty=False), input.dtype)


@op(
    *everywhere("aminmax"),
    cases=[
        "torch.aminmax(torch.ones(2, 3))",
        "torch.aminmax(torch.ones(2).cfloat())",
        "torch.ones(2, 3).aminmax(dim=1).max",
    ],
)
def aminmax(
    need: Need, input: Tensor, *, dim: int | None = None, keepdim: Anything = False, out: Anything = None
) -> NamedResult:
    shape = reduced(need, input, dim, keepdim, empty=False)
    demand_kind(need, input, ORDERED)
    if dim is None:
        _demand_elements(need, input)
    return NamedResult(("min", "max"), [reduced_to(input, shape, input.dtype) for _ in range(2)])


@op(*everywhere("argmax", "argmin"), cases=cases_of("argmax", *DIM_CASES, ALL_CASE, "torch.ones(2, 3).argmax((0, 1))"))
def argmax(
    need: Need, input: Tensor, dim: int | None = None, keepdim: Anything = False, *, out: Anything = None
) -> Tensor:
    demand_kind(need, input, (Kind.INTEGER, Kind.FLOAT))
    if dim is None:
        _demand_elements(need, input)
    return reduced_to(input, reduced(need, input, dim, keepdim, empty=False), "int64")


@op(
    *everywhere("median", "nanmedian"),
    cases=cases_of(
        "median", *DIM_CASES, ALL_CASE, "torch.ones(2, 3).median(1).indices", "torch.ones(2, 3).median((0,))"
    ),
)
def median(
    need: Need, input: Tensor, dim: int | None = None, keepdim: Anything = False, *, out: Anything = None
) -> Value:
    demand_kind(need, input, (Kind.INTEGER, Kind.FLOAT))
    return reduced_to(input, (), input.dtype) if dim is None else _with_index(need, input, dim, keepdim)


@op(*everywhere("mode"), cases=cases_of("mode", *DIM_CASES, ALL_CASE, "torch.ones(2).cfloat().mode()"))
def mode(need: Need, input: Tensor, dim: int = -1, keepdim: Anything = False, *, out: Anything = None) -> NamedResult:
    demand_kind(need, input, ORDERED)
    return _with_index(need, input, dim, keepdim)


# Truth


@op(*everywhere("all", "any"), cases=cases_of("all", *DIMS_CASES, ALL_CASE, "torch.ones(2).to(torch.uint8).any()"))
def all_elements(
    need: Need, input: Tensor, dim: Axes | None = None, keepdim: Anything = False, *, out: Anything = None
) -> Tensor:
    dtype = "uint8" if input.dtype == "uint8" else "bool"
    return reduced_to(input, need.shape(input) if dim == () else reduced(need, input, dim, keepdim), dtype)


@op(*everywhere("count_nonzero"), cases=["torch.count_nonzero(torch.ones(2, 3))", "torch.ones(2, 3).count_nonzero(1)"])
def count_nonzero(need: Need, input: Tensor, dim: Axes | None = None) -> Tensor:
    return reduced_to(input, reduced(need, input, dim, False), "int64")
