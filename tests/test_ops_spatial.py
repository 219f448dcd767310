"""Convolutions, pools, norms and resampling on images whose sizes or number of dims are not known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from test_ops_symbolic import Bench, anything

from modlint.dims import symbol
from modlint.values import Tensor, Unknown, Value

B, C, D, H, N, W = (symbol(name) for name in "BCDHNW")


def image(channels: Any = 3, dtype: str | None = "float32") -> Tensor:
    return Tensor((B, channels, H, W), dtype)


def through(name: str, *options: Any, of: Tensor | None = None, **named: Any) -> Callable[[Bench], Value]:
    """A layer applied to a tensor, an image of three channels unless another is given."""
    return lambda bench: bench.run(bench.layer(name, *options, **named), image() if of is None else of)


def call(name: str, *operands: Value, **named: Value) -> Callable[[Bench], Value]:
    return lambda bench: bench.op(f"nn.functional.{name}", *operands, **named)


SHAPES: list[tuple[str, Callable[[Bench], Value]]] = [
    ("(B, 16, (H + 1)//2, (W + 1)//2)", through("Conv2d", 3, 16, 3, stride=2, padding=1)),
    ("(B, 16, (H + 1)//2, (W + 1)//2)", through("Conv2d", 3, 16, 3, stride=2, padding=1, of=anything())),
    ("(B, 16, H, W)", through("Conv2d", 3, 16, 3, padding="same")),
    ("(B, 16, H, W)", through("Conv2d", 3, 16, 3, padding=1, padding_mode="reflect")),
    ("(B, C, H, W)", through("Conv2d", C, C, 3, padding=1, groups=C, of=image(C))),
    ("(B, D, (H - D)//D + 1, (W - D)//D + 1)", through("Conv2d", 3, D, D, stride=D)),
    ("(B, 16, L - 2)", through("Conv1d", 3, 16, 3, of=anything())),
    ("(B, 16, 2*H, 2*W)", through("ConvTranspose2d", 3, 16, 2, stride=2)),
    ("(B, 3, H//2, W//2)", through("MaxPool2d", 2)),
    ("(B, 3, H//2, W//2)", through("MaxPool2d", 3, 2, ceil_mode=True)),
    ("[(B, 3, H//2, W//2), (B, 3, H//2, W//2)]", through("MaxPool2d", 2, return_indices=True)),
    ("(B, C, H//2, W//2)", through("AvgPool2d", 2, of=anything())),
    ("(B, C, 1, 1)", through("AdaptiveAvgPool2d", 1, of=anything())),
    ("(B, 3, H, 7)", through("AdaptiveAvgPool2d", (None, 7))),
    ("(B, 3, 2*H, 2*W)", call("max_unpool2d", image(), image(dtype="int64"), 2)),
    ("(*, N + 3)", call("pad", anything(), (1, 2))),
    ("(B, 3, H, 4*((W + 3)//4))", call("pad", image(), (0, -W % 4, 0, 0))),
    ("(B, 3, H, W - 2)", call("pad", image(), (-1, -1))),
    ("(B, C, H + 6, W + 6)", through("ReflectionPad2d", 3, of=anything())),
    ("(B, 27, H*W)", call("unfold", image(), 3, padding=1)),
    ("(B, 3, H, W)", call("fold", Tensor((B, 27, H * W)), (H, W), 3, padding=1)),
    ("(B, 5, H - 2, W - 2)", through("LazyConv2d", 5, 3)),
    ("(B, 8, 2*H, 2*W)", through("LazyConvTranspose2d", 8, 2, stride=2, groups=2, of=image(4))),
    ("(B, 3, H, W)", through("LazyBatchNorm2d")),
    ("(B, 5)", through("LazyLinear", 5, of=Tensor((B, 7)))),
    ("(*)", through("SyncBatchNorm", 3, of=anything())),
    ("(B, C, H, W)", through("BatchNorm2d", C, of=image(C))),
    ("(B, 3, H, W)", through("BatchNorm2d", 3, of=anything())),
    ("(*)", call("instance_norm", anything())),
    ("(*, 1)", through("GroupNorm", 4, 8, of=anything(1))),
    ("(*, 8)", through("LayerNorm", 8, of=anything())),
    ("(B, C, 8)", through("LayerNorm", (C, 8), of=Tensor((B, C, 8)))),
    ("(*)", call("normalize", anything(), dim=-1)),
    ("(B, 3, 2*H, 2*W)", call("interpolate", image(), scale_factor=2, mode="bilinear")),
    ("(B, C, 2*H, 2*W)", call("interpolate", anything(), scale_factor=2, mode="bilinear")),
    ("(B, 3, H//2, W//2)", call("interpolate", image(), scale_factor=0.5)),
    ("(B, 3, size, size)", call("interpolate", image(), scale_factor=1.3)),
    ("(B, 3, size, size)", call("interpolate", image(), size=Unknown("a size"))),
    ("(B, 3, D, size)", call("interpolate", image(), size=(D, Unknown("a size")))),
    ("(B, C, 4, D)", call("interpolate", anything(), size=(4, D))),
    ("(B, (C//4), 2*H, 2*W)", through("PixelShuffle", 2, of=image(C))),
    ("(B, 3, N, D)", call("grid_sample", image(), Tensor((B, N, D, 2)))),
    ("Unknown", call("interpolate", anything(), scale_factor=2)),
    ("Unknown", call("affine_grid", Tensor((B, 2, 3)), Unknown("a size"))),
    ("Unknown", call("conv2d", image(), Unknown("a weight"))),
    ("Unknown", call("max_pool2d", image(), Unknown("a kernel"))),
    ("Unknown", call("pad", image(), Unknown("amounts"))),
]


@pytest.mark.parametrize(("wanted", "build"), SHAPES)
def test_sizes_follow_the_input(wanted: str, build: Callable[[Bench], Value]) -> None:
    bench = Bench()
    assert bench.text(build(bench)) == wanted
    assert bench.mismatches == []


MISMATCHES: list[tuple[tuple[str, object, object], Callable[[Bench], Value]]] = [
    (("in_channels", 3, 4), through("Conv2d", 3, 8, 3, of=image(4))),
    (("in_channels", 3, 4), through("ConvTranspose2d", 3, 8, 3, of=image(4))),
    (("rank", (2, 3), (B, 3, H, W)), through("Conv1d", 3, 8, 3)),
    (("rank", (3, 4), (B, N)), through("MaxPool2d", 2, of=Tensor((B, N)))),
    (("kernel_size", 1, 0), through("Conv2d", 3, 8, 5, of=Tensor((B, 3, 4, W)))),
    (("groups", 4, 6), lambda bench: bench.layer("Conv2d", 6, 8, 3, groups=4)),
    (("dtype", "float32", "int64"), through("Conv2d", 3, 8, 3, of=image(dtype="int64"))),
    (("num_features", 3, 4), through("BatchNorm2d", 3, of=image(4))),
    (("rank", (2, 3), (B, 3, H, W)), through("BatchNorm1d", 3)),
    (("num_channels", 8, 4), through("GroupNorm", 4, 8, of=image(4))),
    (("normalized_shape", 8, 5), through("LayerNorm", 8, of=anything(5))),
    (("padding", 1, 0), through("ReflectionPad2d", 4, of=Tensor((B, 3, 4, W)))),
    (("pixel_shuffle", 4, 3), through("PixelShuffle", 2)),
    (("scale", 2, 3), call("interpolate", image(), size=(D, D, D))),
]


@pytest.mark.parametrize(("wanted", "build"), MISMATCHES)
def test_what_cannot_fit_is_named_once(wanted: tuple[str, object, object], build: Callable[[Bench], Value]) -> None:
    bench = Bench()
    build(bench)
    assert bench.mismatches == [wanted]


CARRIES_ON: list[tuple[str, Callable[[Bench], Value]]] = [
    ("(B, 8, H - 2, W - 2)", through("Conv2d", 3, 8, 3, of=image(4))),
    ("(B, 8, 1, W - 4)", through("Conv2d", 3, 8, 5, of=Tensor((B, 3, 4, W)))),
    ("(B, 8, 2*H, 2*W)", through("ConvTranspose2d", 3, 8, 2, stride=2, of=image(4))),
    ("(B, 3, H, W)", through("BatchNorm1d", 3)),
    ("(B, 4, H, W)", through("BatchNorm2d", 3, of=image(4))),
    ("(B, 4, H, W)", through("GroupNorm", 4, 8, of=image(4))),
]


@pytest.mark.parametrize(("wanted", "build"), CARRIES_ON)
def test_a_mistake_does_not_hide_the_next(wanted: str, build: Callable[[Bench], Value]) -> None:
    bench = Bench()
    assert bench.text(build(bench)) == wanted
    assert len(bench.mismatches) == 1


@pytest.mark.parametrize(
    ("name", "options", "aspect"),
    [
        ("LazyConv2d", (8, 3), "in_channels"),
        ("LazyLinear", (8,), "in_features"),
        ("LazyBatchNorm2d", (), "num_features"),
    ],
)
def test_the_first_input_settles_a_lazy_layer(name: str, options: tuple[int, ...], aspect: str) -> None:
    bench = Bench()
    layer = bench.layer(name, *options)
    for _ in range(2):
        bench.run(layer, Tensor((B, 6, 6, 6)))
    assert bench.mismatches == []
    bench.run(layer, Tensor((B, 7, 7, 7)))
    assert bench.mismatches == [(aspect, 6, 7)]
