"""Non-linear activations: docs.pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity.

They keep the shape of their input and differ in the element types that they take.
"""

from __future__ import annotations

from modlint.ops.arguments import Anything, Flag, Name, Number
from modlint.ops.demands import (
    REAL,
    REAL_OR_COMPLEX,
    REAL_OR_INTEGER,
    demand_kind,
    demand_one_of,
    demand_ordered,
    demand_same_dtype,
    like,
)
from modlint.ops.dtypes import Kind, floating
from modlint.ops.names import everywhere, functions, overwrite
from modlint.ops.need import Need
from modlint.ops.registry import op
from modlint.values import Open, Tensor

_F = "torch.nn.functional."


def real(need: Need, input: Tensor) -> Tensor:
    return like(input, demand_kind(need, input, REAL))


def real_or_promoted(need: Need, input: Tensor) -> Tensor:
    """The result of a function that integers have too, computed in floating point."""
    return like(input, floating(demand_kind(need, input, (*REAL_OR_COMPLEX, Kind.INTEGER))))


# ReLU and its relatives


@op(*everywhere("relu"), _F + "relu_", "torch.relu_")
def relu(need: Need, input: Tensor) -> Tensor:
    return like(input, demand_kind(need, input, REAL_OR_INTEGER))


@op("torch.Tensor.relu_", cases=["torch.randn(2, 3).relu_()", "torch.ones(2).bool().relu_()"])
def relu_in_place(need: Need, input: Tensor) -> Tensor:
    return overwrite(need, input, relu(need, input))


@op(
    _F + "relu",
    _F + "relu6",
    cases=[
        "F.relu(torch.randn(2, 3, 4))",
        "F.relu(torch.arange(4), inplace=True)",
        "F.relu(torch.ones(3).bool())",
        "F.relu6(torch.randn(()))",
        "torch.relu(torch.randn(2, 3), inplace=True)",
        "torch.randn(2, 3).relu()",
        "F.relu_(torch.randn(2, 3))",
    ],
)
def relu_function(need: Need, input: Tensor, inplace: Anything = False) -> Tensor:
    return relu(need, input)


@op(
    _F + "selu",
    _F + "mish",
    _F + "hardswish",
    _F + "hardsigmoid",
    cases=[
        "F.selu(torch.randn(2, 3))",
        "F.mish(torch.randn(2, 3), True)",
        "F.hardswish(torch.randn(2, 3, 4, 5), inplace=True)",
        "F.hardsigmoid(torch.randn(2, 3).half())",
        "F.selu(torch.arange(3))",
        "F.hardswish(torch.arange(3))",
        "F.mish(torch.arange(3))",
    ],
)
def real_function(need: Need, input: Tensor, inplace: Anything = False) -> Tensor:
    return real(need, input)


@op(*functions("selu", "selu_"), _F + "selu_", _F + "logsigmoid", cases=["torch.selu(torch.randn(3))"])
def real_operator(need: Need, input: Tensor) -> Tensor:
    return real(need, input)


@op(_F + "silu", cases=["F.silu(torch.randn(2, 3))", "F.silu(torch.arange(3))"])
def silu(need: Need, input: Tensor, inplace: Anything = False) -> Tensor:
    return like(input, demand_kind(need, input, REAL_OR_COMPLEX))


@op(
    _F + "elu", _F + "celu", cases=["F.elu(torch.randn(2, 3), 0.5)", "F.elu(torch.arange(3))", "F.celu(torch.randn(3))"]
)
def elu(need: Need, input: Tensor, alpha: Number = 1.0, inplace: Anything = False) -> Tensor:
    return real(need, input)


@op(*functions("celu", "celu_"), _F + "elu_", _F + "celu_", cases=["torch.celu(torch.randn(2, 3), 0.5)"])
def celu(need: Need, input: Tensor, alpha: Number = 1.0) -> Tensor:
    return real(need, input)


@op(_F + "leaky_relu", cases=["F.leaky_relu(torch.randn(2, 3), 0.2, True)", "F.leaky_relu(torch.arange(3))"])
def leaky_relu(need: Need, input: Tensor, negative_slope: Number = 0.01, inplace: Anything = False) -> Tensor:
    return real(need, input)


@op(_F + "leaky_relu_", cases=["F.leaky_relu_(torch.randn(2, 3), 0.2)"])
def leaky_relu_in_place(need: Need, input: Tensor, negative_slope: Number = 0.01) -> Tensor:
    return real(need, input)


@op(_F + "rrelu", cases=["F.rrelu(torch.randn(2, 3))", "F.rrelu(torch.randn(2), 0.3, 0.4, training=True)"])
def rrelu(
    need: Need,
    input: Tensor,
    lower: Number = 1 / 8,
    upper: Number = 1 / 3,
    training: Flag = False,
    inplace: Anything = False,
) -> Tensor:
    demand_ordered(need, lower, upper, "lower")
    return real(need, input)


@op(*functions("rrelu", "rrelu_"), _F + "rrelu_", cases=["torch.rrelu(torch.randn(2, 3))"])
def rrelu_operator(
    need: Need, input: Tensor, lower: Number = 1 / 8, upper: Number = 1 / 3, training: Flag = False
) -> Tensor:
    return rrelu(need, input, lower, upper)


@op(_F + "threshold", cases=["F.threshold(torch.randn(2, 3), 0.1, 20)", "F.threshold(torch.ones(2).bool(), 1, 2)"])
def threshold(need: Need, input: Tensor, threshold: Number, value: Number, inplace: Anything = False) -> Tensor:
    return relu(need, input)


@op(*functions("threshold", "threshold_"), _F + "threshold_", cases=["torch.threshold(torch.randn(2), 0.1, 20)"])
def threshold_operator(need: Need, input: Tensor, threshold: Number, value: Number) -> Tensor:
    return relu(need, input)


@op(
    _F + "hardtanh",
    cases=[
        "F.hardtanh(torch.randn(2, 3), -2, 2)",
        "F.hardtanh(torch.randn(2, 3), 2, -2)",
        "F.hardtanh(torch.arange(3))",
        "F.hardtanh(torch.ones(3).bool())",
        "F.hardtanh(torch.ones(3).byte())",
    ],
)
def hardtanh(
    need: Need, input: Tensor, min_val: Number = -1.0, max_val: Number = 1.0, inplace: Anything = False
) -> Tensor:
    demand_ordered(need, min_val, max_val, "min_val")
    return hardtanh_in_place(need, input, min_val, max_val)


@op(_F + "hardtanh_", cases=["F.hardtanh_(torch.randn(2, 3), -2, 2)", "F.hardtanh_(torch.randn(2, 3), 2, -2)"])
def hardtanh_in_place(need: Need, input: Tensor, min_val: Number = -1.0, max_val: Number = 1.0) -> Tensor:
    if input.dtype == "uint8" and isinstance(min_val, (int, float)) and min_val < 0:
        need.fail("dtype", "a signed type", input.dtype, "input")
    return relu(need, input)


@op(
    _F + "gelu",
    cases=[
        "F.gelu(torch.randn(2, 3))",
        "F.gelu(torch.randn(2, 3), approximate='tanh')",
        "F.gelu(torch.randn(2, 3), approximate='relu')",
        "F.gelu(torch.arange(3))",
    ],
)
def gelu(need: Need, input: Tensor, *, approximate: Name = "none") -> Tensor:
    demand_one_of(need, approximate, ("none", "tanh"), "approximate")
    return real(need, input)


# Shrinking and saturating


@op(
    *everywhere("hardshrink"),
    _F + "hardshrink",
    cases=["F.hardshrink(torch.randn(2, 3))", "F.hardshrink(torch.arange(3))"],
)
def hardshrink(need: Need, input: Tensor, lambd: Number = 0.5) -> Tensor:
    return real(need, input)


@op(_F + "softshrink", cases=["F.softshrink(torch.randn(2, 3), 0.3)", "F.softshrink(torch.randn(2, 3), -1)"])
def softshrink(need: Need, input: Tensor, lambd: Number = 0.5) -> Tensor:
    if isinstance(lambd, (int, float)) and lambd < 0:
        need.fail("range", 0, lambd, "lambd")
    return real(need, input)


@op(_F + "softplus", cases=["F.softplus(torch.randn(2, 3), beta=2)", "F.softplus(torch.arange(3))"])
def softplus(need: Need, input: Tensor, beta: Number = 1.0, threshold: Number = 20.0) -> Tensor:
    return real(need, input)


@op(
    _F + "softsign",
    _F + "tanhshrink",
    cases=["F.softsign(torch.arange(3))", "F.tanhshrink(torch.randn(2, 3))", "F.softsign(torch.ones(2).bool())"],
)
def softsign(need: Need, input: Tensor) -> Tensor:
    return real_or_promoted(need, input)


@op(_F + "sigmoid", _F + "tanh", cases=["F.sigmoid(torch.arange(3))", "F.tanh(torch.ones(2).bool())"])
def sigmoid(need: Need, input: Tensor) -> Tensor:
    return like(input, floating(input.dtype))


@op(*functions("sigmoid_", "tanh_"), cases=["torch.sigmoid_(torch.randn(2, 3))", "torch.tanh_(torch.arange(3))"])
def sigmoid_in_place(need: Need, input: Tensor) -> Tensor:
    return overwrite(need, input, sigmoid(need, input))


# With sizes


@op(
    _F + "glu",
    cases=[
        "F.glu(torch.randn(2, 6))",
        "F.glu(torch.randn(2, 6, 5), dim=1)",
        "F.glu(torch.randn(2, 5))",
        "F.glu(torch.randn(2, 6), 2)",
        "F.glu(torch.randn(()))",
        "F.glu(torch.arange(6))",
    ],
)
def glu(need: Need, input: Tensor, dim: int = -1) -> Tensor:
    """The size of ``dim`` is halved."""
    dtype = demand_kind(need, input, REAL)
    if need.shape(input) == ():
        need.fail("rank", 1, (), "input")
        return like(input, dtype)
    size = need.size(input, dim)
    need.divisible(size, 2, "split")
    shape = need.shape(input)
    dims = shape.tail if isinstance(shape, Open) else shape
    axis = dim if isinstance(shape, Open) else dim % len(dims)
    if isinstance(shape, Open) and dim >= 0:
        dims, axis = need.dims(input), dim
    place = axis % len(dims)
    halved = (*dims[:place], size // 2, *dims[place + 1 :])
    result = input.with_shape(Open(shape.rank, halved) if isinstance(shape, Open) else halved)
    result.dtype = dtype
    return result


@op(
    *everywhere("prelu"),
    _F + "prelu",
    cases=[
        "F.prelu(torch.randn(2, 3, 4), torch.randn(3))",
        "F.prelu(torch.randn(2, 3, 4), torch.randn(1))",
        "F.prelu(torch.randn(2, 3), torch.randn(()))",
        "F.prelu(torch.randn(3), torch.randn(3))",
        "F.prelu(torch.randn(2, 3), torch.randn(2))",
        "F.prelu(torch.randn(2, 3), torch.randn(3, 1))",
        "F.prelu(torch.randn(()), torch.randn(3))",
        "F.prelu(torch.randn(()), torch.randn(1))",
        "F.prelu(torch.arange(3), torch.randn(1))",
        "F.prelu(torch.randn(3).double(), torch.randn(1))",
    ],
)
def prelu(need: Need, input: Tensor, weight: Tensor) -> Tensor:
    """``weight`` has one element, or one for each channel, which are the second dim of ``input``."""
    dims = need.rank(weight, 0, 1, operand="weight")
    dtype = demand_kind(need, input, REAL)
    demand_same_dtype(need, weight, input, "weight")
    if dims and dims[0] != 1:
        shape = need.shape(input)
        if shape == ():
            need.fail("num_parameters", dims[0], shape, "input")
        else:
            channels = need.size(input, 1) if isinstance(shape, Open) or len(shape) > 1 else 1
            need.equal(channels, dims[0], "num_parameters", "input")
    return like(input, dtype)
