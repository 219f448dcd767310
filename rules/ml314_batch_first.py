"""ML314: the last step of a recurrent layer, taken from the wrong dimension."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import OpCall
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import set_argument
from modlint.rulekit.mismatched import operand
from modlint.rulekit.phrases import class_name, named_layer
from modlint.values import Instance, Open, Shape

_BROKEN = """\
import torch
from torch import nn


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(100, 8)
        self.lstm = nn.LSTM(8, 16)
        self.fc = nn.Linear(16, 2)

    def forward(self, words):
        output, _ = self.lstm(self.embedding(words))
        return self.fc(output[:, -1, :])


Classifier()(torch.zeros(4, 7, dtype=torch.long))
"""
_FIRST = _BROKEN.replace("nn.LSTM(8, 16)", "nn.LSTM(8, 16, batch_first=True)")
_ALL = slice(None)


class BatchFirst(Rule):
    meta = Meta(
        code="ML314",
        name="batch-first",
        severity=Severity.WARNING,
        en=Doc(
            title="`batch_first` contradicts how the output is indexed",
            what="Finds `output[:, -1]` of an `RNN`, `LSTM` or `GRU` without `batch_first=True`, and `output[-1]` "
            "with it.",
            why="By default the steps are dimension 0 and the batch is dimension 1: `output[:, -1]` is then the "
            "last sample of "
            "the batch, at every step, and the layer runs along the batch.",
            torch_says="nothing: shapes fit, the model learns nothing useful",
            fix="Adds `batch_first=True`. Unsafe: the author may have meant `output[-1]`.",
        ),
        zh=Doc(
            title="`batch_first` 与输出的下标方式矛盾",
            what="查找没有 `batch_first=True` 却取 `output[:, -1]` 的 `RNN`、`LSTM`、`GRU`，以及有它却取 "
            "`output[-1]` 的情况。",
            why="默认第 0 维是时间步、第 1 维是批：此时 `output[:, -1]` 是批里最后一个样本的所有时间步，"
            "而且循环层沿着批在运行。",
            torch_says="没有提示：形状都对，但模型学不到有用的东西",
            fix="加上 `batch_first=True`。不安全：作者也可能想写 `output[-1]`。",
        ),
    )
    watches = frozenset({"torch.Tensor.__getitem__"})
    invalid = (
        Invalid(_BROKEN, (14,), _FIRST, raises=False),
        Invalid(_FIRST.replace("output[:, -1, :]", "output[-1]"), (14,), raises=False),
    )
    valid = (
        Valid(_FIRST),
        Valid(_BROKEN.replace("output[:, -1, :]", "output[-1]")),
        Valid(_BROKEN.replace("output[:, -1, :]", "output[-1, :, :]")),
        Valid(_BROKEN.replace("output[:, -1, :]", "output.mean(dim=0)")),
        Valid(_FIRST.replace("output, _", "_, (state, _)").replace("output[:, -1, :]", "state[-1]")),
    )

    def check(self, event: OpCall) -> Iterator[Finding]:
        tensor = operand(event)
        layer = tensor.origin.layer if tensor is not None and tensor.origin is not None else None
        if tensor is None or layer is None or class_name(layer) not in ("RNN", "LSTM", "GRU"):
            return
        if _is_state(event.shapes[id(tensor)], layer):
            return
        index, first = event.bound["index"].value, layer.attrs.get("batch_first")
        if (_is_second(index) and first is False) or (_is_first(index) and first is True):
            here = "output[:, -1]" if first is False else "output[-1]"
            yield Finding(
                event.place,
                Text(
                    f"`{here}` is not the last step of {named_layer(layer)}, whose `batch_first` is {first}",
                    f"{named_layer(layer)} 的 `batch_first` 为 {first}，`{here}` 不是最后一个时间步",
                ),
                () if layer.place is None else (Because(layer.place, Text("it is made here", "它在这里创建")),),
                tuple(_candidates(layer)) if first is False else (),
            )


def _is_state(shape: Shape, layer: Instance) -> bool:
    """Whether a result is not the output but a state: (layers × directions, batch, hidden_size)."""
    layers, both = layer.attrs.get("num_layers"), layer.attrs.get("bidirectional")
    count = layers * (2 if both else 1) if isinstance(layers, int) else None
    return isinstance(shape, Open) or len(shape) != 3 or shape[0] == count


def _is_second(index: object) -> bool:
    return isinstance(index, tuple) and len(index) >= 2 and index[0] == _ALL and index[1] == -1


def _is_first(index: object) -> bool:
    return index == -1 or (isinstance(index, tuple) and bool(index) and index[0] == -1)


def _candidates(layer: Instance) -> Iterator[Candidate]:
    edits = set_argument(layer, "batch_first", "True")
    yield Candidate(Text("add `batch_first=True`", "加上 `batch_first=True`"), edits, trust=Applicability.UNSAFE)
