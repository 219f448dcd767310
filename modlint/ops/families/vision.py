"""Resampling and rearranging of images: docs.pytorch.org/docs/stable/nn.html#vision-layers."""

from __future__ import annotations

import math
from typing import Any

from modlint.dims import Dim, Expr
from modlint.ops.arguments import Anything, Name
from modlint.ops.fields import Fields
from modlint.ops.need import Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.values import ListValue, Tensor, Unknown, Value

_MODE_RANKS = {"linear": (3,), "bilinear": (4,), "bicubic": (4,), "trilinear": (5,)}


def _per_axis(value: Any, axes: int) -> tuple[Any, ...]:
    items = tuple(value.items) if isinstance(value, ListValue) else value
    values = items if isinstance(items, tuple) else (items,) * axes
    if any(isinstance(item, (Unknown, Tensor)) for item in values):
        raise Undecided("the size is not known")
    return values


def _scaled(size: Dim, scale: Any) -> Dim:
    """``floor(size * scale)``, exact for integers and for fractions of a power of two."""
    if isinstance(size, int):
        return math.floor(float(size) * scale)
    if isinstance(scale, Expr):
        raise Undecided("the scale is not known")
    numerator, denominator = float(scale).as_integer_ratio()
    if denominator > 64:
        raise Undecided("the scale is no short binary fraction")
    return size * numerator // denominator


def _interpolated(need: Need, input: Tensor, size: Any, scale: Any, mode: str) -> Tensor:
    dims = need.rank(input, *_MODE_RANKS.get(mode, (3, 4, 5)))
    axes = len(dims) - 2
    if isinstance(size, Unknown) or isinstance(scale, Unknown):
        raise Undecided("the size is not known")
    if (size is None) == (scale is None):
        need.fail("scale", "size or scale_factor", None, "size")
        return input
    if size is None:
        sizes = tuple(_scaled(dim, factor) for dim, factor in zip(dims[2:], _per_axis(scale, axes)))
    else:
        sizes = _per_axis(size, axes)
    if len(sizes) != axes:
        need.fail("scale", axes, len(sizes), "size")
        return input
    for wanted in sizes:
        need.at_least(wanted, 1, "scale", "size")
    return input.with_shape((*dims[:2], *sizes))


@op(
    "torch.nn.functional.interpolate",
    "torch.nn.functional.upsample",
    cases=[
        "F.interpolate(torch.randn(2, 3, 4, 5), scale_factor=2)",
        "F.interpolate(torch.randn(2, 3, 4, 5), size=(7, 9), mode='bilinear', align_corners=False)",
        "F.interpolate(torch.randn(2, 3, 9), size=4, mode='linear')",
        "F.interpolate(torch.randn(2, 3, 9), scale_factor=0.3)",
        "F.interpolate(torch.randn(2, 3, 9), size=4, mode='bilinear')",
        "F.interpolate(torch.randn(2, 3, 4, 5))",
    ],
)
def interpolate(
    need: Need,
    input: Tensor,
    size: Anything = None,
    scale_factor: Anything = None,
    mode: Name = "nearest",
    align_corners: Anything = None,
    recompute_scale_factor: Anything = None,
    antialias: Anything = False,
) -> Tensor:
    """``input`` (N, C, *sizes)."""
    return _interpolated(need, input, size, scale_factor, mode)


@layer(
    "torch.nn.Upsample",
    cases=[
        "nn.Upsample(scale_factor=2)(torch.randn(2, 3, 4, 5))",
        "nn.Upsample((7, 8), mode='bilinear')(torch.randn(2, 3, 4, 5))",
    ],
)
def upsample_layer(
    need: Need,
    size: Anything = None,
    scale_factor: Anything = None,
    mode: Name = "nearest",
    align_corners: Anything = None,
    recompute_scale_factor: Anything = None,
) -> dict[str, Value]:
    """``nn.Upsample``."""
    return {"size": size, "scale_factor": scale_factor, "mode": mode, "align_corners": align_corners}


def _fixed_upsample(name: str, mode: str) -> None:
    @layer(f"torch.nn.{name}", cases=[f"nn.{name}(scale_factor=2)(torch.randn(2, 3, 4, 5))"])
    def fixed_layer(need: Need, size: Anything = None, scale_factor: Anything = None) -> dict[str, Value]:
        return {"size": size, "scale_factor": scale_factor, "mode": mode}


_fixed_upsample("UpsamplingNearest2d", "nearest")
_fixed_upsample("UpsamplingBilinear2d", "bilinear")


@method(("torch.nn.Upsample", "torch.nn.UpsamplingNearest2d", "torch.nn.UpsamplingBilinear2d"), "forward")
def upsample_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """``input`` (N, C, *sizes)."""
    return _interpolated(need, input, self.get("size"), self.get("scale_factor"), self.mode)


def _shuffled(need: Need, input: Tensor, factor: Dim) -> Tensor:
    dims = need.dims(input)
    if len(dims) < 3:
        need.fail("pixel_shuffle", 3, dims, "input")
        return input
    need.divisible(dims[-3], factor * factor, "pixel_shuffle")
    channels = dims[-3] // (factor * factor)
    return input.with_shape((*dims[:-3], channels, dims[-2] * factor, dims[-1] * factor))


def _unshuffled(need: Need, input: Tensor, factor: Dim) -> Tensor:
    dims = need.dims(input)
    if len(dims) < 3:
        need.fail("pixel_shuffle", 3, dims, "input")
        return input
    for size in dims[-2:]:
        need.divisible(size, factor, "pixel_shuffle")
    channels = dims[-3] * factor * factor
    return input.with_shape((*dims[:-3], channels, dims[-2] // factor, dims[-1] // factor))


@op(
    "torch.nn.functional.pixel_shuffle",
    "torch.pixel_shuffle",
    cases=["F.pixel_shuffle(torch.randn(2, 8, 3, 4), 2)", "F.pixel_shuffle(torch.randn(2, 6, 3, 4), 2)"],
)
def pixel_shuffle(need: Need, input: Tensor, upscale_factor: Dim) -> Tensor:
    """(*, C * r², H, W) -> (*, C, H * r, W * r)."""
    return _shuffled(need, input, upscale_factor)


@op(
    "torch.nn.functional.pixel_unshuffle",
    "torch.pixel_unshuffle",
    cases=["F.pixel_unshuffle(torch.randn(2, 8, 4, 6), 2)", "F.pixel_unshuffle(torch.randn(2, 8, 5, 6), 2)"],
)
def pixel_unshuffle(need: Need, input: Tensor, downscale_factor: Dim) -> Tensor:
    """(*, C, H * r, W * r) -> (*, C * r², H, W)."""
    return _unshuffled(need, input, downscale_factor)


@layer("torch.nn.PixelShuffle", cases=["nn.PixelShuffle(2)(torch.randn(2, 8, 3, 4))"])
def pixel_shuffle_layer(need: Need, upscale_factor: Dim) -> dict[str, Value]:
    """``nn.PixelShuffle``."""
    return {"upscale_factor": upscale_factor}


@method("torch.nn.PixelShuffle", "forward")
def pixel_shuffle_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """(*, C * r², H, W) -> (*, C, H * r, W * r)."""
    return _shuffled(need, input, self.upscale_factor)


@layer("torch.nn.PixelUnshuffle", cases=["nn.PixelUnshuffle(2)(torch.randn(2, 8, 4, 6))"])
def pixel_unshuffle_layer(need: Need, downscale_factor: Dim) -> dict[str, Value]:
    """``nn.PixelUnshuffle``."""
    return {"downscale_factor": downscale_factor}


@method("torch.nn.PixelUnshuffle", "forward")
def pixel_unshuffle_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """(*, C, H * r, W * r) -> (*, C * r², H, W)."""
    return _unshuffled(need, input, self.downscale_factor)


@op(
    "torch.nn.functional.grid_sample",
    cases=["F.grid_sample(torch.randn(2, 3, 4, 5), torch.randn(2, 6, 7, 2), align_corners=False)"],
)
def grid_sample(
    need: Need,
    input: Tensor,
    grid: Tensor,
    mode: Anything = "bilinear",
    padding_mode: Anything = "zeros",
    align_corners: Anything = None,
) -> Tensor:
    """``input`` (N, C, *sizes), ``grid`` (N, *outputs, number of sizes) -> (N, C, *outputs)."""
    dims, points = need.rank(input, 4, 5), need.rank(grid, 4, 5, operand="grid")
    if len(dims) != len(points):
        need.fail("rank", len(dims), points, "grid")
        return input
    need.equal(points[0], dims[0], "batch", "grid")
    need.equal(points[-1], len(dims) - 2, "scale", "grid")
    return input.with_shape((*dims[:2], *points[1:-1]))


@op(
    "torch.nn.functional.affine_grid",
    cases=["F.affine_grid(torch.randn(2, 2, 3), [2, 3, 4, 5], align_corners=False)"],
)
def affine_grid(need: Need, theta: Tensor, size: Anything, align_corners: Anything = None) -> Tensor:
    """``theta`` (N, 2, 3) or (N, 3, 4) -> (N, *sizes, 2 or 3)."""
    sizes = _per_axis(size, 0)
    dims = need.rank(theta, 3, operand="theta")
    need.equal(dims[0], sizes[0], "batch", "theta")
    return theta.with_shape((sizes[0], *sizes[2:], len(sizes) - 2))
