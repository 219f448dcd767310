"""Sums of vectors from a table: docs.pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from modlint.dims import Answer, Dim
from modlint.ops.arguments import Anything, Flag, Name, Number
from modlint.ops.children import child
from modlint.ops.demands import demand_dtype, demand_one_of, demand_same_dtype, demand_shape, like
from modlint.ops.dtypes import is_integral
from modlint.ops.families.embedding import demand_indices, embedding_layer, padding_row, pretrained
from modlint.ops.fields import Fields
from modlint.ops.need import Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.values import Instance, Tensor, Value


@op(
    "torch.nn.functional.embedding_bag",
    cases=[
        "F.embedding_bag(torch.zeros(2, 3).long(), torch.randn(4, 5))",
        "F.embedding_bag(torch.arange(4), torch.randn(4, 5), torch.tensor([0, 2]))",
        "F.embedding_bag(torch.arange(4), torch.randn(4, 5), torch.tensor([0, 4]), include_last_offset=True)",
        "F.embedding_bag(torch.zeros(2, 3).long(), torch.randn(4, 5), mode='sum', per_sample_weights=torch.rand(2, 3))",
        "F.embedding_bag(torch.zeros(2, 3).long(), torch.randn(4, 5), mode='sum', per_sample_weights=torch.rand(2))",
        "F.embedding_bag(torch.arange(4), torch.randn(4, 5), torch.tensor([0, 2]), per_sample_weights=torch.randn(4))",
        "F.embedding_bag(torch.arange(4), torch.randn(4, 5))",
        "F.embedding_bag(torch.zeros(2, 3).long(), torch.randn(4, 5), torch.tensor([0]))",
        "F.embedding_bag(torch.zeros(2, 3, 2).long(), torch.randn(4, 5))",
        "F.embedding_bag(torch.zeros(2, 3), torch.randn(4, 5))",
        "F.embedding_bag(torch.arange(4), torch.randn(4, 5), torch.tensor([0.0]))",
        "F.embedding_bag(torch.arange(4), torch.randn(4, 5), torch.tensor([[0]]))",
        "F.embedding_bag(torch.arange(4), torch.randn(4, 5), torch.tensor([1]))",
        "F.embedding_bag(torch.arange(4), torch.randn(4, 5), torch.tensor([0, 5]))",
        "F.embedding_bag(torch.zeros(2, 3).long(), torch.randn(4, 5), mode='min')",
        "F.embedding_bag(torch.zeros(2, 3).long(), torch.randn(4, 5), mode='max', sparse=True)",
        "F.embedding_bag(torch.zeros(2, 3).long(), torch.randn(4, 5), padding_idx=4)",
        "F.embedding_bag(torch.zeros(2, 3).long(), torch.randn(5))",
    ],
)
def embedding_bag(
    need: Need,
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: Number | None = None,
    norm_type: Number = 2,
    scale_grad_by_freq: Flag = False,
    mode: Name = "mean",
    sparse: Flag = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: Flag = False,
    padding_idx: int | None = None,
) -> Tensor:
    """``input`` (bags, length), or (n) with the ``offsets`` at which bags begin -> (bags, width)."""
    rows, width = need.rank(weight, 2, operand="weight")
    if width == 0:
        raise Undecided("what torch does with vectors without elements depends on the kernel")
    demand_indices(need, _read(input, offsets) if include_last_offset else input, rows)
    padding_row(need, padding_idx, rows)
    _demand_mode(need, mode, scale_grad_by_freq, sparse)
    dims = need.rank(input, 1, 2)
    if per_sample_weights is not None:
        _demand_weights(need, mode, per_sample_weights, dims, weight)
    bags = _rows(need, dims, offsets) if len(dims) == 2 else _bags(need, offsets, dims[0], include_last_offset)
    return Tensor((bags, width), weight.dtype, device=weight.device)


def _read(input: Tensor, offsets: Tensor | None) -> Tensor:
    """``input`` up to the last offset, where the last bag ends."""
    read = like(input, input.dtype)
    if input.data and offsets and offsets.data and is_integral(offsets.dtype):
        read.data = input.data[: offsets.data[-1]]
    return read


def _demand_mode(need: Need, mode: str, scale_grad_by_freq: bool, sparse: bool) -> None:
    demand_one_of(need, mode, ("sum", "mean", "max"), "mode")
    if mode == "max":
        demand_one_of(need, scale_grad_by_freq, (False,), "scale_grad_by_freq")
        demand_one_of(need, sparse, (False,), "sparse")


def _demand_weights(need: Need, mode: str, weights: Tensor, dims: tuple[Dim, ...], table: Tensor) -> None:
    demand_one_of(need, mode, ("sum",), "mode")
    demand_shape(need, weights, dims, "broadcast", "per_sample_weights")
    demand_same_dtype(need, weights, table, "per_sample_weights")


def _rows(need: Need, dims: tuple[Dim, ...], offsets: Tensor | None) -> Dim:
    """Every row of a matrix is a bag."""
    if offsets is not None:
        need.fail("type", None, offsets.shape, "offsets")
    need.at_least(dims[1], 1, "index", "input")
    return dims[0]


def _bags(need: Need, offsets: Tensor | None, length: Dim, include_last_offset: bool) -> Dim:
    """How many bags begin at ``offsets``, which count from 0."""
    if offsets is None:
        need.fail("type", "Tensor", None, "offsets")
        return length
    demand_dtype(need, offsets, "int32", "int64", operand="offsets")
    (starts,) = need.rank(offsets, 1, operand="offsets")
    if offsets.data and is_integral(offsets.dtype):
        _demand_starts(need, offsets.data, length)
    if not include_last_offset:
        return starts
    need.at_least(starts, 1, "index", "offsets")
    return starts - 1


def _demand_starts(need: Need, starts: Sequence[Dim], length: Dim) -> None:
    need.equal(starts[0], 0, "index", "offsets")
    need.at_least(length - starts[-1], 0, "index", "offsets")
    if any(need.facts.less(end, start) is Answer.YES for start, end in pairwise(starts)):
        raise Undecided("torch reads elsewhere when offsets decrease")


@layer(
    "torch.nn.EmbeddingBag",
    cases=[
        "nn.EmbeddingBag(10, 4)(torch.zeros(2, 3).long())",
        "nn.EmbeddingBag(10, 4, mode='sum')(torch.arange(4), torch.tensor([0, 2]))",
        "nn.EmbeddingBag(10, 4, mode='sum')(torch.arange(4), torch.tensor([0, 2]), torch.randn(4))",
        "nn.EmbeddingBag(10, 4)(torch.arange(4), torch.tensor([0, 2]), torch.randn(4))",
        "nn.EmbeddingBag(10, 4, include_last_offset=True)(torch.arange(4), torch.tensor([0, 2, 4]))",
        "nn.EmbeddingBag(10, 4)(torch.arange(4))",
        "nn.EmbeddingBag(10, 4)(torch.randn(2, 3))",
        "nn.EmbeddingBag(10, 4, mode='min')(torch.zeros(2, 3).long())",
        "nn.EmbeddingBag(10, 4, padding_idx=10)",
        "nn.EmbeddingBag(10, 4).weight",
    ],
)
def embedding_bag_layer(
    need: Need,
    num_embeddings: Dim,
    embedding_dim: Dim,
    max_norm: Number | None = None,
    norm_type: Number = 2.0,
    scale_grad_by_freq: Flag = False,
    mode: Name = "mean",
    sparse: Flag = False,
    _weight: Tensor | None = None,
    include_last_offset: Flag = False,
    padding_idx: int | None = None,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    attrs = embedding_layer(
        need, num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, _weight
    )
    return {**attrs, "mode": mode, "include_last_offset": include_last_offset}


@method("torch.nn.EmbeddingBag", "forward")
def embedding_bag_forward(
    need: Need, self: Fields, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None
) -> Tensor:
    return embedding_bag(
        need,
        input,
        self.weight,
        offsets,
        mode=self.mode,
        scale_grad_by_freq=self.scale_grad_by_freq,
        sparse=self.sparse,
        per_sample_weights=per_sample_weights,
        include_last_offset=self.include_last_offset,
    )


@op(
    "torch.nn.EmbeddingBag.from_pretrained",
    cases=[
        "nn.EmbeddingBag.from_pretrained(torch.randn(10, 4))(torch.zeros(2, 3).long())",
        "nn.EmbeddingBag.from_pretrained(torch.randn(10, 4), mode='sum').mode",
        "nn.EmbeddingBag.from_pretrained(torch.randn(10))",
    ],
)
def embedding_bag_from_pretrained(
    need: Need,
    embeddings: Tensor,
    freeze: Flag = True,
    max_norm: Number | None = None,
    norm_type: Number = 2.0,
    scale_grad_by_freq: Flag = False,
    mode: Name = "mean",
    sparse: Flag = False,
    include_last_offset: Flag = False,
    padding_idx: int | None = None,
) -> Instance:
    rows, width = need.rank(embeddings, 2, operand="embeddings")
    attrs = embedding_bag_layer(
        need,
        rows,
        width,
        max_norm,
        norm_type,
        scale_grad_by_freq,
        mode,
        sparse,
        _weight=embeddings,
        include_last_offset=include_last_offset,
        padding_idx=padding_idx,
    )
    return child("torch.nn.EmbeddingBag", {**attrs, "weight": pretrained(embeddings, freeze)})
