"""Transformer layers: docs.pytorch.org/docs/stable/nn.html#transformer-layers."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Number
from modlint.ops.children import child, copied, run
from modlint.ops.demands import demand_one_of, demand_within
from modlint.ops.families.attention import multihead_attention_layer
from modlint.ops.families.linear import linear_layer
from modlint.ops.fields import Fields, parameter
from modlint.ops.need import Need, Undecided
from modlint.ops.registry import layer, method
from modlint.values import External, Instance, Tensor, Value

ENCODER = "torch.nn.TransformerEncoderLayer"
DECODER = "torch.nn.TransformerDecoderLayer"
_D = "nn.TransformerDecoderLayer(6, 2, 8)"
_DROPOUTS = ("dropout", "dropout1", "dropout2")


def layer_norm(size: Dim, eps: Number, bias: bool) -> Instance:
    """``nn.LayerNorm`` over the last dim."""
    attrs: dict[str, Value] = {"normalized_shape": (size,), "eps": eps, "elementwise_affine": True}
    weights = {"weight": parameter(size), "bias": parameter(size) if bias else None}
    return child("torch.nn.LayerNorm", {**attrs, **weights})


@layer(
    ENCODER,
    cases=[
        "nn.TransformerEncoderLayer(6, 2, 8)(torch.randn(4, 3, 6))",
        "nn.TransformerEncoderLayer(6, 2, 8, batch_first=True, norm_first=True)(torch.randn(4, 3, 6))",
        "nn.TransformerEncoderLayer(6, 2, 8, activation='gelu')(torch.randn(4, 6))",
        "nn.TransformerEncoderLayer(6, 2, 8)(torch.randn(4, 3, 6), torch.zeros(4, 4))",
        "nn.TransformerEncoderLayer(6, 2, 8)(torch.randn(4, 3, 6), src_key_padding_mask=torch.zeros(3, 4).bool())",
        "nn.TransformerEncoderLayer(6, 2, 8)(torch.randn(4, 3, 6), torch.zeros(3, 3))",
        "nn.TransformerEncoderLayer(6, 2, 8)(torch.randn(4, 3, 6), src_key_padding_mask=torch.zeros(4, 3).bool())",
        "nn.TransformerEncoderLayer(6, 2, 8)(torch.randn(4, 3, 6), is_causal=True)",
        "nn.TransformerEncoderLayer(6, 2, 8)(torch.randn(4, 3, 5))",
        "nn.TransformerEncoderLayer(6, 2, 8)(torch.randn(1, 4, 3, 6))",
        "nn.TransformerEncoderLayer(6, 2, 8)(torch.zeros(4, 3, 6).long())",
        "nn.TransformerEncoderLayer(6, 4)",
        "nn.TransformerEncoderLayer(6, 2, dropout=2)",
        "nn.TransformerEncoderLayer(6, 2, activation='tanh')",
        "nn.TransformerEncoderLayer(6, 2, 8).linear1.weight",
    ],
)
def encoder_layer(
    need: Need,
    d_model: Dim,
    nhead: Dim,
    dim_feedforward: Dim = 2048,
    dropout: Number = 0.1,
    activation: Anything = "relu",
    layer_norm_eps: Number = 1e-5,
    batch_first: Flag = False,
    norm_first: Flag = False,
    bias: Flag = True,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    if isinstance(activation, str):
        demand_one_of(need, activation, ("relu", "gelu"), "activation")
        activation = External(f"torch.nn.functional.{activation}")
    demand_within(need, dropout, 0, 1, "dropout")
    attention = multihead_attention_layer(need, d_model, nhead, dropout, bias, batch_first=batch_first)
    dropouts = {name: child("torch.nn.Dropout", {"p": dropout, "inplace": False}) for name in _DROPOUTS}
    return {
        "self_attn": child("torch.nn.MultiheadAttention", attention),
        "linear1": child("torch.nn.Linear", linear_layer(need, d_model, dim_feedforward, bias)),
        "linear2": child("torch.nn.Linear", linear_layer(need, dim_feedforward, d_model, bias)),
        "norm_first": norm_first,
        "norm1": layer_norm(d_model, layer_norm_eps, bias),
        "norm2": layer_norm(d_model, layer_norm_eps, bias),
        "activation": activation,
        **dropouts,
    }


@method(ENCODER, "forward")
def encoder_layer_forward(
    need: Need,
    self: Fields,
    src: Tensor,
    src_mask: Tensor | None = None,
    src_key_padding_mask: Tensor | None = None,
    is_causal: Flag = False,
) -> Tensor:
    """(S, B, d_model) keeps its shape; ``batch_first`` swaps S and B."""
    attended, _ = run(
        need,
        self.self_attn,
        src,
        src,
        src,
        key_padding_mask=src_key_padding_mask,
        need_weights=False,
        attn_mask=src_mask,
        is_causal=is_causal,
    )
    return tensor(attended).with_shape(attended.shape)


def tensor(value: Value) -> Tensor:
    """``value``, which an inner module gave; raises Undecided when it is no tensor."""
    if not isinstance(value, Tensor):
        raise Undecided("what an inner module gives is not known")
    return value


@layer(
    DECODER,
    cases=[
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 3, 6))",
        "nn.TransformerDecoderLayer(6, 2, 8, batch_first=True)(torch.randn(3, 4, 6), torch.randn(3, 5, 6))",
        f"{_D}(torch.randn(4, 6), torch.randn(5, 6))",
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 3, 6), torch.zeros(4, 4))",
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 3, 6), memory_mask=torch.zeros(4, 5))",
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 3, 6), torch.zeros(4, 5))",
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 3, 6), memory_mask=torch.zeros(5, 4))",
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 2, 6))",
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 3, 4))",
        f"{_D}(torch.randn(4, 3, 6))",
        "nn.TransformerDecoderLayer(6, 2, 8).multihead_attn.in_proj_weight",
    ],
)
def decoder_layer(
    need: Need,
    d_model: Dim,
    nhead: Dim,
    dim_feedforward: Dim = 2048,
    dropout: Number = 0.1,
    activation: Anything = "relu",
    layer_norm_eps: Number = 1e-5,
    batch_first: Flag = False,
    norm_first: Flag = False,
    bias: Flag = True,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    attrs = encoder_layer(
        need, d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias
    )
    return {
        **attrs,
        "multihead_attn": copied(attrs["self_attn"]),
        "norm3": copied(attrs["norm1"]),
        "dropout3": copied(attrs["dropout"]),
    }


@method(DECODER, "forward")
def decoder_layer_forward(
    need: Need,
    self: Fields,
    tgt: Tensor,
    memory: Tensor,
    tgt_mask: Tensor | None = None,
    memory_mask: Tensor | None = None,
    tgt_key_padding_mask: Tensor | None = None,
    memory_key_padding_mask: Tensor | None = None,
    tgt_is_causal: Flag = False,
    memory_is_causal: Flag = False,
) -> Tensor:
    """``tgt`` (T, B, d_model) keeps its shape, ``memory`` is (S, B, d_model); ``batch_first`` swaps T, S with B."""
    attended, _ = run(
        need,
        self.self_attn,
        tgt,
        tgt,
        tgt,
        key_padding_mask=tgt_key_padding_mask,
        need_weights=False,
        attn_mask=tgt_mask,
        is_causal=tgt_is_causal,
    )
    attended, _ = run(
        need,
        self.multihead_attn,
        attended,
        memory,
        memory,
        key_padding_mask=memory_key_padding_mask,
        need_weights=False,
        attn_mask=memory_mask,
        is_causal=memory_is_causal,
    )
    return tensor(attended).with_shape(attended.shape)
