"""Sequences of different lengths: docs.pytorch.org/docs/stable/nn.html#module-torch.nn.utils.rnn.

A packed sequence has, besides torch's own fields, ``_batch`` and ``_length``: how many sequences, the longest one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from typing import TypeGuard

from modlint.dims import Dim, Grade, maximum, minimum, symbol
from modlint.ops.arguments import Anything, Flag, Name, Number
from modlint.ops.children import child
from modlint.ops.demands import demand_fits, demand_one_of
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.values import External, Instance, ListValue, Open, Tensor, Unknown, Value

PACKED = "torch.nn.utils.rnn.PackedSequence"
_RNN = "torch.nn.utils.rnn."


def is_packed(value: Value) -> TypeGuard[Instance]:
    """Whether ``value`` is a packed sequence."""
    return isinstance(value, Instance) and isinstance(value.cls, External) and value.cls.name == PACKED


@op(
    _RNN + "pack_padded_sequence",
    cases=[
        "nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 3), torch.tensor([4, 3])).data",
        "nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 3), [4, 3]).batch_sizes",
        "nn.utils.rnn.pack_padded_sequence(torch.randn(2, 5, 3), [4, 3], True).data",
        "nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2), [3, 4], enforce_sorted=False).sorted_indices",
        "nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 3), [3, 4])",
        "nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 3), [4, 3, 2])",
        "nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 3), [4, 3], True)",
        "nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 3), [4, 0])",
        "nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 3), torch.tensor([[4, 3]]))",
        "nn.utils.rnn.pack_padded_sequence(torch.randn(5), [5])",
        "nn.LSTM(3, 6)(nn.utils.rnn.pack_padded_sequence(torch.randn(18, 2, 3), [9, 3]))[0].data",
        "nn.LSTM(3, 6)(nn.utils.rnn.pack_padded_sequence(torch.randn(18, 2, 3), [9, 3]))[1]",
        "nn.LSTM(4, 6)(nn.utils.rnn.pack_padded_sequence(torch.randn(18, 2, 3), [9, 3]))",
        "nn.LSTM(4, 6)(nn.utils.rnn.pack_padded_sequence(torch.randn(18, 1, 3), [9]))",
        "nn.GRU(4, 6)(nn.utils.rnn.pack_padded_sequence(torch.randn(18, 1, 3), [9]))",
        "nn.GRU(3, 6)(nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 3), [4, 3]), torch.randn(1, 3, 6))",
    ],
)
def pack_padded_sequence(
    need: Need, input: Tensor, lengths: Anything, batch_first: Flag = False, enforce_sorted: Flag = True
) -> Instance:
    """``input`` (L, B, *) and the B ``lengths``."""
    time, batch, rest = _time_and_batch(need, input, batch_first)
    for dim in (time, batch, *rest):
        need.at_least(dim, 1, "length")
    count, known = _lengths(need, lengths)
    if enforce_sorted:
        need.equal(count, batch, "batch", "lengths")
    else:
        need.at_least(batch - count, 0, "batch", "lengths")
    if known:
        _demand_lengths(need, known, time, enforce_sorted)
    total = sum(known) if known else symbol("steps", grade=Grade.ASSUMED)
    longest = max(known) if known else _longest(time)
    return _packed(input.with_shape((total, *rest)), count, longest, enforce_sorted)


def _time_and_batch(need: Need, input: Tensor, batch_first: bool) -> tuple[Dim, Dim, tuple[Dim, ...]]:
    shape = need.shape(input)
    dims = need.rank(input, max(3, len(shape.tail))) if isinstance(shape, Open) else shape
    if len(dims) < 2:
        need.fail("rank", 2, dims, "input")
        raise Impossible
    first, second, *rest = dims
    return (second, first, tuple(rest)) if batch_first else (first, second, tuple(rest))


def _lengths(need: Need, lengths: Value) -> tuple[Dim, Sequence[int]]:
    """How many lengths there are, and their values when they are known."""
    if isinstance(lengths, Tensor):
        (count,) = need.rank(lengths, 1, aspect="rank", operand="lengths")
        values = lengths.data or ()
    elif isinstance(lengths, (ListValue, tuple)) and not getattr(lengths, "partial", False):
        values = tuple(lengths.items if isinstance(lengths, ListValue) else lengths)
        count = len(values)
    else:
        raise Undecided("the lengths of the sequences are not known")
    return count, values if all(isinstance(value, int) for value in values) else ()


def _demand_lengths(need: Need, lengths: Sequence[int], time: Dim, enforce_sorted: bool) -> None:
    need.at_least(min(lengths), 1, "length", "lengths")
    if enforce_sorted and any(before < after for before, after in pairwise(lengths)):
        need.fail("length", "decreasing lengths", tuple(lengths), "lengths")
    if isinstance(time, int) and max(lengths) > time:
        raise Undecided("torch packs what lies behind a sequence that is too short")


def _longest(time: Dim) -> Dim:
    upper = time if isinstance(time, int) else None
    return symbol("longest", upper=upper, grade=Grade.ASSUMED)


def _packed(data: Tensor, batch: Dim, longest: Dim, is_sorted: bool) -> Instance:
    attrs: dict[str, Value] = {
        "data": data,
        "batch_sizes": Tensor((longest,), "int64"),
        "sorted_indices": None if is_sorted else Tensor((batch,), "int64"),
        "unsorted_indices": None if is_sorted else Tensor((batch,), "int64"),
    }
    return child(PACKED, {**attrs, "_batch": batch, "_length": longest})


@op(
    _RNN + "pad_packed_sequence",
    cases=[
        "nn.utils.rnn.pad_packed_sequence(nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 3), [4, 3]))",
        "nn.utils.rnn.pad_packed_sequence(nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 3), [4, 3]), True, 0, 5)",
        "nn.utils.rnn.pad_packed_sequence(nn.utils.rnn.pack_padded_sequence(torch.randn(5, 2, 3), [4, 3]), True, 0, 3)",
        "nn.utils.rnn.pad_packed_sequence(torch.randn(5, 2, 3))",
    ],
)
def pad_packed_sequence(
    need: Need,
    sequence: Anything,
    batch_first: Flag = False,
    padding_value: Number = 0.0,
    total_length: Dim | None = None,
) -> tuple[Tensor, Tensor]:
    """(L, B, *) and the lengths (B), which stay on the CPU."""
    packed = _demand_packed(need, sequence)
    data, batch, longest = packed.attrs["data"], packed.attrs["_batch"], packed.attrs["_length"]
    if total_length is not None:
        need.at_least(total_length - longest, 0, "length", "total_length")
        longest = total_length
    rest = need.dims(data)[1:]
    if batch_first:
        order = (1, 0, *range(2, 2 + len(rest)))
        return Tensor((batch, longest, *rest), data.dtype, order=order, device=data.device), Tensor((batch,), "int64")
    return data.with_shape((longest, batch, *rest)), Tensor((batch,), "int64")


def _demand_packed(need: Need, sequence: Value) -> Instance:
    if is_packed(sequence):
        return sequence
    if isinstance(sequence, Tensor):
        need.fail("type", "PackedSequence", sequence, "sequence")
        raise Impossible
    raise Undecided("where the packed sequence comes from is not known")


@op(
    _RNN + "pad_sequence",
    cases=[
        "nn.utils.rnn.pad_sequence([torch.randn(3, 4), torch.randn(2, 4)])",
        "nn.utils.rnn.pad_sequence([torch.randn(3), torch.randn(5), torch.randn(2)], batch_first=True)",
        "nn.utils.rnn.pad_sequence((torch.randn(3, 4), torch.randn(2, 4)), True, 1, 'left')",
        "nn.utils.rnn.pad_sequence(torch.randn(2, 3, 4))",
        "nn.utils.rnn.pad_sequence([torch.randn(3, 4), torch.randn(2, 5)])",
        "nn.utils.rnn.pad_sequence([torch.randn(3, 4), torch.randn(2)])",
        "nn.utils.rnn.pad_sequence([torch.tensor(3)])",
        "nn.utils.rnn.pad_sequence([])",
        "nn.utils.rnn.pad_sequence([torch.randn(3)], padding_side='up')",
    ],
)
def pad_sequence(
    need: Need,
    sequences: Anything,
    batch_first: Flag = False,
    padding_value: Number = 0.0,
    padding_side: Name = "right",
) -> Tensor:
    """Tensors (L_i, *) -> (max L, B, *)."""
    demand_one_of(need, padding_side, ("left", "right"), "padding_side")
    first, lengths, count, rest = _stacked(need, sequences)
    longest = reduce(maximum, lengths)
    return first.with_shape((count, longest, *rest) if batch_first else (longest, count, *rest))


def _stacked(need: Need, sequences: Value) -> tuple[Tensor, list[Dim], Dim, tuple[Dim, ...]]:
    """The first sequence, all lengths, how many there are, and the dims after the length."""
    if isinstance(sequences, Tensor):
        count, length, *rest = _at_least_two(need, sequences)
        need.at_least(count, 1, "length", "sequences")
        return sequences, [length], count, tuple(rest)
    tensors = _tensors(need, sequences)
    shapes = [need.dims(tensor) for tensor in tensors]
    if not shapes or () in shapes:
        need.fail("rank", 1, 0, "sequences")
        raise Impossible
    width = shapes[0][1:]
    for shape in shapes[1:]:
        demand_fits(need, shape, (shape[0], *width), "sequences")
    return tensors[0], [shape[0] for shape in shapes], len(tensors), width


def _at_least_two(need: Need, tensor: Tensor) -> tuple[Dim, ...]:
    dims = need.dims(tensor)
    if len(dims) < 2:
        need.fail("rank", 2, dims, "sequences")
        raise Impossible
    return dims


def _tensors(need: Need, sequences: Value) -> list[Tensor]:
    if isinstance(sequences, ListValue) and not sequences.partial:
        sequences = tuple(sequences.items)
    if not isinstance(sequences, tuple) or any(isinstance(item, Unknown) for item in sequences):
        raise Undecided("the sequences are not all known")
    for item in sequences:
        if not isinstance(item, Tensor):
            need.fail("type", "Tensor", item, "sequences")
            raise Impossible
    return list(sequences)


@op(
    _RNN + "pack_sequence",
    cases=[
        "nn.utils.rnn.pack_sequence([torch.randn(3, 4), torch.randn(2, 4)]).data",
        "nn.utils.rnn.pack_sequence([torch.randn(2, 4), torch.randn(3, 4)])",
        "nn.utils.rnn.pack_sequence([torch.randn(2, 4), torch.randn(3, 4)], enforce_sorted=False).batch_sizes",
    ],
)
def pack_sequence(need: Need, sequences: Anything, enforce_sorted: Flag = True) -> Instance:
    tensors = _tensors(need, sequences)
    padded = pad_sequence(need, tuple(tensors))
    lengths = tuple(need.dims(tensor)[0] for tensor in tensors)
    return pack_padded_sequence(need, padded, lengths, False, enforce_sorted)


@op(
    _RNN + "unpad_sequence",
    cases=[
        "nn.utils.rnn.unpad_sequence(torch.randn(5, 2, 3), torch.tensor([4, 3]))",
        "nn.utils.rnn.unpad_sequence(torch.randn(2, 5, 3), torch.tensor([4, 3]), batch_first=True)",
    ],
)
def unpad_sequence(need: Need, padded_sequences: Tensor, lengths: Tensor, batch_first: Flag = False) -> ListValue:
    """(L, B, *) -> a list of tensors (L_i, *)."""
    time, batch, rest = _time_and_batch(need, padded_sequences, batch_first)
    count, known = _lengths(need, lengths)
    need.equal(count, batch, "batch", "lengths")
    if known:
        each = [minimum(max(length, 0), time) for length in known]
    else:
        each = [_longest(time) for _ in range(need.known(batch))]
    return ListValue([padded_sequences.with_shape((length, *rest)) for length in each])


@op(
    _RNN + "unpack_sequence",
    cases=["nn.utils.rnn.unpack_sequence(nn.utils.rnn.pack_sequence([torch.randn(3, 4), torch.randn(2, 4)]))"],
)
def unpack_sequence(need: Need, packed_sequences: Anything) -> ListValue:
    packed = _demand_packed(need, packed_sequences)
    data, count = packed.attrs["data"], need.known(packed.attrs["_batch"])
    rest = need.dims(data)[1:]
    return ListValue([data.with_shape((_longest(packed.attrs["_length"]), *rest)) for _ in range(count)])
