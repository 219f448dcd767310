"""Recurrent layers: docs.pytorch.org/docs/stable/nn.html#recurrent-layers."""

from __future__ import annotations

from dataclasses import dataclass

from modlint.dims import Answer, Dim
from modlint.ops.arguments import Anything, Flag, Name, Number
from modlint.ops.children import child
from modlint.ops.demands import REAL, demand_bool, demand_kind, demand_one_of, demand_shape, demand_within
from modlint.ops.families.sequences import PACKED, is_packed
from modlint.ops.fields import Fields, parameter
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import layer, method
from modlint.values import Instance, ListValue, Tensor, Unknown, Value

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}


@dataclass(frozen=True)
class _Config:
    """The constructor's arguments, checked."""

    mode: str
    input_size: Dim
    hidden_size: Dim
    num_layers: Dim
    bias: bool
    batch_first: bool
    dropout: Number
    bidirectional: bool
    proj_size: Dim

    @property
    def output_size(self) -> Dim:
        return self.hidden_size if self.proj_size == 0 else self.proj_size


def _demand_config(need: Need, config: _Config) -> None:
    need.at_least(config.input_size, 1, "input_size", "input_size")
    need.at_least(config.hidden_size, 1, "hidden_size", "hidden_size")
    need.at_least(config.num_layers, 1, "num_layers", "num_layers")
    need.at_least(config.proj_size, 0, "proj_size", "proj_size")
    need.at_least(config.hidden_size - config.proj_size, 1, "proj_size", "proj_size")
    demand_within(need, config.dropout, 0, 1, "dropout")
    if isinstance(config.dropout, bool):
        need.fail("type", "number", config.dropout, "dropout")


def _attributes(need: Need, config: _Config) -> dict[str, Value]:
    _demand_config(need, config)
    attrs: dict[str, Value] = dict(vars(config))
    layers = config.num_layers if isinstance(config.num_layers, int) else 1
    suffixes = ("", "_reverse") if config.bidirectional else ("",)
    for index in range(layers):
        for suffix in suffixes:
            attrs.update(_weights(config, index, f"l{index}{suffix}"))
    return attrs


def _weights(config: _Config, index: int, suffix: str) -> dict[str, Value]:
    gates = _GATES[config.mode] * config.hidden_size
    width = config.output_size * (2 if config.bidirectional else 1) if index else config.input_size
    weights: dict[str, Value] = {
        f"weight_ih_{suffix}": parameter(gates, width),
        f"weight_hh_{suffix}": parameter(gates, config.output_size),
    }
    if config.bias:
        weights |= {f"bias_ih_{suffix}": parameter(gates), f"bias_hh_{suffix}": parameter(gates)}
    if config.proj_size != 0:
        weights[f"weight_hr_{suffix}"] = parameter(config.proj_size, config.hidden_size)
    return weights


def _flag(need: Need, value: Value, operand: str) -> bool:
    """A flag that torch takes as True or False only."""
    if isinstance(value, Unknown):
        raise Undecided(value.why)
    demand_bool(need, value, operand)
    return bool(value)


@layer(
    "torch.nn.LSTM",
    parents=["torch.nn.RNNBase"],
    cases=[
        "nn.LSTM(5, 6)(torch.randn(4, 2, 5))",
        "nn.LSTM(5, 6, batch_first=True)(torch.randn(2, 4, 5))",
        "nn.LSTM(5, 6, 2, batch_first=True, bidirectional=True, proj_size=3)(torch.randn(2, 4, 5))",
        "nn.LSTM(5, 6, 2, bidirectional=True)(torch.randn(4, 5))",
        "nn.LSTM(5, 6)(torch.randn(4, 2, 5), (torch.randn(1, 2, 6), torch.randn(1, 2, 6)))",
        "nn.LSTM(5, 6, proj_size=3)(torch.randn(4, 2, 5), (torch.randn(1, 2, 3), torch.randn(1, 2, 6)))",
        "nn.LSTM(5, 6)(torch.randn(4, 5), (torch.randn(1, 6), torch.randn(1, 6)))",
        "nn.LSTM(5, 6)(torch.randn(4, 2, 6))",
        "nn.LSTM(5, 6)(torch.randn(4, 2, 5, 1))",
        "nn.LSTM(5, 6)(torch.randn(4, 2, 5), (torch.randn(1, 2, 6), torch.randn(1, 2, 5)))",
        "nn.LSTM(5, 6)(torch.randn(4, 2, 5), (torch.randn(2, 2, 6), torch.randn(1, 2, 6)))",
        "nn.LSTM(5, 6, batch_first=True)(torch.randn(4, 2, 5), (torch.randn(1, 2, 6), torch.randn(1, 2, 6)))",
        "nn.LSTM(5, 6)(torch.randn(4, 2, 5), torch.randn(1, 2, 6))",
        "nn.LSTM(5, 6)(torch.randn(4, 2, 5), (torch.randn(2, 6), torch.randn(2, 6)))",
        "nn.LSTM(5, 6)(torch.zeros(4, 2, 5).long())",
        "nn.LSTM(5, 6, 2).weight_ih_l1",
        "nn.LSTM(5, 6, 2, bidirectional=True, proj_size=3).weight_hr_l1_reverse",
        "nn.LSTM(5, 6, 2, True, True, 0.5, True, 3).weight_ih_l1",
        "nn.LSTM(5, 6).flatten_parameters()",
        "nn.LSTM(5, 6, 0)",
        "nn.LSTM(5, 0)",
        "nn.LSTM(5, 6, proj_size=6)",
        "nn.LSTM(5, 6, dropout=2)",
        "nn.LSTM(5, 6, 2, 0.5)",
        "nn.LSTM(5, 6, 2, True, 8)",
    ],
)
def lstm_layer(
    need: Need,
    input_size: Dim,
    hidden_size: Dim,
    num_layers: Dim = 1,
    bias: Anything = True,
    batch_first: Anything = False,
    dropout: Number = 0.0,
    bidirectional: Flag = False,
    proj_size: Dim = 0,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    flags = _flag(need, bias, "bias"), _flag(need, batch_first, "batch_first")
    config = _Config("LSTM", input_size, hidden_size, num_layers, *flags, dropout, bidirectional, proj_size)
    return _attributes(need, config)


@layer(
    "torch.nn.GRU",
    parents=["torch.nn.RNNBase"],
    cases=[
        "nn.GRU(5, 6)(torch.randn(4, 2, 5))",
        "nn.GRU(5, 6, 2, batch_first=True, bidirectional=True)(torch.randn(2, 4, 5))",
        "nn.GRU(5, 6, batch_first=True)(torch.randn(4, 5))",
        "nn.GRU(5, 6)(torch.randn(4, 2, 5), torch.randn(1, 2, 6))",
        "nn.GRU(5, 6)(torch.randn(4, 5), torch.randn(1, 6))",
        "nn.GRU(5, 6)(torch.randn(4, 2, 5), torch.randn(1, 4, 6))",
        "nn.GRU(5, 6)(torch.randn(4, 2, 5), torch.randn(2, 6))",
        "nn.GRU(5, 6)(torch.randn(4, 2, 5), (torch.randn(1, 2, 6), torch.randn(1, 2, 6)))",
        "nn.GRU(5, 6)(torch.randn(0, 2, 5))",
        "nn.GRU(5, 6, bidirectional=True).weight_hh_l0_reverse",
        "nn.GRU(5, 6, bias=False).weight_ih_l0",
        "nn.GRU(5, 6, proj_size=3)",
    ],
)
def gru_layer(
    need: Need,
    input_size: Dim,
    hidden_size: Dim,
    num_layers: Dim = 1,
    bias: Anything = True,
    batch_first: Anything = False,
    dropout: Number = 0.0,
    bidirectional: Flag = False,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    flags = _flag(need, bias, "bias"), _flag(need, batch_first, "batch_first")
    return _attributes(need, _Config("GRU", input_size, hidden_size, num_layers, *flags, dropout, bidirectional, 0))


@layer(
    "torch.nn.RNN",
    parents=["torch.nn.RNNBase"],
    cases=[
        "nn.RNN(5, 6)(torch.randn(4, 2, 5))",
        "nn.RNN(5, 6, 2, 'relu', batch_first=True)(torch.randn(2, 4, 5), torch.randn(2, 2, 6))",
        "nn.RNN(5, 6, nonlinearity='relu', bidirectional=True)(torch.randn(2, 4, 5))",
        "nn.RNN(5, 6, nonlinearity='sigmoid')",
        "nn.RNN(5, 6, 1, True)",
        "nn.RNN(5, 6)(torch.randn(5))",
        "nn.RNN(5, 6).weight_hh_l0",
    ],
)
def rnn_layer(
    need: Need,
    input_size: Dim,
    hidden_size: Dim,
    num_layers: Dim = 1,
    nonlinearity: Name = "tanh",
    bias: Anything = True,
    batch_first: Anything = False,
    dropout: Number = 0.0,
    bidirectional: Flag = False,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    demand_one_of(need, nonlinearity, ("tanh", "relu"), "nonlinearity")
    mode = "RNN_RELU" if nonlinearity == "relu" else "RNN_TANH"
    flags = _flag(need, bias, "bias"), _flag(need, batch_first, "batch_first")
    config = _Config(mode, input_size, hidden_size, num_layers, *flags, dropout, bidirectional, 0)
    return {**_attributes(need, config), "nonlinearity": nonlinearity}


@method(("torch.nn.LSTM", "torch.nn.GRU", "torch.nn.RNN"), "flatten_parameters")
def flatten_parameters(need: Need, self: Fields) -> None:
    return None


@method("torch.nn.LSTM", "forward")
def lstm_forward(
    need: Need, self: Fields, input: Anything, hx: Anything = None
) -> tuple[Tensor | Instance, tuple[Tensor, Tensor]]:
    """(L, B, input_size) -> (L, B, directions * output size), (h, c); ``batch_first`` swaps L and B of the input."""
    run = _Run(need, self, input, checked=hx is not None)
    output_size = self.hidden_size if self.proj_size == 0 else self.proj_size
    shapes = run.state_shape(output_size), run.state_shape(self.hidden_size)
    if hx is not None:
        for state, shape in zip(state_pair(need, hx), shapes, strict=True):
            demand_state(need, state, shape)
    h, c = (run.data.with_shape(shape) for shape in shapes)
    return run.output(output_size), (h, c)


@method(("torch.nn.GRU", "torch.nn.RNN"), "forward")
def gru_forward(
    need: Need, self: Fields, input: Anything, hx: Tensor | None = None
) -> tuple[Tensor | Instance, Tensor]:
    """(L, B, input_size) -> (L, B, directions * hidden_size), h; ``batch_first`` swaps L and B of the input."""
    run = _Run(need, self, input)
    shape = run.state_shape(self.hidden_size)
    if hx is not None:
        demand_state(need, hx, shape)
    return run.output(self.hidden_size), run.data.with_shape(shape)


def state_pair(need: Need, hx: Value) -> tuple[Value, Value]:
    """The two states of an LSTM."""
    if isinstance(hx, Unknown):
        raise Undecided(hx.why)
    states = tuple(hx.items) if isinstance(hx, ListValue) else hx
    if not isinstance(states, tuple) or len(states) != 2:
        need.fail("type", "(h, c)", hx, "hx")
        raise Impossible
    return states


def demand_state(need: Need, state: Value, shape: tuple[Dim, ...]) -> None:
    """A state must be a tensor of that shape."""
    if isinstance(state, Unknown):
        return
    if not isinstance(state, Tensor):
        need.fail("type", "Tensor", state, "hx")
        raise Impossible
    demand_shape(need, state, shape, "hidden_size", "hx")


class _Run:
    """What the forward methods share: the input's sizes, checked, and the shapes that follow from them."""

    def __init__(self, need: Need, fields: Fields, input: Value, checked: bool = True) -> None:
        if isinstance(input, Unknown):
            raise Undecided(input.why)
        self.packed = input if is_packed(input) else None
        data = input.attrs["data"] if self.packed else input
        if not isinstance(data, Tensor):
            need.fail("type", "Tensor", input, "input")
            raise Impossible
        self.data = data
        self.directions = 2 if fields.bidirectional else 1
        self.states = fields.num_layers * self.directions
        self.dims = need.rank(data, 2) if self.packed else need.rank(data, 2, 3)
        self.batch_first = fields.batch_first
        if self.packed and not checked and need.same(self.dims[-1], fields.input_size) is Answer.NO:
            raise Undecided("torch does not compare the features of packed sequences with those of an LSTM")
        need.equal(self.dims[-1], fields.input_size, "input_size")
        demand_kind(need, data, REAL)
        if not self.packed:
            need.at_least(self.dims[1 if self.batch_first and len(self.dims) == 3 else 0], 1, "length")

    def state_shape(self, size: Dim) -> tuple[Dim, ...]:
        if self.packed:
            return (self.states, self.packed.attrs["_batch"], size)
        batch = self.dims[:-1] if len(self.dims) == 2 else self.dims[:1] if self.batch_first else self.dims[1:2]
        return (self.states, size) if len(self.dims) == 2 else (self.states, *batch, size)

    def output(self, size: Dim) -> Tensor | Instance:
        """The last layer's output at every step; a batch comes first as a transposed view."""
        result = self.data.with_shape((*self.dims[:-1], size * self.directions))
        if self.packed:
            return child(PACKED, {**self.packed.attrs, "data": result})
        if self.batch_first and len(self.dims) == 3:
            result.order = (1, 0, 2)
        return result
