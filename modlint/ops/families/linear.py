"""Linear layers: docs.pytorch.org/docs/stable/nn.html#linear-layers."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag
from modlint.ops.fields import Fields, parameter
from modlint.ops.need import Need
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
    """``input`` (*, in_features), ``weight`` (out_features, in_features) -> (*, out_features)."""
    out_features, in_features = need.rank(weight, 2, operand="weight")
    shape = need.shape(input)
    if isinstance(shape, Open):
        return input.with_shape(_open_linear(need, shape, in_features, out_features))
    if not shape:
        need.fail("in_features", in_features, shape, "input")
        return input.with_shape((out_features,))
    need.equal(shape[-1], in_features, "in_features")
    return input.with_shape((*shape[:-1], out_features))


def _open_linear(need: Need, shape: Open, in_features: Dim, out_features: Dim) -> Open:
    """The leading dims stay open: ``Linear`` takes any number of them."""
    if shape.tail:
        need.equal(shape.tail[-1], in_features, "in_features")
        return Open(shape.rank, (*shape.tail[:-1], out_features))
    rest = need.split_last(shape, in_features)
    return Open(rest, (out_features,))


@layer(
    "torch.nn.Linear",
    cases=[
        "nn.Linear(5, 3)(torch.randn(2, 5))",
        "nn.Linear(5, 3, bias=False)(torch.randn(2, 4, 5))",
        "nn.Linear(5, 3)(torch.randn(2, 3))",
        "nn.Linear(5, 3)(torch.randn(()))",
        "nn.Linear(5, 3).weight",
    ],
)
def linear_layer(
    need: Need, in_features: Dim, out_features: Dim, bias: Flag = True, device: Anything = None, dtype: Anything = None
) -> dict[str, Value]:
    """``nn.Linear``."""
    need.at_least(in_features, 0, "in_features", "in_features")
    need.at_least(out_features, 0, "out_features", "out_features")
    return {
        "in_features": in_features,
        "out_features": out_features,
        "weight": parameter(out_features, in_features),
        "bias": parameter(out_features) if bias else None,
    }


@method("torch.nn.Linear", "forward")
def linear_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return linear(need, input, self.weight, self.bias)


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
    cases=["F.bilinear(torch.randn(2, 3), torch.randn(2, 4), torch.randn(5, 3, 4))"],
)
def bilinear(need: Need, input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input1`` (*, in1_features), ``input2`` (*, in2_features), ``weight`` (out, in1, in2) -> (*, out)."""
    out_features, in1_features, in2_features = need.rank(weight, 3, operand="weight")
    one, two = need.dims(input1), need.dims(input2)
    need.equal(one[-1], in1_features, "in_features")
    need.equal(two[-1], in2_features, "in_features")
    for found, wanted in zip(two[:-1], one[:-1]):
        need.equal(found, wanted, "batch")
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
    return {
        "in1_features": in1_features,
        "in2_features": in2_features,
        "out_features": out_features,
        "weight": parameter(out_features, in1_features, in2_features),
        "bias": parameter(out_features) if bias else None,
    }


@method("torch.nn.Bilinear", "forward")
def bilinear_forward(need: Need, self: Fields, input1: Tensor, input2: Tensor) -> Tensor:
    return bilinear(need, input1, input2, self.weight, self.bias)
