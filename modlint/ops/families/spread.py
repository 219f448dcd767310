"""Repetition of elements: expand, broadcast_to, repeat, tile, repeat_interleave, sliding windows."""

from __future__ import annotations

from collections.abc import Sequence

from modlint.dims import Answer, Dim, product
from modlint.ops import dtypes, elements
from modlint.ops.arguments import Anything, Operand
from modlint.ops.names import methods
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.shapes import along, fresh, sizes
from modlint.values import SCATTERED, Open, Shape, Tensor, Unknown


def _expanded(need: Need, input: Tensor, wanted: Sequence[Dim | None], operand: str = "size") -> Tensor:
    """A view in which dims of size 1 are as large as wanted; -1 keeps a dim, more dims come in front."""
    shape = need.shape(input)
    if isinstance(shape, Open):
        kept = [need.size(input, place - len(wanted)) if size == -1 else size for place, size in enumerate(wanted)]
        return _stretched(input, tuple([fresh() if size is None else size for size in kept]))
    if (0 in wanted or 0 in shape) and any(isinstance(size, int) and size < 0 for size in wanted):
        raise Undecided("nothing is expanded")
    lead = len(wanted) - len(shape)
    if lead < 0:
        need.fail("expand", tuple(wanted), shape, operand, *shape)
        raise Impossible
    new = [_lead_dim(need, size, operand) for size in wanted[:lead]]
    new += [_expanded_dim(need, have, want, operand) for have, want in zip(shape, wanted[lead:])]
    return input if tuple(new) == shape else _stretched(input, tuple(new))


def _stretched(input: Tensor, shape: Shape) -> Tensor:
    return Tensor(shape, input.dtype, order=SCATTERED, device=input.device)


def _lead_dim(need: Need, size: Dim | None, operand: str) -> Dim:
    if size is None:
        return fresh()
    need.at_least(size, 0, "expand", operand)
    return size


def _expanded_dim(need: Need, have: Dim, want: Dim | None, operand: str) -> Dim:
    if want == -1 or want == have:
        return have
    if have == 1:
        return _lead_dim(need, want, operand)
    if want is None:
        return have if type(have) is int else fresh()
    if need.same(have, want) is Answer.NO:
        if need.same(have, 1) is Answer.NO:
            need.fail("expand", want, have, operand, want, have)
        return want if type(have) is not int else have
    return want


@op(
    *methods("expand"),
    cases=[
        "torch.ones(3, 1).expand(3, 4)",
        "torch.ones(3, 1).expand(-1, 4)",
        "torch.ones(3, 1).expand((2, 3, 4))",
        "torch.ones(3, 1).expand(size=(3, 5))",
        "torch.ones(()).expand(2, 3)",
        "torch.ones(3, 2).expand(3, 4)",
        "torch.ones(3, 1).expand(4)",
        "torch.ones(3, 1).expand(-1, 3, 4)",
    ],
)
def expand(need: Need, input: Tensor, *size_: Anything, size: Anything = None, implicit: Anything = False) -> Tensor:
    return _expanded(need, input, sizes(need, size_, size))


@op(*methods("broadcast_to"), cases=["torch.ones(3).broadcast_to(2, 3)", "torch.ones(3).broadcast_to((2, 4))"])
def broadcast_to_method(need: Need, input: Tensor, *size_: Anything, size: Anything = None) -> Tensor:
    return _expanded(need, input, sizes(need, size_, size))


@op("torch.broadcast_to", cases=["torch.broadcast_to(torch.ones(3), (2, 3))"])
def broadcast_to(need: Need, input: Tensor, size: Anything) -> Tensor:
    return _expanded(need, input, sizes(need, (size,)))


@op(
    *methods("expand_as"),
    cases=["torch.ones(3, 1).expand_as(torch.ones(2, 3, 4))", "torch.ones(3, 2).expand_as(torch.ones(3, 4))"],
)
def expand_as(need: Need, input: Tensor, other: Tensor) -> Tensor:
    shape = need.shape(other)
    if isinstance(shape, Open):
        return _stretched(input, shape)
    return _expanded(need, input, shape, "other")


@op(
    "torch.broadcast_tensors",
    cases=[
        "torch.broadcast_tensors(torch.ones(3), torch.ones(2, 1))",
        "torch.broadcast_tensors(torch.ones(3), torch.ones(2))",
    ],
)
def broadcast_tensors(need: Need, *tensors: Tensor) -> tuple[Tensor, ...]:
    shape = need.broadcast(*map(need.dims, tensors))
    return tuple([_stretched(tensor, shape) for tensor in tensors])


@op(
    "torch.meshgrid",
    cases=[
        "torch.meshgrid(torch.arange(2), torch.arange(3))",
        "torch.meshgrid([torch.arange(2), torch.arange(3)], indexing='xy')",
        "torch.meshgrid(torch.ones(()), torch.ones(3), indexing='ij')",
        "torch.meshgrid(torch.ones(2, 2), torch.ones(3))",
        "torch.meshgrid(torch.ones(2), torch.arange(3))",
        "torch.meshgrid(torch.ones(2), torch.ones(3), indexing='yx')",
    ],
)
def meshgrid(need: Need, *tensors: Tensor, indexing: Anything = None) -> tuple[Tensor, ...]:
    """The coordinates of a grid; ``xy`` swaps the first two axes."""
    if isinstance(indexing, Unknown):
        raise Undecided(indexing.why)
    if indexing not in (None, "ij", "xy"):
        need.fail("value", ("ij", "xy"), indexing, "indexing")
    if len({tensor.dtype for tensor in tensors} - {None}) > 1:
        need.fail("dtype", tensors[0].dtype, tensors[-1].dtype, "tensors")
    lengths = [product(need.rank(tensor, 0, 1, operand="tensors")) for tensor in tensors]
    places = list(range(len(tensors)))
    if indexing == "xy" and len(places) > 1:
        places[:2] = [1, 0]
    shape = tuple([lengths[place] for place in places])
    return tuple([_coordinates(tensor, shape, places.index(place)) for place, tensor in enumerate(tensors)])


def _coordinates(tensor: Tensor, shape: tuple[Dim, ...], axis: int) -> Tensor:
    result = _stretched(tensor, shape)
    if tensor.data is not None and elements.count(shape) is not None:
        column = [len(tensor.data) if place == axis else 1 for place in range(len(shape))]
        result.data = elements.spread(tensor.data, column, shape)  # type: ignore[arg-type]
    return result


def _repeated(need: Need, input: Tensor, shape: Sequence[Dim], counts: Sequence[Dim | None]) -> Tensor:
    lead = len(counts) - len(shape)
    padded = (*(1,) * lead, *shape)
    new = [fresh() if count is None else _times(need, size, count) for size, count in zip(padded, counts)]
    return input.with_shape(tuple(new))


def _times(need: Need, size: Dim, count: Dim) -> Dim:
    if size != 0:
        need.at_least(count, 0, "expand", "repeats")
    return size * count


@op(
    *methods("repeat"),
    cases=[
        "torch.ones(2, 3).repeat(2, 1)",
        "torch.ones(2, 3).repeat(4, 2, 1)",
        "torch.ones(2, 3).repeat((1, 2))",
        "torch.ones(2, 3).repeat(repeats=(1, 2))",
        "torch.ones(2, 3).repeat(0, 2)",
        "torch.ones(2, 3).repeat(2)",
        "torch.ones(2, 3).repeat(-1, 2)",
    ],
)
def repeat(need: Need, input: Tensor, *counts: Anything, repeats: Anything = None) -> Tensor:
    wanted = sizes(need, counts, repeats, "repeats")
    shape = need.shape(input)
    if isinstance(shape, Open):
        shape = need.rank(input, len(wanted))
    if len(wanted) < len(shape):
        need.fail("expand", len(shape), tuple(wanted), "repeats")
        raise Impossible
    return _repeated(need, input, shape, wanted)


def _tiled(need: Need, input: Tensor, counts: Sequence[Dim | None]) -> Tensor:
    shape = need.dims(input)
    return _repeated(need, input, shape, (*(1,) * (len(shape) - len(counts)), *counts))


@op(*methods("tile"), cases=["torch.ones(2, 3).tile(2)", "torch.ones(2, 3).tile((4, 1, 2))"])
def tile_method(need: Need, input: Tensor, *counts: Anything, dims: Anything = None) -> Tensor:
    return _tiled(need, input, sizes(need, counts, dims, "dims"))


@op("torch.tile", cases=["torch.tile(torch.ones(2, 3), (2,))", "torch.tile(torch.ones(2, 3), (-1,))"])
def tile(need: Need, input: Tensor, dims: Anything) -> Tensor:
    return _tiled(need, input, sizes(need, (dims,), operand="dims"))


@op(
    "torch.repeat_interleave",
    cases=[
        "torch.repeat_interleave(torch.ones(2, 3), torch.tensor([1, 2, 3]), dim=1)",
        "torch.repeat_interleave(torch.tensor([1, 2]))",
        "torch.repeat_interleave(torch.ones(2, 3), 2)",
    ],
)
def repeat_interleave(
    need: Need,
    input: Tensor,
    repeats: Operand | None = None,
    dim: int | None = None,
    *,
    output_size: Anything = None,
) -> Tensor:
    """Every element ``repeats`` times; one tensor alone holds the repeats of its own indices."""
    if repeats is not None:
        return _interleaved(need, input, repeats, dim)
    need.rank(input, 1, operand="repeats")
    return Tensor((_total(need, input),), input.dtype)


@op(
    *methods("repeat_interleave"),
    cases=[
        "torch.ones(2, 3).repeat_interleave(2)",
        "torch.ones(2, 3).repeat_interleave(2, dim=1)",
        "torch.ones(2, 3).repeat_interleave(torch.tensor([1, 2]), dim=1)",
        "torch.ones(2, 3).repeat_interleave(2, dim=2)",
        "torch.ones(2, 3).repeat_interleave(-2, 1)",
    ],
)
def repeat_interleave_method(
    need: Need, input: Tensor, repeats: Operand, dim: int | None = None, *, output_size: Anything = None
) -> Tensor:
    return _interleaved(need, input, repeats, dim)


def _interleaved(need: Need, input: Tensor, repeats: Operand, dim: int | None) -> Tensor:
    if dim is None:
        return input.with_shape((_repeated_size(need, product(need.dims(input)), repeats),))
    at = along(need, input, dim)
    (axis,) = at.axes
    new = list(at.dims) or [1]
    new[axis] = _repeated_size(need, new[axis], repeats)
    return input.with_shape(at.shape(new))


def _repeated_size(need: Need, size: Dim, repeats: Operand) -> Dim:
    if not isinstance(repeats, Tensor):
        if isinstance(repeats, (float, complex)):
            need.fail("type", "int or Tensor", repeats, "repeats")
            raise Impossible
        need.at_least(repeats, 0, "expand", "repeats")
        return size * repeats
    if not dtypes.is_integral(repeats.dtype) and repeats.dtype is not None:
        need.fail("dtype", "int64", repeats.dtype, "repeats")
    counts = need.rank(repeats, 0, 1, operand="repeats")
    if counts in ((), (1,)):
        return size * repeats.data[0] if repeats.data else fresh()
    need.equal(counts[0], size, "expand", "repeats")
    return _total(need, repeats)


def _total(need: Need, repeats: Tensor) -> Dim:
    if repeats.data is None:
        return fresh()
    total: Dim = 0
    for count in repeats.data:
        need.at_least(count, 0, "expand", "repeats")
        total = total + count
    return total


@op(
    *methods("unfold"),
    cases=[
        "torch.ones(2, 8).unfold(1, 3, 2)",
        "torch.ones(2, 8).unfold(dimension=-1, size=8, step=1)",
        "torch.ones(2, 8).unfold(1, 9, 1)",
        "torch.ones(2, 8).unfold(1, 3, 0)",
        "torch.ones(2, 8).unfold(2, 3, 1)",
    ],
)
def unfold(need: Need, input: Tensor, dimension: int, size: Dim, step: Dim) -> Tensor:
    """Windows of ``size`` elements, one every ``step``: (..., L, ...) -> (..., (L - size)//step + 1, ..., size)."""
    at = along(need, input, dimension)
    (axis,) = at.axes
    dims = list(at.dims) or [1]
    need.at_least(size, 0, "unfold", "size")
    need.at_least(step, 1, "unfold", "step")
    need.at_least(dims[axis] - size, 0, "unfold", "size")
    if isinstance(step, int) and step < 1:
        raise Impossible
    windows = (dims[axis] - size) // step + 1
    shape = at.shape([*dims[:axis], windows, *dims[axis + 1 :], size] if at.dims or at.rank else [size])
    return _stretched(input, shape)
