"""Pools over sliding windows: docs.pytorch.org/docs/stable/nn.html#pooling-layers."""

from __future__ import annotations

from typing import Any

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Number, Sizes
from modlint.ops.demands import REAL, REAL_OR_INTEGER, demand_kind, like
from modlint.ops.dtypes import floating
from modlint.ops.fields import Fields, per_axis
from modlint.ops.need import Need
from modlint.ops.registry import layer, method, op
from modlint.ops.sizes import Window, window, window_counts
from modlint.values import Tensor, Value

_INPUTS = {1: "2, 4, 9", 2: "2, 4, 9, 8", 3: "2, 4, 9, 8, 7"}
_F = "torch.nn.functional"


def _pool(
    need: Need, axes: int, input: Tensor, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Tensor:
    """Every window of ``kernel_size`` gives one value; the stride is the kernel size unless it is given."""
    dims = need.rank(input, axes + 1, axes + 2)
    for size in dims[len(dims) - axes - 1 :]:
        need.at_least(size, 1, "kernel_size")
    shape = window(need, axes, kernel, kernel if stride is None or stride == () else stride, padding, dilation)
    _check_padding(need, shape)
    return input.with_shape((*dims[:-axes], *window_counts(need, dims[-axes:], shape, ceil_mode)))


def _check_padding(need: Need, shape: Window) -> None:
    """At most half of a window lies outside of the input."""
    for kernel, padding in zip(shape.kernel_size, shape.padding):
        if isinstance(kernel, int) and isinstance(padding, int) and padding > kernel // 2:
            need.fail("padding", kernel // 2, padding, "padding")


def with_indices(output: Tensor, wanted: bool) -> Any:
    """The maxima, and where they were when that is asked for."""
    return (output, Tensor(output.shape, "int64")) if wanted else output


def _maximum(
    need: Need, axes: int, input: Tensor, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool,
    indices: bool,
) -> Any:  # fmt: skip
    """The maxima; of integers not in one dimension, unless the indices are asked for."""
    demand_kind(need, input, REAL if axes == 1 and not indices else REAL_OR_INTEGER)
    return with_indices(_pool(need, axes, input, kernel, stride, padding, dilation, ceil_mode), indices)


def _max_pool_functions(axes: int) -> None:
    functional, shape = f"{_F}.max_pool{axes}d", _INPUTS[axes]

    @op(
        functional,
        cases=[
            f"F.max_pool{axes}d(torch.randn({shape}), 2)",
            f"F.max_pool{axes}d(torch.randn({shape}), 3, 2, 1, ceil_mode=True)",
            f"F.max_pool{axes}d(torch.randn({shape}), (3,), 2, 1, 2, False, True)",
            f"F.max_pool{axes}d(torch.randn({shape}), 3, 2, 2)",
            f"F.max_pool{axes}d(torch.randn({shape}), 12)",
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
        return _maximum(need, axes, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)

    @op(f"torch.max_pool{axes}d", cases=[f"torch.max_pool{axes}d(torch.randn({shape}), 3, 2, 1, ceil_mode=True)"])
    def plain_max_pool(
        need: Need,
        input: Tensor,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        ceil_mode: Flag = False,
    ) -> Any:
        return _maximum(need, axes, input, kernel_size, stride, padding, dilation, ceil_mode, False)

    @op(
        f"{functional}_with_indices",
        cases=[f"F.max_pool{axes}d_with_indices(torch.randn({shape}), 3, 2, padding=1)"],
    )
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
        return _maximum(need, axes, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def _max_pool_layer(axes: int) -> None:
    name = f"torch.nn.MaxPool{axes}d"

    @layer(
        name,
        parents=("torch.nn.modules.pooling._MaxPoolNd",),
        cases=[
            f"nn.MaxPool{axes}d(2)(torch.randn({_INPUTS[axes]}))",
            f"nn.MaxPool{axes}d(3, stride=2, padding=1)(torch.randn({_INPUTS[axes]}))",
            f"nn.MaxPool{axes}d(2, return_indices=True)(torch.randn({_INPUTS[axes]}))",
            f"nn.MaxPool{axes}d(3, 2, ceil_mode=True).stride",
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
        options = self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
        return _maximum(need, axes, input, *options, self.return_indices)


def _average(
    need: Need, axes: int, input: Tensor, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, divisor: Value
) -> Tensor:
    if divisor == 0:
        need.fail("scale", "a divisor other than 0", divisor, "divisor_override")
    if input.dtype != "int64":
        demand_kind(need, input, REAL)
    output = _pool(need, axes, input, kernel, stride, padding, 1, ceil_mode)
    if axes == 3:
        _check_volume(need, input, per_axis(kernel, axes))
    return output


def _check_volume(need: Need, input: Tensor, kernel: tuple[Dim, ...]) -> None:
    """Only the average in three dimensions compares the kernel with the input before it is padded."""
    for size, length in zip(need.dims(input)[-3:], kernel * (3 // len(kernel))):
        need.at_least(size - length, 0, "kernel_size")


def _avg_pool(axes: int) -> None:
    name = f"torch.nn.AvgPool{axes}d"
    functions = [f"{_F}.avg_pool{axes}d", *(["torch.avg_pool1d"] if axes == 1 else [])]
    if axes == 1:
        _avg_pool1d(functions)
    else:
        _avg_pool_nd(axes, functions)

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        divisor = self.divisor_override if axes > 1 else None
        return _average(need, axes, input, self.kernel_size, self.stride, self.padding, self.ceil_mode, divisor)


def _avg_cases(axes: int) -> list[str]:
    return [
        f"F.avg_pool{axes}d(torch.randn({_INPUTS[axes]}), 2)",
        f"F.avg_pool{axes}d(torch.randn({_INPUTS[axes]}), 3, 1, 1)",
        f"F.avg_pool{axes}d(torch.randn({_INPUTS[axes]}), 3, 2, (1,), True, False)",
    ]


def _avg_layer_cases(axes: int) -> list[str]:
    return [
        f"nn.AvgPool{axes}d(2)(torch.randn({_INPUTS[axes]}))",
        f"nn.AvgPool{axes}d(3, 2, 1, ceil_mode=True, count_include_pad=False)(torch.randn({_INPUTS[axes]}))",
        f"nn.AvgPool{axes}d(20)(torch.randn({_INPUTS[axes]}))",
    ]


def _avg_pool1d(functions: list[str]) -> None:
    @op(*functions, cases=_avg_cases(1))
    def avg_pool1d(
        need: Need,
        input: Tensor,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: Flag = False,
        count_include_pad: Anything = True,
    ) -> Tensor:
        return _average(need, 1, input, kernel_size, stride, padding, ceil_mode, None)

    @layer("torch.nn.AvgPool1d", parents=("torch.nn.modules.pooling._AvgPoolNd",), cases=_avg_layer_cases(1))
    def avg_pool1d_layer(
        need: Need,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: Flag = False,
        count_include_pad: Anything = True,
    ) -> dict[str, Value]:
        return {
            "kernel_size": per_axis(kernel_size, 1),
            "stride": per_axis(kernel_size if stride is None else stride, 1),
            "padding": per_axis(padding, 1),
            "ceil_mode": ceil_mode,
            "count_include_pad": count_include_pad,
        }


def _avg_pool_nd(axes: int, functions: list[str]) -> None:
    @op(
        *functions, cases=[*_avg_cases(axes), f"F.avg_pool{axes}d(torch.randn({_INPUTS[axes]}), 2, divisor_override=0)"]
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
        return _average(need, axes, input, kernel_size, stride, padding, ceil_mode, divisor_override)

    name = f"torch.nn.AvgPool{axes}d"

    @layer(name, parents=("torch.nn.modules.pooling._AvgPoolNd",), cases=_avg_layer_cases(axes))
    def avg_pool_layer(
        need: Need,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: Flag = False,
        count_include_pad: Anything = True,
        divisor_override: Anything = None,
    ) -> dict[str, Value]:
        return {
            "kernel_size": kernel_size,
            "stride": kernel_size if stride is None else stride,
            "padding": padding,
            "ceil_mode": ceil_mode,
            "count_include_pad": count_include_pad,
            "divisor_override": divisor_override,
        }


def _lp_pool(axes: int) -> None:
    """The power average is the average pool of powers."""
    name, shape = f"torch.nn.LPPool{axes}d", _INPUTS[axes]

    @op(
        f"{_F}.lp_pool{axes}d",
        cases=[
            f"F.lp_pool{axes}d(torch.randn({shape}), 2.0, 3)",
            f"F.lp_pool{axes}d(torch.randn({shape}), 1.0, 3, stride=2, ceil_mode=True)",
            f"F.lp_pool{axes}d(torch.randn({shape}), 2.0, 12)",
        ],
    )
    def lp_pool(
        need: Need,
        input: Tensor,
        norm_type: Number,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        ceil_mode: Flag = False,
    ) -> Tensor:
        if norm_type == 0:
            need.fail("range", "a power other than 0", norm_type, "norm_type")
        kernel = kernel_size
        if axes > 1 and isinstance(kernel, tuple) and len(kernel) != axes:
            need.fail("kernel_size", axes, kernel, "kernel_size")
            kernel = kernel[:1]
        powers = like(input, floating(input.dtype))
        return _average(need, axes, powers, kernel, stride, 0, ceil_mode, None)

    @layer(
        name,
        parents=("torch.nn.modules.pooling._LPPoolNd",),
        cases=[f"nn.LPPool{axes}d(2, 3, stride=2)(torch.randn({shape}))", f"nn.LPPool{axes}d(2, 3).stride"],
    )
    def lp_pool_layer(
        need: Need, norm_type: Number, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: Flag = False
    ) -> dict[str, Value]:
        return {"norm_type": norm_type, "kernel_size": kernel_size, "stride": stride, "ceil_mode": ceil_mode}

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        return lp_pool(need, input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


for _axes in (1, 2, 3):
    _max_pool_functions(_axes)
    _max_pool_layer(_axes)
    _avg_pool(_axes)
    _lp_pool(_axes)
