"""ML303: a block of a residual network that never adds its input."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ClassRead
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.blocks import convolutions, is_residual_block, method, own_calls
from modlint.syntax import nodes_in

_PLAIN = """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        return torch.relu(x)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(Block(4), Block(4))

    def forward(self, x):
        return self.layers(x)


ResNet()(torch.randn(2, 4, 8, 8))
"""
_JOINING = frozenset({"add", "add_", "cat", "concat", "stack", "sum", "addcmul", "lerp"})


class ResidualWithoutSkip(Rule):
    meta = Meta(
        code="ML303",
        name="residual-without-skip",
        severity=Severity.INFO,
        en=Doc(
            title="A residual block that never adds its input",
            what="Finds blocks of two or more convolutions in a network that calls itself residual, whose `forward` "
            "passes its "
            "input from layer to layer and never adds it to the result.",
            why="The skip connection is what makes a residual network: without it the deeper stages hardly train.",
            torch_says="nothing: the network runs, it is just not a residual one",
            fix="None: whether the input is added before or after the activation, and what adapts its size, is the "
            "author's "
            "choice. Usually `return relu(x + out)`, with a 1×1 convolution where the stride or the width changes.",
        ),
        zh=Doc(
            title="残差块没有加上输入",
            what="在名为残差网络的模型里，查找包含两个以上卷积、`forward` 从未把输入加到结果上的块。",
            why="跳跃连接正是残差网络的核心：没有它，深层很难训练。",
            torch_says="没有提示：网络可以运行，只是不是残差网络",
            fix="无：在激活之前还是之后相加、用什么调整尺寸由作者决定。通常是 `return relu(x + out)`，"
            "步幅或宽度变化时用 1×1 卷积。",
        ),
    )
    invalid = (
        Invalid(_PLAIN, (5,), raises=False),
        Invalid(
            _PLAIN.replace("class Block", "class ResidualBlock").split("class ResNet")[0],
            (5,),
            raises=False,
        ),
    )
    valid = (
        Valid(_PLAIN.replace("return torch.relu(x)", "return torch.relu(x + skip)").replace(
            "        x = torch.relu(self.bn1", "        skip = x\n        x = torch.relu(self.bn1")),
        Valid(_PLAIN.replace("ResNet", "VGG")),
        Valid(_PLAIN.replace("Block", "ConvBlock")),
        Valid(_PLAIN.replace("return torch.relu(x)", "x += 0 * x\n        return x")),
        Valid(_PLAIN.replace("return torch.relu(x)", "return self.end(x)\n\n    def end(self, y):\n        return y")),
    )  # fmt: skip

    def check(self, event: ClassRead) -> Iterator[Finding]:
        name, node = event.cls.name, event.node
        forward = method(node, "forward")
        if forward is None or not is_residual_block(node, event.cls.unit.tree):
            return
        if _joins(forward) or _uses_helpers(node, forward) or len(convolutions(forward)) < 2:
            return
        yield Finding(
            event.place,
            Text(
                f"`{name}` is a block of a residual network, but its `forward` never adds its input",
                f"`{name}` 是残差网络的块，但 `forward` 没有把输入加回来",
            ),
        )


def _joins(forward: ast.FunctionDef) -> bool:
    return any(
        (isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)))
        or (isinstance(node, ast.Attribute) and node.attr in _JOINING)
        for node in nodes_in(forward)
    )


def _uses_helpers(node: ast.ClassDef, forward: ast.FunctionDef) -> bool:
    """Whether ``forward`` calls other methods of the class, which may add."""
    return any(method(node, name) is not None for name in own_calls(forward))
