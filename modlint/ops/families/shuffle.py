"""Moving values between channels and pixels: docs.pytorch.org/docs/stable/nn.html#vision-layers."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need
from modlint.ops.registry import layer, method, op
from modlint.values import Open, Shape, Tensor, Value


def _image(need: Need, input: Tensor, factor: Dim, operand: str, aspect: str) -> tuple[Shape, tuple[Dim, ...]]:
    """The shape of (*, C, H, W) and its last three dims; ``factor`` is positive."""
    shape = need.shape(input)
    if isinstance(shape, Open):
        need.size(input, -3)
        shape = need.shape(input)
    dims = shape.tail if isinstance(shape, Open) else shape
    if len(dims) < 3:
        need.fail(aspect, 3, dims, "input")
        raise Impossible
    need.at_least(factor, 1, aspect, operand)
    if need.failures:
        raise Impossible
    return shape, dims[-3:]


def _replaced(input: Tensor, shape: Shape, last: tuple[Dim, Dim, Dim]) -> Tensor:
    if isinstance(shape, Open):
        return input.with_shape(Open(shape.rank, (*shape.tail[:-3], *last)))
    return input.with_shape((*shape[:-3], *last))


def _shuffled(need: Need, input: Tensor, factor: Dim) -> Tensor:
    shape, (channels, height, width) = _image(need, input, factor, "upscale_factor", "pixel_shuffle")
    need.divisible(channels, factor * factor, "pixel_shuffle")
    return _replaced(input, shape, (channels // (factor * factor), height * factor, width * factor))


def _unshuffled(need: Need, input: Tensor, factor: Dim) -> Tensor:
    shape, (channels, height, width) = _image(need, input, factor, "downscale_factor", "pixel_shuffle")
    need.divisible(height, factor, "pixel_shuffle")
    need.divisible(width, factor, "pixel_shuffle")
    if need.is_empty(input):
        return input.with_shape(shape)
    return _replaced(input, shape, (channels * factor * factor, height // factor, width // factor))


@op(
    "torch.nn.functional.pixel_shuffle",
    "torch.pixel_shuffle",
    cases=[
        "F.pixel_shuffle(torch.randn(2, 8, 3, 4), 2)",
        "F.pixel_shuffle(torch.randn(2, 6, 3, 4), 2)",
        "F.pixel_shuffle(torch.randn(2, 8, 3, 4), 0)",
        "F.pixel_shuffle(torch.randn(8, 3), 2)",
    ],
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
    "torch.nn.functional.channel_shuffle",
    "torch.channel_shuffle",
    "torch.nn.functional.native_channel_shuffle",
    "torch.native_channel_shuffle",
    cases=[
        "F.channel_shuffle(torch.randn(2, 8, 4, 4), 2)",
        "F.channel_shuffle(torch.randn(2, 8, 4, 4), 3)",
        "F.channel_shuffle(torch.randn(2, 8), 2)",
    ],
)
def channel_shuffle(need: Need, input: Tensor, groups: Dim) -> Tensor:
    """``input`` (N, C, …) with C a multiple of ``groups``."""
    shape = need.shape(input)
    if not isinstance(shape, Open) and len(shape) < 3:
        need.fail("rank", 3, shape, "input")
        raise Impossible
    need.at_least(groups, 1, "groups", "groups")
    need.divisible(need.size(input, 1), groups, "groups")
    return input.with_shape(input.shape)


@layer("torch.nn.ChannelShuffle", cases=["nn.ChannelShuffle(2)(torch.randn(2, 8, 4))"])
def channel_shuffle_layer(need: Need, groups: Dim) -> dict[str, Value]:
    """``nn.ChannelShuffle``."""
    return {"groups": groups}


@method("torch.nn.ChannelShuffle", "forward")
def channel_shuffle_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """``input`` (N, C, …) with C a multiple of ``groups``."""
    return channel_shuffle(need, input, self.groups)
