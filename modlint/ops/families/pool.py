"""Pools: docs.pytorch.org/docs/stable/nn.html#pooling-layers."""

from __future__ import annotations

from typing import Any

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Sizes, Tensor
from modlint.ops.fields import Fields, per_axis
from modlint.ops.need import Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.ops.sizes import window_count
from modlint.values import ListValue, Unknown, Value

_INPUTS = {1: "2, 4, 9", 2: "2, 4, 9, 8", 3: "2, 4, 9, 8, 7"}


def _pool(
    need: Need, axes: int, input: Tensor, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Tensor:
    """Every window of ``kernel_size`` gives one value; the stride is the kernel size unless it is given."""
    dims = need.rank(input, axes + 1, axes + 2)
    kernels = per_axis(kernel, axes)
    strides = kernels if stride is None or stride == () else per_axis(stride, axes)
    paddings, dilations = per_axis(padding, axes), per_axis(dilation, axes)
    outputs: list[Dim] = []
    for size, k, s, p, d in zip(dims[-axes:], kernels, strides, paddings, dilations):
        if isinstance(k, int) and isinstance(p, int) and 2 * p > k:
            need.fail("padding", k // 2, p, "padding")
        output = window_count(size, k, s, p, d, ceil_mode)
        need.at_least(output, 1, "kernel_size")
        outputs.append(output)
    return input.with_shape((*dims[:-axes], *outputs))


def _with_indices(output: Tensor, wanted: bool) -> Any:
    return (output, Tensor(output.shape, "int64")) if wanted else output


def _max_pool(axes: int) -> None:
    functional = f"torch.nn.functional.max_pool{axes}d"
    name = f"torch.nn.MaxPool{axes}d"

    @op(
        functional,
        f"torch.max_pool{axes}d",
        cases=[
            f"F.max_pool{axes}d(torch.randn({_INPUTS[axes]}), 2)",
            f"F.max_pool{axes}d(torch.randn({_INPUTS[axes]}), 3, 2, 1, ceil_mode=True)",
            f"F.max_pool{axes}d(torch.randn({_INPUTS[axes]}), 12)",
        ],
    )
    def max_pool(
        need: Need,
        input: Tensor,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        ceil_mode: Flag = False,
        return_indices: Flag = False,
    ) -> Any:
        output = _pool(need, axes, input, kernel_size, stride, padding, dilation, ceil_mode)
        return _with_indices(output, return_indices)

    @op(f"{functional}_with_indices")
    def max_pool_with_indices(
        need: Need,
        input: Tensor,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        ceil_mode: Flag = False,
        return_indices: Flag = True,
    ) -> Any:
        return _with_indices(_pool(need, axes, input, kernel_size, stride, padding, dilation, ceil_mode), True)

    @layer(
        name,
        parents=("torch.nn.modules.pooling._MaxPoolNd",),
        cases=[
            f"nn.MaxPool{axes}d(2)(torch.randn({_INPUTS[axes]}))",
            f"nn.MaxPool{axes}d(3, stride=2, padding=1)(torch.randn({_INPUTS[axes]}))",
            f"nn.MaxPool{axes}d(2, return_indices=True)(torch.randn({_INPUTS[axes]}))",
        ],
    )
    def max_pool_layer(
        need: Need,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: Flag = False,
        ceil_mode: Flag = False,
    ) -> dict[str, Value]:
        return {
            "kernel_size": kernel_size,
            "stride": kernel_size if stride is None else stride,
            "padding": padding,
            "dilation": dilation,
            "return_indices": return_indices,
            "ceil_mode": ceil_mode,
        }

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Any:
        output = _pool(need, axes, input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)
        return _with_indices(output, self.return_indices)


def _avg_pool(axes: int) -> None:
    name = f"torch.nn.AvgPool{axes}d"

    @op(
        f"torch.nn.functional.avg_pool{axes}d",
        f"torch.avg_pool{axes}d",
        cases=[
            f"F.avg_pool{axes}d(torch.randn({_INPUTS[axes]}), 2)",
            f"F.avg_pool{axes}d(torch.randn({_INPUTS[axes]}), 3, 1, 1)",
        ],
    )
    def avg_pool(
        need: Need,
        input: Tensor,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: Flag = False,
        count_include_pad: Anything = True,
        divisor_override: Anything = None,
    ) -> Tensor:
        return _pool(need, axes, input, kernel_size, stride, padding, 1, ceil_mode)

    @layer(
        name,
        parents=("torch.nn.modules.pooling._AvgPoolNd",),
        cases=[f"nn.AvgPool{axes}d(2)(torch.randn({_INPUTS[axes]}))", f"nn.AvgPool{axes}d(20)(torch.randn({_INPUTS[axes]}))"],
    )
    def avg_pool_layer(
        need: Need,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: Flag = False,
        count_include_pad: Anything = True,
        divisor_override: Anything = None,
    ) -> dict[str, Value]:
        stride = kernel_size if stride is None else stride
        return {
            "kernel_size": kernel_size,
            "stride": stride,
            "padding": padding,
            "ceil_mode": ceil_mode,
            "count_include_pad": count_include_pad,
            "divisor_override": divisor_override,
        }

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        return _pool(need, axes, input, self.kernel_size, self.stride, self.padding, 1, self.ceil_mode)


def _adapted(need: Need, axes: int, input: Tensor, output_size: Any) -> Tensor:
    """Each axis gets the size asked for; None keeps its own."""
    dims = need.rank(input, axes + 1, axes + 2)
    wanted = _output_size(output_size, axes)
    sizes = tuple(size if asked is None else asked for size, asked in zip(dims[-axes:], wanted))
    return input.with_shape((*dims[:-axes], *sizes))


def _output_size(value: Any, axes: int) -> tuple[Any, ...]:
    items = tuple(value.items) if isinstance(value, ListValue) else value
    sizes = items if isinstance(items, tuple) else (items,) * axes
    if any(isinstance(size, (Unknown, float)) for size in sizes) or len(sizes) != axes:
        raise Undecided("the output size is not known")
    return sizes


def _adaptive(axes: int, kind: str) -> None:
    name = f"torch.nn.Adaptive{kind.capitalize()}Pool{axes}d"

    @op(
        f"torch.nn.functional.adaptive_{kind}_pool{axes}d",
        f"torch.adaptive_{kind}_pool{axes}d",
        cases=[f"F.adaptive_{kind}_pool{axes}d(torch.randn({_INPUTS[axes]}), 1)"],
    )
    def adaptive(need: Need, input: Tensor, output_size: Anything, return_indices: Flag = False) -> Any:
        return _with_indices(_adapted(need, axes, input, output_size), return_indices)

    @layer(
        name,
        parents=(f"torch.nn.modules.pooling._Adaptive{kind.capitalize()}PoolNd",),
        cases=[f"nn.Adaptive{kind.capitalize()}Pool{axes}d(3)(torch.randn({_INPUTS[axes]}))"],
    )
    def adaptive_layer(need: Need, output_size: Anything, return_indices: Flag = False) -> dict[str, Value]:
        return {"output_size": output_size, "return_indices": return_indices}

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Any:
        return _with_indices(_adapted(need, axes, input, self.output_size), self.return_indices)


for _axes in (1, 2, 3):
    _max_pool(_axes)
    _avg_pool(_axes)
    _adaptive(_axes, "avg")
    _adaptive(_axes, "max")
