"""ML303: a block of a residual network that never adds its input."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ClassRead
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid

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
_BLOCK = re.compile(r"(?:Basic|Res|Residual|Identity)?_?(?:Block|Unit|Bottleneck|Residual)(?:V?\d+|_\d+)?")
_RESIDUAL = re.compile(r"Res(?:idual|_?[Nn]et|Block|Unit|NeXt)|WRN", re.IGNORECASE)
_JOINING = frozenset({"add", "add_", "cat", "concat", "stack", "sum", "addcmul", "lerp"})
_CONVOLUTION = re.compile(r"[Cc]onv")


class ResidualWithoutSkip(Rule):
    meta = Meta(
        code="ML303",
        name="residual-without-skip",
        severity=Severity.INFO,
        en=Doc(
            title="A residual block that never adds its input",
            what="Finds blocks of two or more convolutions in a network that calls itself residual, whose `forward` passes its "
            "input from layer to layer and never adds it to the result.",
            why="The skip connection is what makes a residual network: without it the deeper stages hardly train.",
            torch_says="nothing: the network runs, it is just not a residual one",
            fix="None: whether the input is added before or after the activation, and what adapts its size, is the author's "
            "choice. Usually `return relu(x + out)`, with a 1×1 convolution where the stride or the width changes.",
        ),
        zh=Doc(
            title="残差块没有加上输入",
            what="在名为残差网络的模型里，查找包含两个以上卷积、`forward` 从未把输入加到结果上的块。",
            why="跳跃连接正是残差网络的核心：没有它，深层很难训练。",
            torch_says="没有提示：网络可以运行，只是不是残差网络",
            fix="无：在激活之前还是之后相加、用什么调整尺寸由作者决定。通常是 `return relu(x + out)`，步幅或宽度变化时用 1×1 卷积。",
        ),
    )
    invalid = (
        Invalid(_PLAIN, (5,), raises=False),
        Invalid(
            _PLAIN.replace("class Block", "class ResidualBlock").split("class ResNet")[0].replace("Block)", "Block)"),
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
        Valid(_PLAIN.replace("return torch.relu(x)", "return self.join(x)\n\n    def join(self, x):\n        return x")),
    )  # fmt: skip

    def check(self, event: ClassRead) -> Iterator[Finding]:
        name, node = event.cls.name, event.node
        forward = _method(node, "forward")
        if forward is None or not _BLOCK.fullmatch(name) or not _is_residual(name, event.cls.unit.tree):
            return
        if _joins(forward) or _helpers(node, forward) or _convolutions(node, forward) < 2:
            return
        yield Finding(
            event.place,
            Text(
                f"`{name}` is a block of a residual network, but its `forward` never adds its input",
                f"`{name}` 是残差网络的块，但 `forward` 没有把输入加回来",
            ),
        )


def _method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    return next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == name), None)


def _is_residual(name: str, tree: ast.Module) -> bool:
    """Whether the block, or a class that is built from it, is named after residual networks."""
    users = (
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and node.name != name
        and any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node))
    )
    return any(_RESIDUAL.search(one) for one in (name, *users))


def _joins(forward: ast.FunctionDef) -> bool:
    return any(
        (isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)))
        or (isinstance(node, ast.Attribute) and node.attr in _JOINING)
        for node in ast.walk(forward)
    )


def _called(forward: ast.FunctionDef) -> set[str]:
    """The names of ``self.name(…)``."""
    return {
        node.func.attr
        for node in ast.walk(forward)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "self"
    }


def _helpers(node: ast.ClassDef, forward: ast.FunctionDef) -> bool:
    """Whether ``forward`` calls other methods of the class, which may add."""
    return any(_method(node, name) is not None for name in _called(forward))


def _convolutions(node: ast.ClassDef, forward: ast.FunctionDef) -> int:
    return sum(bool(_CONVOLUTION.search(name)) for name in _called(forward))
