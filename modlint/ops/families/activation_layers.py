"""The activations of ``torch.nn`` that keep the shape of their input, and GLU."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Name, Number
from modlint.ops.demands import demand_ordered
from modlint.ops.families.activation import (
    glu,
    hardtanh,
    prelu,
    real,
    real_or_promoted,
    relu,
    rrelu,
    sigmoid,
    silu,
    softshrink,
)
from modlint.ops.fields import Fields, parameter
from modlint.ops.need import Need
from modlint.ops.registry import layer, method
from modlint.values import Tensor, Value


@layer(
    "torch.nn.ReLU",
    "torch.nn.SELU",
    "torch.nn.SiLU",
    "torch.nn.Mish",
    "torch.nn.Hardswish",
    "torch.nn.Hardsigmoid",
    cases=[
        "nn.ReLU()(torch.randn(2, 3))",
        "nn.ReLU(inplace=True)(torch.randn(2, 3))",
        "nn.ReLU(True).inplace",
        "nn.SELU()(torch.arange(3))",
        "nn.SiLU(inplace=True)(torch.randn(2))",
        "nn.SiLU()(torch.arange(3))",
        "nn.Mish()(torch.randn(2))",
        "nn.Hardswish(True)(torch.randn(2))",
        "nn.Hardsigmoid()(torch.randn(2))",
        "nn.ReLU()()",
    ],
)
def inplace_layer(need: Need, inplace: Anything = False) -> dict[str, Value]:
    return {"inplace": inplace}


@layer(
    "torch.nn.Sigmoid",
    "torch.nn.Tanh",
    "torch.nn.Softsign",
    "torch.nn.Tanhshrink",
    "torch.nn.LogSigmoid",
    cases=[
        "nn.Sigmoid()(torch.randn(2, 3))",
        "nn.Tanh()(torch.arange(3))",
        "nn.LogSigmoid()(torch.randn(2, 3))",
        "nn.LogSigmoid()(torch.arange(3))",
        "nn.Softsign()(torch.randn(2, 3))",
        "nn.Tanhshrink()(torch.randn(2, 3))",
        "nn.Sigmoid(1)",
    ],
)
def plain_layer(need: Need) -> dict[str, Value]:
    return {}


@layer("torch.nn.ReLU6", parents=["torch.nn.Hardtanh"], cases=["nn.ReLU6()(torch.randn(2, 3))", "nn.ReLU6().max_val"])
def relu6_layer(need: Need, inplace: Anything = False) -> dict[str, Value]:
    return {"min_val": 0.0, "max_val": 6.0, "inplace": inplace}


@layer("torch.nn.ELU", "torch.nn.CELU", cases=["nn.ELU(0.5, True)(torch.randn(2))", "nn.CELU()(torch.arange(3))"])
def elu_layer(need: Need, alpha: Number = 1.0, inplace: Anything = False) -> dict[str, Value]:
    return {"alpha": alpha, "inplace": inplace}


@layer(
    "torch.nn.LeakyReLU", cases=["nn.LeakyReLU(0.2)(torch.randn(2))", "nn.LeakyReLU(0.2, inplace=True)(torch.randn(2))"]
)
def leaky_relu_layer(need: Need, negative_slope: Number = 0.01, inplace: Anything = False) -> dict[str, Value]:
    return {"negative_slope": negative_slope, "inplace": inplace}


@layer("torch.nn.RReLU", cases=["nn.RReLU(0.1, 0.3)(torch.randn(2))", "nn.RReLU().lower"])
def rrelu_layer(
    need: Need, lower: Number = 1 / 8, upper: Number = 1 / 3, inplace: Anything = False
) -> dict[str, Value]:
    return {"lower": lower, "upper": upper, "inplace": inplace}


@layer("torch.nn.Threshold", cases=["nn.Threshold(0.1, 20)(torch.randn(2))", "nn.Threshold(0.1)"])
def threshold_layer(need: Need, threshold: Number, value: Number, inplace: Anything = False) -> dict[str, Value]:
    return {"threshold": threshold, "value": value, "inplace": inplace}


@layer("torch.nn.Hardtanh", cases=["nn.Hardtanh(-2, 2)(torch.randn(2))", "nn.Hardtanh(2, 2)"])
def hardtanh_layer(
    need: Need,
    min_val: Number = -1.0,
    max_val: Number = 1.0,
    inplace: Anything = False,
    min_value: Number | None = None,
    max_value: Number | None = None,
) -> dict[str, Value]:
    low = min_val if min_value is None else min_value
    high = max_val if max_value is None else max_value
    demand_ordered(need, low, high, "min_val", strictly=True)
    return {"min_val": low, "max_val": high, "inplace": inplace}


@layer(
    "torch.nn.GELU",
    cases=["nn.GELU()(torch.randn(2))", "nn.GELU('tanh')(torch.randn(2))", "nn.GELU()(torch.arange(2))"],
)
def gelu_layer(need: Need, approximate: Name = "none") -> dict[str, Value]:
    return {"approximate": approximate}


@layer(
    "torch.nn.Hardshrink",
    "torch.nn.Softshrink",
    cases=["nn.Hardshrink()(torch.randn(2))", "nn.Softshrink(1)(torch.randn(2))"],
)
def shrink_layer(need: Need, lambd: Number = 0.5) -> dict[str, Value]:
    return {"lambd": lambd}


@layer("torch.nn.Softplus", cases=["nn.Softplus(2)(torch.randn(2))", "nn.Softplus()(torch.arange(2))"])
def softplus_layer(need: Need, beta: Number = 1.0, threshold: Number = 20.0) -> dict[str, Value]:
    return {"beta": beta, "threshold": threshold}


@layer(
    "torch.nn.GLU",
    cases=["nn.GLU()(torch.randn(2, 6))", "nn.GLU(1)(torch.randn(2, 6, 5))", "nn.GLU(1)(torch.randn(2, 5))"],
)
def glu_layer(need: Need, dim: int = -1) -> dict[str, Value]:
    return {"dim": dim}


@layer(
    "torch.nn.PReLU",
    cases=[
        "nn.PReLU()(torch.randn(2, 3))",
        "nn.PReLU(3)(torch.randn(2, 3, 4, 4))",
        "nn.PReLU(3)(torch.randn(2, 4, 4, 4))",
        "nn.PReLU(3).weight",
    ],
)
def prelu_layer(
    need: Need, num_parameters: Dim = 1, init: Number = 0.25, device: Anything = None, dtype: Anything = None
) -> dict[str, Value]:
    need.at_least(num_parameters, 0, "num_parameters", "num_parameters")
    return {"num_parameters": num_parameters, "init": init, "weight": parameter(num_parameters)}


@method(("torch.nn.ReLU", "torch.nn.ReLU6"), "forward")
def relu_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return relu(need, input)


@method(
    [
        f"torch.nn.{name}"
        for name in (
            "SELU", "Mish", "Hardswish", "Hardsigmoid", "LogSigmoid", "ELU", "CELU", "LeakyReLU", "GELU", "Hardshrink",
            "Softplus",
        )
    ],
    "forward",
)  # fmt: skip
def real_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return real(need, input)


@method(("torch.nn.Sigmoid", "torch.nn.Tanh"), "forward")
def sigmoid_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return sigmoid(need, input)


@method(("torch.nn.Softsign", "torch.nn.Tanhshrink"), "forward")
def softsign_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return real_or_promoted(need, input)


@method("torch.nn.SiLU", "forward")
def silu_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return silu(need, input)


@method("torch.nn.Softshrink", "forward")
def softshrink_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return softshrink(need, input, self.lambd)


@method("torch.nn.RReLU", "forward")
def rrelu_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return rrelu(need, input, self.lower, self.upper)


@method("torch.nn.Threshold", "forward")
def threshold_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return relu(need, input)


@method("torch.nn.Hardtanh", "forward")
def hardtanh_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return hardtanh(need, input, self.min_val, self.max_val)


@method("torch.nn.GLU", "forward")
def glu_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return glu(need, input, self.dim)


@method("torch.nn.PReLU", "forward")
def prelu_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return prelu(need, input, self.weight)
