"""Other shapes for the same elements: view, reshape, flatten, squeeze, unsqueeze."""

from __future__ import annotations

from collections.abc import Sequence

from modlint.dims import Answer, Dim, Grade, is_symbol, product, symbol
from modlint.ops import dtypes
from modlint.ops.arguments import Anything, Axes
from modlint.ops.fields import Fields
from modlint.ops.names import everywhere, methods
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.ops.shapes import Order, along, fresh, normal_order, sizes, unique
from modlint.ops.viewing import laid_out, moved, resized, view_order
from modlint.values import CONTIGUOUS, SCATTERED, Open, Rank, Tensor, Value


def _of_open_rank(need: Need, input: Tensor, wanted: Sequence[Dim | None]) -> Tensor:
    """What -1 is of a tensor of unknown rank the model has to say later."""
    new = [fresh() if size is None else symbol("N", grade=Grade.CONTRACT) if size == -1 else size for size in wanted]
    return moved(input, tuple(new), CONTIGUOUS if input.order is CONTIGUOUS else SCATTERED)


def _viewed(need: Need, input: Tensor, wanted: Sequence[Dim | None]) -> Tensor:
    shape = need.shape(input)
    if isinstance(shape, Open):
        return _of_open_rank(need, input, wanted)
    new = resized(need, shape, wanted)
    possible, order = view_order(shape, input.order, new)
    if possible is False:
        need.fail("contiguous", new, shape, "input", *shape)
    return moved(input, new, order)


@op(
    *methods("view"),
    cases=[
        "torch.ones(2, 3, 4).view(2, 12)",
        "torch.ones(2, 3, 4).view((2, 12))",
        "torch.ones(2, 3, 4).view(2, -1)",
        "torch.ones(2, 3, 4).view(size=(6, 4))",
        "torch.ones(()).view(1, 1)",
        "torch.ones(2, 3, 4).transpose(0, 1).view(3, 2, 2, 2)",
        "torch.ones(2, 4).view(torch.int16)",
        "torch.ones(2, 4).view(dtype=torch.float64)",
        "torch.ones(2, 3).view(torch.float64)",
        "torch.ones(0, 3).view(-1, 3)",
        "torch.ones(0, 3).view(-1, 0)",
        "torch.ones(2, 3, 4).view(5, -1)",
        "torch.ones(2, 3, 4).view(2, 3, 5)",
        "torch.ones(2, 3, 4).view(-1, -1)",
        "torch.ones(2, 3, 4).view(2, 3.0, 4)",
        "torch.ones(2, 3, 4).transpose(1, 2).view(2, 12)",
        "torch.ones(2, 3, 4).permute(2, 0, 1).view(-1)",
        "torch.ones(2, 3, 4).transpose(1, 2).contiguous().view(2, 12)",
        "torch.ones(2, 3, 4).transpose(1, 2).relu().view(2, 12)",
    ],
)
def view(need: Need, input: Tensor, *shape: Anything, size: Anything = None, dtype: Anything = None) -> Tensor:
    """With other sizes, or with the same bytes read as another ``dtype``."""
    if dtype is None and len(shape) == 1 and dtypes.named(shape[0]):
        dtype = shape[0]
    if dtype is not None:
        return _reinterpreted(need, input, dtypes.named(dtype))
    if not shape and size is None:
        need.fail("type", "sizes", None, "shape")
        raise Impossible
    return _viewed(need, input, sizes(need, shape, size, "shape"))


def _reinterpreted(need: Need, input: Tensor, dtype: str | None) -> Tensor:
    if dtype is None or input.dtype is None:
        raise Undecided("the size of an element is not known")
    have, want = dtypes.ITEMSIZE[input.dtype], dtypes.ITEMSIZE[dtype]
    if have == want:
        return Tensor(need.shape(input), dtype, order=input.order, device=input.device)
    if need.shape(input) == ():
        need.fail("rank", "1 or more", 0, "input")
        raise Impossible
    at = along(need, input, -1)
    if want > have:
        need.divisible(at.dims[-1], want // have, "view")
    return Tensor(at.shape([*at.dims[:-1], at.dims[-1] * have // want]), dtype, order=input.order)


def _reshaped(need: Need, input: Tensor, wanted: Sequence[Dim | None]) -> Tensor:
    """A view where the strides allow it, else a contiguous copy."""
    shape = need.shape(input)
    if isinstance(shape, Open):
        return _of_open_rank(need, input, wanted)
    return laid_out(input, shape, resized(need, shape, wanted))


@op(
    *methods("reshape"),
    cases=[
        "torch.ones(2, 3, 4).reshape(2, 12)",
        "torch.ones(2, 3, 4).reshape([6, -1])",
        "torch.ones(2, 3, 4).reshape(shape=(4, 6))",
        "torch.ones(2, 3, 4).transpose(0, 2).reshape(-1).view(2, 12)",
        "torch.ones(2, 3, 4).reshape(2, 13)",
        "torch.ones(2, 3, 4).reshape(7, -1)",
        "torch.ones(2, 3, 4).reshape(2, -2)",
    ],
)
def reshape_method(need: Need, input: Tensor, *sizes_: Anything, shape: Anything = None) -> Tensor:
    if not sizes_ and shape is None:
        need.fail("type", "sizes", None, "shape")
        raise Impossible
    return _reshaped(need, input, sizes(need, sizes_, shape, "shape"))


@op("torch.reshape", cases=["torch.reshape(torch.ones(2, 3), (3, 2))", "torch.reshape(torch.ones(2, 3), (4, -1))"])
def reshape(need: Need, input: Tensor, shape: Anything) -> Tensor:
    if isinstance(shape, int):
        need.fail("type", "tuple of ints", shape, "shape")
    return _reshaped(need, input, sizes(need, (shape,), operand="shape"))


@op(*methods("view_as"), cases=["torch.ones(2, 3, 4).view_as(torch.ones(6, 4))"])
def view_as(need: Need, input: Tensor, other: Tensor) -> Tensor:
    return _viewed(need, input, need.dims(other))


@op(
    *methods("reshape_as"),
    cases=["torch.ones(2, 3).reshape_as(torch.ones(6))", "torch.ones(2, 3).reshape_as(torch.ones(5))"],
)
def reshape_as(need: Need, input: Tensor, other: Tensor) -> Tensor:
    return _reshaped(need, input, need.dims(other))


@op(*everywhere("ravel"), cases=["torch.ones(2, 3).ravel()", "torch.ravel(torch.ones(()))"])
def ravel(need: Need, input: Tensor) -> Tensor:
    return _reshaped(need, input, (-1,))


@op(
    *everywhere("flatten"),
    cases=[
        "torch.flatten(torch.ones(2, 3, 4), 1)",
        "torch.ones(2, 3, 4).flatten()",
        "torch.ones(2, 3, 4, 5).flatten(-3, -2)",
        "torch.flatten(torch.ones(2, 3, 4), start_dim=0, end_dim=1)",
        "torch.ones(()).flatten()",
        "torch.ones(2, 3, 4).transpose(1, 2).flatten(1).view(-1)",
        "torch.ones(3).flatten(1)",
        "torch.ones(2, 3, 4).flatten(2, 1)",
        "torch.ones(2, 3).flatten(0, 2)",
    ],
)
def flatten(need: Need, input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dims from ``start_dim`` to ``end_dim`` become one."""
    shape = need.shape(input)
    if isinstance(shape, Open):
        return _flattened_open(need, input, start_dim, end_dim)
    start = need.axis(start_dim, len(shape), "flatten", "start_dim")
    end = need.axis(end_dim, len(shape), "flatten", "end_dim")
    if start > end:
        need.fail("flatten", "start_dim <= end_dim", (start_dim, end_dim), "start_dim")
        raise Impossible
    return laid_out(input, shape, (*shape[:start], product(shape[start : end + 1]), *shape[end + 1 :]))


def _flattened_open(need: Need, input: Tensor, start_dim: int, end_dim: int) -> Tensor:
    if start_dim < 0 and end_dim < 0:
        at = along(need, input, start_dim, end_dim)
        start, end = at.axes
        return moved(input, at.shape([*at.dims[:start], product(at.dims[start : end + 1]), *at.dims[end + 1 :]]), ())
    if end_dim != -1:
        raise Undecided("the number of dimensions is not known")
    lead = tuple([need.size(input, axis) for axis in range(start_dim)])
    size: Dim = symbol("N", grade=Grade.CONTRACT)
    shape = need.shape(input)
    if start_dim == 1 and isinstance(shape, Open) and not shape.tail:
        shape.rank.flat = size = shape.rank.flat or size
    return moved(input, (*lead, size), SCATTERED)


@layer(
    "torch.nn.Flatten",
    cases=[
        "nn.Flatten()(torch.ones(2, 3, 4))",
        "nn.Flatten(0, 1)(torch.ones(2, 3, 4))",
        "nn.Flatten(start_dim=2)(torch.ones(2, 3, 4, 5))",
        "nn.Flatten()(torch.ones(3))",
    ],
)
def flatten_layer(need: Need, start_dim: int = 1, end_dim: int = -1) -> dict[str, Value]:
    """``nn.Flatten``."""
    return {"start_dim": start_dim, "end_dim": end_dim}


@method("torch.nn.Flatten", "forward")
def flatten_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return flatten(need, input, self.start_dim, self.end_dim)


def _unflattened(need: Need, input: Tensor, dim: int, wanted: Sequence[Dim | None]) -> Tensor:
    at = along(need, input, dim)
    if at.rank is None and not at.dims:
        need.fail("rank", "1 or more", 0, "input")
        raise Impossible
    if not wanted:
        need.fail("view", "sizes", (), "sizes")
        raise Impossible
    (axis,) = at.axes
    parts = resized(need, [at.dims[axis]], wanted, operand="sizes")
    shape = at.shape([*at.dims[:axis], *parts, *at.dims[axis + 1 :]])
    return moved(input, shape, CONTIGUOUS if input.order is CONTIGUOUS else SCATTERED)


@op(
    *everywhere("unflatten"),
    cases=[
        "torch.ones(2, 12).unflatten(1, (3, 4))",
        "torch.ones(2, 12).unflatten(-1, (3, -1))",
        "torch.unflatten(torch.ones(2, 12), dim=1, sizes=(2, 2, 3))",
        "torch.ones(2, 12).unflatten(1, (5, -1))",
        "torch.ones(2, 12).unflatten(1, (3, 5))",
        "torch.ones(2, 12).unflatten(2, (3, 4))",
    ],
)
def unflatten(need: Need, input: Tensor, dim: int, sizes: Anything) -> Tensor:
    return _unflattened(need, input, dim, _sequence(need, sizes))


def _sequence(need: Need, value: Value) -> tuple[Dim | None, ...]:
    return sizes(need, (value,), operand="sizes")


@layer(
    "torch.nn.Unflatten",
    cases=["nn.Unflatten(1, (3, 4))(torch.ones(2, 12))", "nn.Unflatten(1, (3, 5))(torch.ones(2, 12))"],
)
def unflatten_layer(need: Need, dim: Anything, unflattened_size: Anything) -> dict[str, Value]:
    """``nn.Unflatten``."""
    return {"dim": dim, "unflattened_size": unflattened_size}


@method("torch.nn.Unflatten", "forward")
def unflatten_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    if not isinstance(self.dim, int):
        raise Undecided("named dimensions")
    return _unflattened(need, input, self.dim, _sequence(need, self.unflattened_size))


@op(
    *everywhere("squeeze"),
    cases=[
        "torch.ones(2, 1, 3, 1).squeeze()",
        "torch.ones(2, 1, 3, 1).squeeze(1)",
        "torch.squeeze(torch.ones(2, 1, 3, 1), dim=-1)",
        "torch.ones(2, 1, 3, 1).squeeze((1, 3))",
        "torch.ones(2, 3).squeeze(0)",
        "torch.ones(()).squeeze(0)",
        "torch.ones(2, 1).squeeze(2)",
        "torch.ones(2, 1).squeeze((1, 1))",
    ],
)
def squeeze(need: Need, input: Tensor, dim: Axes | None = None) -> Tensor:
    """Without the dims of size 1, or without those of them that ``dim`` names."""
    if dim is None:
        need.dims(input)
    asked = () if dim is None else dim if isinstance(dim, tuple) else (dim,)
    at = along(need, input, *asked)
    chosen = range(len(at.dims)) if dim is None else unique(need, at.axes)
    gone = {axis for axis in chosen if axis < len(at.dims) and _is_one(need, at.dims[axis])}
    shape = at.shape([size for axis, size in enumerate(at.dims) if axis not in gone])
    return moved(input, shape, _without(input.order, gone))


def _is_one(need: Need, size: Dim) -> bool:
    """A free size of the input is not meant to be 1; one that was computed may be."""
    answer = need.same(size, 1)
    if answer is Answer.MAYBE and not (is_symbol(size) and need.facts.grade_of(size) is Grade.CONTRACT):
        raise Undecided("whether a size is 1 is not known")
    return answer is Answer.YES


def _without(order: Order, gone: set[int]) -> Order:
    if order is None:
        return CONTIGUOUS
    return normal_order(tuple([axis - sum(other < axis for other in gone) for axis in order if axis not in gone]))


@op(
    *everywhere("unsqueeze"),
    cases=[
        "torch.ones(2, 3).unsqueeze(0)",
        "torch.unsqueeze(torch.ones(2, 3), dim=-1)",
        "torch.ones(()).unsqueeze(0)",
        "torch.ones(2, 3).t().unsqueeze(1).view(6)",
        "torch.ones(2, 3).unsqueeze(3)",
        "torch.ones(2, 3).unsqueeze(-4)",
    ],
)
def unsqueeze(need: Need, input: Tensor, dim: int) -> Tensor:
    shape = need.shape(input)
    if isinstance(shape, Open):
        return moved(input, _unsqueezed_open(need, input, shape, dim), SCATTERED)
    axis = need.axis(dim, len(shape) + 1)
    order = input.order
    if order:
        order = normal_order((axis, *[other + (other >= axis) for other in order]))
    return moved(input, (*shape[:axis], 1, *shape[axis:]), order)


def _unsqueezed_open(need: Need, input: Tensor, shape: Open, dim: int) -> Open:
    if dim == 0:
        return Open(Rank("with one dim more"), shape.tail)
    if dim > 0:
        raise Undecided("the number of dimensions is not known")
    at = along(need, input, *([] if dim == -1 else [dim + 1]))
    axis = at.axes[0] if at.axes else len(at.dims)
    assert at.rank is not None
    return Open(at.rank, (*at.dims[:axis], 1, *at.dims[axis:]))


def _become(need: Need, input: Tensor, other: Tensor) -> Tensor:
    """In place: from now on ``input`` has the shape of ``other``."""
    if isinstance(need.shape(input), Open):
        raise Undecided("the number of dimensions is not known")
    input.shape, input.order = other.shape, other.order
    return input


@op(*methods("squeeze_"), cases=["torch.ones(2, 1).squeeze_(1)"])
def squeeze_in_place(need: Need, input: Tensor, dim: Axes | None = None) -> Tensor:
    return _become(need, input, squeeze(need, input, dim))


@op(*methods("unsqueeze_"), cases=["torch.ones(2, 3).unsqueeze_(1)"])
def unsqueeze_in_place(need: Need, input: Tensor, dim: int) -> Tensor:
    return _become(need, input, unsqueeze(need, input, dim))


@op(*methods("resize_"), cases=["torch.ones(2, 3).resize_(3, 4)"])
def resize(need: Need, input: Tensor, *sizes_: Anything, memory_format: Anything = None) -> Tensor:
    input.data = None
    wanted = tuple([fresh() if size is None else size for size in sizes(need, sizes_)])
    return _become(need, input, Tensor(wanted))


@op(
    "torch.atleast_1d",
    cases=["torch.atleast_1d(torch.ones(()))", "torch.atleast_1d(torch.ones(2), torch.ones(3))"],
)
def atleast_1d(need: Need, *tensors: Tensor) -> Value:
    return _each(need, tensors, 1)


@op("torch.atleast_2d", cases=["torch.atleast_2d(torch.ones(3))"])
def atleast_2d(need: Need, *tensors: Tensor) -> Value:
    return _each(need, tensors, 2)


@op("torch.atleast_3d", cases=["torch.atleast_3d(torch.ones(3))", "torch.atleast_3d(torch.ones(3, 2))"])
def atleast_3d(need: Need, *tensors: Tensor) -> Value:
    return _each(need, tensors, 3)


def _each(need: Need, tensors: tuple[Tensor, ...], rank: int) -> Value:
    results = tuple([atleast(need, tensor, rank) for tensor in tensors])
    return results[0] if len(results) == 1 else results


def atleast(need: Need, tensor: Tensor, rank: int) -> Tensor:
    """With dims of size 1 around the others, as numpy's ``atleast_nd`` puts them."""
    shape = need.dims(tensor)
    if len(shape) >= rank:
        return tensor
    padded: tuple[Dim, ...] = (1,) * (min(rank, 2) - len(shape)) + tuple(shape)
    return moved(tensor, padded if rank < 3 else (*padded, 1), CONTIGUOUS)
