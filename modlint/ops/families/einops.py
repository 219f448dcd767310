"""einops: rearrange, reduce and repeat, as functions and as layers (einops.rocks)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modlint.dims import Dim, Expr, divide_exactly, floordiv, product
from modlint.ops import dtypes
from modlint.ops.arguments import Anything, item
from modlint.ops.families.axes import permuted
from modlint.ops.families.einsum import einsum as torch_einsum
from modlint.ops.families.join import cat, stack
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.patterns import ELLIPSIS, Pattern, PatternError, Side, check, parse
from modlint.ops.registry import layer, method, op
from modlint.ops.shapes import fresh, listed, sizes
from modlint.ops.viewing import laid_out
from modlint.values import SCATTERED, DictValue, ListValue, Open, Tensor, Unknown, Value

Lengths = Mapping[str, Value]
_REDUCTIONS = ("min", "max", "sum", "mean", "prod", "any", "all")


def _pattern(need: Need, text: Value, operation: str, lengths: Lengths) -> Pattern:
    if not isinstance(text, str):
        raise Undecided("the pattern is not known")
    try:
        pattern = parse(text)
        check(pattern, operation, lengths)
    except PatternError as error:
        need.fail("einops", str(error), text, "pattern")
        raise Impossible from None
    return pattern


def _transformed(need: Need, input: Tensor, pattern: Pattern, operation: str, lengths: Lengths) -> Tensor:
    shape = need.shape(input)
    if isinstance(shape, Open):
        if ELLIPSIS in pattern.left.axes:
            return _transformed_tail(need, input, pattern, operation, lengths)
        shape = need.rank(input, len(pattern.left.groups), aspect="einops", operand="tensor")
    known, ellipsis = _axis_sizes(need, pattern.left, shape, lengths)
    known.update({axis: _length(need, lengths[axis]) or fresh() for axis in lengths if axis not in known})
    axes = _spelled(pattern.left.axes, ellipsis)
    known.update(ellipsis)
    result = laid_out(input, shape, tuple([known[axis] for axis in axes]))
    target = _spelled(pattern.right.axes, ellipsis)
    kept = [axis for axis in target if axis in axes]
    gone = [axis for axis in axes if axis not in target]
    result = permuted(need, result, [axes.index(axis) for axis in (*kept, *gone)])
    if gone:
        result = _reduced(need, result, len(kept), operation)
    wanted = tuple([_size(known, axis) for axis in target])
    if wanted != result.shape:
        result = Tensor(wanted, result.dtype, order=SCATTERED, device=result.device)
    return laid_out(result, wanted, _composed(pattern.right, known, ellipsis))


def _transformed_tail(need: Need, input: Tensor, pattern: Pattern, operation: str, lengths: Lengths) -> Tensor:
    """Of a tensor of open rank: what follows a leading ellipsis."""
    left, right = pattern.left.groups, pattern.right.groups
    if left[0] != (ELLIPSIS,) or right[:1] != ((ELLIPSIS,),):
        raise Undecided("the number of dimensions is not known")
    if left[1:]:
        need.size(input, 1 - len(left))
    shape = need.shape(input)
    assert isinstance(shape, Open)
    end = len(shape.tail) - len(left) + 1
    inner = Pattern(Side(left[1:]), Side(right[1:]))
    part = _transformed(need, input.with_shape(shape.tail[end:]), inner, operation, lengths)
    tail = (*shape.tail[:end], *need.dims(part))
    return Tensor(Open(shape.rank, tail), part.dtype, order=SCATTERED, device=input.device)


def _spelled(axes: Sequence[str], ellipsis: Mapping[str, Dim]) -> list[str]:
    """The axes with those of the ellipsis one by one."""
    return [name for axis in axes for name in (ellipsis if axis == ELLIPSIS else (axis,))]


def _size(known: Mapping[str, Dim], axis: str) -> Dim:
    return known[axis] if axis in known else int(axis.partition("@")[0])


def _composed(side: Side, known: Mapping[str, Dim], ellipsis: Mapping[str, Dim]) -> tuple[Dim, ...]:
    """The dims of the result: the product of every group, and those of an ellipsis of its own one by one."""
    dims: list[Dim] = []
    for group in side.groups:
        if group == (ELLIPSIS,) and not side.in_group:
            dims += ellipsis.values()
        else:
            dims.append(product(_size(known, axis) for axis in _spelled(group, ellipsis)))
    return tuple(dims)


def _axis_sizes(
    need: Need, side: Side, shape: tuple[Dim, ...], lengths: Lengths
) -> tuple[dict[str, Dim], dict[str, Dim]]:
    """The sizes of the named axes, and those of the ellipsis."""
    count = len(side.groups) - (ELLIPSIS in side.axes)
    if len(shape) < count or (ELLIPSIS not in side.axes and len(shape) > count):
        need.fail("einops", count, shape, "tensor")
        raise Impossible
    known: dict[str, Dim] = {}
    ellipsis: dict[str, Dim] = {}
    rest = list(shape)
    for group in side.groups:
        if group == (ELLIPSIS,):
            spare = len(shape) - count
            ellipsis = {f"{ELLIPSIS}{place}": rest[place] for place in range(spare)}
            rest = rest[spare:]
        else:
            known.update(_group_sizes(need, group, rest.pop(0), lengths))
    return known, ellipsis


def _group_sizes(need: Need, group: Sequence[str], size: Dim, lengths: Lengths) -> dict[str, Dim]:
    """The sizes of the axes that share a dim; one of them may be left to be worked out."""
    given = {axis: _given(need, axis, lengths) for axis in group}
    missing = [axis for axis, length in given.items() if length is None]
    known = {axis: length for axis, length in given.items() if length is not None}
    whole = product(known.values())
    if not missing:
        need.equal(size, whole, "einops", "tensor")
    elif len(missing) > 1:
        known.update(_undetermined(need, missing, lengths))
    elif whole == 0:
        need.fail("einops", size, 0, "tensor")
        raise Impossible
    else:
        exact = divide_exactly(size, whole)
        if exact is None:
            need.divisible(size, whole, "einops", "tensor")
            exact = floordiv(need.facts.resolve(size), need.facts.resolve(whole))
        known[missing[0]] = exact
    return known


def _undetermined(need: Need, missing: Sequence[str], lengths: Lengths) -> dict[str, Dim]:
    if all(axis not in lengths for axis in missing) or sum(axis not in lengths for axis in missing) > 1:
        need.fail("einops", "the lengths of all axes but one", tuple(missing), "pattern")
        raise Impossible
    return {axis: fresh() for axis in missing}


def _given(need: Need, axis: str, lengths: Lengths) -> Dim | None:
    if axis[0].isdigit():
        return int(axis.partition("@")[0])
    return _length(need, lengths[axis]) if axis in lengths else None


def _length(need: Need, value: Value) -> Dim | None:
    """An axis length; None when it is not known."""
    if isinstance(value, Tensor) and value.data:
        value = item(value)
    if isinstance(value, (Unknown, Tensor)):
        return None
    if isinstance(value, Expr):
        return need.facts.resolve(value)
    if not isinstance(value, (int, float)):
        need.fail("type", "int", value, "axes_lengths")
        raise Impossible
    if value < 0:
        raise Undecided("a negative length")
    return int(value)


def _reduced(need: Need, input: Tensor, kept: int, operation: str) -> Tensor:
    """The first ``kept`` dims alone."""
    result = input.with_shape(need.dims(input)[:kept])
    if operation == "mean" and dtypes.is_integral(input.dtype):
        need.fail("dtype", "float", input.dtype, "tensor")
    if operation in ("any", "all"):
        result.dtype = "bool"
    elif operation in ("sum", "prod"):
        result.dtype = dtypes.summed(input.dtype)
    return result


def _input(need: Need, tensor: Value) -> Tensor:
    """The tensor, or several ones stacked."""
    if isinstance(tensor, Unknown):
        raise Undecided(tensor.why)
    items = listed(tensor)
    if items is not None:
        if not all(isinstance(value, Tensor) for value in items):
            raise Undecided("the tensors are not known")
        return stack(need, items)
    if not isinstance(tensor, Tensor):
        need.fail("type", "Tensor", tensor, "tensor")
        raise Impossible
    return tensor


def _applied(need: Need, tensor: Value, text: Value, operation: str, lengths: Lengths) -> Tensor:
    pattern = _pattern(need, text, operation, lengths)
    return _transformed(need, _input(need, tensor), pattern, operation, lengths)


def _reduction(need: Need, reduction: Value) -> str:
    if not isinstance(reduction, str):
        raise Undecided("a reduction of its own")
    if reduction not in _REDUCTIONS:
        need.fail("value", _REDUCTIONS, reduction, "reduction")
        raise Impossible
    return reduction


@op(
    "einops.rearrange",
    "einops.einops.rearrange",
    cases=[
        "rearrange(torch.ones(2, 3, 4), 'b c h -> b h c')",
        "rearrange(torch.ones(2, 3, 4), 'b c h -> b (c h)')",
        "rearrange(torch.ones(2, 3, 4), 'b c (h w) -> b c h w', h=2)",
        "rearrange(torch.ones(2, 3, 4), 'b c (h w) -> (b h) w c', h=2, w=2)",
        "rearrange(torch.ones(2, 3, 4), '... c h -> ... (c h)')",
        "rearrange(torch.ones(2, 3, 4), 'b ... -> b (...)')",
        "rearrange(torch.ones(2, 3, 4), 'b ... h -> b h ...')",
        "rearrange(torch.ones(2, 3, 1), 'b c 1 -> b c')",
        "rearrange(torch.ones(2, 3), 'b c -> b () c 1')",
        "rearrange([torch.ones(2, 3), torch.ones(2, 3)], 'n b c -> b (n c)')",
        "rearrange(torch.ones(2, 3, 4), 'b c h -> b h c').view(24)",
        "rearrange(torch.ones(2, 3, 4), 'b c (h w) -> b c h w', h=3)",
        "rearrange(torch.ones(2, 3, 4), 'b c (h w) -> b c h w')",
        "rearrange(torch.ones(2, 3, 4), 'b c (h w) -> b c h w', h=2, w=3)",
        "rearrange(torch.ones(2, 3, 4), 'b c h w -> b h c w')",
        "rearrange(torch.ones(2, 3, 4), 'b c h -> b c')",
        "rearrange(torch.ones(2, 3, 4), 'b c h -> b c h d')",
        "rearrange(torch.ones(2, 3, 4), 'b b h -> b h')",
        "rearrange(torch.ones(2, 3, 4), 'b c h -> b c h', z=3)",
        "rearrange(torch.ones(2, 3, 4), 'b c h -> b c h', b=3)",
        "rearrange(torch.ones(2, 3, 4), 'b c h -> b c h 2')",
        "rearrange(torch.ones(2, 3, 4), 'b c h')",
        "rearrange(torch.ones(2, 3, 4), 'b c h -> b h (c')",
        "rearrange(torch.ones(2, 3, 4), 'b _ h -> b h _')",
        "rearrange(torch.ones(2, 3, 4), 'b (...) -> b ...')",
    ],
)
def rearrange(need: Need, tensor: Anything, pattern: Anything, **axes_lengths: Anything) -> Tensor:
    return _applied(need, tensor, pattern, "rearrange", axes_lengths)


@op(
    "einops.repeat",
    "einops.einops.repeat",
    cases=[
        "repeat(torch.ones(2, 3), 'b c -> b c d', d=5)",
        "repeat(torch.ones(2, 3), 'b c -> n b c', n=4)",
        "repeat(torch.ones(2, 3), 'b c -> b (c 2)')",
        "repeat(torch.ones(1, 3), '() c -> b c', b=4)",
        "repeat(torch.ones(2, 3), '... -> n ...', n=4)",
        "repeat(torch.ones(2, 3), 'b c -> b c d')",
        "repeat(torch.ones(2, 3), 'b c -> b d', d=2)",
        "repeat(torch.ones(2, 3), '1 c -> b c', b=4)",
    ],
)
def repeat(need: Need, tensor: Anything, pattern: Anything, **axes_lengths: Anything) -> Tensor:
    return _applied(need, tensor, pattern, "repeat", axes_lengths)


@op(
    "einops.reduce",
    "einops.einops.reduce",
    cases=[
        "reduce(torch.ones(2, 3, 4), 'b c h -> b c', 'mean')",
        "reduce(torch.ones(2, 3, 4), 'b c (h 2) -> b c h', 'max')",
        "reduce(torch.ones(2, 3, 4), 'b c (h p) -> b p c', reduction='sum', h=2)",
        "reduce(torch.ones(2, 3, 4), 'b ... -> b', 'min')",
        "reduce(torch.ones(2, 3, 4), 'b c h -> b c 1', 'prod')",
        "reduce(torch.ones(2, 3, 4).long(), 'b c h -> ', 'sum')",
        "reduce(torch.ones(2, 3, 4), 'b c h -> b c d', 'mean')",
        "reduce(torch.ones(2, 3, 4), 'b c h -> b c', 'average')",
        "reduce(torch.ones(2, 3, 4).long(), 'b c h -> b c', 'mean')",
        "reduce(torch.ones(2, 3, 4), 'b c (h 3) -> b c h', 'max')",
    ],
)
def reduce(need: Need, tensor: Anything, pattern: Anything, reduction: Anything, **axes_lengths: Anything) -> Tensor:
    return _applied(need, tensor, pattern, _reduction(need, reduction), axes_lengths)


# Layers


def _layer_fields(need: Need, pattern: Value, operation: str, lengths: Lengths) -> dict[str, Value]:
    _pattern(need, pattern, operation, lengths)
    return {"pattern": pattern, "axes_lengths": DictValue(dict(lengths)), "reduction": operation}


@layer(
    "einops.layers.torch.Rearrange",
    cases=[
        "Rearrange('b c (h w) -> b c h w', h=2)(torch.ones(2, 3, 4))",
        "Rearrange('b c (h w) -> b c h w', h=3)(torch.ones(2, 3, 4))",
        "Rearrange('b c h -> b c h d')(torch.ones(2, 3, 4))",
    ],
)
def rearrange_layer(need: Need, pattern: Anything, **axes_lengths: Anything) -> dict[str, Value]:
    """``Rearrange``: a wrong pattern raises when the layer is made."""
    return _layer_fields(need, pattern, "rearrange", axes_lengths)


@layer("einops.layers.torch.Reduce", cases=["Reduce('b c h -> b c', 'mean')(torch.ones(2, 3, 4))"])
def reduce_layer(need: Need, pattern: Anything, reduction: Anything, **axes_lengths: Anything) -> dict[str, Value]:
    """``Reduce``."""
    return _layer_fields(need, pattern, _reduction(need, reduction), axes_lengths)


@method(["einops.layers.torch.Rearrange", "einops.layers.torch.Reduce"], "forward")
def layer_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return _applied(need, input, self.pattern, self.reduction, self.axes_lengths.entries)


# einsum, pack, unpack, parse_shape


@op(
    "einops.einsum",
    cases=[
        "einsum(torch.ones(2, 3, 4), torch.ones(4, 5), 'batch c h, h out -> batch c out')",
        "einsum(torch.ones(2, 3, 4), torch.ones(5, 5), 'batch c h, h out -> batch c out')",
    ],
)
def einsum(need: Need, *arguments: Anything) -> Tensor:
    """As ``torch.einsum``, with words for letters and the pattern at the end."""
    *tensors, pattern = arguments
    if not isinstance(pattern, str):
        raise Undecided("the pattern is not known")
    letters: dict[str, str] = {}
    for word in pattern.replace(",", " ").replace("->", " ").replace(ELLIPSIS, " ").split():
        letters.setdefault(word, chr(ord("a") + len(letters) % 26))
    sides = [[side.split() for side in part.split(",")] for part in pattern.split("->")]
    spelled = [",".join("".join(letters.get(word, word) for word in side) for side in part) for part in sides]
    return torch_einsum(need, "->".join(spelled), *tensors)


def _starred(need: Need, pattern: Value) -> tuple[int, int]:
    """The number of axes before and after the star."""
    if not isinstance(pattern, str):
        raise Undecided("the pattern is not known")
    words = pattern.split()
    if words.count("*") != 1:
        need.fail("einops", "one star", pattern, "pattern")
        raise Impossible
    return words.index("*"), len(words) - words.index("*") - 1


@op("einops.pack", cases=["pack([torch.ones(2, 3, 4), torch.ones(2, 3)], 'b c *')[0]"])
def pack(need: Need, tensors: Anything, pattern: Anything) -> tuple[Value, ...]:
    """Tensors that share the named axes, joined along the star; and the shapes that it stood for."""
    before, after = _starred(need, pattern)
    flat: list[Tensor] = []
    packed: list[Value] = []
    for tensor in listed(tensors) or ():
        shape = need.dims(_input(need, tensor))
        end = len(shape) - after
        if end < before:
            need.fail("einops", before + after, shape, "tensors")
            raise Impossible
        packed.append(tuple(shape[before:end]))
        flat.append(tensor.with_shape((*shape[:before], product(shape[before:end]), *shape[end:])))
    return cat(need, tuple(flat), before), ListValue(packed)


@op("einops.unpack", cases=["unpack(torch.ones(2, 3, 5), [(4,), ()], 'b c *')[1]"])
def unpack(need: Need, tensor: Tensor, packed_shapes: Anything, pattern: Anything) -> Value:
    before, after = _starred(need, pattern)
    shape = need.rank(tensor, before + 1 + after, aspect="einops", operand="tensor")
    shapes = [sizes(need, (part,)) for part in listed(packed_shapes) or ()]
    dims = [tuple([fresh() if size is None else size for size in part]) for part in shapes]
    total: Any = 0
    for part in dims:
        total = total + product(part)
    if not any(size in (-1, 0) for part in (*dims, shape) for size in part):
        need.equal(shape[before], total, "einops", "tensor")
        return ListValue([_part(tensor, (*shape[:before], *part, *shape[before + 1 :])) for part in dims])
    raise Undecided("a length is left to be worked out, or there is nothing to unpack")


def _part(tensor: Tensor, shape: tuple[Dim, ...]) -> Tensor:
    return Tensor(shape, tensor.dtype, order=SCATTERED, device=tensor.device)


@op("einops.parse_shape", cases=["parse_shape(torch.ones(2, 3, 4), 'b _ h')"])
def parse_shape(need: Need, x: Tensor, pattern: Anything) -> Value:
    """The named dims of a tensor."""
    if not isinstance(pattern, str) or ELLIPSIS in pattern or "(" in pattern:
        raise Undecided("the pattern is not known")
    names = pattern.split()
    shape = need.rank(x, len(names), aspect="einops", operand="x")
    return DictValue({name: size for name, size in zip(names, shape) if name.isidentifier() and name != "_"})
