"""Output sizes of windows that slide over the last axes, shared by convolutions, pools and sliding blocks."""

from __future__ import annotations

from typing import Any, NamedTuple

from modlint.dims import Dim, floordiv, minimum
from modlint.ops.need import Impossible, Need


class Window(NamedTuple):
    """What slides: a value for every axis."""

    kernel_size: tuple[Dim, ...]
    stride: tuple[Dim, ...]
    padding: tuple[Dim, ...]
    dilation: tuple[Dim, ...]


def window(need: Need, axes: int, kernel_size: Any, stride: Any, padding: Any = 0, dilation: Any = 1) -> Window:
    """The options of a sliding window, each a size for all ``axes`` or one for each; only the padding may be 0."""
    return Window(
        along_axes(need, kernel_size, axes, "kernel_size"),
        along_axes(need, stride, axes, "stride"),
        along_axes(need, padding, axes, "padding", least=0),
        along_axes(need, dilation, axes, "dilation"),
    )


def along_axes(need: Need, sizes: Any, axes: int, name: str, least: int = 1) -> tuple[Dim, ...]:
    """``kernel_size=3`` and ``(3,)`` mean 3 along each axis; raises Impossible for values below ``least``."""
    values = sizes if isinstance(sizes, tuple) else (sizes,)
    if len(values) not in (1, axes):
        need.fail(name, axes, values, name)
        raise Impossible
    before = len(need.failures)
    for value in values:
        if value != least:
            need.at_least(value, least, name, name)
    if len(need.failures) > before:
        raise Impossible
    return values if len(values) == axes else values * axes


def window_counts(need: Need, sizes: tuple[Dim, ...], window: Window, ceil_mode: bool = False) -> tuple[Dim, ...]:
    """How many windows fit along every axis, at least one:
    ``floor((size + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1``.

    With ``ceil_mode`` a last window may reach over the end, as long as it starts inside of the input or its left
    padding (docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html): in integers that is the offset
    ``min(2*padding - dilation*(kernel_size - 1) - 1 + stride - 1, padding - 1)``.
    """
    counts = []
    for size, kernel, stride, padding, dilation in zip(sizes, *window):
        reach = 2 * padding - dilation * (kernel - 1) - 1
        if ceil_mode:
            reach = minimum(reach + stride - 1, padding - 1)
        need.at_least(size + reach + 1, 1, "kernel_size")
        count = floordiv(size + reach, stride) + 1
        counts.append(max(count, 1) if isinstance(count, int) else count)
    return tuple(counts)


def transposed_size(size: Dim, kernel_size: Dim, stride: Dim, padding: Dim, output_padding: Dim, dilation: Dim) -> Dim:
    """What a transposed convolution gives (docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html)."""
    return (size - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
