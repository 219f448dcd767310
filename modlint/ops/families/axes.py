"""Axes in another order: permute, transpose, movedim, flip, roll, rot90, and what stays of contiguity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modlint.ops import elements
from modlint.ops.arguments import Anything, Axes
from modlint.ops.names import everywhere, methods
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import attribute, op
from modlint.ops.shapes import Order, along, demand_rank, listed, normal_order, unique
from modlint.values import CONTIGUOUS, SCATTERED, Open, Tensor, Unknown


def permuted(need: Need, input: Tensor, axes: Sequence[int]) -> Tensor:
    """A view of ``input`` whose axis ``i`` is the axis ``axes[i]`` of it."""
    shape = need.dims(input)
    data = None
    if input.data is not None and elements.count(shape) is not None:
        data = elements.permuted(input.data, shape, axes)  # type: ignore[arg-type]
    return Tensor(
        tuple([shape[axis] for axis in axes]),
        input.dtype,
        data=data,
        order=_permuted_order(input.order, axes),
        device=input.device,
    )


def _permuted_order(order: Order, axes: Sequence[int]) -> Order:
    if order == SCATTERED:
        return SCATTERED
    places = {axis: place for place, axis in enumerate(axes)}
    return normal_order(tuple([places[axis] for axis in order or range(len(axes))])) if axes else CONTIGUOUS


def _permute(need: Need, input: Tensor, dims: tuple[int, ...]) -> Tensor:
    shape = need.rank(input, len(dims), aspect="permute")
    return permuted(need, input, unique(need, [need.axis(dim, len(shape), "permute", "dims") for dim in dims]))


@op(
    *methods("permute"),
    cases=[
        "torch.ones(2, 3, 4).permute(0, 2, 1)",
        "torch.ones(2, 3, 4).permute((2, 0, 1))",
        "torch.ones(2, 3, 4).permute(dims=(-1, 0, 1))",
        "torch.ones(2, 3, 4).permute(0, 2, 1).permute(0, 2, 1).view(24)",
        "torch.ones(2, 3, 4).permute(0, 1)",
        "torch.ones(2, 3, 4).permute(0, 1, 1)",
        "torch.ones(2, 3, 4).permute(0, 1, 3)",
    ],
)
def permute_method(need: Need, input: Tensor, *axes: int, dims: Axes | None = None) -> Tensor:
    return _permute(need, input, axes if dims is None else _tuple(dims))


@op("torch.permute", cases=["torch.permute(torch.ones(2, 3, 4), (2, 0, 1))", "torch.permute(torch.ones(2), (0, 1))"])
def permute(need: Need, input: Tensor, dims: Axes) -> Tensor:
    return _permute(need, input, _tuple(dims))


def _tuple(dims: Axes) -> tuple[int, ...]:
    return dims if isinstance(dims, tuple) else (dims,)


def _swapped(need: Need, input: Tensor, first: int, second: int) -> Tensor:
    shape = need.shape(input)
    if isinstance(shape, Open):
        return _swapped_open(need, input, first, second)
    a, b = (need.axis(dim, len(shape), "dim", name) for dim, name in ((first, "dim0"), (second, "dim1")))
    axes = list(range(len(shape)))
    if axes:
        axes[a], axes[b] = b, a
    return permuted(need, input, axes)


def _swapped_open(need: Need, input: Tensor, first: int, second: int) -> Tensor:
    at = along(need, input, first, second)
    a, b = at.axes
    dims = list(at.dims)
    dims[a], dims[b] = dims[b], dims[a]
    return Tensor(at.shape(dims), input.dtype, order=SCATTERED, device=input.device)


@op(
    *everywhere("transpose", "swapdims"),
    cases=[
        "torch.ones(2, 3, 4).transpose(1, 2)",
        "torch.transpose(torch.ones(2, 3, 4), dim0=-1, dim1=0)",
        "torch.ones(()).transpose(0, -1)",
        "torch.ones(2, 3).transpose(0, 2)",
        "torch.ones(2, 3, 4).transpose(1, 2).contiguous().view(2, -1)",
        "torch.ones(2, 3, 4).transpose(1, 2).transpose(1, 2).view(2, -1)",
    ],
)
def transpose(need: Need, input: Tensor, dim0: int, dim1: int) -> Tensor:
    return _swapped(need, input, dim0, dim1)


@op(
    *everywhere("swapaxes"),
    cases=["torch.ones(2, 3, 4).swapaxes(0, 2)", "torch.swapaxes(torch.ones(2, 3), axis0=0, axis1=2)"],
)
def swapaxes(need: Need, input: Tensor, axis0: int, axis1: int) -> Tensor:
    return _swapped(need, input, axis0, axis1)


@op(*everywhere("t"), cases=["torch.ones(2, 3).t()", "torch.t(torch.ones(3))", "torch.ones(2, 3, 4).t()"])
def t(need: Need, input: Tensor) -> Tensor:
    shape = need.rank(input, 0, 1, 2)
    return permuted(need, input, range(len(shape) - 1, -1, -1))


@attribute("T", cases=["torch.ones(2, 3).T", "torch.ones(3).T"])
def reversed_axes(need: Need, self: Tensor) -> Tensor:
    return permuted(need, self, range(len(need.dims(self)) - 1, -1, -1))


@attribute("mT", "mH", cases=["torch.ones(2, 3, 4).mT", "torch.ones(3).mT"])
def matrix_transpose(need: Need, self: Tensor) -> Tensor:
    shape = need.shape(self)
    if not isinstance(shape, Open) and len(shape) < 2:
        need.fail("rank", "2 or more", shape, "input")
        raise Impossible
    return _swapped(need, self, -2, -1)


@attribute("H", cases=["torch.ones(2, 3).H", "torch.ones(2, 3, 4).H"])
def hermitian(need: Need, self: Tensor) -> Tensor:
    shape = need.rank(self, 0, 2)
    return permuted(need, self, range(len(shape) - 1, -1, -1))


@op(*everywhere("adjoint"), cases=["torch.ones(2, 3, 4).adjoint()", "torch.ones(3).adjoint()"])
def adjoint(need: Need, input: Tensor) -> Tensor:
    return matrix_transpose(need, input)


@op(
    *everywhere("movedim", "moveaxis"),
    cases=[
        "torch.movedim(torch.ones(2, 3, 4), 1, -1)",
        "torch.ones(2, 3, 4).movedim((0, 1), (2, 0))",
        "torch.ones(2, 3, 4).movedim((0, 1), (2,))",
        "torch.ones(2, 3, 4).movedim((0, 0), (1, 2))",
        "torch.ones(2, 3, 4).movedim(0, 3)",
    ],
)
def movedim(need: Need, input: Tensor, source: Axes, destination: Axes) -> Tensor:
    """The axes ``source`` come to stand at ``destination``, the others keep their order."""
    rank = len(need.dims(input))
    sources = unique(need, [need.axis(dim, rank, "dim", "source") for dim in _tuple(source)])
    targets = unique(need, [need.axis(dim, rank, "dim", "destination") for dim in _tuple(destination)])
    if len(sources) != len(targets):
        need.fail("dim", len(sources), len(targets), "destination")
        raise Impossible
    placed = dict(zip(targets, sources))
    others = iter([axis for axis in range(rank) if axis not in sources])
    return permuted(need, input, [placed[place] if place in placed else next(others) for place in range(rank)])


def rearranged(need: Need, input: Tensor, picks: Mapping[int, Sequence[int]] | None = None) -> Tensor:
    """A contiguous tensor of the same shape, with its values when ``picks`` say where along an axis they come from."""
    shape = need.shape(input)
    result = input.with_shape(shape)
    if picks is not None and input.data is not None and not isinstance(shape, Open) and elements.count(shape):
        positions = [picks.get(axis, range(size)) for axis, size in enumerate(shape)]  # type: ignore[arg-type]
        result.data = elements.take(input.data, shape, positions)  # type: ignore[arg-type]
    return result


def _flipped(need: Need, input: Tensor, dims: Sequence[int]) -> Tensor:
    at = along(need, input, *dims)
    axes = unique(need, at.axes)
    if input.data is None or at.rank is not None:
        return rearranged(need, input)
    known = {axis: range(size)[::-1] for axis in axes if type(size := at.dims[axis]) is int}
    return rearranged(need, input, known)


@op(
    *methods("flip"),
    cases=[
        "torch.ones(2, 3, 4).flip(0)",
        "torch.ones(2, 3, 4).flip((0, -1))",
        "torch.ones(2, 3, 4).flip(dims=(1,))",
        "torch.ones(2, 3, 4).flip(0, 0)",
        "torch.ones(2, 3, 4).flip(3)",
    ],
)
def flip_method(need: Need, input: Tensor, *axes: int, dims: Axes | None = None) -> Tensor:
    return _flipped(need, input, axes if dims is None else _tuple(dims))


@op("torch.flip", cases=["torch.flip(torch.ones(2, 3), (0,))", "torch.flip(torch.ones(2, 3), [2])"])
def flip(need: Need, input: Tensor, dims: Axes) -> Tensor:
    if isinstance(dims, int):
        need.fail("type", "tuple of ints", dims, "dims")
    return _flipped(need, input, _tuple(dims))


@op(*everywhere("fliplr"), cases=["torch.fliplr(torch.ones(2, 3))", "torch.fliplr(torch.ones(3))"])
def fliplr(need: Need, input: Tensor) -> Tensor:
    demand_rank(need, input, 2)
    return _flipped(need, input, (1,))


@op(*everywhere("flipud"), cases=["torch.flipud(torch.ones(3))", "torch.flipud(torch.ones(()))"])
def flipud(need: Need, input: Tensor) -> Tensor:
    demand_rank(need, input, 1)
    return _flipped(need, input, (0,))


@op(
    *everywhere("roll"),
    cases=[
        "torch.roll(torch.ones(2, 3, 4), 1)",
        "torch.roll(torch.ones(2, 3, 4), shifts=(-1, -2), dims=(1, 2))",
        "torch.ones(2, 3).roll(1, 0)",
        "torch.ones(2, 3).roll((1, 2), 0)",
        "torch.ones(2, 3).roll((1, 2))",
        "torch.ones(2, 3).roll(1, 2)",
    ],
)
def roll(need: Need, input: Tensor, shifts: Anything, dims: Axes = ()) -> Tensor:
    items = listed(shifts)
    count = len(items) if items is not None else None if isinstance(shifts, Unknown) else 1
    axes = _tuple(dims)
    if count is not None and len(axes) != count and (axes or count != 1):
        need.fail("dim", count, len(axes), "dims")
    if not need.is_empty(input):
        along(need, input, *axes)
    return rearranged(need, input)


@op(
    *everywhere("rot90"),
    cases=[
        "torch.rot90(torch.ones(2, 3, 4))",
        "torch.rot90(torch.ones(2, 3, 4), 2, (0, 2))",
        "torch.ones(2, 3).rot90(k=3, dims=[0, 1])",
        "torch.rot90(torch.ones(2, 3, 4), 1, (0, 0))",
        "torch.rot90(torch.ones(3))",
    ],
)
def rot90(need: Need, input: Tensor, k: int = 1, dims: Axes = (0, 1)) -> Tensor:
    demand_rank(need, input, 2)
    at = along(need, input, *_tuple(dims))
    if len(at.axes) != 2:
        need.fail("dim", 2, len(at.axes), "dims")
        raise Impossible
    a, b = unique(need, at.axes)
    sizes = list(at.dims)
    if k % 2:
        sizes[a], sizes[b] = sizes[b], sizes[a]
    return Tensor(at.shape(sizes), input.dtype, order=SCATTERED, device=input.device)


@op(*methods("transpose_", "swapaxes_", "swapdims_"), cases=["torch.ones(2, 3).transpose_(0, 1)"])
def transpose_in_place(need: Need, input: Tensor, dim0: int, dim1: int) -> Tensor:
    if isinstance(need.shape(input), Open):
        raise Undecided("the number of dimensions is not known")
    other = _swapped(need, input, dim0, dim1)
    input.shape, input.order, input.data = other.shape, other.order, other.data
    return input


@op(
    *methods("contiguous"),
    cases=["torch.ones(2, 3).t().contiguous().view(6)", "torch.ones(2, 3, 4, 5).permute(0, 3, 1, 2).contiguous()"],
)
def contiguous(need: Need, input: Tensor, memory_format: Anything = None) -> Tensor:
    """In row-major order, unless another ``memory_format`` is asked for."""
    order = CONTIGUOUS if memory_format is None else SCATTERED
    return Tensor(need.shape(input), input.dtype, data=input.data, order=order, device=input.device)
