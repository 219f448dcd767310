"""ML213: a recurrent layer on another number of features, or with states of another shape, than it was made for."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.mismatched import broken, size_finding, wanted_and_found

_WIDTH = """\
import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(100, 32)
        self.lstm = nn.LSTM(64, 16, batch_first=True)

    def forward(self, words):
        output, _ = self.lstm(self.embedding(words))
        return output


Tagger()(torch.zeros(2, 7, dtype=torch.long))
"""
_STATE = """\
import torch
from torch import nn

gru = nn.GRU(8, 16)
gru(torch.randn(5, 3, 8), torch.zeros(1, 5, 16))
"""


class RecurrentSizes(Rule):
    meta = Meta(
        code="ML213",
        name="recurrent-sizes",
        severity=Severity.ERROR,
        en=Doc(
            title="A recurrent layer gets features or states of another size",
            what="Finds `RNN`, `LSTM`, `GRU` and their cells whose input has another number of features than "
            "`input_size`, or "
            "whose hidden states have another shape than (layers × directions, batch, hidden_size).",
            why="The weights are made for `input_size` features, and every layer and direction has a state for "
            "every sample.",
            torch_says="RuntimeError: input.size(-1) must be equal to input_size. Expected 64, got 32",
            fix="Sets `input_size` to what arrives. Safe: the code certainly fails.",
        ),
        zh=Doc(
            title="循环层收到的特征数或状态形状不符",
            what="查找输入特征数与 `input_size` 不同，或隐藏状态的形状不是（层数×方向数，批，hidden_size）的 `RNN`、"
            "`LSTM`、`GRU` 及其单元。",
            why="权重是按 `input_size` 个特征创建的，每一层、每个方向对每个样本都有一个状态。",
            torch_says="RuntimeError: input.size(-1) must be equal to input_size. Expected 64, got 32",
            fix="把 `input_size` 改成实际到达的特征数。安全：原代码必然报错。",
        ),
    )
    aspects = frozenset({"input_size", "hidden_size", "num_layers", "proj_size"})
    invalid = (
        Invalid(_WIDTH, (9,), _WIDTH.replace("LSTM(64", "LSTM(32")),
        Invalid(_STATE, (5,)),
    )
    valid = (
        Valid(_WIDTH.replace("LSTM(64", "LSTM(32")),
        Valid(_STATE.replace("1, 5, 16", "1, 3, 16")),
        Valid(_STATE.replace("GRU(8, 16)", "GRU(8, 16, batch_first=True)")),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        if event.mismatch.aspect == "input_size" and event.mismatch.operand == "input":
            yield from size_finding(event, "input_size", Text("features", "特征"))
            return
        aspect, (wanted, found) = event.mismatch.aspect, wanted_and_found(event)
        is_state = event.mismatch.operand in ("hx", "input") and isinstance(event.mismatch.wanted, tuple)
        what = Text("states of shape", "形状如下的状态：") if is_state else Text(f"`{aspect}`", f"`{aspect}`")
        says = Text(
            f"needs {what.en} {wanted.en}, but gets {found.en}", f"需要{what.zh} {wanted.zh}，却得到 {found.zh}"
        )
        yield broken(event, says)
