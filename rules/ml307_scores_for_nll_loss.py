"""ML307: ``NLLLoss`` on something else than log-probabilities."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ModelRun, UnitRead
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.activations import meetings, with_loss

_RAW = """\
import torch
from torch import nn

net = nn.Sequential(nn.Flatten(), nn.Linear(8, 3))
criterion = nn.NLLLoss()
loss = criterion(net(torch.randn(4, 8)), torch.tensor([0, 1, 2, 0]))
"""
_SOFTMAX = """\
import torch
import torch.nn.functional as F

probability = F.softmax(torch.randn(4, 3), dim=1)
loss = F.nll_loss(probability, torch.tensor([0, 1, 2, 0]))
"""


class ScoresForNllLoss(Rule):
    meta = Meta(
        code="ML307",
        name="scores-for-nll-loss",
        severity=Severity.WARNING,
        en=Doc(
            title="`NLLLoss` on something else than log-probabilities",
            what="Finds models that end in a linear layer or in softmax, and are used with `NLLLoss`, and "
            "probabilities given "
            "to it.",
            why="`NLLLoss` is the negative mean of what it gets: only of the output of `log_softmax` that is a "
            "likelihood. On "
            "raw scores it falls without bound, on probabilities it stays between -1 and 0.",
            torch_says="nothing: the loss becomes negative",
            fix="Uses `CrossEntropyLoss` on raw scores. Unsafe: it is a choice; the other one is `log_softmax`.",
        ),
        zh=Doc(
            title="`NLLLoss` 的输入不是对数概率",
            what="查找以线性层或 softmax 结尾、与 `NLLLoss` 一起使用的模型，以及直接交给它的概率。",
            why="`NLLLoss` 只是对输入取负平均，只有 `log_softmax` 的输出才是似然。对原始分数它会无限下降，"
            "对概率它停在 -1 和 0 之间。",
            torch_says="没有提示：损失变成负数",
            fix="对原始分数改用 `CrossEntropyLoss`。不安全：这是一种选择，另一种是 `log_softmax`。",
        ),
    )
    invalid = (
        Invalid(_RAW, (4,), _RAW.replace("NLLLoss", "CrossEntropyLoss"), raises=False),
        Invalid(_SOFTMAX, (5,), raises=False),
    )
    valid = (
        Valid(_RAW.replace("NLLLoss", "CrossEntropyLoss")),
        Valid(_RAW.replace("8, 3)", "8, 3), nn.LogSoftmax(dim=1)")),
        Valid(_RAW.replace("net(torch.randn(4, 8))", "torch.log_softmax(net(torch.randn(4, 8)), dim=1)")),
        Valid(_SOFTMAX.replace("F.softmax", "F.log_softmax")),
        Valid(_SOFTMAX.replace("nll_loss(probability", "nll_loss(probability.log()")),
    )

    def check(self, event: UnitRead | ModelRun) -> Iterator[Finding]:
        for meeting in meetings(event, "nll", ("none", "softmax")):
            line = meeting.use.place.line
            raw = meeting.activation.kind == "none"
            given = Text("raw scores", "原始分数") if raw else Text("softmax", "softmax")
            yield Finding(
                meeting.place,
                Text(
                    f"the `NLLLoss` of line {line} takes the output of `log_softmax`, not {given.en}",
                    f"第 {line} 行的 `NLLLoss` 需要 `log_softmax` 的输出，而不是 {given.zh}",
                ),
                candidates=with_loss(event.document, "NLLLoss", "CrossEntropyLoss") if raw else (),
            )
