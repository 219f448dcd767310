"""Transposed convolutions: docs.pytorch.org/docs/stable/nn.html#convolution-layers."""

from __future__ import annotations

from typing import Any, NamedTuple

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Name, Sizes
from modlint.ops.demands import demand_integers, of_weight
from modlint.ops.dtypes import chosen
from modlint.ops.families.conv import Filters, check_bias, check_filters, check_groups, check_input, check_kernel
from modlint.ops.fields import Fields, parameter, per_axis
from modlint.ops.need import Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.ops.shapes import listed
from modlint.ops.sizes import Window, along_axes, transposed_size, window
from modlint.values import Tensor, Value

_INPUTS = {1: "2, 4, 9", 2: "2, 4, 9, 8", 3: "2, 4, 5, 6, 7"}


class Options(NamedTuple):
    """How the windows lie; ``output_padding`` is added to one side of the result."""

    stride: Any
    padding: Any
    output_padding: Any
    dilation: Any


def deconvolve(need: Need, axes: int, input: Tensor, filters: Filters, options: Options) -> Tensor:
    """``input`` ([N,] in_channels, *sizes), ``weight`` (in_channels, out_channels / groups, *kernel_size)."""
    in_channels, out_group, *kernel = check_filters(need, axes, filters)
    dims = check_input(need, axes, input, filters.weight)
    need.equal(dims[-axes - 1], in_channels, "in_channels")
    need.at_least(out_group, 1, "out_channels", "weight")
    out_channels = out_group * filters.groups
    check_bias(need, filters, out_channels)
    shape = window(need, axes, tuple(kernel), options.stride, options.padding, options.dilation)
    extras = along_axes(need, options.output_padding, axes, "output_padding", least=0)
    return of_weight(need, input, filters.weight).with_shape(
        (*dims[: -axes - 1], out_channels, *_sizes(need, dims[-axes:], shape, extras, dims[0] == 0))
    )


def _sizes(need: Need, sizes: tuple[Dim, ...], shape: Window, extras: tuple[Dim, ...], empty: bool) -> list[Dim]:
    """The output sizes; the output padding of an ``empty`` batch is not looked at."""
    outputs = []
    for size, extra, kernel, stride, padding, dilation in zip(sizes, extras, *shape):
        known = isinstance(extra, int) and isinstance(stride, int) and isinstance(dilation, int)
        if known and not empty and extra >= max(stride, dilation):
            need.fail("output_padding", max(stride, dilation) - 1, extra, "output_padding")
        output = transposed_size(size, kernel, stride, padding, extra, dilation)
        need.at_least(output, 0, "kernel_size")
        outputs.append(output)
    return outputs


def _functional(axes: int) -> None:
    cases = [
        f"F.conv_transpose{axes}d(torch.randn({_INPUTS[axes]}), torch.randn(4, 6{', 3' * axes}), stride=2)",
        f"F.conv_transpose{axes}d(torch.randn({_INPUTS[axes]}), torch.randn(4, 6{', 3' * axes}), None, 1, 0, 0, 2)",
        f"F.conv_transpose{axes}d(torch.randn({_INPUTS[axes]}), torch.randn(5, 6{', 3' * axes}))",
        f"F.conv_transpose{axes}d(torch.randn({_INPUTS[axes]}), torch.randn(4, 6{', 3' * axes}), output_padding=1)",
        f"F.conv_transpose{axes}d(torch.randn(0{_INPUTS[axes][1:]}).long(), torch.randn(4, 6{', 3' * axes}))",
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
        options = Options(stride, padding, output_padding, dilation)
        return deconvolve(need, axes, input, Filters(weight, bias, groups), options)


def conv_transpose_fields(
    need: Need, axes: int, in_channels: Dim, out_channels: Dim, kernel_size: Any, options: Options, groups: Dim,
    bias: bool, padding_mode: str, dtype: Value,
) -> dict[str, Value]:  # fmt: skip
    """The attributes of a transposed convolution."""
    check_groups(need, in_channels, out_channels, groups)
    kernel = per_axis(kernel_size, axes)
    check_kernel(need, kernel)
    if padding_mode != "zeros":
        need.fail("padding", "zeros", padding_mode, "padding_mode")
    element = chosen(need, dtype, "float32")
    return {
        "in_channels": in_channels,
        "out_channels": out_channels,
        "kernel_size": kernel,
        "stride": per_axis(options.stride, axes),
        "padding": per_axis(options.padding, axes),
        "output_padding": per_axis(options.output_padding, axes),
        "dilation": per_axis(options.dilation, axes),
        "groups": groups,
        "padding_mode": padding_mode,
        "transposed": True,
        "weight": parameter(in_channels, out_channels // groups, *kernel, dtype=element),
        "bias": parameter(out_channels, dtype=element) if bias else None,
    }


def _extras(need: Need, axes: int, self: Fields, input: Tensor, output_size: Value) -> Any:
    """The output padding that gives ``output_size``, which is within a stride of the smallest result."""
    wanted = listed(output_size)
    if wanted is None:
        raise Undecided("the output size is not known")
    dims = need.rank(input, axes + 1, axes + 2)
    if len(wanted) == len(dims):
        wanted = wanted[len(dims) - axes :]
    if len(wanted) != axes:
        need.fail("output_padding", axes, wanted, "output_size")
        return self.output_padding
    demand_integers(need, wanted, "output_size")
    shape = window(need, axes, self.kernel_size, self.stride, self.padding, self.dilation)
    extras = []
    for asked, size, kernel, stride, padding, dilation in zip(wanted, dims[-axes:], *shape):
        smallest = transposed_size(size, kernel, stride, padding, 0, dilation)
        need.at_least(asked - smallest, 0, "output_padding", "output_size")
        need.at_least(smallest + stride - 1 - asked, 0, "output_padding", "output_size")
        extras.append(asked - smallest)
    return self.output_padding if need.failures else tuple(extras)


def layer_deconvolution(need: Need, axes: int, self: Fields, input: Tensor, output_size: Value) -> Tensor:
    """What a layer with these fields makes of ``input``."""
    extra = self.output_padding if output_size is None else _extras(need, axes, self, input, output_size)
    options = Options(self.stride, self.padding, extra, self.dilation)
    return deconvolve(need, axes, input, Filters(self.weight, self.known("bias"), self.groups), options)


def _layer(axes: int) -> None:
    name = f"torch.nn.ConvTranspose{axes}d"
    larger = {1: "18", 2: "18, 17", 3: "11, 12, 14"}[axes]
    cases = [
        f"nn.ConvTranspose{axes}d(4, 6, 2, stride=2)(torch.randn({_INPUTS[axes]}))",
        f"nn.ConvTranspose{axes}d(4, 6, 3, 2, 1, output_padding=1)(torch.randn({_INPUTS[axes]}))",
        f"nn.ConvTranspose{axes}d(4, 6, 3, 2, 1)(torch.randn({_INPUTS[axes]}), output_size=({larger},))",
        f"nn.ConvTranspose{axes}d(5, 6, 3)(torch.randn({_INPUTS[axes]}))",
        f"nn.ConvTranspose{axes}d(4, 6, 3, padding_mode='reflect')",
    ]

    @layer(name, parents=("torch.nn.modules.conv._ConvTransposeNd", "torch.nn.modules.conv._ConvNd"), cases=cases)
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
        options = Options(stride, padding, output_padding, dilation)
        return conv_transpose_fields(
            need, axes, in_channels, out_channels, kernel_size, options, groups, bias, padding_mode, dtype
        )

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor, output_size: Anything = None) -> Tensor:
        return layer_deconvolution(need, axes, self, input, output_size)


for _axes in (1, 2, 3):
    _functional(_axes)
    _layer(_axes)
