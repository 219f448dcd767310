"""Scaled dot-product attention and multi-head attention.

docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html and
docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Number
from modlint.ops.children import child
from modlint.ops.demands import (
    REAL,
    demand_bool,
    demand_dtype,
    demand_fits,
    demand_kind,
    demand_same_dtype,
    demand_shape,
    demand_within,
)
from modlint.ops.dtypes import Kind
from modlint.ops.families.linear import linear_layer
from modlint.ops.fields import Fields, parameter
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.values import SCATTERED, Tensor, Value

MASK = (Kind.BOOL, Kind.FLOAT)


# written out, because torch divides by a number of heads that is 0
_ONE_HEAD = "torch.tensor([[[1.0, 0.5]]])"
_TWO_HEADS = "torch.tensor([[[1.0, 0.5]], [[1.0, 0.5]]])"
_SDPA = "F.scaled_dot_product_attention"
_QKV = "torch.randn(4, 5), torch.randn(6, 5), torch.randn(6, 5)"
_BATCHED = "torch.randn(2, 4, 6), torch.randn(2, 5, 6), torch.randn(2, 5, 6)"
_SEQUENCES = "torch.randn(4, 2, 6), torch.randn(5, 2, 6), torch.randn(5, 2, 6)"


@op(
    "torch.nn.functional.scaled_dot_product_attention",
    cases=[
        f"{_SDPA}(torch.randn(2, 3, 4, 5), torch.randn(2, 3, 6, 5), torch.randn(2, 3, 6, 7))",
        f"{_SDPA}(torch.randn(4, 5), torch.randn(6, 5), torch.randn(6, 7))",
        f"{_SDPA}(torch.randn(2, 3, 4, 5), torch.randn(2, 1, 6, 5), torch.randn(2, 3, 6, 7))",
        f"{_SDPA}(torch.randn(2, 4, 5), torch.randn(2, 6, 4), torch.randn(2, 6, 5))",
        f"{_SDPA}(torch.randn(2, 4, 5), torch.randn(2, 6, 5), torch.randn(2, 5, 5))",
        f"{_SDPA}(torch.randn(2, 4, 5), torch.randn(3, 6, 5), torch.randn(3, 6, 5))",
        f"{_SDPA}(torch.randn(5), torch.randn(6, 5), torch.randn(6, 5))",
        f"{_SDPA}(torch.randn(4, 5), torch.randn(6, 5).double(), torch.randn(6, 5))",
        f"{_SDPA}({_QKV}, torch.ones(4, 6).bool())",
        f"{_SDPA}({_QKV}, torch.ones(4, 5).bool())",
        f"{_SDPA}({_QKV}, torch.ones(4, 6).long())",
        f"{_SDPA}(torch.randn(1, 5), torch.randn(6, 5), torch.randn(6, 5), torch.ones(4, 6))",
        f"{_SDPA}({_QKV}, is_causal=True)",
        f"{_SDPA}({_QKV}, dropout_p=2)",
        f"{_SDPA}({_TWO_HEADS}, {_ONE_HEAD}, {_ONE_HEAD}, enable_gqa=True)",
        f"{_SDPA}({_ONE_HEAD}, {_TWO_HEADS}, {_TWO_HEADS}, enable_gqa=True)",
        f"{_SDPA}(torch.randn(6, 4, 5), torch.randn(3, 6, 5), torch.randn(3, 6, 5), scale=0.5)",
    ],
)
def scaled_dot_product_attention(
    need: Need,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: Number = 0.0,
    is_causal: Anything = False,
    *,
    scale: Number | None = None,
    enable_gqa: Flag = False,
) -> Tensor:
    """``query`` (*, L, E), ``key`` (*, S, E), ``value`` (*, S, V) -> (*, L, V); masks broadcast to (*, L, S)."""
    _demand_elements(need, query, key, value)
    demand_bool(need, is_causal, "is_causal")
    demand_within(need, dropout_p, -math.inf, 1, "dropout_p")
    dtype = demand_kind(need, query, REAL, "query")
    demand_same_dtype(need, key, query, "key")
    demand_same_dtype(need, value, query, "value")
    least = 3 if enable_gqa else 2
    q, k, v = (_matrices(need, x, least, name) for x, name in ((query, "query"), (key, "key"), (value, "value")))
    need.equal(k[-1], q[-1], "head_dim", "key")
    need.equal(v[-2], k[-2], "matmul", "value")
    if enable_gqa:
        k, v = (_repeated(need, heads, q[-3], name) for heads, name in ((k, "key"), (v, "value")))
    lead = need.broadcast(need.broadcast(q[:-2], k[:-2], operand="key"), v[:-2], operand="value")
    if attn_mask is not None:
        _demand_mask(need, attn_mask, (*need.broadcast(q[:-2], k[:-2]), q[-2], k[-2]), query)
    return Tensor((*lead, q[-2], v[-1]), dtype, order=SCATTERED, device=query.device)


def _demand_elements(need: Need, *operands: Tensor) -> None:
    if any(need.is_empty(operand) for operand in operands):
        raise Undecided("what torch checks of empty operands depends on the kernel")


def _matrices(need: Need, tensor: Tensor, least: int, operand: str) -> tuple[Dim, ...]:
    dims = need.dims(tensor)
    if len(dims) < least:
        need.fail("rank", least, dims, operand)
        raise Impossible
    return dims


def _repeated(need: Need, dims: tuple[Dim, ...], heads: Dim, operand: str) -> tuple[Dim, ...]:
    """Grouped queries: every head of keys and values serves as many heads of queries."""
    need.divisible(heads, dims[-3], "num_heads", operand)
    return (*dims[:-3], heads, *dims[-2:])


def _demand_mask(need: Need, mask: Tensor, scores: tuple[Dim, ...], query: Tensor) -> None:
    """The scores are masked in place, so that the mask cannot make them larger."""
    if query.dtype is not None:
        demand_dtype(need, mask, "bool", "float32", query.dtype, operand="attn_mask")
    dims = need.dims(mask)
    if len(dims) < 2:
        raise Undecided("whether a mask may have less than two dims depends on the kernel")
    demand_fits(need, dims, scores, "attn_mask")


class Attended(NamedTuple):
    """The sizes of a multi-head attention: ``batch`` is None for inputs without one."""

    batch: Dim | None
    targets: Dim
    sources: Dim


@layer(
    "torch.nn.MultiheadAttention",
    cases=[
        f"nn.MultiheadAttention(6, 2)({_SEQUENCES})",
        f"nn.MultiheadAttention(6, 2, batch_first=True)({_BATCHED})",
        f"nn.MultiheadAttention(6, 2, batch_first=True)({_SEQUENCES})",
        f"nn.MultiheadAttention(6, 2)({_SEQUENCES}, need_weights=False)",
        f"nn.MultiheadAttention(6, 2)({_SEQUENCES}, average_attn_weights=False)",
        f"nn.MultiheadAttention(6, 2)({_SEQUENCES}, torch.zeros(2, 5).bool())",
        f"nn.MultiheadAttention(6, 2)({_SEQUENCES}, torch.zeros(5, 2).bool())",
        f"nn.MultiheadAttention(6, 2)({_SEQUENCES}, torch.zeros(2, 5).long())",
        f"nn.MultiheadAttention(6, 2)({_SEQUENCES}, attn_mask=torch.zeros(4, 5))",
        f"nn.MultiheadAttention(6, 2)({_SEQUENCES}, attn_mask=torch.zeros(4, 4, 5))",
        f"nn.MultiheadAttention(6, 2)({_SEQUENCES}, attn_mask=torch.zeros(4, 4))",
        f"nn.MultiheadAttention(6, 2)({_SEQUENCES}, attn_mask=torch.zeros(2, 4, 5))",
        f"nn.MultiheadAttention(6, 2)({_SEQUENCES}, is_causal=True)",
        "nn.MultiheadAttention(6, 2)(torch.randn(4, 6), torch.randn(5, 6), torch.randn(5, 6))",
        "nn.MultiheadAttention(6, 2, kdim=3, vdim=4)(torch.randn(4, 2, 6), torch.randn(5, 2, 3), torch.randn(5, 2, 4))",
        "nn.MultiheadAttention(6, 2, add_bias_kv=True)(torch.randn(4, 6), torch.randn(5, 6), torch.randn(5, 6))",
        "nn.MultiheadAttention(6, 2)(torch.randn(4, 2, 6), torch.randn(5, 2, 3), torch.randn(5, 2, 3))",
        "nn.MultiheadAttention(6, 2)(torch.randn(4, 2, 6), torch.randn(5, 3, 6), torch.randn(5, 3, 6))",
        "nn.MultiheadAttention(6, 2)(torch.randn(4, 2, 6), torch.randn(5, 2, 6), torch.randn(4, 2, 6))",
        "nn.MultiheadAttention(6, 2)(torch.randn(4, 2, 7), torch.randn(5, 2, 7), torch.randn(5, 2, 7))",
        "nn.MultiheadAttention(6, 2)(torch.randn(4, 2, 6), torch.randn(5, 6), torch.randn(5, 6))",
        "nn.MultiheadAttention(6, 2)(torch.randn(1, 4, 2, 6), torch.randn(5, 2, 6), torch.randn(5, 2, 6))",
        "nn.MultiheadAttention(6, 2)(torch.randn(2, 6))",
        "nn.MultiheadAttention(6, 4)",
        "nn.MultiheadAttention(6, 0)",
        "nn.MultiheadAttention(6, 2).in_proj_weight",
        "nn.MultiheadAttention(6, 2, kdim=3).k_proj_weight",
        "nn.MultiheadAttention(6, 2).out_proj(torch.randn(2, 6))",
    ],
)
def multihead_attention_layer(
    need: Need,
    embed_dim: Dim,
    num_heads: Dim,
    dropout: Number = 0.0,
    bias: Flag = True,
    add_bias_kv: Flag = False,
    add_zero_attn: Flag = False,
    kdim: Dim | None = None,
    vdim: Dim | None = None,
    batch_first: Flag = False,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    need.at_least(embed_dim, 1, "embed_dim", "embed_dim")
    need.at_least(num_heads, 1, "num_heads", "num_heads")
    need.divisible(embed_dim, num_heads, "num_heads", "embed_dim")
    kdim = embed_dim if kdim is None else kdim
    vdim = embed_dim if vdim is None else vdim
    need.at_least(kdim, 0, "embed_dim", "kdim")
    need.at_least(vdim, 0, "embed_dim", "vdim")
    packed = kdim == embed_dim and vdim == embed_dim
    return {
        "embed_dim": embed_dim,
        "kdim": kdim,
        "vdim": vdim,
        "_qkv_same_embed_dim": packed,
        "num_heads": num_heads,
        "dropout": dropout,
        "batch_first": batch_first,
        "head_dim": embed_dim // num_heads if num_heads != 0 else embed_dim,
        "in_proj_weight": parameter(3 * embed_dim, embed_dim) if packed else None,
        "q_proj_weight": None if packed else parameter(embed_dim, embed_dim),
        "k_proj_weight": None if packed else parameter(embed_dim, kdim),
        "v_proj_weight": None if packed else parameter(embed_dim, vdim),
        "in_proj_bias": parameter(3 * embed_dim) if bias else None,
        "out_proj": child("torch.nn.Linear", linear_layer(need, embed_dim, embed_dim, bias)),
        "bias_k": parameter(1, 1, embed_dim) if add_bias_kv else None,
        "bias_v": parameter(1, 1, embed_dim) if add_bias_kv else None,
        "add_zero_attn": add_zero_attn,
    }


@method("torch.nn.MultiheadAttention", "forward")
def multihead_attention_forward(
    need: Need,
    self: Fields,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None = None,
    need_weights: Flag = True,
    attn_mask: Tensor | None = None,
    average_attn_weights: Flag = True,
    is_causal: Flag = False,
) -> tuple[Tensor, Tensor | None]:
    """(L, B, E), (S, B, K), (S, B, V) -> (L, B, E) and the weights (B, L, S); ``batch_first`` swaps L, S with B."""
    demand_within(need, self.dropout, -math.inf, 1, "dropout")
    return attend(
        need,
        (query, key, value),
        (self.embed_dim, self.kdim, self.vdim),
        self.num_heads,
        batch_first=self.batch_first,
        key_padding_mask=key_padding_mask,
        attn_mask=attn_mask,
        is_causal=is_causal,
        extra_sources=(self.bias_k is not None) + bool(self.add_zero_attn),
        need_weights=need_weights,
        average=average_attn_weights,
    )


def attend(
    need: Need,
    operands: tuple[Tensor, Tensor, Tensor],
    features: tuple[Dim, Dim, Dim],
    num_heads: Dim,
    *,
    batch_first: bool = False,
    key_padding_mask: Tensor | None = None,
    attn_mask: Tensor | None = None,
    is_causal: bool = False,
    extra_sources: int = 0,
    need_weights: bool = True,
    average: bool = True,
) -> tuple[Tensor, Tensor | None]:
    """What query, key and value of so many ``features`` give, and how much each target attends to each source."""
    query, key, value = operands
    sizes = _attended(need, query, key, value, batch_first)
    for operand, size, name in _distinct(operands, features):
        demand_kind(need, operand, REAL, name)
        need.equal(need.size(operand, -1), size, "embed_dim", name)
    demand_masks(need, sizes, num_heads, key_padding_mask, attn_mask, is_causal)
    output = query.with_shape((*need.dims(query)[:-1], features[0]))
    if batch_first and sizes.batch is not None:
        output.order = SCATTERED
    if not need_weights:
        return output, None
    batch = () if sizes.batch is None else (sizes.batch,)
    heads = () if average else (num_heads,)
    return output, query.with_shape((*batch, *heads, sizes.targets, sizes.sources + extra_sources))


def _distinct(operands: tuple[Tensor, ...], features: tuple[Dim, ...]) -> Collection[tuple[Tensor, Dim, str]]:
    """The operands with what they need and their names; one that stands for several is there once."""
    distinct: dict[tuple[int, Dim], tuple[Tensor, Dim, str]] = {}
    for entry in zip(operands, features, ("query", "key", "value"), strict=True):
        distinct.setdefault((id(entry[0]), entry[1]), entry)
    return distinct.values()


def _attended(need: Need, query: Tensor, key: Tensor, value: Tensor, batch_first: bool) -> Attended:
    """Check the dims before the last of the three operands against each other."""
    _demand_elements(need, query, key, value)
    q = need.rank(query, 2, 3, operand="query")
    k = need.rank(key, len(q), operand="key")
    v = need.rank(value, len(q), operand="value")
    need.equal(v[0], k[0], "batch" if batch_first and len(q) == 3 else "matmul", "value")
    if len(q) == 2:
        return Attended(None, q[0], k[0])
    batch, length = (0, 1) if batch_first else (1, 0)
    need.equal(k[batch], q[batch], "batch", "key")
    need.equal(v[1], k[1], "matmul" if batch_first else "batch", "value")
    return Attended(q[batch], q[length], k[length])


def demand_masks(
    need: Need,
    sizes: Attended,
    num_heads: Dim,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    is_causal: bool = False,
) -> None:
    """``key_padding_mask`` (B, S); ``attn_mask`` (L, S) or (B * num_heads, L, S); both bool or float."""
    batch, targets, sources = sizes
    if is_causal and attn_mask is None:
        need.fail("type", "Tensor", None, "attn_mask")
    if key_padding_mask is not None:
        demand_kind(need, key_padding_mask, MASK, "key_padding_mask")
        padded = (sources,) if batch is None else (batch, sources)
        demand_shape(need, key_padding_mask, padded, "mask", "key_padding_mask")
    if attn_mask is not None:
        demand_kind(need, attn_mask, MASK, "attn_mask")
        dims = need.rank(attn_mask, 3, 2, aspect="mask", operand="attn_mask")
        lead = () if len(dims) == 2 else (num_heads if batch is None else batch * num_heads,)
        demand_shape(need, attn_mask, (*lead, targets, sources), "mask", "attn_mask")
