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
    ("Unknown", call("conv2d", image(), Unknown("a weight"))),
    ("Unknown", call("max_pool2d", image(), Unknown("a kernel"))),
    ("Unknown", call("pad", image(), Unknown("amounts"))),
]


@pytest.mark.parametrize(("wanted", "build"), SHAPES)
def test_sizes_follow_the_input(wanted: str, build: Callable[[Bench], Value]) -> None:
    bench = Bench()
    assert bench.text(build(bench)) == wanted
    assert bench.mismatches == []
