"""ML306: raw scores for ``BCELoss``, which takes probabilities."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ModelRun
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.activations import meetings, with_loss

_RAW = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 1)

    def forward(self, x):
        return self.fc(x)


net = Net()
criterion = nn.BCELoss()
loss = criterion(net(100 * torch.randn(64, 8)).squeeze(1), torch.ones(64))
"""
_LOGITS = _RAW.replace("BCELoss", "BCEWithLogitsLoss")


class ScoresForBceLoss(Rule):
    meta = Meta(
        code="ML306",
        name="scores-for-bce-loss",
        severity=Severity.WARNING,
        en=Doc(
            title="`BCELoss` on the raw scores of a linear layer",
            what="Finds models that end in a linear layer or a convolution, without a sigmoid, and are used with "
            "`BCELoss`.",
            why="`BCELoss` takes the logarithm of probabilities: it needs numbers between 0 and 1.",
            torch_says="RuntimeError: all elements of input should be between 0 and 1",
            fix="Uses `BCEWithLogitsLoss`, which is also more stable than sigmoid and `BCELoss`. Unsafe: it is a "
            "choice.",
        ),
        zh=Doc(
            title="对线性层的原始分数使用 `BCELoss`",
            what="查找以线性层或卷积结尾、没有 sigmoid、却与 `BCELoss` 一起使用的模型。",
            why="`BCELoss` 对概率取对数，需要 0 到 1 之间的数。",
            torch_says="RuntimeError: all elements of input should be between 0 and 1",
            fix="改用 `BCEWithLogitsLoss`，它也比 sigmoid 加 `BCELoss` 更稳定。不安全：这是一种选择。",
        ),
    )
    invalid = (Invalid(_RAW, (11,), _LOGITS),)
    valid = (
        Valid(_LOGITS),
        Valid(_RAW.replace("self.fc(x)", "torch.sigmoid(self.fc(x))")),
        Valid(_RAW.replace("criterion(net(100 * torch.randn(64, 8))", "criterion(net(torch.randn(64, 8)).sigmoid()")),
        Valid(_RAW.split("criterion")[0] + "net(torch.randn(2, 8))\n"),
    )  # fmt: skip

    def check(self, event: ModelRun) -> Iterator[Finding]:
        for meeting in meetings(event, "bce", ("none",)):
            line = meeting.use.place.line
            yield Finding(
                meeting.place,
                Text(
                    f"the model ends here without a sigmoid, but the `BCELoss` of line {line} takes probabilities",
                    f"模型在这里结束，没有 sigmoid，而第 {line} 行的 `BCELoss` 需要概率",
                ),
                candidates=with_loss(event.document, "BCELoss", "BCEWithLogitsLoss"),
            )
