"""ML304: a residual block whose branch ends in a ReLU before it is added."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ClassRead
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.blocks import convolutions, is_residual_block, method
from modlint.syntax import Place, nodes_in

_INSIDE = """\
import torch
from torch import nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        out = F.relu(self.conv1(x))
        return x + F.relu(self.conv2(out))


ResidualBlock(4)(torch.randn(2, 4, 8, 8))
"""
_PAPER = _INSIDE.replace("x + F.relu(self.conv2(out))", "F.relu(x + self.conv2(out))")


class ActivationBeforeAddition(Rule):
    meta = Meta(
        code="ML304",
        name="activation-before-addition",
        severity=Severity.INFO,
        en=Doc(
            title="A residual block activates its branch before the addition",
            what="Finds blocks of residual networks that add `relu(…)` of their last convolution to their input.",
            why="A branch that ends in a ReLU can only increase its input. The paper (He et al. 2015, figure 2) "
            "adds first and "
            "activates the sum.",
            torch_says="nothing: both run",
            fix="None: it is an advice. The order of the paper is `relu(x + branch)`.",
        ),
        zh=Doc(
            title="残差块在相加之前对分支做了激活",
            what="查找把最后一个卷积的 `relu(…)` 与输入相加的残差块。",
            why="以 ReLU 结尾的分支只能让输入变大。论文（He 等，2015，图 2）先相加，再对和做激活。",
            torch_says="没有提示：两种写法都能运行",
            fix="无：这只是建议。论文的顺序是 `relu(x + branch)`。",
        ),
    )
    invalid = (Invalid(_INSIDE, (14,), raises=False),)
    valid = (
        Valid(_PAPER),
        Valid(_INSIDE.replace("ResidualBlock", "Mixer")),
        Valid(_INSIDE.replace("F.relu(self.conv2(out))", "self.conv2(F.relu(out))")),
        Valid(_INSIDE.replace("x + F.relu(self.conv2(out))", "x * F.relu(self.conv2(out))")),
    )

    def check(self, event: ClassRead) -> Iterator[Finding]:
        forward = method(event.node, "forward")
        if forward is None or not is_residual_block(event.node, event.cls.unit.tree):
            return
        for node in nodes_in(forward):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and any(map(_activated, _sides(node))):
                yield Finding(
                    Place(event.cls.unit, node),
                    Text(
                        f"`{event.cls.name}` activates the branch before it is added; the paper adds first",
                        f"`{event.cls.name}` 在相加之前对分支做了激活；论文是先相加再激活",
                    ),
                )


def _sides(node: ast.BinOp) -> tuple[ast.expr, ast.expr]:
    return node.left, node.right


def _activated(node: ast.expr) -> bool:
    """``relu(… self.conv(…))``."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return "relu" in name.lower() and bool(convolutions(node.args[0]))
