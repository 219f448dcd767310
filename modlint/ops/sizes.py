"""Output sizes of windows that slide over an axis, shared by convolutions and pools."""

from __future__ import annotations

from modlint.dims import Dim, floordiv


def window_count(
    size: Dim, kernel_size: Dim, stride: Dim, padding: Dim = 0, dilation: Dim = 1, ceil_mode: bool = False
) -> Dim:
    """How many windows fit: ``floor((size + 2*padding - dilation*(kernel_size - 1) - 1) / stride) + 1``.

    With ``ceil_mode`` a last window may reach over the end, as long as it starts inside of the input or its left
    padding (docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html): in integers that is the offset
    ``min(2*padding - dilation*(kernel_size - 1) - 1 + stride - 1, padding - 1)``.
    """
    reach = 2 * padding - dilation * (kernel_size - 1) - 1
    if ceil_mode and isinstance(reach, int) and isinstance(stride, int) and isinstance(padding, int):
        reach = min(reach + stride - 1, padding - 1)
    return floordiv(size + reach, stride) + 1


def transposed_size(
    size: Dim, kernel_size: Dim, stride: Dim, padding: Dim, output_padding: Dim, dilation: Dim
) -> Dim:
    """The size that a transposed convolution gives (docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html)."""
    return (size - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
