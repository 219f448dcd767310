"""Sliding blocks: docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html and its inverse."""

from __future__ import annotations

from typing import Any

from modlint.dims import Dim, product
from modlint.ops.arguments import Sizes
from modlint.ops.fields import Fields, per_axis
from modlint.ops.need import Impossible, Need
from modlint.ops.registry import layer, method, op
from modlint.ops.sizes import along_axes, window, window_counts
from modlint.values import Tensor, Value

_OPTIONS = ("kernel_size", "dilation", "padding", "stride")


def _blocks(need: Need, sizes: tuple[Dim, ...], kernel: Any, dilation: Any, padding: Any, stride: Any) -> Dim:
    """The number of positions of the kernel over two spatial axes."""
    for name, option in zip(_OPTIONS, (kernel, dilation, padding, stride)):
        if isinstance(option, tuple) and len(option) != 2:
            need.fail(name, 2, option, name)
            raise Impossible
    return product(window_counts(need, sizes, window(need, 2, kernel, stride, padding, dilation)))


def _unfolded(need: Need, input: Tensor, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Tensor:
    dims = need.rank(input, 3, 4)
    for size in dims[-3:]:
        need.at_least(size, 1, "unfold")
    blocks = _blocks(need, dims[-2:], kernel, dilation, padding, stride)
    return input.with_shape((*dims[:-3], dims[-3] * product(per_axis(kernel, 2)), blocks))


def _folded(need: Need, input: Tensor, output: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Tensor:
    dims = need.rank(input, 2, 3)
    for size in dims[-2:]:
        need.at_least(size, 1, "fold")
    area = product(along_axes(need, kernel, 2, "kernel_size"))
    need.divisible(dims[-2], area, "fold")
    sizes = along_axes(need, output, 2, "output_size")
    need.equal(dims[-1], _blocks(need, sizes, kernel, dilation, padding, stride), "fold")
    return input.with_shape((*dims[:-2], dims[-2] // area, *sizes))


@op(
    "torch.nn.functional.unfold",
    cases=[
        "F.unfold(torch.randn(2, 3, 6, 7), 3)",
        "F.unfold(torch.randn(3, 6, 7), (3, 2), padding=1, stride=2)",
        "F.unfold(torch.randn(2, 3, 2, 7), 3)",
    ],
)
def unfold(
    need: Need, input: Tensor, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Tensor:
    """([N,] C, H, W) -> ([N,] C * kernel area, number of blocks)."""
    return _unfolded(need, input, kernel_size, dilation, padding, stride)


@op(
    "torch.nn.functional.fold",
    cases=[
        "F.fold(torch.randn(2, 12, 12), (4, 5), (2, 2))",
        "F.fold(torch.randn(2, 12, 11), (4, 5), (2, 2))",
        "F.fold(torch.randn(2, 13, 12), (4, 5), (2, 2))",
    ],
)
def fold(
    need: Need,
    input: Tensor,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """([N,] C * kernel area, number of blocks) -> ([N,] C, *output_size)."""
    return _folded(need, input, output_size, kernel_size, dilation, padding, stride)


@layer("torch.nn.Unfold", cases=["nn.Unfold(3)(torch.randn(2, 3, 6, 7))"])
def unfold_layer(
    need: Need, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> dict[str, Value]:
    """``nn.Unfold``."""
    return {"kernel_size": kernel_size, "dilation": dilation, "padding": padding, "stride": stride}


@method("torch.nn.Unfold", "forward")
def unfold_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """([N,] C, H, W) -> ([N,] C * kernel area, number of blocks)."""
    return _unfolded(need, input, *(getattr(self, name) for name in _OPTIONS))


@layer("torch.nn.Fold", cases=["nn.Fold((4, 5), 2)(torch.randn(2, 12, 12))"])
def fold_layer(
    need: Need, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> dict[str, Value]:
    """``nn.Fold``."""
    fields = {"kernel_size": kernel_size, "dilation": dilation, "padding": padding, "stride": stride}
    return {"output_size": output_size, **fields}


@method("torch.nn.Fold", "forward")
def fold_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """([N,] C * kernel area, number of blocks) -> ([N,] C, *output_size)."""
    return _folded(need, input, self.output_size, *(getattr(self, name) for name in _OPTIONS))
