"""Fractional pools and the inverse of max pools: docs.pytorch.org/docs/stable/nn.html#pooling-layers."""

from __future__ import annotations

from typing import Any

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Sizes
from modlint.ops.demands import REAL, demand_dtype, demand_integers, demand_kind, demand_shape
from modlint.ops.families.pool import with_indices
from modlint.ops.fields import Fields, per_axis
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import layer, method, op, parts
from modlint.ops.shapes import listed
from modlint.ops.sizes import Window, along_axes
from modlint.values import Tensor, Unknown, Value

_INPUTS = {1: "2, 4, 9", 2: "2, 4, 9, 8", 3: "2, 4, 9, 8, 7"}
_F = "torch.nn.functional"


def _window(need: Need, axes: int, *options: Any) -> Window:
    """Kernel, stride and padding, of which torch checks here but the stride in three dimensions."""
    for step in per_axis(options[1], axes) if axes == 3 else ():
        need.at_least(step, 1, "stride", "stride")
    return Window(*(per_axis(option, axes) for option in (*options, 1)))


def _unpooled(need: Need, input: Tensor, indices: Tensor, shape: Window, output_size: Value) -> Tensor:
    axes = len(shape.stride)
    dims = need.rank(input, axes + 1, axes + 2)
    demand_dtype(need, indices, "int64", operand="indices")
    demand_shape(need, indices, dims, "unpool", "indices")
    sizes = [(size - 1) * s - 2 * p + k for size, k, s, p, _ in zip(dims[-axes:], *shape)]
    if output_size is not None:
        sizes = _chosen(need, sizes, shape, len(dims), output_size)
    for size in sizes:
        need.at_least(size, 0, "unpool", "output_size")
    return _filled(need, input, (*dims[:-axes], *sizes))


def _filled(need: Need, input: Tensor, sizes: tuple[Dim, ...]) -> Tensor:
    """A result of real numbers; the type is not looked at where there are none."""
    if 0 not in sizes:
        demand_kind(need, input, REAL)
    return input.with_shape(sizes)


def _chosen(need: Need, usual: list[Dim], shape: Window, rank: int, output_size: Value) -> list[Dim]:
    """An output size is less than a stride away from the usual one."""
    asked = listed(output_size)
    if asked is None or any(isinstance(size, Unknown) for size in asked):
        raise Undecided("the output size is not known")
    if len(asked) == rank:
        asked = asked[rank - len(usual) :]
    if len(asked) != len(usual):
        need.fail("unpool", len(usual), asked, "output_size")
        raise Impossible
    demand_integers(need, asked, "output_size")
    for size, expected, stride in zip(asked, usual, shape.stride):
        need.at_least(size - expected + stride, 1, "unpool", "output_size")
        need.at_least(expected + stride - size, 1, "unpool", "output_size")
    return list(asked)


def _unpool(axes: int) -> None:
    name = f"torch.nn.MaxUnpool{axes}d"
    larger = {1: "18", 2: "18, 16", 3: "18, 16, 15"}[axes]
    pair = f"torch.randn({_INPUTS[axes]}), torch.zeros({_INPUTS[axes]}, dtype=torch.int64)"

    @op(
        f"{_F}.max_unpool{axes}d",
        cases=[
            f"F.max_unpool{axes}d({pair}, 2)",
            f"F.max_unpool{axes}d({pair}, 3, 2, 1, ({larger},))",
            f"F.max_unpool{axes}d({pair}, 2, output_size=(2, 4, {larger}))",
            f"F.max_unpool{axes}d({pair}, 2, output_size=(2, 4, 30, 30, 30))",
            f"F.max_unpool{axes}d(torch.randn({_INPUTS[axes]}), torch.randn({_INPUTS[axes]}), 2)",
        ],
    )
    def max_unpool(
        need: Need,
        input: Tensor,
        indices: Tensor,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        output_size: Anything = None,
    ) -> Tensor:
        shape = _window(need, axes, kernel_size, kernel_size if stride is None else stride, padding)
        return _unpooled(need, input, indices, shape, output_size)

    @layer(
        name,
        parents=("torch.nn.modules.pooling._MaxUnpoolNd",),
        cases=[
            f"nn.MaxUnpool{axes}d(2)({pair})",
            f"nn.MaxUnpool{axes}d(0)({pair.replace(')', ').long()', 1)})",
            f"nn.MaxUnpool{axes}d(3, 2, 1)({pair}, output_size=({larger},))",
        ],
    )
    def max_unpool_layer(
        need: Need, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0
    ) -> dict[str, Value]:
        return {
            "kernel_size": per_axis(kernel_size, axes),
            "stride": per_axis(kernel_size if stride is None else stride, axes),
            "padding": per_axis(padding, axes),
        }

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor, indices: Tensor, output_size: Anything = None) -> Tensor:
        shape = _window(need, axes, self.kernel_size, self.stride, self.padding)
        return _unpooled(need, input, indices, shape, output_size)


def _fractional(need: Need, axes: int, input: Tensor, kernel: Any, output_size: Value, output_ratio: Value) -> Tensor:
    if any(isinstance(part, Unknown) for given in (output_size, output_ratio) for part in parts(given)):
        raise Undecided("the output size is not known")
    dims = need.rank(input, axes + 1, axes + 2)
    for size in dims[1:]:
        need.at_least(size, 1, "kernel_size")
    if output_size is None and output_ratio is None:
        need.fail("output_size", "output_size or output_ratio", None, "output_size")
        raise Impossible
    sizes = _scaled(need, dims[-axes:], output_ratio) if output_size is None else listed(output_size) or output_size
    wanted = per_axis(sizes, axes)
    for size, length, asked in zip(dims[-axes:], per_axis(kernel, axes), wanted):
        need.at_least(asked, 0, "output_size", "output_size")
        need.at_least(size - length - asked + 1, axes - 2, "kernel_size")
    return _filled(need, input, (*dims[:-axes], *wanted))


def _scaled(need: Need, sizes: tuple[Dim, ...], ratio: Value) -> tuple[Dim, ...]:
    ratios = listed(ratio) or (ratio,) * len(sizes)
    return tuple(int(need.known(size) * each) for size, each in zip(sizes, ratios))


def _fractional_pool(axes: int) -> None:
    name, shape = f"torch.nn.FractionalMaxPool{axes}d", _INPUTS[axes]
    ratios = ", ".join(["0.5"] * axes)

    @op(
        f"{_F}.fractional_max_pool{axes}d",
        cases=[
            f"F.fractional_max_pool{axes}d(torch.randn({shape}), 3, output_size=4)",
            f"F.fractional_max_pool{axes}d(torch.randn({shape}), 3, output_ratio=({ratios}))",
            f"F.fractional_max_pool{axes}d(torch.randn({shape}), 3, output_size=9)",
            f"F.fractional_max_pool{axes}d(torch.randn({shape}).cfloat(), 3, output_size=0)",
            f"F.fractional_max_pool{axes}d(torch.randn(0, {', '.join('9' * axes)}), 3, output_size=4)",
            f"F.fractional_max_pool{axes}d(torch.randn({shape}), 3)",
        ],
    )
    def fractional_max_pool(
        need: Need,
        input: Tensor,
        kernel_size: Sizes,
        output_size: Anything = None,
        output_ratio: Anything = None,
        return_indices: Flag = False,
        _random_samples: Anything = None,
    ) -> Any:
        return with_indices(_fractional(need, axes, input, kernel_size, output_size, output_ratio), return_indices)

    @layer(
        name,
        cases=[
            f"nn.FractionalMaxPool{axes}d(3, output_size=4)(torch.randn({shape}))",
            f"nn.FractionalMaxPool{axes}d(2, output_ratio=0.5, return_indices=True)(torch.randn({shape}))",
            f"nn.FractionalMaxPool{axes}d(3)",
            f"nn.FractionalMaxPool{axes}d(3, output_ratio=1.5)",
        ],
    )
    def fractional_max_pool_layer(
        need: Need,
        kernel_size: Sizes,
        output_size: Anything = None,
        output_ratio: Anything = None,
        return_indices: Flag = False,
        _random_samples: Anything = None,
    ) -> dict[str, Value]:
        if (output_size is None) == (output_ratio is None):
            need.fail("output_size", "output_size or output_ratio", output_size, "output_size")
        if axes == 3:
            along_axes(need, kernel_size, axes, "kernel_size")
        ratios = () if output_ratio is None else listed(output_ratio) or (output_ratio,) * axes
        for ratio in ratios:
            if isinstance(ratio, (int, float)) and not 0 < ratio < 1:
                need.fail("range", (0, 1), ratio, "output_ratio")
        return {
            "kernel_size": per_axis(kernel_size, axes),
            "return_indices": return_indices,
            "output_size": None if output_size is None else listed(output_size) or (output_size,) * axes,
            "output_ratio": ratios or None,
        }

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Any:
        output = _fractional(need, axes, input, self.kernel_size, self.output_size, self.output_ratio)
        return with_indices(output, self.return_indices)


for _axes in (1, 2, 3):
    _unpool(_axes)
for _axes in (2, 3):
    _fractional_pool(_axes)
