"""ML202: a convolution that gets another number of channels than it was made for."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.mismatched import size_finding

_BROKEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, kernel_size=3)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3)

    def forward(self, x):
        return self.conv2(self.conv1(x))


Net()(torch.randn(2, 3, 32, 32))
"""
_JOINED = """\
import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel_size=7, padding=3)

    def forward(self, x):
        both = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 2)
        return x * torch.sigmoid(self.conv(both))


Gate()(torch.randn(2, 16, 8, 8))
"""


class ConvInChannels(Rule):
    meta = Meta(
        code="ML202",
        name="conv-in-channels",
        severity=Severity.ERROR,
        en=Doc(
            title="A convolution gets another number of channels than `in_channels`",
            what="Finds convolutions (also transposed ones) whose input has another number of channels than they take, and "
            "the `cat` before one that joins along another dimension than the channels.",
            why="Every filter spans all input channels, so their number is part of the weight.",
            torch_says="RuntimeError: Given groups=1, weight of size [64, 32, 3, 3], expected input[2, 16, 30, 30] to have "
            "32 channels, but got 16 channels instead",
            fix="Sets `in_channels` to what arrives; or the `out_channels` of the layer before, when only that proves clean.",
        ),
        zh=Doc(
            title="卷积收到的通道数与 `in_channels` 不符",
            what="查找输入通道数与 `in_channels` 不相等的卷积（包括转置卷积），以及其前面没有沿通道维拼接的 `cat`。",
            why="每个卷积核都覆盖全部输入通道，通道数是权重形状的一部分。",
            torch_says="RuntimeError: Given groups=1, weight of size [64, 32, 3, 3], expected input[2, 16, 30, 30] to have "
            "32 channels, but got 16 channels instead",
            fix="把 `in_channels` 改成实际到达的通道数；若只有修改前一层的 `out_channels` 才能证明无误，则修改前一层。",
        ),
    )
    aspects = frozenset({"in_channels"})
    invalid = (
        Invalid(_BROKEN, (9,), _BROKEN.replace("nn.Conv2d(32, 64", "nn.Conv2d(16, 64")),
        Invalid(_JOINED, (11,), _JOINED.replace("], 2)", "], 1)")),
    )
    valid = (
        Valid(_JOINED.replace("], 2)", "], 1)")),
        Valid(_JOINED.replace("], 2)", "], -3)")),
        Valid(_BROKEN.replace("nn.Conv2d(32, 64", "nn.Conv2d(16, 64")),
        Valid(
            """\
import torch
from torch import nn

nn.Conv2d(8, 8, 3, groups=8)(torch.randn(2, 8, 9, 9))
nn.Conv1d(4, 2, 3)(torch.randn(4, 9))
"""
        ),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        return size_finding(event, "in_channels", Text("channels", "通道"))
