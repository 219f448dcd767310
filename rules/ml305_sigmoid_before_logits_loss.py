"""ML305: sigmoid before a loss that applies it itself."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ModelRun, UnitRead
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.activations import meetings

_MODEL = """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(8, 1), nn.Sigmoid())
criterion = nn.BCEWithLogitsLoss()
loss = criterion(net(torch.randn(4, 8)).squeeze(1), torch.ones(4))
"""
_RAW = _MODEL.replace(", nn.Sigmoid()", "")
_SCRIPT = """\
import torch
import torch.nn.functional as F

scores = torch.randn(4)
probability = torch.sigmoid(scores)
loss = F.binary_cross_entropy_with_logits(probability, torch.ones(4))
"""


class SigmoidBeforeLogitsLoss(Rule):
    meta = Meta(
        code="ML305",
        name="sigmoid-before-logits-loss",
        severity=Severity.WARNING,
        en=Doc(
            title="Sigmoid before `BCEWithLogitsLoss`",
            what="Finds models that end in sigmoid, and scores that went through it, where the loss is "
            "`BCEWithLogitsLoss` or "
            "`binary_cross_entropy_with_logits`.",
            why="The loss applies the sigmoid itself. Applied twice, every prediction lies between 0.5 and 0.73, "
            "and the loss "
            "cannot become small.",
            torch_says="nothing: training is slow and the loss stays high",
            fix="Takes the sigmoid out. Unsafe: other code may rely on probabilities.",
        ),
        zh=Doc(
            title="`BCEWithLogitsLoss` 之前使用 sigmoid",
            what="当损失是 `BCEWithLogitsLoss` 或 `binary_cross_entropy_with_logits` 时，查找以 sigmoid "
            "结尾的模型和经过 sigmoid 的分数。",
            why="该损失自己会做 sigmoid。做两次之后，所有预测都在 0.5 到 0.73 之间，损失降不下去。",
            torch_says="没有提示：训练缓慢，损失居高不下",
            fix="去掉 sigmoid。不安全：其他代码可能需要概率。",
        ),
    )
    invalid = (
        Invalid(_MODEL, (4,), _RAW, raises=False),
        Invalid(_SCRIPT, (6,), _SCRIPT.replace("logits(probability", "logits(scores"), raises=False),
    )
    valid = (
        Valid(_RAW),
        Valid(_MODEL.replace("BCEWithLogitsLoss", "BCELoss")),
        Valid(_SCRIPT.replace("logits(probability", "logits(scores")),
        Valid(_SCRIPT.replace("_with_logits", "")),
    )

    def check(self, event: UnitRead | ModelRun) -> Iterator[Finding]:
        for meeting in meetings(event, "bce_with_logits", ("sigmoid",)):
            line = meeting.use.place.line
            yield Finding(
                meeting.place,
                Text(
                    f"sigmoid before the loss of line {line}, which applies it itself",
                    f"第 {line} 行的损失自己会做 sigmoid，之前不应再做",
                ),
                candidates=meeting.removal,
            )
