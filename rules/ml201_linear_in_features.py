"""ML201: a linear layer that gets another number of features than it was made for."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.featuremaps import is_unprepared
from modlint.rulekit.mismatched import operand, size_finding

_BROKEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.fc1 = nn.Linear(16, hidden)
        self.fc2 = nn.Linear(16, 4)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x)))


Net()(torch.randn(2, 16))
"""
_CONVOLUTIONAL = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8 * 28 * 28, 10)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        return self.fc(torch.flatten(x, 1))


Net()(torch.randn(2, 1, 28, 28))
"""


class LinearInFeatures(Rule):
    meta = Meta(
        code="ML201",
        name="linear-in-features",
        severity=Severity.ERROR,
        en=Doc(
            title="`Linear` gets another number of features than `in_features`",
            what="Finds `nn.Linear` layers whose input ends in another size than their `in_features`.",
            why="The weight has `in_features` columns: a matrix product with another number of features does not "
            "exist.",
            torch_says="RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x32 and 16x4)",
            fix="Sets `in_features` to what arrives, as the name or expression that the layer before uses when that "
            "stands in "
            "the same function; or changes the `out_features` of the layer before, when only that proves clean.",
        ),
        zh=Doc(
            title="`Linear` 收到的特征数与 `in_features` 不符",
            what="查找输入最后一维与 `in_features` 不相等的 `nn.Linear`。",
            why="权重矩阵有 `in_features` 列，特征数不同就无法做矩阵乘法。",
            torch_says="RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x32 and 16x4)",
            fix="把 `in_features` 改成实际到达的特征数（前一层在同一函数里使用的名字或表达式优先）；"
            "若只有修改前一层的 `out_features` 才能证明无误，则修改前一层。",
        ),
    )
    aspects = frozenset({"in_features"})
    invalid = (
        Invalid(_BROKEN, (9,), _BROKEN.replace("nn.Linear(16, 4)", "nn.Linear(hidden, 4)")),
        Invalid(_CONVOLUTIONAL, (9,), _CONVOLUTIONAL.replace("8 * 28 * 28", "8 * 26 * 26")),
    )
    valid = (
        Valid(_BROKEN.replace("nn.Linear(16, 4)", "nn.Linear(hidden, 4)")),
        Valid(_CONVOLUTIONAL.replace("8 * 28 * 28", "8 * 26 * 26")),
        Valid(
            """\
import torch
from torch import nn

print(nn.Linear(5, 2)(torch.randn(3, 7, 5)).shape)
"""
        ),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        tensor = operand(event)
        if tensor is None or is_unprepared(tensor, event.shapes, event.mismatch.wanted):
            return
        yield from size_finding(event, "in_features", Text("features", "特征"))
