"""Linear layers: docs.pytorch.org/docs/stable/nn.html#linear-layers."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag
from modlint.ops.demands import demand_fits, demand_same_dtype, demand_shape, demand_weight_dtype
from modlint.ops.dtypes import chosen
from modlint.ops.fields import Fields, parameter
from modlint.ops.need import Impossible, Need
from modlint.ops.registry import layer, method, op
from modlint.values import Open, Tensor, Value


@op(
    "torch.nn.functional.linear",
    cases=[
        "F.linear(torch.randn(2, 5), torch.randn(3, 5))",
        "F.linear(torch.randn(5), torch.randn(3, 5), torch.randn(3))",
        "F.linear(torch.randn(2, 7, 5), torch.randn(3, 5))",
        "F.linear(torch.randn(2, 4), torch.randn(3, 5))",
    ],
)
def linear(need: Need, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input`` (*, in_features), ``weight`` (out_features, in_features) or (in_features)."""
    dims = need.rank(weight, 1, 2, operand="weight")
    demand_weight_dtype(need, input, weight)
    outputs, in_features = dims[:-1], dims[-1]
    shape = need.shape(input)
    if isinstance(shape, Open):
        return input.in_order(_open_linear(need, shape, in_features, outputs))
    if not shape:
        need.fail("in_features", in_features, shape, "input")
        return input.in_order(outputs)
    need.equal(shape[-1], in_features, "in_features")
    result = (*shape[:-1], *outputs)
    if bias is not None:
        demand_same_dtype(need, bias, weight, "bias")
        _check_bias(need, bias, dims, result)
    return input.in_order(result)


def _check_bias(need: Need, bias: Tensor, weight: tuple[Dim, ...], result: tuple[Dim, ...]) -> None:
    """The bias is added to the products; to those of a matrix and a vector torch adds none."""
    if len(weight) == 1 and len(result) == 1:
        need.fail("rank", 2, weight, "weight")
        return
    shape = need.shape(bias)
    if not isinstance(shape, Open) and shape != result[-1:]:
        demand_fits(need, shape, result if len(result) > 1 else (1, *result), "bias", "out_features")


def _open_linear(need: Need, shape: Open, in_features: Dim, outputs: tuple[Dim, ...]) -> Open:
    """The leading dims stay open: ``Linear`` takes any number of them."""
    if shape.tail:
        need.equal(shape.tail[-1], in_features, "in_features")
        return Open(shape.rank, (*shape.tail[:-1], *outputs))
    rest = need.split_last(shape, in_features)
    return Open(rest, outputs)


@layer(
    "torch.nn.Linear",
    "torch.nn.modules.linear.NonDynamicallyQuantizableLinear",
    cases=[
        "nn.Linear(5, 3)(torch.randn(2, 5))",
        "nn.Linear(5, 3, bias=False)(torch.randn(2, 4, 5))",
        "nn.Linear(5, 3)(torch.randn(2, 3))",
        "nn.Linear(5, 3)(torch.randn(()))",
        "nn.Linear(5, 3).weight",
        "nn.Linear(5, 3)(torch.arange(5))",
        "nn.Linear(5, 3, dtype=torch.complex64)",
    ],
)
def linear_layer(
    need: Need, in_features: Dim, out_features: Dim, bias: Flag = True, device: Anything = None, dtype: Anything = None
) -> dict[str, Value]:
    """``nn.Linear``."""
    need.at_least(in_features, 0, "in_features", "in_features")
    need.at_least(out_features, 0, "out_features", "out_features")
    element = chosen(need, dtype, "float32")
    return {
        "in_features": in_features,
        "out_features": out_features,
        "weight": parameter(out_features, in_features, dtype=element),
        "bias": parameter(out_features, dtype=element) if bias else None,
    }


@method(("torch.nn.Linear", "torch.nn.modules.linear.NonDynamicallyQuantizableLinear"), "forward")
def linear_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return linear(need, input, self.weight, self.known("bias"))


@layer("torch.nn.Identity", cases=["nn.Identity()(torch.randn(2, 3))", "nn.Identity(54, unused=1)(torch.randn(2))"])
def identity_layer(need: Need, *args: Anything, **kwargs: Anything) -> dict[str, Value]:
    """``nn.Identity`` takes any arguments and ignores them."""
    return {}


@method("torch.nn.Identity", "forward")
def identity_forward(need: Need, self: Fields, input: Anything) -> Value:
    """What comes in goes out."""
    return input


@op(
    "torch.nn.functional.bilinear",
    "torch.bilinear",
    cases=[
        "F.bilinear(torch.randn(2, 3), torch.randn(2, 4), torch.randn(5, 3, 4))",
        "F.bilinear(torch.randn(2, 6, 3), torch.randn(2, 6, 4), torch.randn(5, 3, 4), torch.randn(5))",
        "F.bilinear(torch.randn(2, 3), torch.randn(4), torch.randn(5, 3, 4))",
    ],
)
def bilinear(need: Need, input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input1`` (*, in1_features), ``input2`` (*, in2_features), ``weight`` (out, in1, in2) -> (*, out)."""
    out_features, in1_features, in2_features = need.rank(weight, 3, operand="weight")
    demand_weight_dtype(need, input1, weight)
    demand_same_dtype(need, input2, input1, "input2")
    if bias is not None:
        demand_same_dtype(need, bias, weight, "bias")
    one, two = need.dims(input1), need.dims(input2)
    if not one or len(one) != len(two):
        need.fail("rank", len(one), two, "input2")
        raise Impossible
    need.equal(one[-1], in1_features, "in_features", "input1")
    need.equal(two[-1], in2_features, "in_features", "input2")
    for found, wanted in zip(two[:-1], one[:-1]):
        need.equal(found, wanted, "batch", "input2")
    if bias is not None:
        demand_shape(need, bias, (out_features,), "out_features", "bias")
    return input1.with_shape((*one[:-1], out_features))


@layer("torch.nn.Bilinear", cases=["nn.Bilinear(3, 4, 5)(torch.randn(2, 3), torch.randn(2, 4))"])
def bilinear_layer(
    need: Need,
    in1_features: Dim,
    in2_features: Dim,
    out_features: Dim,
    bias: Flag = True,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    """``nn.Bilinear``."""
    need.at_least(in1_features, 1, "in_features", "in1_features")
    need.at_least(in2_features, 0, "in_features", "in2_features")
    need.at_least(out_features, 0, "out_features", "out_features")
    element = chosen(need, dtype, "float32")
    return {
        "in1_features": in1_features,
        "in2_features": in2_features,
        "out_features": out_features,
        "weight": parameter(out_features, in1_features, in2_features, dtype=element),
        "bias": parameter(out_features, dtype=element) if bias else None,
    }


@method("torch.nn.Bilinear", "forward")
def bilinear_forward(need: Need, self: Fields, input1: Tensor, input2: Tensor) -> Tensor:
    return bilinear(need, input1, input2, self.weight, self.known("bias"))
