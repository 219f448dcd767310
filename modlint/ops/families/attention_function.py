"""``torch.nn.functional.multi_head_attention_forward``, which gets the weights of a layer as arguments."""

from __future__ import annotations

import math

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Number
from modlint.ops.demands import demand_shape, demand_within
from modlint.ops.families.attention import attend
from modlint.ops.need import Need, Undecided
from modlint.ops.registry import op
from modlint.values import Tensor

_X = "torch.randn(4, 2, 6), torch.randn(5, 2, 6), torch.randn(5, 2, 6)"
_W = "torch.randn(18, 6), torch.randn(18), None, None, False, 0.0, torch.randn(6, 6), torch.randn(6)"


@op(
    "torch.nn.functional.multi_head_attention_forward",
    cases=[
        f"F.multi_head_attention_forward({_X}, 6, 2, {_W})",
        f"F.multi_head_attention_forward({_X}, 6, 2, {_W}, need_weights=False)",
        f"F.multi_head_attention_forward({_X}, 6, 2, {_W}, average_attn_weights=False)",
        f"F.multi_head_attention_forward({_X}, 6, 4, {_W})",
        f"F.multi_head_attention_forward({_X}, 7, 2, {_W})",
        f"F.multi_head_attention_forward({_X}, 6, 2, {_W.replace('18, 6', '18, 5')})",
        f"F.multi_head_attention_forward({_X}, 6, 2, {_W.replace('(6)', '(5)')})",
        f"F.multi_head_attention_forward({_X}, 6, 2, {_W.replace('(6)', '(1)')})",
        f"F.multi_head_attention_forward({_X}, 6, 2, {_W.replace('(18)', '(3)')})",
        f"F.multi_head_attention_forward({_X}, 6, 2, {_W}, key_padding_mask=torch.zeros(2, 5).bool())",
        f"F.multi_head_attention_forward({_X}, 6, 2, {_W}, key_padding_mask=torch.zeros(5, 2).bool())",
        f"F.multi_head_attention_forward({_X}, 6, 2, {_W}, attn_mask=torch.zeros(4, 5))",
        f"F.multi_head_attention_forward({_X}, 6, 2, {_W}, attn_mask=torch.zeros(4, 4))",
    ],
)
def multi_head_attention_forward(
    need: Need,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: Dim,
    num_heads: Dim,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: Flag,
    dropout_p: Number,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: Flag = True,
    key_padding_mask: Tensor | None = None,
    need_weights: Flag = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: Flag = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Anything = None,
    static_v: Anything = None,
    average_attn_weights: Flag = True,
    is_causal: Flag = False,
) -> tuple[Tensor, Tensor | None]:
    if static_k is not None or static_v is not None or use_separate_proj_weight:
        raise Undecided("attention with its own projections is not modelled")
    embed_dim = embed_dim_to_check
    need.at_least(num_heads, 1, "num_heads", "num_heads")
    need.divisible(embed_dim, num_heads, "num_heads", "embed_dim_to_check")
    if in_proj_weight is not None:
        demand_shape(need, in_proj_weight, (3 * embed_dim, embed_dim), "embed_dim", "in_proj_weight")
    if in_proj_bias is not None:
        if need.dims(in_proj_bias) in ((1,), (3,)):
            raise Undecided("the bias is broadcast")
        demand_shape(need, in_proj_bias, (3 * embed_dim,), "embed_dim", "in_proj_bias")
    out_features, in_features = need.rank(out_proj_weight, 2, operand="out_proj_weight")
    need.equal(in_features, embed_dim, "embed_dim", "out_proj_weight")
    if out_proj_bias is not None:
        _demand_bias(need, out_proj_bias, out_features)
    demand_within(need, dropout_p, -math.inf, 1, "dropout_p")
    output, weights = attend(
        need,
        (query, key, value),
        (embed_dim, embed_dim, embed_dim),
        num_heads,
        key_padding_mask=key_padding_mask,
        attn_mask=attn_mask,
        is_causal=is_causal,
        extra_sources=(bias_k is not None) + add_zero_attn,
        need_weights=need_weights,
        average=average_attn_weights,
    )
    return output.with_shape((*need.dims(output)[:-1], out_features)), weights


def _demand_bias(need: Need, bias: Tensor, features: Dim) -> None:
    if need.dims(bias) == (1,) or len(need.dims(bias)) != 1:
        raise Undecided("the bias is broadcast to all targets")
    need.equal(need.size(bias, 0), features, "embed_dim", "out_proj_bias")
