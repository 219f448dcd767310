"""Resampling of images: docs.pytorch.org/docs/stable/nn.html#vision-layers."""

from __future__ import annotations

import math
from typing import Any

from modlint.dims import Dim, Expr
from modlint.ops.arguments import Anything, Name
from modlint.ops.demands import REAL, demand_integers, demand_kind, demand_one_of, demand_same_dtype
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.ops.shapes import fresh, listed
from modlint.values import Open, Tensor, Unknown, Value

_SMOOTH = {"linear": (3,), "bilinear": (4,), "bicubic": (4,), "trilinear": (5,), "lanczos": (4,)}
_LARGEST_DENOMINATOR = 64
_MODES = ("nearest", "nearest-exact", "area", *_SMOOTH)


def _per_axis(value: Value, axes: int) -> tuple[Any, ...]:
    items = listed(value)
    return (value,) * axes if items is None else items


def _scaled(size: Dim, scale: Any) -> Dim:
    """``floor(size * scale)``, exact for integers and for fractions of a power of two, else some size."""
    if isinstance(scale, Expr):
        return size * scale
    if isinstance(scale, (Unknown, Tensor)):
        return fresh("size", 1)
    if isinstance(size, int):
        return math.floor(float(size) * float(scale))
    numerator, denominator = float(scale).as_integer_ratio()
    if denominator > _LARGEST_DENOMINATOR:
        return fresh("size", 1)
    return size * numerator // denominator


def _image(need: Need, input: Tensor, mode: str, given: Value) -> tuple[Dim, ...]:
    """The dims of an input (N, C, *sizes); the mode or the sizes asked for tell how many an open rank has."""
    ranks: tuple[int, ...] = _SMOOTH.get(mode, (3, 4, 5))
    if isinstance(need.shape(input), Open) and len(ranks) > 1:
        asked = None if isinstance(given, Unknown) else listed(given)
        if asked is None:
            raise Undecided("the number of dimensions is not known")
        ranks = tuple(rank for rank in ranks if rank == len(asked) + 2) or ranks
    return need.rank(input, *ranks)


def _interpolated(need: Need, input: Tensor, size: Value, scale: Value, mode: str) -> Tensor:
    demand_one_of(need, mode, _MODES, "mode")
    dims = _image(need, input, mode, scale if size is None else size)
    unknown = isinstance(size, Unknown) or isinstance(scale, Unknown)
    if (size is None) == (scale is None) and not unknown:
        need.fail("scale", "size or scale_factor", size, "size")
        raise Impossible
    sizes = tuple(fresh("size", 1) for _ in dims[2:]) if unknown else _output_sizes(need, dims[2:], size, scale)
    if mode != "area" or len(dims) == 5 or 0 not in (dims[0], *sizes):
        _check_kind(need, input, mode)
    if mode != "area":
        _check_filled(need, dims, sizes)
    elif any(wanted != 1 for wanted in sizes):
        _check_filled(need, dims if len(dims) == 5 else (*dims[:1], 1, *dims[2:]), ())
    return input.with_shape((*dims[:2], *sizes))


def _check_kind(need: Need, input: Tensor, mode: str) -> None:
    """Images may also hold bytes."""
    if input.dtype != "uint8" or mode in ("area", "trilinear", "linear"):
        demand_kind(need, input, REAL)


def _output_sizes(need: Need, sizes: tuple[Dim, ...], size: Value, scale: Value) -> tuple[Dim, ...]:
    asked = _per_axis(scale if size is None else size, len(sizes))
    if len(asked) != len(sizes):
        need.fail("scale", len(sizes), len(asked), "scale_factor" if size is None else "size")
        raise Impossible
    if size is None:
        asked = tuple(_scaled(dim, factor) for dim, factor in zip(sizes, asked))
    else:
        demand_integers(need, asked, "size")
    asked = tuple(fresh("size", 1) if isinstance(wanted, (Unknown, Tensor)) else wanted for wanted in asked)
    for wanted in asked:
        need.at_least(wanted, 0, "scale", "size")
    return asked


def _check_filled(need: Need, dims: tuple[Dim, ...], sizes: tuple[Dim, ...]) -> None:
    """Only the batch may be empty."""
    for size in (*dims[1:], *sizes):
        need.at_least(size, 1, "scale")


def _check_options(need: Need, size: Value, mode: str, align: Value, recompute: Value, antialias: Value) -> None:
    if isinstance(align, bool) and mode not in _SMOOTH:
        need.fail("scale", tuple(_SMOOTH), mode, "align_corners")
    if recompute is True and size is not None:
        need.fail("scale", "scale_factor", size, "recompute_scale_factor")
    if antialias is True and mode not in ("bilinear", "bicubic", "lanczos"):
        need.fail("scale", ("bilinear", "bicubic"), mode, "antialias")


@op(
    "torch.nn.functional.interpolate",
    cases=[
        "F.interpolate(torch.randn(2, 3, 4, 5).bool(), size=0, mode='area')",
        "F.interpolate(torch.randn(2, 3, 4, 5).bool(), size=2, mode='area')",
        "F.interpolate(torch.randn(2, 3, 4, 5, 6).bool(), size=0, mode='area')",
        "F.interpolate(torch.randn(2, 3, 4, 5), scale_factor=2)",
        "F.interpolate(torch.randn(2, 3, 4, 5), size=(7, 9), mode='bilinear', align_corners=False)",
        "F.interpolate(torch.randn(2, 3, 9), size=4, mode='linear')",
        "F.interpolate(torch.randn(2, 3, 9), scale_factor=0.3)",
        "F.interpolate(torch.randn(2, 3, 9, 9), scale_factor=[0.5, 1.7], mode='bicubic', antialias=True)",
        "F.interpolate(torch.randn(2, 3, 4, 5), size=3, mode='area')",
        "F.interpolate(torch.randn(2, 3, 9), size=4, mode='bilinear')",
        "F.interpolate(torch.randn(2, 3, 9), size=4, align_corners=True)",
        "F.interpolate(torch.randn(2, 3, 4, 5), size=(4, 4, 4))",
        "F.interpolate(torch.randn(2, 3, 4, 5), size=4, mode='cubic')",
        "F.interpolate(torch.randn(2, 3, 4, 5))",
        "F.interpolate(torch.randn(2, 3), size=4)",
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
    _check_options(need, size, mode, align_corners, recompute_scale_factor, antialias)
    return _interpolated(need, input, size, scale_factor, mode)


@op(
    "torch.nn.functional.upsample",
    cases=["F.upsample(torch.randn(2, 3, 4, 5), scale_factor=2, mode='bilinear', align_corners=True)"],
)
def upsample(
    need: Need,
    input: Tensor,
    size: Anything = None,
    scale_factor: Anything = None,
    mode: Name = "nearest",
    align_corners: Anything = None,
) -> Tensor:
    """The old name of ``interpolate``."""
    return interpolate(need, input, size, scale_factor, mode, align_corners)


@layer(
    "torch.nn.Upsample",
    cases=[
        "nn.Upsample(scale_factor=2)(torch.randn(2, 3, 4, 5))",
        "nn.Upsample((7, 8), mode='bilinear')(torch.randn(2, 3, 4, 5))",
        "nn.Upsample(None, (2, 3)).scale_factor",
        "nn.Upsample(scale_factor=2, mode='linear')(torch.randn(2, 3, 4, 5))",
        "nn.Upsample(scale_factor=2, align_corners=True)(torch.randn(2, 3, 4, 5))",
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
    return {
        "size": size,
        "scale_factor": _as_floats(scale_factor),
        "mode": mode,
        "align_corners": align_corners,
        "recompute_scale_factor": recompute_scale_factor,
    }


def _as_floats(scale: Value) -> Value:
    items = listed(scale)
    if items is not None:
        return tuple(_as_floats(item) for item in items)
    return float(scale) if isinstance(scale, int) else scale


_FIXED = {"UpsamplingNearest2d": ("nearest", None), "UpsamplingBilinear2d": ("bilinear", True)}


def _fixed_upsample(kind: str, mode: str, align: bool | None) -> None:
    name = f"upsample_{mode}"

    @op(f"torch.nn.functional.{name}", cases=[f"F.{name}(torch.randn(2, 3, 4, 5), scale_factor=2)"])
    def fixed(need: Need, input: Tensor, size: Anything = None, scale_factor: Anything = None) -> Tensor:
        return _interpolated(need, input, size, scale_factor, mode)

    @layer(
        f"torch.nn.{kind}",
        parents=("torch.nn.Upsample",),
        cases=[f"nn.{kind}(scale_factor=2)(torch.randn(2, 3, 4, 5))", f"nn.{kind}(4)(torch.randn(2, 3, 4))"],
    )
    def fixed_layer(need: Need, size: Anything = None, scale_factor: Anything = None) -> dict[str, Value]:
        return upsample_layer(need, size, scale_factor, mode, align)


for _kind, (_mode, _align) in _FIXED.items():
    _fixed_upsample(_kind, _mode, _align)


@method(("torch.nn.Upsample", *(f"torch.nn.{kind}" for kind in _FIXED)), "forward")
def upsample_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """``input`` (N, C, *sizes)."""
    size, scale = self.get("size"), self.get("scale_factor")
    return interpolate(need, input, size, scale, self.mode, self.align_corners, self.recompute_scale_factor)


@op(
    "torch.nn.functional.grid_sample",
    cases=[
        "F.grid_sample(torch.randn(2, 3, 4, 5), torch.randn(2, 6, 7, 2), align_corners=False)",
        "F.grid_sample(torch.randn(2, 3, 4, 5, 6), torch.randn(2, 6, 7, 8, 3), 'nearest', 'border')",
        "F.grid_sample(torch.randn(2, 3, 4, 5), torch.randn(2, 6, 7, 3))",
        "F.grid_sample(torch.randn(2, 3, 4, 5), torch.randn(2, 6, 7, 2), mode='linear')",
        "F.grid_sample(torch.randn(2, 3, 4, 5, 6), torch.randn(2, 6, 7, 8, 3), mode='bicubic')",
    ],
)
def grid_sample(
    need: Need,
    input: Tensor,
    grid: Tensor,
    mode: Name = "bilinear",
    padding_mode: Name = "zeros",
    align_corners: Anything = None,
) -> Tensor:
    """``input`` (N, C, *sizes), ``grid`` (N, *outputs, number of sizes) -> (N, C, *outputs)."""
    demand_one_of(need, mode, ("bilinear", "nearest", "bicubic"), "mode")
    demand_one_of(need, padding_mode, ("zeros", "border", "reflection"), "padding_mode")
    if not need.is_empty(grid):
        demand_same_dtype(need, grid, input, "grid")
    dims = need.rank(input, 5, 4)
    points = need.rank(grid, len(dims), operand="grid")
    if mode == "bicubic" and len(dims) != 4:
        need.fail("rank", 4, dims, "input")
    for size in dims[2:]:
        need.at_least(size, 1, "scale")
    need.equal(points[0], dims[0], "batch", "grid")
    need.equal(points[-1], len(dims) - 2, "scale", "grid")
    return input.with_shape((*dims[:2], *points[1:-1]))


@op(
    "torch.nn.functional.affine_grid",
    cases=[
        "F.affine_grid(torch.randn(2, 2, 3), [2, 3, 4, 5], align_corners=False)",
        "F.affine_grid(torch.randn(2, 3, 4), (2, 3, 4, 5, 6))",
        "F.affine_grid(torch.randn(2, 2, 3), [2, 3, 4, 5, 6])",
        "F.affine_grid(torch.randn(2, 2, 3), [2, 3, 4])",
    ],
)
def affine_grid(need: Need, theta: Tensor, size: Anything, align_corners: Anything = None) -> Tensor:
    """``theta`` (N, 2, 3) or (N, 3, 4) -> (N, *sizes, 2 or 3)."""
    demand_kind(need, theta, REAL, "theta")
    sizes = listed(size)
    if sizes is None or any(isinstance(length, (Unknown, Tensor)) for length in sizes):
        raise Undecided("the size is not known")
    demand_integers(need, sizes, "size")
    axes = len(sizes) - 2
    if axes not in (2, 3):
        need.fail("rank", (4, 5), sizes, "size")
        raise Impossible
    for length in sizes:
        need.at_least(length, 1, "scale", "size")
    batch, rows, columns = need.rank(theta, 3, operand="theta")
    need.equal(batch, sizes[0], "batch", "theta")
    need.equal(rows, axes, "scale", "theta")
    need.equal(columns, axes + 1, "scale", "theta")
    return theta.with_shape((sizes[0], *sizes[2:], axes))
