"""Elements picked or written by index tensors: gather, scatter, index_select, nonzero and their relatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from modlint.dims import Answer, Dim, Expr, product
from modlint.ops.arguments import Anything, Operand
from modlint.ops.demands import REAL_OR_INTEGER, demand_dtype, demand_kind, demand_same_dtype
from modlint.ops.families.index import demand_within, getitem
from modlint.ops.names import everywhere, in_place, updates
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.ops.shapes import Along, along, common_shape, fresh, listed
from modlint.values import CONTIGUOUS, SCATTERED, Open, Tensor, Value

_INDEX = ("int64", "int32")


def _demand_no_larger(need: Need, found: Sequence[Dim], wanted: Sequence[Dim], skip: int | None, operand: str) -> None:
    """``found`` may not exceed ``wanted`` along any dim but ``skip``."""
    for axis, (have, limit) in enumerate(zip(found, wanted)):
        if axis != skip and need.facts.assume_at_least(limit - have, 0) is Answer.NO:
            need.fail("index", tuple(wanted), tuple(found), operand, limit, have)
            return


def _index_shape(need: Need, input: Tensor, index: Tensor, dim: int) -> tuple[Dim, ...]:
    """The shape of an index tensor that must have the rank of ``input``."""
    demand_dtype(need, index, *_INDEX, operand="index")
    shape = need.shape(input)
    if isinstance(shape, Open):
        shape = need.rank(input, len(need.dims(index)))
    axis = need.axis(dim, len(shape))
    found = need.rank(index, len(shape), aspect="index", operand="index")
    _demand_no_larger(need, found, shape, axis, "index")
    return found


@op(
    *everywhere("gather"),
    cases=[
        "torch.gather(torch.ones(2, 3, 4), 2, torch.zeros(2, 3, 2).long())",
        "torch.ones(2, 3, 4).gather(dim=1, index=torch.zeros(2, 7, 4).long())",
        "torch.gather(torch.ones(2, 3), -1, torch.zeros(1, 3).long())",
        "torch.gather(torch.ones(2, 3), 1, torch.zeros(3, 3).long())",
        "torch.gather(torch.ones(2, 3), 1, torch.zeros(2).long())",
        "torch.gather(torch.ones(2, 3), 1, torch.zeros(2, 3))",
        "torch.gather(torch.ones(2, 3), 2, torch.zeros(2, 3).long())",
    ],
)
def gather(
    need: Need, input: Tensor, dim: int, index: Tensor, *, sparse_grad: Anything = False, out: Anything = None
) -> Tensor:
    """The shape of ``index``, which may not be larger than ``input`` except along ``dim``."""
    if need.is_empty(index):
        return input.with_shape(need.shape(index))
    return input.with_shape(_index_shape(need, input, index, dim))


def _scattered(need: Need, input: Tensor, dim: int, index: Tensor, src: Operand, same_dtype: bool = True) -> Tensor:
    if need.is_empty(index):
        return input.with_shape(need.shape(input))
    shape = _index_shape(need, input, index, dim)
    if isinstance(src, Tensor):
        found = need.rank(src, len(shape), aspect="index", operand="src")
        _demand_no_larger(need, shape, found, None, "index")
        if same_dtype:
            demand_same_dtype(need, src, input, "src")
    return input.with_shape(need.shape(input))


_SCATTER_CASES = [
    "torch.ones(2, 3, 4).{}(2, torch.zeros(2, 3, 2).long(), torch.ones(2, 3, 2))",
    "torch.ones(2, 3).{}(1, torch.zeros(2, 3).long(), torch.ones(2, 5))",
    "torch.ones(2, 3).{}(1, torch.zeros(2, 3).long(), torch.ones(2, 1))",
    "torch.ones(2, 3).{}(1, torch.zeros(3, 3).long(), torch.ones(3, 3))",
    "torch.ones(2, 3).{}(1, torch.zeros(2).long(), torch.ones(2))",
    "torch.ones(2, 3).{}(1, torch.zeros(2, 3).long(), torch.ones(2, 3).double())",
]


@op(
    *everywhere("scatter"),
    cases=[
        *(case.format("scatter") for case in _SCATTER_CASES),
        "torch.ones(2, 3).scatter(1, torch.zeros(2, 1).long(), 1.0)",
    ],
)
def scatter(
    need: Need,
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Operand | None = None,
    *,
    value: Operand | None = None,
    reduce: Anything = None,
    out: Anything = None,
) -> Tensor:
    """``input`` with some elements replaced; it is no smaller than ``index``, and ``src`` is not either."""
    written = value if src is None else src
    return _scattered(need, input, dim, index, 0 if written is None else written)


@op(*everywhere("scatter_add"), cases=[case.format("scatter_add") for case in _SCATTER_CASES])
def scatter_add(need: Need, input: Tensor, dim: int, index: Tensor, src: Tensor, *, out: Anything = None) -> Tensor:
    return _scattered(need, input, dim, index, src)


@op(
    *everywhere("scatter_reduce"),
    cases=["torch.ones(2, 3).scatter_reduce(1, torch.zeros(2, 3).long(), torch.ones(2, 3), reduce='mean')"],
)
def scatter_reduce(
    need: Need,
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: Anything,
    *,
    include_self: Anything = True,
    out: Anything = None,
) -> Tensor:
    return _scattered(need, input, dim, index, src)


_SCATTERS: Mapping[str, Callable[..., Tensor]] = {
    "scatter": scatter,
    "scatter_add": scatter_add,
    "scatter_reduce": scatter_reduce,
}
for _name, _function in _SCATTERS.items():
    _rest = ", 'sum'" if _name == "scatter_reduce" else ""
    op(
        *updates([_name]),
        cases=[f"torch.ones(2, 3).{_name}_(1, torch.zeros(2, 3).long(), torch.ones(2, 3){_rest})"],
    )(in_place(_function))


def _vector(need: Need, index: Tensor, at: Along) -> Dim:
    """The length of an index, which a scalar counts as 1 of; it counts from the front only."""
    demand_dtype(need, index, *_INDEX, operand="index")
    if at.dims and 0 not in at.dims:
        for position in index.data or ():
            need.at_least(position, 0, "index", "index")
            demand_within(need, position, at.dims[at.axes[0]])
    return product(need.rank(index, 0, 1, aspect="index", operand="index"))


@op(
    *everywhere("index_select"),
    cases=[
        "torch.index_select(torch.ones(2, 3, 4), 1, torch.tensor([0, 2]))",
        "torch.ones(2, 3).index_select(-1, torch.tensor(0))",
        "torch.ones(2, 3).index_select(1, torch.zeros(2, 2).long())",
        "torch.ones(2, 3).index_select(1, torch.zeros(2))",
        "torch.ones(2, 3).index_select(2, torch.tensor([0]))",
    ],
)
def index_select(need: Need, input: Tensor, dim: int, index: Tensor, *, out: Anything = None) -> Tensor:
    at = along(need, input, dim)
    length = _vector(need, index, at)
    if not at.dims:
        return input.with_shape(())
    (axis,) = at.axes
    return input.with_shape(at.shape([*at.dims[:axis], length, *at.dims[axis + 1 :]]))


def _indexed_write(need: Need, input: Tensor, dim: int, index: Tensor, source: Tensor, operand: str) -> Tensor:
    """``source`` has the shape of ``input``, except as many entries along ``dim`` as there are indices."""
    at = along(need, input, dim)
    length = _vector(need, index, at)
    demand_same_dtype(need, source, input, operand)
    found = along(need, source, dim)
    if at.rank is None and found.rank is None and at.dims and found.dims:
        if len(at.dims) != len(found.dims):
            need.fail("index", tuple(at.dims), tuple(found.dims), operand)
            raise Impossible
        (axis,) = at.axes
        for place, (wanted, have) in enumerate(zip(at.dims, found.dims)):
            need.equal(have, length if place == axis else wanted, "index", operand)
    return input.with_shape(need.shape(input))


_WRITE_CASES = [
    "torch.ones(2, 3, 4).{}(1, torch.tensor([0, 1]), torch.ones(2, 2, 4))",
    "torch.ones(2, 3, 4).{}(1, torch.tensor([0, 1]), torch.ones(2, 3, 4))",
    "torch.ones(2, 3, 4).{}(1, torch.tensor([0, 1]), torch.ones(2, 2, 5))",
]


@op(*everywhere("index_add"), cases=[case.format("index_add") for case in _WRITE_CASES])
def index_add(
    need: Need,
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    *,
    alpha: Anything = 1,
    out: Anything = None,
) -> Tensor:
    return _indexed_write(need, input, dim, index, source, "source")


@op(*everywhere("index_copy"), cases=[case.format("index_copy") for case in _WRITE_CASES])
def index_copy(need: Need, input: Tensor, dim: int, index: Tensor, source: Tensor, *, out: Anything = None) -> Tensor:
    return _indexed_write(need, input, dim, index, source, "source")


@op(
    *everywhere("index_fill"),
    cases=[
        "torch.ones(2, 3).index_fill(1, torch.tensor([0]), 0.5)",
        "torch.ones(2).index_fill(1, torch.tensor([0]), 1)",
    ],
)
def index_fill(need: Need, input: Tensor, dim: int, index: Tensor, value: Anything) -> Tensor:
    at = along(need, input, dim)
    demand_dtype(need, index, *_INDEX, operand="index")
    need.rank(index, 0, 1, aspect="index", operand="index")
    for position in index.data or ():
        if at.dims and not need.is_empty(input):
            demand_within(need, position, at.dims[at.axes[0]])
    return input.with_shape(need.shape(input))


_WRITES: Sequence[tuple[str, Callable[..., Tensor], str]] = [
    ("index_add", index_add, "torch.ones(2, 1)"),
    ("index_copy", index_copy, "torch.ones(2, 1)"),
    ("index_fill", index_fill, "0.5"),
]
for _name, _function, _rest in _WRITES:
    op(*updates([_name]), cases=[f"torch.ones(2, 3).{_name}_(1, torch.tensor([0]), {_rest})"])(in_place(_function))


@op(
    *everywhere("index_put"),
    cases=[
        "torch.ones(2, 3).index_put((torch.tensor([0, 1]), torch.tensor([0, 1])), torch.ones(2))",
        "torch.ones(2, 3).index_put((torch.tensor([0, 1]),), torch.ones(4))",
        "torch.ones(3).index_put((torch.tensor([0]),), torch.ones(1).long())",
    ],
)
def index_put(need: Need, input: Tensor, indices: Anything, values: Tensor, accumulate: Anything = False) -> Tensor:
    places = listed(indices)
    if places is None:
        raise Undecided("the places are not known")
    target = getitem(need, input, places)
    demand_same_dtype(need, values, input, "values")
    wanted, found = need.shape(target), need.shape(values)
    if not isinstance(wanted, Open) and not isinstance(found, Open):
        if len(found) > len(wanted):
            need.fail("index", wanted, found, "values")
        for have, want in zip(reversed(found), reversed(wanted)):
            if have != 1:
                need.equal(have, want, "index", "values")
    return input.with_shape(need.shape(input))


op(*updates(["index_put"]), cases=["torch.ones(3).index_put_((torch.tensor([0]),), torch.ones(1))"])(
    in_place(index_put)
)


@op(
    *everywhere("take_along_dim"),
    cases=[
        "torch.take_along_dim(torch.ones(2, 3, 4), torch.zeros(1, 3, 2).long(), 2)",
        "torch.ones(2, 3).take_along_dim(torch.tensor([0, 5]))",
        "torch.ones(2, 3).take_along_dim(torch.tensor([0, 1]), 1)",
        "torch.ones(2, 3).take_along_dim(torch.zeros(3, 1).long(), 1)",
    ],
)
def take_along_dim(
    need: Need, input: Tensor, indices: Tensor, dim: int | None = None, *, out: Anything = None
) -> Tensor:
    """The dims other than ``dim`` broadcast; without one the input counts as flat."""
    if not need.is_empty(indices):
        demand_dtype(need, indices, "int64", operand="indices")
    found = need.dims(indices)
    if dim is None:
        return input.with_shape((product(found),))
    shape = need.dims(input)
    axis = need.axis(dim, len(shape))
    if len(found) != len(shape):
        need.fail("index", len(shape), len(found), "indices")
        raise Impossible
    rest = [tuple(size for place, size in enumerate(dims) if place != axis) for dims in (shape, found)]
    common = list(need.broadcast(*rest, aspect="index", operand="indices"))
    common.insert(axis, found[axis])
    return input.with_shape(tuple(common))


@op(*everywhere("take"), cases=["torch.take(torch.ones(2, 3), torch.zeros(4, 5).long())"])
def take(need: Need, input: Tensor, index: Tensor) -> Tensor:
    demand_dtype(need, index, "int64", operand="index")
    return input.with_shape(need.shape(index))


@op(
    *everywhere("put"),
    cases=[
        "torch.ones(2, 3).put(torch.tensor([0, 1]), torch.ones(2))",
        "torch.ones(3).put(torch.tensor([0]), torch.ones(1).double())",
    ],
)
def put(need: Need, input: Tensor, index: Tensor, source: Tensor, accumulate: Anything = False) -> Tensor:
    need.equal(product(need.dims(source)), product(need.dims(index)), "index", "source")
    demand_same_dtype(need, source, input, "source")
    return input.with_shape(need.shape(input))


@op(
    *everywhere("masked_select"),
    cases=[
        "torch.masked_select(torch.ones(2, 3), torch.ones(2, 3) > 0)",
        "torch.ones(2, 3).masked_select(torch.ones(2) > 0)",
        "torch.ones(2, 3).masked_select(torch.ones(3))",
    ],
)
def masked_select(need: Need, input: Tensor, mask: Tensor, *, out: Anything = None) -> Tensor:
    demand_dtype(need, mask, "bool", operand="mask")
    common_shape(need, input, mask)
    return input.with_shape((fresh(),))


@op(
    *everywhere("nonzero"),
    cases=[
        "torch.nonzero(torch.ones(2, 3))",
        "torch.ones(2, 3).nonzero(as_tuple=True)",
        "torch.nonzero(torch.tensor([1, 0, 2]))",
    ],
)
def nonzero(need: Need, input: Tensor, *, as_tuple: Anything = False, out: Anything = None) -> Value:
    """The indices of the elements that are not 0, of which the data decide how many there are."""
    rank = len(need.dims(input))
    count = _count(input)
    if as_tuple is not True:
        return Tensor((count, rank), "int64", order=SCATTERED, device=input.device)
    return tuple([Tensor((count,), "int64", order=SCATTERED, device=input.device) for _ in range(max(rank, 1))])


def _count(input: Tensor) -> Dim:
    if input.data is None or any(isinstance(value, Expr) for value in input.data):
        return fresh()
    return sum(map(bool, input.data))


@op(*everywhere("argwhere"), cases=["torch.argwhere(torch.ones(2, 3))"])
def argwhere(need: Need, input: Tensor) -> Value:
    return nonzero(need, input)


def _narrowed(need: Need, input: Tensor, dim: int, length: Dim) -> Tensor:
    at = along(need, input, dim)
    if not at.dims:
        need.fail("rank", 1, (), "input")
        raise Impossible
    (axis,) = at.axes
    order = CONTIGUOUS if axis == 0 and input.order is CONTIGUOUS and at.rank is None else SCATTERED
    shape = at.shape([*at.dims[:axis], length, *at.dims[axis + 1 :]])
    return Tensor(shape, input.dtype, order=order, device=input.device)


@op(
    *everywhere("narrow"),
    cases=[
        "torch.narrow(torch.ones(2, 3, 4), 1, 0, 2)",
        "torch.ones(2, 3).narrow(dim=-1, start=-1, length=1)",
        "torch.ones(2, 3).narrow(1, 2, 2)",
        "torch.ones(2, 3).narrow(1, 0, -1)",
        "torch.ones(2, 3).narrow(2, 0, 1)",
    ],
)
def narrow(need: Need, input: Tensor, dim: int, start: Anything, length: Dim) -> Tensor:
    result = _narrowed(need, input, dim, length)
    size = along(need, input, dim).dims[along(need, input, dim).axes[0]]
    need.at_least(length, 0, "index", "length")
    if isinstance(start, (int, Expr)):
        end = start + length
        wanted = 0 if isinstance(start, int) and start < 0 else size
        if need.facts.assume_at_least(wanted - end, 0) is Answer.NO:
            need.fail("index", size, end, "length", size, end)
    return result


@op(
    *everywhere("select"),
    cases=[
        "torch.select(torch.ones(2, 3, 4), 1, 2)",
        "torch.ones(2, 3).select(-1, 0)",
        "torch.ones(2, 3).select(1, 3)",
    ],
)
def select(need: Need, input: Tensor, dim: int, index: Anything) -> Tensor:
    at = along(need, input, dim)
    if not at.dims:
        need.fail("rank", 1, (), "input")
        raise Impossible
    (axis,) = at.axes
    if isinstance(index, int):
        getitem(need, Tensor((at.dims[axis],)), index)
    order = CONTIGUOUS if axis == 0 and input.order is CONTIGUOUS and at.rank is None else SCATTERED
    shape = at.shape([*at.dims[:axis], *at.dims[axis + 1 :]])
    return Tensor(shape, input.dtype, order=order, device=input.device)


@op(
    "torch.isin",
    cases=["torch.isin(torch.ones(2, 3), torch.ones(4))", "torch.isin(torch.ones(2).bool(), torch.ones(2))"],
)
def isin(
    need: Need, elements: Operand, test_elements: Operand, *, assume_unique: Anything = False, invert: Anything = False
) -> Tensor:
    for tensor in (elements, test_elements):
        if isinstance(tensor, Tensor):
            demand_kind(need, tensor, REAL_OR_INTEGER)
    shape = need.shape(elements) if isinstance(elements, Tensor) else ()
    return Tensor(shape, "bool")
