"""Transposed convolutions: docs.pytorch.org/docs/stable/nn.html#convolution-layers."""

from __future__ import annotations

from typing import Any

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Name, Sizes, Tensor
from modlint.ops.families.conv import check_groups
from modlint.ops.fields import Fields, parameter, per_axis
from modlint.ops.need import Need
from modlint.ops.registry import layer, method, op
from modlint.ops.sizes import transposed_size
from modlint.values import Value

_INPUTS = {1: "2, 4, 9", 2: "2, 4, 9, 8", 3: "2, 4, 5, 6, 7"}


def _sizes(
    need: Need, dims: tuple[Dim, ...], axes: int, kernel: Any, stride: Any, padding: Any, extra: Any, dilation: Any
) -> list[Dim]:
    strides, dilations = per_axis(stride, axes), per_axis(dilation, axes)
    paddings, extras = per_axis(padding, axes), per_axis(extra, axes)
    outputs = []
    for size, k, s, p, e, d in zip(dims[-axes:], kernel, strides, paddings, extras, dilations):
        if isinstance(e, int) and isinstance(s, int) and isinstance(d, int) and e >= max(s, d):
            need.fail("output_padding", max(s, d) - 1, e, "output_padding")
        output = transposed_size(size, k, s, p, e, d)
        need.at_least(output, 1, "kernel_size")
        outputs.append(output)
    return outputs


def deconvolve(
    need: Need, axes: int, input: Tensor, weight: Tensor, options: tuple[Any, Any, Any, Any], groups: Dim
) -> Tensor:
    """``input`` ([N,] in_channels, *sizes), ``weight`` (in_channels, out_channels / groups, *kernel_size)."""
    in_channels, out_group, *kernel = need.rank(weight, axes + 2, operand="weight")
    dims = need.rank(input, axes + 1, axes + 2)
    need.equal(dims[-axes - 1], in_channels, "in_channels")
    stride, padding, output_padding, dilation = options
    outputs = _sizes(need, dims, axes, kernel, stride, padding, output_padding, dilation)
    return input.with_shape((*dims[: -axes - 1], out_group * groups, *outputs))


def _functional(axes: int) -> None:
    cases = [
        f"F.conv_transpose{axes}d(torch.randn({_INPUTS[axes]}), torch.randn(4, 6{', 3' * axes}), stride=2)",
        f"F.conv_transpose{axes}d(torch.randn({_INPUTS[axes]}), torch.randn(5, 6{', 3' * axes}))",
    ]

    @op(f"torch.nn.functional.conv_transpose{axes}d", f"torch.conv_transpose{axes}d", cases=cases)
    def conv_transpose(
        need: Need,
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: Dim = 1,
        dilation: Sizes = 1,
    ) -> Tensor:
        return deconvolve(need, axes, input, weight, (stride, padding, output_padding, dilation), groups)


def _layer(axes: int) -> None:
    name = f"torch.nn.ConvTranspose{axes}d"
    cases = [
        f"nn.ConvTranspose{axes}d(4, 6, 2, stride=2)(torch.randn({_INPUTS[axes]}))",
        f"nn.ConvTranspose{axes}d(4, 6, 3, 2, 1, output_padding=1)(torch.randn({_INPUTS[axes]}))",
        f"nn.ConvTranspose{axes}d(5, 6, 3)(torch.randn({_INPUTS[axes]}))",
    ]

    @layer(name, parents=("torch.nn.modules.conv._ConvNd",), cases=cases)
    def conv_transpose_layer(
        need: Need,
        in_channels: Dim,
        out_channels: Dim,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: Dim = 1,
        bias: Flag = True,
        dilation: Sizes = 1,
        padding_mode: Name = "zeros",
        device: Anything = None,
        dtype: Anything = None,
    ) -> dict[str, Value]:
        check_groups(need, in_channels, out_channels, groups)
        kernel = per_axis(kernel_size, axes)
        if padding_mode != "zeros":
            need.fail("padding", "zeros", padding_mode, "padding_mode")
        return {
            "in_channels": in_channels,
            "out_channels": out_channels,
            "kernel_size": kernel,
            "stride": per_axis(stride, axes),
            "padding": per_axis(padding, axes),
            "output_padding": per_axis(output_padding, axes),
            "dilation": per_axis(dilation, axes),
            "groups": groups,
            "padding_mode": padding_mode,
            "transposed": True,
            "weight": parameter(in_channels, out_channels // groups, *kernel),
            "bias": parameter(out_channels) if bias else None,
        }

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor, output_size: Anything = None) -> Tensor:
        options = (self.stride, self.padding, self.output_padding, self.dilation)
        return deconvolve(need, axes, input, self.weight, options, self.groups)


for _axes in (1, 2, 3):
    _functional(_axes)
    _layer(_axes)
