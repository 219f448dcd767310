"""ML313: a bias that the batch norm after it takes away."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import OpCall
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import set_argument
from modlint.rulekit.mismatched import operand
from modlint.rulekit.phrases import class_name, named_layer
from modlint.values import Tensor

_BROKEN = """\
import torch
from torch import nn

net = nn.Sequential(
    nn.Conv2d(3, 8, 3),
    nn.BatchNorm2d(8),
)
net(torch.randn(2, 3, 8, 8))
"""


class BiasBeforeNorm(Rule):
    meta = Meta(
        code="ML313",
        name="bias-before-norm",
        severity=Severity.INFO,
        en=Doc(
            title="A bias right before a batch norm",
            what="Finds convolutions and linear layers with a bias whose output goes straight into a batch norm.",
            why="The norm subtracts the mean of every channel, and the bias with it; it has a bias of its own.",
            torch_says="nothing",
            fix="Suggests `bias=False`; saved weights no longer fit then.",
        ),
        zh=Doc(
            title="批归一化之前的偏置",
            what="查找输出直接进入批归一化、且带偏置的卷积和线性层。",
            why="归一化会减去每个通道的均值，偏置也随之被减掉；批归一化自己带有偏置。",
            torch_says="没有提示",
            fix="建议设置 `bias=False`；之后已保存的权重不再匹配。",
        ),
    )
    watches = frozenset(f"torch.nn.BatchNorm{axes}d.forward" for axes in (1, 2, 3))
    invalid = (Invalid(_BROKEN, (5,), raises=False),)
    valid = (
        Valid(_BROKEN.replace("8, 3)", "8, 3, bias=False)", 1)),
        Valid(_BROKEN.replace("    nn.BatchNorm2d(8)", "    nn.ReLU(),\n    nn.BatchNorm2d(8)")),
        Valid(_BROKEN.replace("nn.BatchNorm2d(8)", "nn.GroupNorm(2, 8)")),
    )

    def check(self, event: OpCall) -> Iterator[Finding]:
        tensor = operand(event)
        before = tensor.origin.layer if tensor is not None and tensor.origin is not None else None
        if event.layer is None or before is None or before.place is None:
            return
        if not class_name(before).startswith(("Conv", "Linear")) or not isinstance(before.attrs.get("bias"), Tensor):
            return
        yield Finding(
            before.place,
            Text(
                f"the bias of {named_layer(before)} has no effect before {named_layer(event.layer)}",
                f"{named_layer(before)} 的偏置在 {named_layer(event.layer)} 之前不起作用",
            ),
            candidates=(
                Candidate(
                    Text("leave it out: `bias=False`", "去掉它：`bias=False`"),
                    set_argument(before, "bias", "False"),
                    trust=Applicability.SUGGESTION,
                ),
            ),
        )
