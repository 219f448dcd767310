"""ML302: softmax before a cross entropy that applies it itself."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ModelRun, UnitRead
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.activations import meetings

_MODEL = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        x = self.fc(x)
        return F.softmax(x, dim=1)


net = Net()
criterion = nn.CrossEntropyLoss()


def train(loader, net, criterion):
    for images, labels in loader:
        loss = criterion(net(images), labels)
        loss.backward()


train([(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))], net, criterion)
"""
_RAW = _MODEL.replace("F.softmax(x, dim=1)", "x")
_SCRIPT = """\
import torch
from torch import nn

to_probability = nn.Softmax(dim=1)
loss_function = nn.CrossEntropyLoss()
scores = torch.randn(4, 3)
probability = to_probability(scores)
loss = loss_function(probability, torch.tensor([0, 1, 2, 0]))
"""


class SoftmaxBeforeCrossEntropy(Rule):
    meta = Meta(
        code="ML302",
        name="softmax-before-cross-entropy",
        severity=Severity.WARNING,
        en=Doc(
            title="Softmax before `CrossEntropyLoss`",
            what="Finds models that end in softmax, and scores that went through softmax, where the loss is "
            "`CrossEntropyLoss` or `cross_entropy`. It says nothing when no such loss is in the file.",
            why="The loss applies `log_softmax` itself. Applied twice, the probabilities are squeezed together, "
            "gradients almost "
            "vanish and the loss cannot become small. `log_softmax` before it is harmless and superfluous.",
            torch_says="nothing: training is slow and the loss stays high",
            fix="Takes the softmax out. Unsafe: other code may rely on probabilities.",
        ),
        zh=Doc(
            title="`CrossEntropyLoss` 之前使用 softmax",
            what="当损失是 `CrossEntropyLoss` 或 `cross_entropy` 时，查找以 softmax 结尾的模型和经过 softmax 的分数；"
            "文件里没有这种损失时不提示。",
            why="该损失自己会做 `log_softmax`。做两次会把概率挤在一起，梯度几乎消失，损失降不下去。先做 "
            "`log_softmax` 无害但多余。",
            torch_says="没有提示：训练缓慢，损失居高不下",
            fix="去掉 softmax。不安全：其他代码可能需要概率。",
        ),
    )
    invalid = (
        Invalid(_MODEL, (13,), _RAW, raises=False),
        Invalid(_SCRIPT, (8,), _SCRIPT.replace("function(probability", "function(scores"), raises=False),
        Invalid(_MODEL.replace("net = Net()", "net = nn.Sequential(nn.Linear(8, 3), nn.Softmax(dim=1))"), (16,),
                _MODEL.replace("net = Net()", "net = nn.Sequential(nn.Linear(8, 3))"), raises=False),
        Invalid(_SCRIPT.replace("nn.Softmax", "nn.LogSoftmax"), (8,),
                _SCRIPT.replace("nn.Softmax", "nn.LogSoftmax").replace("function(probability", "function(scores"),
                raises=False),
    )  # fmt: skip
    valid = (
        Valid(_RAW),
        Valid(_SCRIPT.replace("function(probability", "function(scores")),
        Valid(_MODEL.replace("nn.CrossEntropyLoss()", "nn.NLLLoss()").replace("F.softmax", "F.log_softmax")),
        Valid(_MODEL.split("net = Net()")[0] + "Net()(torch.randn(4, 8))\n"),
        Valid(_RAW + "probabilities = F.softmax(net(torch.randn(2, 8)), dim=1)\n"),
    )

    def check(self, event: UnitRead | ModelRun) -> Iterator[Finding]:
        for meeting in meetings(event, "cross_entropy", ("softmax", "log_softmax")):
            harmless = meeting.activation.kind == "log_softmax"
            yield Finding(
                meeting.place,
                (_superfluous if harmless else _wrong)(meeting.use.place.line),
                candidates=meeting.removal,
                severity=Severity.INFO if harmless else None,
            )


def _wrong(line: str) -> Text:
    return Text(
        f"softmax before the cross entropy of line {line}, which applies `log_softmax` itself",
        f"第 {line} 行的交叉熵自己会做 `log_softmax`，之前不应再做 softmax",
    )


def _superfluous(line: str) -> Text:
    return Text(
        f"`log_softmax` before the cross entropy of line {line} is superfluous: the loss applies it itself",
        f"第 {line} 行的交叉熵之前的 `log_softmax` 是多余的：该损失自己会做",
    )
