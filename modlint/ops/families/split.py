"""Tensors taken apart: split, chunk, unbind and their relatives."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from modlint.dims import Dim, Expr, ceildiv, divide_exactly
from modlint.ops import elements
from modlint.ops.arguments import Sizes
from modlint.ops.names import everywhere, methods
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.shapes import Along, along
from modlint.values import CONTIGUOUS, SCATTERED, Tensor


def _demand_axis(need: Need, tensor: Tensor, dim: int) -> Along:
    at = along(need, tensor, dim)
    if not at.dims:
        need.fail("rank", 1, (), "input")
        raise Impossible
    return at


def _pieces(tensor: Tensor, at: Along, lengths: Sequence[Dim]) -> tuple[Tensor, ...]:
    """Views of these lengths, one behind the other along the axis."""
    (axis,) = at.axes
    order = CONTIGUOUS if tensor.order is CONTIGUOUS and axis == 0 and at.rank is None else SCATTERED
    result = []
    start: Dim = 0
    known = [length for length in lengths if type(length) is int and length >= 0]
    complete = tensor.data is not None and len(known) == len(lengths) and sum(known) == at.dims[axis]
    for length in lengths:
        shape = at.shape([*at.dims[:axis], length, *at.dims[axis + 1 :]])
        data = _slice(tensor, at, start, length) if complete else None
        result.append(Tensor(shape, tensor.dtype, data=data, order=order, device=tensor.device))
        start = start + length
    return tuple(result)


def _slice(tensor: Tensor, at: Along, start: Dim, length: Dim) -> tuple[object, ...] | None:
    if tensor.data is None or at.rank is not None or any(isinstance(dim, Expr) for dim in (*at.dims, start, length)):
        return None
    picks: list[range] = [range(size) for size in at.dims]  # type: ignore[arg-type]
    picks[at.axes[0]] = range(start, start + length)  # type: ignore[arg-type]
    return elements.take(tensor.data, at.dims, picks)  # type: ignore[arg-type]


def _every(need: Need, size: Dim, step: Dim) -> list[Dim]:
    """The lengths of pieces of ``step``, the last of which may be shorter."""
    if step == 0:
        need.equal(size, 0, "split", "split_size")
        return [size]
    if isinstance(step, int) and step < 0:
        need.fail("split", 0, step, "split_size")
        raise Impossible
    whole = divide_exactly(size, step)
    if isinstance(whole, int):
        return [step] * whole or [size]
    if isinstance(size, Expr) or isinstance(step, Expr):
        raise Undecided("the number of pieces is not known")
    return [*[step] * (size // step), size % step]


def _split(need: Need, tensor: Tensor, lengths: Sizes, dim: int) -> tuple[Tensor, ...]:
    at = _demand_axis(need, tensor, dim)
    size = at.dims[at.axes[0]]
    if not isinstance(lengths, tuple):
        return _pieces(tensor, at, _every(need, need.facts.resolve(size), need.facts.resolve(lengths)))
    total: Dim = 0
    for length in lengths:
        need.at_least(length, 0, "split", "split_size")
        total = total + length
    need.equal(total, size, "split", "split_size")
    return _pieces(tensor, at, lengths)


@op(
    *methods("split"),
    cases=[
        "torch.ones(2, 6).split(2, 1)",
        "torch.ones(5, 2).split(2)",
        "torch.ones(2, 6).split([1, 5], dim=-1)",
        "torch.ones(2, 6).split(split_size=(4, 2), dim=1)",
        "torch.ones(2, 6).split([1, 4], 1)",
        "torch.ones(2, 6).split(2, 2)",
        "torch.ones(2, 6).split(0, 1)",
        "torch.ones(()).split(1)",
    ],
)
def split_method(need: Need, input: Tensor, split_size: Sizes, dim: int = 0) -> tuple[Tensor, ...]:
    return _split(need, input, split_size, dim)


@op("torch.split", cases=["torch.split(torch.ones(2, 6), 3, dim=1)", "torch.split(torch.ones(2, 6), [3, 4], dim=1)"])
def split(need: Need, tensor: Tensor, split_size_or_sections: Sizes, dim: int = 0) -> tuple[Tensor, ...]:
    return _split(need, tensor, split_size_or_sections, dim)


@op(
    *everywhere("split_with_sizes"),
    cases=["torch.split_with_sizes(torch.ones(6), [2, 4])", "torch.ones(6).split_with_sizes([2, 3])"],
)
def split_with_sizes(need: Need, input: Tensor, split_sizes: Sizes, dim: int = 0) -> tuple[Tensor, ...]:
    return _split(need, input, split_sizes, dim)


@op(
    *everywhere("chunk", "unsafe_chunk"),
    cases=[
        "torch.chunk(torch.ones(2, 6), 3, dim=1)",
        "torch.ones(7).chunk(4)",
        "torch.ones(2, 6).chunk(chunks=8, dim=-1)",
        "torch.ones(2, 6).chunk(0, 1)",
        "torch.ones(2, 6).chunk(2, 2)",
        "torch.ones(()).chunk(2)",
    ],
)
def chunk(need: Need, input: Tensor, chunks: Dim, dim: int = 0) -> tuple[Tensor, ...]:
    """``chunks`` pieces of equal length; fewer when the length does not allow it, as 7 in 4 pieces of 2."""
    at = _demand_axis(need, input, dim)
    need.at_least(chunks, 1, "split", "chunks")
    count = need.known(chunks)
    if count < 1:
        raise Impossible
    size = need.facts.resolve(at.dims[at.axes[0]])
    step = ceildiv(size, count)
    if isinstance(size, Expr):
        return _pieces(input, at, [*[step] * (count - 1), size - step * (count - 1)])
    return _pieces(input, at, [0] * count if size == 0 else _every(need, size, step))


@op(
    *everywhere("tensor_split"),
    cases=[
        "torch.tensor_split(torch.ones(7), 3)",
        "torch.ones(2, 7).tensor_split((2, 5), dim=1)",
        "torch.ones(7).tensor_split((2, 9))",
        "torch.ones(7).tensor_split((5, 2))",
        "torch.ones(7).tensor_split(0)",
    ],
)
def tensor_split(
    need: Need,
    input: Tensor,
    indices_or_sections: Sizes | None = None,
    dim: int = 0,
    *,
    sections: Dim | None = None,
    indices: Sizes | None = None,
) -> tuple[Tensor, ...]:
    """Into a number of pieces whose lengths differ by 1 at most, or at given indices."""
    at = _demand_axis(need, input, dim)
    places = next((value for value in (indices_or_sections, sections, indices) if value is not None), None)
    size = at.dims[at.axes[0]]
    if isinstance(places, tuple):
        return _pieces(input, at, _between(need.known(size), [need.known(place) for place in places]))
    if places is None:
        need.fail("type", "indices_or_sections", None, "indices_or_sections")
        raise Impossible
    return _pieces(input, at, _even(need, size, need.known(places)))


def _between(size: int, places: Sequence[int]) -> list[Dim]:
    bounds = [0, *[min(max(place + size if place < 0 else place, 0), size) for place in places], size]
    return [max(end - start, 0) for start, end in pairwise(bounds)]


def _even(need: Need, size: Dim, count: int) -> list[Dim]:
    if count < 1:
        need.fail("split", 1, count, "indices_or_sections")
        raise Impossible
    exact = divide_exactly(size, count)
    if exact is not None:
        return [exact] * count
    length = need.known(size)
    return [length // count + (place < length % count) for place in range(count)]


@op(
    *everywhere("hsplit"),
    cases=["torch.hsplit(torch.ones(2, 6), 3)", "torch.ones(6).hsplit((2, 3))", "torch.ones(2, 6).hsplit(4)"],
)
def hsplit(need: Need, input: Tensor, indices_or_sections: Sizes) -> tuple[Tensor, ...]:
    return _nsplit(need, input, indices_or_sections, 0 if len(need.dims(input)) == 1 else 1)


@op(*everywhere("vsplit"), cases=["torch.vsplit(torch.ones(2, 6), 2)", "torch.vsplit(torch.ones(2, 6), 3)"])
def vsplit(need: Need, input: Tensor, indices_or_sections: Sizes) -> tuple[Tensor, ...]:
    return _nsplit(need, input, indices_or_sections, 0, 2)


@op(*everywhere("dsplit"), cases=["torch.dsplit(torch.ones(2, 3, 6), 2)", "torch.dsplit(torch.ones(2, 6), 2)"])
def dsplit(need: Need, input: Tensor, indices_or_sections: Sizes) -> tuple[Tensor, ...]:
    return _nsplit(need, input, indices_or_sections, 2, 3)


def _nsplit(need: Need, input: Tensor, sections: Sizes, dim: int, minimum: int = 1) -> tuple[Tensor, ...]:
    shape = need.dims(input)
    if len(shape) < minimum:
        need.fail("rank", minimum, shape, "input")
        raise Impossible
    if not isinstance(sections, tuple):
        need.divisible(shape[dim], sections, "split")
    return tensor_split(need, input, sections, dim)


@op(
    *everywhere("unbind"),
    cases=["torch.unbind(torch.ones(2, 3))", "torch.ones(2, 3).unbind(-1)", "torch.ones(()).unbind()"],
)
def unbind(need: Need, input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """One tensor for every index along ``dim``."""
    at = _demand_axis(need, input, dim)
    (axis,) = at.axes
    count = need.known(at.dims[axis])
    shape = at.shape([*at.dims[:axis], *at.dims[axis + 1 :]])
    order = CONTIGUOUS if input.order is CONTIGUOUS and axis == 0 and at.rank is None else SCATTERED
    return tuple(
        [
            Tensor(shape, input.dtype, data=_slice(input, at, place, 1), order=order, device=input.device)
            for place in range(count)
        ]
    )
