"""Indexing as in ``x[:, 0]``: docs.pytorch.org/docs/stable/tensor_view.html and NumPy's rules for index arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from modlint.dims import Dim, Expr, bounds
from modlint.ops import dtypes, elements
from modlint.ops.arguments import Anything
from modlint.ops.families.literals import read
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.shapes import Order, fresh, listed
from modlint.ops.slicing import sliced
from modlint.values import CONTIGUOUS, SCATTERED, Open, Tensor, Unknown, Value


class _Part(NamedTuple):
    """What one index makes of the dims that it stands for.

    ``dims`` are those that are left of them; an index tensor has a ``shape`` instead, which all index tensors
    broadcast to, and ``indices``. ``picks`` are the positions along each dim, None when they are not known.
    """

    dims: tuple[Dim, ...] = ()
    shape: tuple[Dim, ...] | None = None
    picks: tuple[Sequence[int] | None, ...] = ()
    indices: Sequence[Any] = ()


class _Mask(NamedTuple):
    """A tensor of truth values and how many of them are true."""

    shape: tuple[Dim, ...]
    true: Dim


class _Indices(NamedTuple):
    """A tensor of integers."""

    shape: tuple[Dim, ...]
    values: Sequence[Any] | None


@op(
    "torch.Tensor.__getitem__",
    cases=[
        "torch.ones(2, 3, 4)[0]",
        "torch.ones(2, 3, 4)[-1, 1:]",
        "torch.ones(2, 3, 4)[:, ::2]",
        "torch.ones(2, 3, 4)[:, :-1]",
        "torch.ones(2, 3, 4)[:, 5:]",
        "torch.ones(2, 3, 4)[..., 0]",
        "torch.ones(2, 3, 4)[:, None]",
        "torch.ones(2, 3, 4)[None, ..., 1:3]",
        "torch.ones(2, 3, 4)[torch.tensor([0, 1])]",
        "torch.ones(2, 3, 4)[:, torch.tensor([0, 1]), torch.tensor([0, 1])]",
        "torch.ones(2, 3, 4)[torch.tensor([0, 1]), :, torch.tensor([0, 1])]",
        "torch.ones(2, 3, 4)[torch.tensor([[0], [1]]), torch.tensor([0, 1, 2])]",
        "torch.ones(2, 3, 4)[:, [0, 2]]",
        "torch.ones(2, 3, 4)[[0, 1], [1, 2]]",
        "torch.ones(2, 3, 4)[[True, False]]",
        "torch.ones(2, 3, 4)[torch.ones(2, 3) > 0]",
        "torch.ones(2, 3, 4)[torch.randn(2, 3) > 0, 0]",
        "torch.ones(2, 3, 4)[True]",
        "torch.ones(2, 3, 4)[()]",
        "torch.ones(2, 3, 4)[0][1][2]",
        "torch.arange(6)[2]",
        "torch.ones(2, 3, 4)[1].view(12)",
        "torch.ones(2, 3, 4)[2]",
        "torch.ones(2, 3, 4)[0, 0, 0, 0]",
        "torch.ones(2, 3, 4)[:, :, :, :]",
        "torch.ones(2, 3, 4)[:, ::-1]",
        "torch.ones(2, 3, 4)[torch.tensor([0, 1]), torch.tensor([0, 1, 2])]",
        "torch.ones(2, 3, 4)[torch.ones(3) > 0]",
        "torch.ones(2, 3, 4)[torch.ones(2)]",
        "torch.ones(2, 3, 4)[[5]]",
        "torch.ones(2, 3, 4)[1.0]",
        "torch.ones(())[0]",
    ],
)
def getitem(need: Need, input: Tensor, index: Anything) -> Tensor:
    given = index if isinstance(index, tuple) else (index,)
    shape = need.shape(input)
    if isinstance(shape, Open):
        return _from_the_end(need, input, given)
    parts = _parts(need, shape, given)
    new = _assembled(need, parts)
    _demand_indices(need, shape, parts)
    return Tensor(
        new, input.dtype, data=_values(input, shape, parts), order=_order(input, shape, parts), device=input.device
    )


def _from_the_end(need: Need, input: Tensor, given: tuple[Value, ...]) -> Tensor:
    """Of a tensor of open rank: an ellipsis and then indices of its last dims."""
    last = given[1:]
    if given[:1] != (Ellipsis,) or not all(isinstance(index, (int, Expr, slice)) for index in last):
        raise Undecided("the number of dimensions is not known")
    if last:
        need.size(input, -len(last))
    shape = need.shape(input)
    assert isinstance(shape, Open)
    end = len(shape.tail) - len(last)
    new = _assembled(need, _parts(need, shape.tail[end:], last))
    return Tensor(Open(shape.rank, (*shape.tail[:end], *new)), input.dtype, order=SCATTERED, device=input.device)


def _parts(need: Need, shape: Sequence[Dim], given: tuple[Value, ...]) -> list[_Part]:
    """One part for every index, and one for every dim that none stands for."""
    indices = [_canonical(need, index) for index in given]
    taken = sum(map(_stands_for, indices))
    if taken > len(shape):
        need.fail("index", len(shape), taken, "index")
        raise Impossible
    missing = [slice(None)] * (len(shape) - taken)
    places = [place for place, index in enumerate(indices) if index is Ellipsis]
    if len(places) > 1:
        raise Undecided("several ellipses")
    at = places[0] if places else len(indices)
    indices[at : at + 1] = missing
    parts = []
    for index in indices:
        axes = _stands_for(index)
        parts.append(_part(need, index, shape[:axes]))
        shape = shape[axes:]
    return parts


def _canonical(need: Need, index: Value) -> Value:
    """Integers, slices, None and Ellipsis as they are; everything else as _Mask or _Indices."""
    if isinstance(index, bool):
        return _Mask((), int(index))
    if index is None or index is Ellipsis or isinstance(index, (int, Expr, slice)):
        return index
    if isinstance(index, Tensor):
        return _of_tensor(need, index)
    if isinstance(index, (float, complex, str)):
        need.fail("index", "integers, slices, tensors", index, "index")
        raise Impossible
    if isinstance(index, Unknown) or listed(index) is None:
        raise Undecided("an index is not known")
    return _of_list(need, index)


def _of_tensor(need: Need, index: Tensor) -> Value:
    if index.dtype is None:
        raise Undecided("whether a tensor holds indices or truth values is not known")
    shape = need.dims(index)
    if index.dtype in ("bool", "uint8"):
        return _Mask(shape, fresh() if index.data is None else sum(map(bool, index.data)))
    if not dtypes.is_integral(index.dtype):
        need.fail("index", ("int64", "int32", "bool"), index.dtype, "index")
        raise Impossible
    return _Indices(shape, index.data)


def _of_list(need: Need, index: Value) -> Value:
    if any(isinstance(item, slice) or item is None or item is Ellipsis for item in listed(index) or ()):
        raise Undecided("a list of slices")
    literal = read(need, index)
    known = [value for value in literal.values if not isinstance(value, Unknown)]
    if len(known) < len(literal.values):
        raise Undecided("the indices are not known")
    if known and all(isinstance(value, bool) for value in known):
        return _Mask(literal.shape, sum(known))
    return _Indices(literal.shape, known)


def _stands_for(index: Value) -> int:
    """The number of dims that an index takes the place of."""
    if index is None or index is Ellipsis:
        return 0
    return len(index.shape) if isinstance(index, _Mask) else 1


def _part(need: Need, index: Value, sizes: Sequence[Dim]) -> _Part:
    if index is None:
        return _Part((1,))
    if isinstance(index, slice):
        length, positions = sliced(need, index, sizes[0])
        return _Part((length,), picks=(positions,))
    if isinstance(index, _Mask):
        for found, wanted in zip(index.shape, sizes):
            need.equal(found, wanted, "index", "index")
        return _Part(shape=(index.true,), picks=(None,) * len(sizes))
    if isinstance(index, _Indices):
        return _Part(shape=index.shape, picks=(None,), indices=index.values or ())
    demand_within(need, index, sizes[0])
    known = type(index) is int and type(sizes[0]) is int
    return _Part(picks=((index % sizes[0],) if known and sizes[0] else None,))


def _demand_indices(need: Need, shape: Sequence[Dim], parts: Sequence[_Part]) -> None:
    """The indices in index tensors are checked when there is something to read."""
    if 0 in shape:
        return
    axis = 0
    for part in parts:
        for index in part.indices:
            demand_within(need, index, shape[axis])
        axis += len(part.picks)


def demand_within(need: Need, index: Any, size: Dim) -> None:
    """``index`` must be in ``-size..size - 1``; raises Impossible when it is not."""
    low, high = bounds(index)
    before = len(need.failures)
    if low is not None and low >= 0:
        need.at_least(size - index, 1, "index", "index")
    elif high is not None and high < 0:
        need.at_least(size + index, 0, "index", "index")
    if len(need.failures) > before:
        need.failures[before:] = []
        need.fail("index", size, index, "index", size)
        raise Impossible


def _assembled(need: Need, parts: Sequence[_Part]) -> tuple[Dim, ...]:
    """The dims of index tensors stand where these stand, or in front when there is something between them."""
    shapes = [part.shape for part in parts if part.shape is not None]
    if not shapes:
        return tuple([dim for part in parts for dim in part.dims])
    common = need.broadcast(*shapes, aspect="index", operand="index")
    places = [place for place, part in enumerate(parts) if part.shape is not None]
    between = [dim for part in parts[places[0] : places[-1]] for dim in part.dims]
    before = [] if between else [dim for part in parts[: places[0]] for dim in part.dims]
    after = parts if between else parts[places[-1] :]
    return (*before, *common, *[dim for part in after for dim in part.dims])


def _values(input: Tensor, shape: Any, parts: Sequence[_Part]) -> elements.Data | None:
    picks = [pick for part in parts for pick in part.picks]
    if input.data is None or elements.count(shape) is None:
        return None
    if any(pick is None for pick in picks) or any(part.shape is not None for part in parts):
        return None
    return elements.take(input.data, shape, picks)  # type: ignore[arg-type]


def _order(input: Tensor, shape: Sequence[Dim], parts: Sequence[_Part]) -> Order:
    """Contiguous memory is left by integers in front, one run of positions after them, and whole dims."""
    taken = [part for part in parts if part.picks]
    if input.order is not CONTIGUOUS or any(part.shape is not None for part in taken):
        return SCATTERED
    whole = [part.dims == (size,) for part, size in zip(taken, shape)]
    cut = [axis for axis, part in enumerate(taken) if part.dims and not whole[axis]]
    selected = [axis for axis, part in enumerate(taken) if not part.dims]
    first = selected[-1] + 1 if selected else 0
    in_front = selected == list(range(first)) and cut in ([], [first])
    return CONTIGUOUS if in_front and all(_is_run(taken[axis].picks[0]) for axis in cut) else SCATTERED


def _is_run(positions: Sequence[int] | None) -> bool:
    return isinstance(positions, range) and positions.step == 1


@op(
    "torch.Tensor.__setitem__",
)
def setitem(need: Need, input: Tensor, index: Anything, value: Anything) -> None:
    """``x[index] = value``: the value is broadcast to what the index selects."""
    target = getitem(need, input, index)
    input.data = None
    if value is None or listed(value) is not None:
        need.fail("type", "Tensor or number", value, "value")
    if not isinstance(value, Tensor):
        return
    wanted, found = need.shape(target), need.shape(value)
    if isinstance(wanted, Open) or isinstance(found, Open):
        return
    while len(found) > len(wanted) and found[0] == 1:
        found = found[1:]
    if len(found) > len(wanted):
        need.fail("index", wanted, found, "value")
        return
    for have, want in zip(reversed(found), reversed(wanted)):
        if have != 1:
            need.equal(have, want, "index", "value")
