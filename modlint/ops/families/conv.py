"""Convolutions: docs.pytorch.org/docs/stable/nn.html#convolution-layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Name, Sizes
from modlint.ops.demands import (
    demand_integers,
    demand_one_of,
    demand_same_dtype,
    demand_shape,
    demand_weight_dtype,
    of_weight,
)
from modlint.ops.dtypes import chosen
from modlint.ops.families.padding import padded
from modlint.ops.fields import Fields, parameter, per_axis
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.ops.shapes import listed
from modlint.ops.sizes import along_axes, window, window_counts
from modlint.values import Tensor, Unknown, Value

PADDING_MODES = ("circular", "reflect", "replicate", "zeros")

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
        "F.conv2d(torch.randn(2, 4, 9, 8), torch.randn(6, 4, 3, 3), torch.randn(5))",
        "F.conv2d(torch.arange(72).view(1, 1, 9, 8), torch.randn(6, 1, 3, 3))",
        "F.conv2d(torch.randn(2, 4, 9, 8), torch.randn(6, 4, 3, 3), stride=2, padding='same')",
        "F.conv2d(torch.randn(2, 4, 9, 8), torch.randn(6, 4, 3, 3), padding='full')",
    ],
    3: [
        "F.conv3d(torch.randn(2, 4, 9, 8, 7), torch.randn(6, 4, 3, 3, 3), padding='valid')",
        "F.conv3d(torch.randn(0, 4, 9, 8, 7).long(), torch.randn(6, 4, 3, 3, 3))",
    ],
}
_LAYER_CASES = {
    1: [
        "nn.Conv1d(4, 6, 3)(torch.randn(2, 4, 9))",
        "nn.Conv1d(4, 6, 3, padding=2, padding_mode='circular')(torch.randn(4, 9))",
        "nn.Conv1d(4, 6, 3)(torch.randn(2, 6, 9))",
    ],
    2: [
        "nn.Conv2d(4, 6, 3, stride=2, padding=1)(torch.randn(2, 4, 9, 8))",
        "nn.Conv2d(4, 6, (3, 1), padding='same', dilation=2)(torch.randn(4, 9, 8))",
        "nn.Conv2d(4, 6, 4, padding='same', padding_mode='replicate')(torch.randn(4, 9, 8))",
        "nn.Conv2d(4, 8, 3, groups=4, padding_mode='reflect', padding=1)(torch.randn(2, 4, 9, 8))",
        "nn.Conv2d(4, 8, 3, padding_mode='reflect', padding=9)(torch.randn(2, 4, 9, 8))",
        "nn.Conv2d(4, 6, 3)(torch.randn(2, 3, 9, 8))",
        "nn.Conv2d(4, 6, 3, groups=4)",
        "nn.Conv2d(4, 6, 3)(torch.randn(2, 4))",
        "nn.Conv2d(4, 6, 3, stride=2).weight",
        "nn.Conv2d(4, 6, 3, dtype=torch.float16, bias=False)",
        "nn.Conv2d(4, 6, 3, padding='full')",
        "nn.Conv2d(4, 6, 3, padding_mode='mirror')",
    ],
    3: ["nn.Conv3d(4, 6, 3)(torch.randn(2, 4, 9, 8, 7))"],
}


class Filters(NamedTuple):
    """What a convolution multiplies with: ``weight`` (out_channels, in_channels / groups, *kernel_size)."""

    weight: Tensor
    bias: Tensor | None
    groups: Dim


def check_filters(need: Need, axes: int, filters: Filters) -> tuple[Dim, ...]:
    """The dims of the weight, whose first one is shared out among the groups."""
    dims = need.rank(filters.weight, axes + 2, operand="weight")
    need.at_least(filters.groups, 1, "groups", "groups")
    need.at_least(dims[0], 1, "out_channels", "weight")
    need.divisible(dims[0], filters.groups, "groups", "weight")
    return dims


def check_bias(need: Need, filters: Filters, out_channels: Dim) -> None:
    """A number for every output channel, of the type of the weight."""
    if filters.bias is not None:
        demand_shape(need, filters.bias, (out_channels,), "out_channels", "bias")
        demand_same_dtype(need, filters.bias, filters.weight, "bias")


def check_input(need: Need, axes: int, input: Tensor, weight: Tensor) -> tuple[Dim, ...]:
    """The dims of an input ([N,] channels, *sizes), of which only N may be 0."""
    dims = need.rank(input, axes + 1, axes + 2)
    if dims[-axes - 1] == 0 or dims.count(0) > 1:
        raise Undecided("the input has no values")
    if not need.is_empty(input):
        demand_weight_dtype(need, input, weight)
    for size in dims[-axes:]:
        need.at_least(size, 1, "kernel_size")
    return dims


def convolve(
    need: Need, axes: int, input: Tensor, filters: Filters, stride: Any, padding: Any, dilation: Any
) -> Tensor:
    """The cross-correlation of ``input`` ([N,] in_channels, *sizes) with the filters; no channels give none."""
    out_channels, in_group, *kernel = check_filters(need, axes, filters)
    dims = check_input(need, axes, input, filters.weight)
    need.equal(dims[-axes - 1], in_group * filters.groups, "in_channels")
    check_bias(need, filters, out_channels)
    borders = _named_padding(need, axes, padding, tuple(kernel), stride, dilation)
    sizes = tuple(size + border for size, border in zip(dims[-axes:], borders))
    amount = 0 if isinstance(padding, str) else padding
    counts = window_counts(need, sizes, window(need, axes, tuple(kernel), stride, amount, dilation))
    channels = 0 if dims[-axes - 1] == 0 else out_channels
    return of_weight(need, input, filters.weight).with_shape((*dims[: -axes - 1], channels, *counts))


def _named_padding(
    need: Need, axes: int, padding: Any, kernel: tuple[Dim, ...], stride: Any, dilation: Any
) -> tuple[Dim, ...]:
    """What a name adds to each axis: ``same`` adds ``dilation * (kernel_size - 1)``, ``valid`` nothing."""
    if isinstance(padding, str):
        demand_one_of(need, padding, ("same", "valid"), "padding")
    if padding != "same":
        return (0,) * axes
    if any(step != 1 for step in per_axis(stride, axes)):
        need.fail("padding", "stride 1", stride, "padding")
    dilations = along_axes(need, dilation, axes, "dilation")
    return tuple(d * (k - 1) for d, k in zip(dilations, kernel))


def plain_padding(need: Need, padding: Value) -> Any:
    """``same``, ``valid``, a size or a tuple of sizes."""
    items = listed(padding)
    values = (padding,) if items is None else items
    if any(isinstance(value, Unknown) for value in values):
        raise Undecided("the padding is not known")
    if not isinstance(padding, str):
        demand_integers(need, values, "padding")
    return padding if items is None else items


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
        filters = Filters(weight, bias, groups)
        return convolve(need, axes, input, filters, stride, plain_padding(need, padding), dilation)

    return conv


def check_groups(need: Need, in_channels: Dim, out_channels: Dim, groups: Dim) -> None:
    """Both numbers of channels are multiples of ``groups``."""
    need.at_least(in_channels, 0, "in_channels", "in_channels")
    need.at_least(out_channels, 0, "out_channels", "out_channels")
    need.at_least(groups, 1, "groups", "groups")
    need.divisible(in_channels, groups, "groups", "in_channels")
    need.divisible(out_channels, groups, "groups", "out_channels")
    if need.failures:
        raise Impossible


def check_kernel(need: Need, kernel: tuple[Dim, ...]) -> None:
    """The weight is made, so its sizes cannot be negative; that they are 0 is found out by the input."""
    for size in kernel:
        need.at_least(size, 0, "kernel_size", "kernel_size")


def conv_fields(
    need: Need, axes: int, in_channels: Dim, out_channels: Dim, kernel_size: Any, stride: Any, padding: Any,
    dilation: Any, groups: Dim, bias: bool, padding_mode: str, dtype: Value,
) -> dict[str, Value]:  # fmt: skip
    """The attributes of a convolution."""
    check_groups(need, in_channels, out_channels, groups)
    demand_one_of(need, padding_mode, PADDING_MODES, "padding_mode")
    padding = plain_padding(need, padding)
    _named_padding(need, axes, padding, (1,) * axes, stride, 1)
    kernel = per_axis(kernel_size, axes)
    check_kernel(need, kernel)
    element = chosen(need, dtype, "float32")
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
        "weight": parameter(out_channels, in_channels // groups, *kernel, dtype=element),
        "bias": parameter(out_channels, dtype=element) if bias else None,
    }


def layer_convolution(need: Need, axes: int, self: Fields, input: Tensor, filters: Filters) -> Tensor:
    """What a layer with these fields makes of ``input``."""
    if self.padding_mode != "zeros":
        return convolve(need, axes, _bordered(need, axes, self, input), filters, self.stride, 0, self.dilation)
    return convolve(need, axes, input, filters, self.stride, self.padding, self.dilation)


def _bordered(need: Need, axes: int, self: Fields, input: Tensor) -> Tensor:
    """``input`` with the border that ``padding_mode`` makes of it, before the convolution pads no more."""
    amounts: list[Dim] = []
    for kernel, dilation, amount in zip(self.kernel_size, self.dilation, _amounts(axes, self.padding)):
        total = dilation * (kernel - 1) if amount is None else 2 * amount
        amounts[:0] = [total // 2, total - total // 2]
    return padded(need, input, tuple(amounts), self.padding_mode)


def _amounts(axes: int, padding: Any) -> tuple[Dim | None, ...]:
    """The padding of each axis, None where it follows from the kernel."""
    if isinstance(padding, str):
        return ((None,) if padding == "same" else (0,)) * axes
    return per_axis(padding, axes)


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
        return conv_fields(
            need, axes, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
            dtype,
        )  # fmt: skip

    @method(name, "_conv_forward")
    def conv_with(need: Need, self: Fields, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return layer_convolution(need, axes, self, input, Filters(weight, bias, self.groups))

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        return conv_with(need, self, input, self.weight, self.known("bias"))


for _axes in (1, 2, 3):
    _functional(_axes)
    _layer(_axes)
