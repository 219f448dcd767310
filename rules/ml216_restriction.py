"""ML216: every other restriction of torch's operations."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.misfits import is_one_hot_target
from modlint.rulekit.mismatched import broken, wanted_and_found

_TARGET = """\
import torch
from torch import nn

criterion = nn.CrossEntropyLoss()
criterion(torch.randn(4, 3), torch.zeros(5, dtype=torch.long))
"""
_NAMES = {
    "batch": Text("a batch of", "批大小"),
    "item": Text("one element", "一个元素"),
    "length": Text("a length of", "长度"),
    "loss_target": Text("a target that goes with its input:", "与输入相符的目标："),
    "mask": Text("a mask of shape", "形状如下的掩码："),
    "num_classes": Text("a number of classes within", "类别数范围"),
    "num_embeddings": Text("a number of embeddings of", "嵌入个数"),
    "num_parameters": Text("as many parameters as channels:", "与通道数相同的参数个数："),
    "out_channels": Text("`out_channels` of", "`out_channels`"),
    "out_features": Text("`out_features` of", "`out_features`"),
    "output_size": Text("an output size within", "输出尺寸范围"),
    "range": Text("a number within", "范围内的数"),
    "scale": Text("a scale of", "缩放比例"),
    "several": Text("more values for each channel in training, at least", "训练时每个通道有更多的值，至少"),
    "size": Text("a size of", "尺寸"),
    "value": Text("one of", "取值之一："),
    "einops": Text("a pattern that fits:", "匹配的模式："),
}


class Restriction(Rule):
    meta = Meta(
        code="ML216",
        name="restriction",
        severity=Severity.ERROR,
        en=Doc(
            title="Operands that break another restriction of torch",
            what="Finds operands that torch refuses for a reason that has no rule of its own: targets of losses, "
            "masks, "
            "batches that differ, unknown modes, numbers out of range, einops patterns.",
            why="The operation is defined for other operands only.",
            torch_says="ValueError: Expected input batch_size (4) to match target batch_size (5).",
            fix="None.",
        ),
        zh=Doc(
            title="操作数违反了 torch 的其他限制",
            what="查找因没有专门规则的原因而被 torch 拒绝的操作数：损失的目标、掩码、不同的批大小、未知的模式、"
            "超出范围的数、einops 模式。",
            why="该运算只对其他操作数有定义。",
            torch_says="ValueError: Expected input batch_size (4) to match target batch_size (5).",
            fix="无。",
        ),
    )
    aspects = frozenset(_NAMES)
    invalid = (
        Invalid(_TARGET, (5,)),
        Invalid("import torch\nfrom torch import nn\n\nnn.Dropout(p=1.5)\n", (4,)),
    )
    valid = (
        Valid(_TARGET.replace("zeros(5", "zeros(4")),
        Valid("import torch\nfrom torch import nn\n\nnn.Dropout(p=1.0)\n"),
        Valid('import torch\n\ntorch.nn.Upsample(scale_factor=2, mode="linear")(torch.ones(1, 3, 4))\n'),
    )  # fmt: skip

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        if is_one_hot_target(event):
            return
        name, (wanted, found) = _NAMES[event.mismatch.aspect], wanted_and_found(event)
        operand = f" for `{event.mismatch.operand}`" if event.mismatch.operand not in (None, "input") else ""
        operand_zh = f"（`{event.mismatch.operand}`）" if operand else ""
        says = Text(
            f"needs {name.en} {wanted.en}{operand}, but gets {found.en}",
            f"需要{name.zh} {wanted.zh}{operand_zh}，却得到 {found.zh}",
        )
        yield broken(event, says)
