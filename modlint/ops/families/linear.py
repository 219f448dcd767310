"""Linear layers: docs.pytorch.org/docs/stable/nn.html#linear-layers."""

from __future__ import annotations

from modlint.ops.arguments import Anything, Dim, Flag, Tensor
from modlint.ops.fields import Fields, parameter
from modlint.ops.need import Need
from modlint.ops.registry import layer, method, op
from modlint.values import Open, Value


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
