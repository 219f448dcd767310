"""Single steps of recurrent networks: docs.pytorch.org/docs/stable/nn.html#recurrent-layers."""

from __future__ import annotations

from modlint.dims import Answer, Dim
from modlint.ops.arguments import Anything, Flag, Name
from modlint.ops.demands import REAL, demand_kind, demand_one_of
from modlint.ops.families.recurrent import demand_state, state_pair
from modlint.ops.fields import Fields, parameter
from modlint.ops.need import Need, Undecided
from modlint.ops.registry import layer, method
from modlint.values import Tensor, Value


def _attributes(need: Need, input_size: Dim, hidden_size: Dim, bias: bool, gates: int) -> dict[str, Value]:
    need.at_least(input_size, 0, "input_size", "input_size")
    need.at_least(hidden_size, 0, "hidden_size", "hidden_size")
    return {
        "input_size": input_size,
        "hidden_size": hidden_size,
        "bias": bias,
        "weight_ih": parameter(gates * hidden_size, input_size),
        "weight_hh": parameter(gates * hidden_size, hidden_size),
        "bias_ih": parameter(gates * hidden_size) if bias else None,
        "bias_hh": parameter(gates * hidden_size) if bias else None,
    }


@layer(
    "torch.nn.LSTMCell",
    parents=["torch.nn.RNNCellBase"],
    cases=[
        "nn.LSTMCell(5, 6)(torch.randn(2, 5))",
        "nn.LSTMCell(5, 6)(torch.randn(5))",
        "nn.LSTMCell(5, 6)(torch.randn(5), (torch.randn(6), torch.randn(6).cfloat()))",
        "nn.LSTMCell(5, 6)(torch.randn(2, 5), (torch.randn(2, 6), torch.randn(2, 6)))",
        "nn.LSTMCell(5, 6)(torch.randn(5), (torch.randn(6), torch.randn(6)))",
        "nn.LSTMCell(5, 6)(torch.randn(2, 4))",
        "nn.LSTMCell(5, 6)(torch.randn(2, 3, 5))",
        "nn.LSTMCell(5, 6)(torch.randn(2, 5), (torch.randn(3, 6), torch.randn(2, 6)))",
        "nn.LSTMCell(5, 6)(torch.randn(2, 5), (torch.randn(2, 6), torch.randn(2, 5)))",
        "nn.LSTMCell(5, 6)(torch.randn(2, 5), torch.randn(2, 6))",
        "nn.LSTMCell(5, 6)(torch.zeros(2, 5).long())",
        "nn.LSTMCell(5, 6, bias=False).bias_ih",
        "nn.LSTMCell(5, 6).weight_hh",
        "nn.LSTMCell(5, -1)",
    ],
)
def lstm_cell_layer(
    need: Need,
    input_size: Dim,
    hidden_size: Dim,
    bias: Flag = True,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    return _attributes(need, input_size, hidden_size, bias, 4)


@layer(
    "torch.nn.GRUCell",
    parents=["torch.nn.RNNCellBase"],
    cases=[
        "nn.GRUCell(5, 6)(torch.randn(2, 5))",
        "nn.GRUCell(5, 6)(torch.randn(2, 5), torch.randn(2, 6))",
        "nn.GRUCell(5, 6)(torch.randn(2, 5), torch.randn(1, 6))",
        "nn.GRUCell(5, 6)(torch.randn(2, 5), torch.randn(2, 5))",
        "nn.GRUCell(5, 6)(torch.randn(5), torch.randn(1, 6))",
        "nn.GRUCell(5, 6).weight_ih",
    ],
)
def gru_cell_layer(
    need: Need,
    input_size: Dim,
    hidden_size: Dim,
    bias: Flag = True,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    return _attributes(need, input_size, hidden_size, bias, 3)


@layer(
    "torch.nn.RNNCell",
    parents=["torch.nn.RNNCellBase"],
    cases=[
        "nn.RNNCell(5, 6)(torch.randn(2, 5))",
        "nn.RNNCell(5, 6, nonlinearity='relu')(torch.randn(5), torch.randn(6))",
        "nn.RNNCell(5, 6, nonlinearity='sigmoid').nonlinearity",
        "nn.RNNCell(5, 6, nonlinearity='sigmoid')(torch.randn(2, 5))",
        "nn.RNNCell(5, 6)(torch.randn(()))",
    ],
)
def rnn_cell_layer(
    need: Need,
    input_size: Dim,
    hidden_size: Dim,
    bias: Flag = True,
    nonlinearity: Name = "tanh",
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    return {**_attributes(need, input_size, hidden_size, bias, 1), "nonlinearity": nonlinearity}


@method("torch.nn.LSTMCell", "forward")
def lstm_cell_forward(need: Need, self: Fields, input: Tensor, hx: Anything = None) -> tuple[Tensor, Tensor]:
    """(B, input_size), ((B, hidden_size), (B, hidden_size)) -> the two next states."""
    shape = _next_state(need, self, input)
    if isinstance(hx, Tensor) and len(shape) == 1:
        raise Undecided("a tensor instead of two states")
    states = () if hx is None else state_pair(need, hx)
    for state in states:
        _demand_state(need, state, shape)
    types = {state.dtype for state in states if isinstance(state, Tensor)} | {input.dtype}
    dtype = input.dtype if len(types) == 1 else None
    h, c = (Tensor(shape, dtype, device=input.device) for _ in range(2))
    return h, c


@method("torch.nn.GRUCell", "forward")
def gru_cell_forward(need: Need, self: Fields, input: Tensor, hx: Tensor | None = None) -> Tensor:
    """(B, input_size), (B, hidden_size) -> (B, hidden_size)."""
    shape = _next_state(need, self, input)
    if hx is not None:
        _demand_state(need, hx, shape)
    return input.with_shape(shape)


@method("torch.nn.RNNCell", "forward")
def rnn_cell_forward(need: Need, self: Fields, input: Tensor, hx: Tensor | None = None) -> Tensor:
    demand_one_of(need, self.nonlinearity, ("tanh", "relu"), "nonlinearity")
    return gru_cell_forward(need, self, input, hx)


def _next_state(need: Need, self: Fields, input: Tensor) -> tuple[Dim, ...]:
    dims = need.rank(input, 1, 2)
    need.equal(dims[-1], self.input_size, "input_size")
    demand_kind(need, input, REAL)
    return (*dims[:-1], self.hidden_size)


def _demand_state(need: Need, state: Value, shape: tuple[Dim, ...]) -> None:
    if len(shape) == 1 and isinstance(state, Tensor):
        dims = need.dims(state)
        if len(dims) == 2 and need.same(dims[0], shape[0]) is not Answer.NO:
            raise Undecided("torch broadcasts the states of a single input")
    demand_state(need, state, shape)
