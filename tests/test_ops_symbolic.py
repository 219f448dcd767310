"""Layers on tensors whose sizes or number of dims are not known: what torch itself cannot be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modlint.dims import symbol
from modlint.ops import registry
from modlint.ops.fields import Fields
from modlint.ops.need import Knowledge
from modlint.signature import Passed
from modlint.values import External, Instance, ListValue, Open, Rank, Tensor, Unknown, Value

B, N, D, H = (symbol(name) for name in "BNDH")


class Bench:
    """Calls ops and layers by name with one store of facts, and keeps the mismatches."""

    def __init__(self) -> None:
        registry.load()
        self.knowledge = Knowledge()
        self.mismatches: list[tuple[str, object, object]] = []

    def op(self, name: str, *args: Value, **kwargs: Value) -> Any:
        return self._call(registry.OPS[f"torch.{name}"], args, kwargs)

    def layer(self, name: str, *args: Value, **kwargs: Value) -> Instance:
        attrs = self._call(registry.LAYERS[f"torch.nn.{name}"], args, kwargs)
        return Instance(External(f"torch.nn.{name}"), attrs, initialised=True)

    def run(self, layer: Instance, *args: Value, **kwargs: Value) -> Any:
        assert isinstance(layer.cls, External)
        return self._call(registry.METHODS[layer.cls.name, "forward"], args, kwargs, Fields(layer.attrs))

    def _call(self, entry: registry.Op, args: tuple[Value, ...], kwargs: dict[str, Value], *first: Fields) -> Any:
        named = {name: Passed(value) for name, value in kwargs.items()}
        outcome = registry.call(entry, self.knowledge, [Passed(arg) for arg in args], named, *first)
        assert not outcome.bind_errors
        self.mismatches += [(mismatch.aspect, mismatch.wanted, mismatch.found) for mismatch in outcome.mismatches]
        return outcome.value

    def text(self, value: Any) -> str:
        """Shapes as text; an open rank is ``*``."""
        if isinstance(value, Tensor):
            shape = self.knowledge.shape(value)
            dims = ["*", *map(str, shape.tail)] if isinstance(shape, Open) else [*map(str, shape)]
            return f"({', '.join(dims)})"
        if isinstance(value, (tuple, ListValue)):
            items = value.items if isinstance(value, ListValue) else value
            return f"[{', '.join(map(self.text, items))}]"
        return type(value).__name__ if isinstance(value, Unknown) else str(value)


def anything(*tail: Any, dtype: str | None = "float32") -> Tensor:
    return Tensor(Open(Rank("x"), tail), dtype)


SHAPES: list[tuple[str, Callable[[Bench], Any]]] = [
    ("(*)", lambda b: b.op("nn.functional.relu", anything())),
    ("(*, 7)", lambda b: b.op("nn.functional.softmax", anything(7), dim=1)),
    ("(*, 3)", lambda b: b.op("nn.functional.glu", anything(6))),
    ("(*, 3, H)", lambda b: b.op("nn.functional.glu", anything(6, H), dim=-2)),
    ("(*)", lambda b: b.op("nn.functional.dropout", anything(), 0.1, Unknown("mode"))),
    ("(*, D)", lambda b: b.run(b.layer("Embedding", 100, D), anything(dtype=None))),
    ("(*, 10)", lambda b: b.op("nn.functional.one_hot", anything(dtype="int64"), 10)),
    (
        "[(B, C, 64), (B, C, C)]",
        lambda b: b.run(b.layer("MultiheadAttention", 64, 8, batch_first=True), *[anything()] * 3),
    ),
    ("(B, 8, N, D)", lambda b: b.op("nn.functional.scaled_dot_product_attention", *[Tensor((B, 8, N, D))] * 3)),
    ("[(N, B, 2*H), [(4, B, H), (4, B, H)]]", lambda b: _lstm(b)),
    ("[(B, N, H), (1, B, H)]", lambda b: b.run(b.layer("GRU", D, H, batch_first=True), Tensor((B, N, D)))),
    ("(B, H)", lambda b: b.run(b.layer("GRUCell", D, H), anything())),
    ("(N, B, D)", lambda b: b.run(b.layer("TransformerEncoderLayer", D, 1), Tensor((N, B, D)))),
    ("()", lambda b: b.op("nn.functional.cross_entropy", anything(10), anything(dtype=None))),
    ("(B)", lambda b: b.op("nn.functional.cross_entropy", Tensor((B, 10)), Tensor((B,), "int64"), reduction="none")),
    ("()", lambda b: b.op("nn.functional.mse_loss", anything(), anything())),
    ("(B, N)", lambda b: b.op("cdist", Tensor((B, D)), Tensor((N, D)))),
    ("(5, B, D)", lambda b: b.op("nn.utils.rnn.pad_sequence", Tensor((B, 5, D)))),
    ("Unknown", lambda b: b.op("nn.functional.mse_loss", anything(), anything(), reduction="none")),
    ("Unknown", lambda b: b.op("nn.functional.cosine_similarity", anything(), anything())),
    ("Unknown", lambda b: b.run(b.layer("TransformerEncoder", Unknown("a layer"), 2), Tensor((N, B, D)))),
    ("Unknown", lambda b: b.op("nn.utils.rnn.pack_padded_sequence", Tensor((N, B, D)), Unknown("lengths"))),
    ("Unknown", lambda b: b.op("nn.init.zeros_", Unknown("a tensor"))),
]


def _lstm(bench: Bench) -> Any:
    return bench.run(bench.layer("LSTM", D, H, 2, bidirectional=True), Tensor((N, B, D)))


@pytest.mark.parametrize(("wanted", "call"), SHAPES)
def test_shapes_of_what_is_not_known_stay_symbolic(wanted: str, call: Callable[[Bench], Any]) -> None:
    bench = Bench()
    assert bench.text(call(bench)) == wanted
    assert bench.mismatches == []


MISMATCHES: list[tuple[tuple[str, object, object], Callable[[Bench], Any]]] = [
    (("embed_dim", 64, 32), lambda b: b.run(b.layer("TransformerEncoderLayer", 64, 2), Tensor((N, B, 32)))),
    (("input_size", 5, 6), lambda b: b.run(b.layer("LSTM", 5, H), Tensor((N, B, 6)))),
    (("hidden_size", (1, B, H), (2, B, H)), lambda b: _state(b)),
    (("num_heads", 3, 64), lambda b: b.layer("MultiheadAttention", 64, 3)),
    (("num_parameters", 3, 4), lambda b: b.run(b.layer("PReLU", 3), Tensor((B, 4, N)))),
    (("split", 2, 5), lambda b: b.op("nn.functional.glu", anything(5))),
    (("dtype", ("int32", "int64"), "float32"), lambda b: b.run(b.layer("Embedding", 9, D), anything())),
    (("head_dim", 64, 32), lambda b: _attention(b)),
    (("loss_target", (B,), (B, 1)), lambda b: _class_column(b)),
    (("loss_target", (B, 1), (B,)), lambda b: _logits(b)),
    (("rank", (0, 1), (B, N)), lambda b: _signs(b)),
    (("rank", 2, (D,)), lambda b: b.op("nn.init.xavier_uniform_", Tensor((D,)))),
    (("range", (0, 1), 20), lambda b: b.layer("Dropout", 20)),
]


def _state(bench: Bench) -> Any:
    return bench.run(bench.layer("GRU", D, H), Tensor((N, B, D)), Tensor((2, B, H)))


def _attention(bench: Bench) -> Any:
    keys = Tensor((B, 8, N, 32))
    return bench.op("nn.functional.scaled_dot_product_attention", Tensor((B, 8, N, 64)), keys, keys)


def _class_column(bench: Bench) -> Any:
    return bench.op("nn.functional.cross_entropy", Tensor((B, 10)), Tensor((B, 1), "int64"))


def _logits(bench: Bench) -> Any:
    return bench.op("nn.functional.binary_cross_entropy_with_logits", Tensor((B, 1)), Tensor((B,)))


def _signs(bench: Bench) -> Any:
    return bench.op("nn.functional.cosine_embedding_loss", Tensor((B, D)), Tensor((B, D)), Tensor((B, N)))


@pytest.mark.parametrize(("wanted", "call"), MISMATCHES)
def test_what_cannot_fit_is_named_once(wanted: tuple[str, object, object], call: Callable[[Bench], Any]) -> None:
    bench = Bench()
    call(bench)
    assert bench.mismatches == [wanted]


def test_the_length_of_a_padded_batch_is_that_of_its_packing() -> None:
    bench = Bench()
    packed = bench.op("nn.utils.rnn.pack_padded_sequence", Tensor((B, N, D)), Tensor((B,), "int64"), batch_first=True)
    output, _ = bench.run(bench.layer("LSTM", D, H, batch_first=True), packed)
    padded, lengths = bench.op("nn.utils.rnn.pad_packed_sequence", output, batch_first=True)
    assert bench.text((padded, lengths)) == "[(B, longest, H), (B)]"
    assert bench.knowledge.shape(packed.attrs["batch_sizes"]) == bench.knowledge.shape(padded)[1:2]


def test_layers_of_an_encoder_are_copies() -> None:
    bench = Bench()
    layer = bench.layer("TransformerEncoderLayer", 8, 2)
    layers = bench.layer("TransformerEncoder", layer, 2).attrs["layers"]
    assert list(layers.attrs) == ["0", "1"]
    first, second = layers.attrs.values()
    assert first is not second
    assert first.attrs["self_attn"] is not second.attrs["self_attn"]
    assert first.attrs["linear1"].attrs["weight"].shape == second.attrs["linear1"].attrs["weight"].shape
