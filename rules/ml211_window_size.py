"""ML211: a window that does not fit into its padded input."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.mismatched import broken, wanted_and_found

_LARGE = """\
import torch
from torch import nn

net = nn.Sequential(
    nn.Conv2d(1, 4, kernel_size=5),
    nn.MaxPool2d(2),
    nn.Conv2d(4, 8, kernel_size=5),
)
net(torch.randn(2, 1, 8, 8))
"""
_OUTPUT_PADDING = """\
import torch
from torch import nn

up = nn.ConvTranspose2d(4, 2, kernel_size=3, stride=2, output_padding=2)
up(torch.randn(2, 4, 8, 8))
"""


class WindowSize(Rule):
    meta = Meta(
        code="ML211",
        name="window-size",
        severity=Severity.ERROR,
        en=Doc(
            title="A kernel is larger than its padded input, or a padding is too large",
            what="Finds convolutions, pools, `unfold` and padding whose window does not fit: the kernel is larger "
            "than the "
            "padded input, the padding of a pool more than half of its kernel, or `output_padding` not below the "
            "stride.",
            why="A window must lie at least once within the padded input. Deep networks of unpadded convolutions "
            "and pools "
            "shrink small images to nothing.",
            torch_says="RuntimeError: Calculated padded input size per channel: (2 x 2). Kernel size: (5 x 5). "
            "Kernel size can't "
            "be greater than actual input size",
            fix="None: padding, a smaller kernel, fewer pools or larger images are the author's choice.",
        ),
        zh=Doc(
            title="卷积核大于填充后的输入，或填充过大",
            what="查找窗口放不下的卷积、池化、`unfold` 和填充：卷积核大于填充后的输入，池化的填充超过核的一半，或 "
            "`output_padding` 不小于步幅。",
            why="窗口至少要能在填充后的输入里放下一次。很多层无填充的卷积和池化会把小图像缩到没有。",
            torch_says="RuntimeError: Calculated padded input size per channel: (2 x 2). Kernel size: (5 x 5). "
            "Kernel size can't "
            "be greater than actual input size",
            fix="无：加填充、用更小的核、减少池化或用更大的图像由作者决定。",
        ),
    )
    aspects = frozenset({"kernel_size", "padding", "output_padding", "stride", "dilation", "unfold", "fold", "unpool"})
    invalid = (
        Invalid(_LARGE, (7,)),
        Invalid(_OUTPUT_PADDING, (4,)),
        Invalid(_LARGE.replace("nn.MaxPool2d(2)", "nn.MaxPool2d(2, padding=2)").replace("8, 8)", "16, 16)"), (6,)),
    )
    valid = (
        Valid(_LARGE.replace("8, 8)", "16, 16)")),
        Valid(_LARGE.replace("8, kernel_size=5", "8, kernel_size=5, padding=2")),
        Valid(_OUTPUT_PADDING.replace("output_padding=2", "output_padding=1")),
        Valid("import torch\nfrom torch import nn\n\nnn.MaxPool2d(3, padding=1)(torch.randn(2, 4, 1, 1))\n"),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        yield broken(event, _says(event), at_layer=True)


def _says(event: ShapeMismatch) -> Text:
    aspect, (wanted, found) = event.mismatch.aspect, wanted_and_found(event)
    if aspect == "kernel_size" and event.mismatch.operand == "input":
        return Text("has a kernel that is larger than its padded input", "的卷积核大于填充后的输入")
    return Text(
        f"needs a `{aspect}` that fits {wanted.en}, not {found.en}",
        f"的 `{aspect}` 应符合 {wanted.zh}，而不是 {found.zh}",
    )
