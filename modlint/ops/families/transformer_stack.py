"""Encoders, decoders and whole transformers: docs.pytorch.org/docs/stable/generated/torch.nn.Transformer.html."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Number
from modlint.ops.children import child, copied, module_list, run
from modlint.ops.dtypes import chosen
from modlint.ops.families.transformer import DECODER, ENCODER, decoder_layer, encoder_layer, layer_norm, tensor
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.values import External, Instance, Tensor, Value

_E = "nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8), 2)"
_D = "nn.TransformerDecoder(nn.TransformerDecoderLayer(6, 2, 8), 2)"


def _stack(inner: Value, num_layers: Dim, norm: Value) -> dict[str, Value]:
    """Copies of a layer, or a single one when their number is not known."""
    copies = range(num_layers if isinstance(num_layers, int) else 1)
    return {"layers": module_list([copied(inner) for _ in copies]), "num_layers": num_layers, "norm": norm}


def _first_layer(need: Need, self: Fields, name: str) -> Instance:
    """The first of equal layers; raises Undecided when they are of another class than ``name``."""
    layers = self.layers
    if isinstance(layers, Instance) and not layers.attrs and not layers.partial:
        need.fail("num_layers", 1, 0, "num_layers")
        raise Impossible
    first = layers.attrs.get("0") if isinstance(layers, Instance) else None
    if isinstance(first, Instance) and isinstance(first.cls, External) and first.cls.name == name:
        return first
    raise Undecided("what the layers do is not known")


def _normed(need: Need, self: Fields, output: Tensor) -> Tensor:
    return output if self.norm is None else tensor(run(need, self.norm, output))


@layer(
    "torch.nn.TransformerEncoder",
    cases=[
        f"{_E}(torch.randn(4, 3, 6))",
        f"{_E}(torch.randn(4, 3, 6), torch.zeros(4, 4), torch.zeros(3, 4))",
        f"{_E}(torch.randn(4, 3, 6), mask=torch.zeros(3, 3))",
        f"{_E}(torch.randn(4, 3, 6), src_key_padding_mask=torch.zeros(4, 3))",
        f"{_E}(torch.randn(4, 3, 6), is_causal=True)",
        f"{_E}(torch.randn(4, 3, 5))",
        f"{_E}(torch.randn(1, 4, 3, 6))",
        f"{_E}.layers",
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8), 1, nn.LayerNorm(6))(torch.randn(4, 6))",
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8), 1, nn.LayerNorm(5))(torch.randn(4, 6))",
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8), 0)(torch.randn(4, 3, 6))",
        "nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8))",
    ],
)
def encoder(
    need: Need,
    encoder_layer: Anything,
    num_layers: Dim,
    norm: Anything = None,
    enable_nested_tensor: Flag = True,
    mask_check: Flag = True,
) -> dict[str, Value]:
    return _stack(encoder_layer, num_layers, norm)


@method("torch.nn.TransformerEncoder", "forward")
def encoder_forward(
    need: Need,
    self: Fields,
    src: Tensor,
    mask: Tensor | None = None,
    src_key_padding_mask: Tensor | None = None,
    is_causal: Flag | None = None,
) -> Tensor:
    output = run(need, _first_layer(need, self, ENCODER), src, mask, src_key_padding_mask, bool(is_causal))
    return _normed(need, self, tensor(output))


@layer(
    "torch.nn.TransformerDecoder",
    cases=[
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 3, 6))",
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 3, 6), torch.zeros(4, 4), torch.zeros(4, 5))",
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 3, 6), torch.zeros(5, 5))",
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 3, 6), memory_key_padding_mask=torch.zeros(3, 5).bool())",
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 3, 6), memory_key_padding_mask=torch.zeros(3, 4).bool())",
        f"{_D}(torch.randn(4, 3, 6), torch.randn(5, 2, 6))",
        f"{_D}(torch.randn(4, 3, 6))",
    ],
)
def decoder(need: Need, decoder_layer: Anything, num_layers: Dim, norm: Anything = None) -> dict[str, Value]:
    return _stack(decoder_layer, num_layers, norm)


@method("torch.nn.TransformerDecoder", "forward")
def decoder_forward(
    need: Need,
    self: Fields,
    tgt: Tensor,
    memory: Tensor,
    tgt_mask: Tensor | None = None,
    memory_mask: Tensor | None = None,
    tgt_key_padding_mask: Tensor | None = None,
    memory_key_padding_mask: Tensor | None = None,
    tgt_is_causal: Flag | None = None,
    memory_is_causal: Flag = False,
) -> Tensor:
    output = run(
        need,
        _first_layer(need, self, DECODER),
        tgt,
        memory,
        tgt_mask,
        memory_mask,
        tgt_key_padding_mask,
        memory_key_padding_mask,
        bool(tgt_is_causal),
        memory_is_causal,
    )
    return _normed(need, self, tensor(output))


@layer(
    "torch.nn.Transformer",
    cases=[
        "nn.Transformer(6, 2, 1, 1, 8)(torch.randn(5, 3, 6), torch.randn(4, 3, 6))",
        "nn.Transformer(6, 2, 1, 1, 8, batch_first=True)(torch.randn(3, 5, 6), torch.randn(3, 4, 6))",
        "nn.Transformer(6, 2, 1, 1, 8)(torch.randn(5, 6), torch.randn(4, 6))",
        "nn.Transformer(6, 2, 1, 1, 8)(torch.randn(5, 3, 6), torch.randn(4, 3, 6), tgt_mask=torch.zeros(4, 4))",
        "nn.Transformer(6, 2, 1, 1, 8)(torch.randn(5, 3, 6), torch.randn(4, 3, 6), tgt_mask=torch.zeros(5, 5))",
        "nn.Transformer(6, 2, 1, 1, 8)(torch.randn(5, 3, 6), torch.randn(4, 2, 6))",
        "nn.Transformer(6, 2, 1, 1, 8)(torch.randn(5, 3, 6), torch.randn(4, 3, 5))",
        "nn.Transformer(6, 2, 1, 1, 8)(torch.randn(5, 3, 6))",
        "nn.Transformer(6, 4, 1, 1, 8)",
        "nn.Transformer(6, 2, 1, 1, 8).encoder(torch.randn(5, 3, 6))",
        "nn.Transformer(6, 2, 1, 1, 8).generate_square_subsequent_mask(4)",
    ],
)
def transformer(
    need: Need,
    d_model: Dim = 512,
    nhead: Dim = 8,
    num_encoder_layers: Dim = 6,
    num_decoder_layers: Dim = 6,
    dim_feedforward: Dim = 2048,
    dropout: Number = 0.1,
    activation: Anything = "relu",
    custom_encoder: Anything = None,
    custom_decoder: Anything = None,
    layer_norm_eps: Number = 1e-5,
    batch_first: Flag = False,
    norm_first: Flag = False,
    bias: Flag = True,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    options = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
    inner = child(ENCODER, encoder_layer(need, *options)), child(DECODER, decoder_layer(need, *options))
    norm = layer_norm(d_model, layer_norm_eps, bias)
    stacks = [_stack(inner[0], num_encoder_layers, norm), _stack(inner[1], num_decoder_layers, copied(norm))]
    return {
        "encoder": child("torch.nn.TransformerEncoder", stacks[0]) if custom_encoder is None else custom_encoder,
        "decoder": child("torch.nn.TransformerDecoder", stacks[1]) if custom_decoder is None else custom_decoder,
        "d_model": d_model,
        "nhead": nhead,
        "batch_first": batch_first,
    }


@method("torch.nn.Transformer", "forward")
def transformer_forward(
    need: Need,
    self: Fields,
    src: Tensor,
    tgt: Tensor,
    src_mask: Tensor | None = None,
    tgt_mask: Tensor | None = None,
    memory_mask: Tensor | None = None,
    src_key_padding_mask: Tensor | None = None,
    tgt_key_padding_mask: Tensor | None = None,
    memory_key_padding_mask: Tensor | None = None,
    src_is_causal: Flag | None = None,
    tgt_is_causal: Flag | None = None,
    memory_is_causal: Flag = False,
) -> Tensor:
    """``src`` (S, B, d_model), ``tgt`` (T, B, d_model) -> (T, B, d_model); ``batch_first`` swaps S, T with B."""
    memory = run(need, self.encoder, src, src_mask, src_key_padding_mask, src_is_causal)
    output = run(
        need,
        self.decoder,
        tgt,
        tensor(memory),
        tgt_mask,
        memory_mask,
        tgt_key_padding_mask,
        memory_key_padding_mask,
        tgt_is_causal,
        memory_is_causal,
    )
    return tensor(output)


@op(
    "torch.nn.Transformer.generate_square_subsequent_mask",
    cases=[
        "nn.Transformer.generate_square_subsequent_mask(4)",
        "nn.Transformer.generate_square_subsequent_mask(4, dtype=torch.float64)",
        "nn.Transformer.generate_square_subsequent_mask(-1)",
    ],
)
def square_subsequent_mask(need: Need, sz: Dim, device: Anything = None, dtype: Anything = None) -> Tensor:
    """(sz, sz), minus infinity above the diagonal."""
    need.at_least(sz, 0, "num_features", "sz")
    return Tensor((sz, sz), chosen(need, dtype, "float32"))


@method("torch.nn.Transformer", "generate_square_subsequent_mask")
def own_square_subsequent_mask(
    need: Need, self: Fields, sz: Dim, device: Anything = None, dtype: Anything = None
) -> Tensor:
    return square_subsequent_mask(need, sz, device, dtype)
