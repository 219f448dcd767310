"""Convolutions: docs.pytorch.org/docs/stable/nn.html#convolution-layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Name, Sizes, Tensor
from modlint.ops.fields import Fields, parameter, per_axis
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.ops.sizes import window_count
from modlint.values import Value

_CASES = {
    1: [
        "F.conv1d(torch.randn(2, 4, 9), torch.randn(6, 4, 3))",
        "F.conv1d(torch.randn(4, 9), torch.randn(6, 2, 3), padding='same', groups=2)",
        "F.conv1d(torch.randn(2, 3, 9), torch.randn(6, 4, 3))",
    ],
    2: [
        "F.conv2d(torch.randn(2, 4, 9, 8), torch.randn(6, 4, 3, 3), stride=2, padding=1)",
        "F.conv2d(torch.randn(2, 4, 9, 8), torch.randn(6, 2, 3, 3), torch.randn(6), (1, 2), (0, 1), 2, 2)",
        "F.conv2d(torch.randn(2, 4, 3, 8), torch.randn(6, 4, 5, 3))",
        "F.conv2d(torch.randn(2, 4, 9), torch.randn(6, 4, 3, 3))",
    ],
    3: ["F.conv3d(torch.randn(2, 4, 9, 8, 7), torch.randn(6, 4, 3, 3, 3), padding='valid')"],
}
_LAYER_CASES = {
    1: ["nn.Conv1d(4, 6, 3)(torch.randn(2, 4, 9))", "nn.Conv1d(4, 6, 3)(torch.randn(2, 6, 9))"],
    2: [
        "nn.Conv2d(4, 6, 3, stride=2, padding=1)(torch.randn(2, 4, 9, 8))",
        "nn.Conv2d(4, 6, (3, 1), padding='same', dilation=2)(torch.randn(4, 9, 8))",
        "nn.Conv2d(4, 8, 3, groups=4, padding_mode='reflect', padding=1)(torch.randn(2, 4, 9, 8))",
        "nn.Conv2d(4, 6, 3)(torch.randn(2, 3, 9, 8))",
        "nn.Conv2d(4, 6, 3, groups=4)",
        "nn.Conv2d(4, 6, 3)(torch.randn(2, 4))",
        "nn.Conv2d(4, 6, 3, stride=2).weight",
    ],
    3: ["nn.Conv3d(4, 6, 3)(torch.randn(2, 4, 9, 8, 7))"],
}


def _amount(padding: Any, axes: int, kernel: tuple[Dim, ...], dilation: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """Twice the padding of each axis; ``same`` pads ``dilation * (kernel_size - 1)`` in all."""
    if padding == "same":
        return tuple(d * (k - 1) for d, k in zip(dilation, kernel))
    if padding == "valid":
        return (0,) * axes
    return tuple(2 * p for p in per_axis(padding, axes))


def convolve(
    need: Need, axes: int, input: Tensor, weight: Tensor, stride: Any, padding: Any, dilation: Any, groups: Dim
) -> Tensor:
    """``input`` ([N,] in_channels, *sizes), ``weight`` (out_channels, in_channels / groups, *kernel_size)."""
    out_channels, in_group, *kernel = need.rank(weight, axes + 2, operand="weight")
    dims = need.rank(input, axes + 1, axes + 2)
    channels, sizes = dims[-axes - 1], dims[-axes:]
    need.equal(channels, in_group * groups, "in_channels")
    strides, dilations = per_axis(stride, axes), per_axis(dilation, axes)
    twice = _amount(padding, axes, tuple(kernel), dilations)
    outputs = []
    for size, k, s, p, d in zip(sizes, kernel, strides, twice, dilations):
        need.at_least(size + p - d * (k - 1), 1, "kernel_size")
        outputs.append(window_count(size + p, k, s, 0, d))
    return input.with_shape((*dims[: -axes - 1], out_channels, *outputs))


def _functional(axes: int) -> Callable[..., Tensor]:
    @op(f"torch.nn.functional.conv{axes}d", f"torch.conv{axes}d", cases=_CASES[axes])
    def conv(
        need: Need,
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Sizes = 1,
        padding: Anything = 0,
        dilation: Sizes = 1,
        groups: Dim = 1,
    ) -> Tensor:
        return convolve(need, axes, input, weight, stride, plain_padding(padding), dilation, groups)

    return conv


def plain_padding(padding: Any) -> Any:
    """``same``, ``valid``, a size or a tuple of sizes."""
    items = getattr(padding, "items", None)
    padding = tuple(items) if isinstance(items, list) else padding
    known = isinstance(padding, (str, int)) or hasattr(padding, "terms")
    if known or isinstance(padding, tuple) and all(isinstance(p, int) or hasattr(p, "terms") for p in padding):
        return padding
    raise Undecided("the padding is not known")


def check_groups(need: Need, in_channels: Dim, out_channels: Dim, groups: Dim) -> None:
    """Both numbers of channels are multiples of ``groups``."""
    need.at_least(groups, 1, "groups", "groups")
    need.divisible(in_channels, groups, "groups", "in_channels")
    need.divisible(out_channels, groups, "groups", "out_channels")
    if need.failures:
        raise Impossible


def _layer(axes: int) -> None:
    name = f"torch.nn.Conv{axes}d"

    @layer(name, parents=("torch.nn.modules.conv._ConvNd",), cases=_LAYER_CASES[axes])
    def conv_layer(
        need: Need,
        in_channels: Dim,
        out_channels: Dim,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Anything = 0,
        dilation: Sizes = 1,
        groups: Dim = 1,
        bias: Flag = True,
        padding_mode: Name = "zeros",
        device: Anything = None,
        dtype: Anything = None,
    ) -> dict[str, Value]:
        check_groups(need, in_channels, out_channels, groups)
        kernel = per_axis(kernel_size, axes)
        padding = plain_padding(padding)
        if padding == "same" and any(s != 1 for s in per_axis(stride, axes)):
            need.fail("padding", "stride 1", stride, "padding")
        return {
            "in_channels": in_channels,
            "out_channels": out_channels,
            "kernel_size": kernel,
            "stride": per_axis(stride, axes),
            "padding": padding if isinstance(padding, str) else per_axis(padding, axes),
            "dilation": per_axis(dilation, axes),
            "groups": groups,
            "padding_mode": padding_mode,
            "transposed": False,
            "output_padding": (0,) * axes,
            "weight": parameter(out_channels, in_channels // groups, *kernel),
            "bias": parameter(out_channels) if bias else None,
        }

    @method(name, "_conv_forward")
    def conv_with(need: Need, self: Fields, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return convolve(need, axes, input, weight, self.stride, self.padding, self.dilation, self.groups)

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        return convolve(need, axes, input, self.weight, self.stride, self.padding, self.dilation, self.groups)


for _axes in (1, 2, 3):
    _functional(_axes)
    _layer(_axes)
