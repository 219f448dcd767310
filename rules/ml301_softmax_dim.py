"""ML301: softmax without ``dim``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import OpCall
from modlint.rewrite import Edits, insert_argument
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import set_argument
from modlint.rulekit.phrases import class_name
from modlint.values import Open, Tensor

_FUNCTION = """\
import torch
import torch.nn.functional as F

F.softmax(torch.randn(2, 5))
"""
_LAYER = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 4)
        self.prob = nn.Softmax()

    def forward(self, x):
        return self.prob(self.fc(x))


Net()(torch.randn(2, 8))
"""
_SEQUENCE = """\
import torch
import torch.nn.functional as F

F.log_softmax(torch.randn(2, 7, 5))
"""
_FUNCTIONS = ("softmax", "log_softmax", "softmin")
_LAYERS = ("Softmax", "LogSoftmax", "Softmin")


class SoftmaxDim(Rule):
    meta = Meta(
        code="ML301",
        name="softmax-dim",
        severity=Severity.WARNING,
        en=Doc(
            title="Softmax without `dim`",
            what="Finds `softmax`, `log_softmax`, `softmin` and their layers without `dim`.",
            why="torch then chooses the dimension by the rank of the input: 0 for 0-D, 1-D and 3-D input, which for "
            "a sequence "
            "normalises over the batch, and 1 for all others. The choice is deprecated.",
            torch_says="UserWarning: Implicit dimension choice for softmax has been deprecated. Change the call to "
            "include dim=X.",
            fix="Adds the `dim` that torch chooses: safe, the meaning is unchanged. For 3-D input, and where the "
            "rank is not known, "
            "it proposes the dimension of the classes, which is a choice.",
        ),
        zh=Doc(
            title="softmax 没有指定 `dim`",
            what="查找没有 `dim` 参数的 `softmax`、`log_softmax`、`softmin` 及其对应的层。",
            why="此时 torch 会按输入的维数选择维度：0 维、1 维和 3 维输入取 0（对序列来说就是在批上归一化），"
            "其他情况取 1。这种选择已被弃用。",
            torch_says="UserWarning: Implicit dimension choice for softmax has been deprecated. Change the call to "
            "include dim=X.",
            fix="补上 torch 会选择的 `dim`：安全，含义不变。对 3 维输入或维数未知的情况，建议使用类别所在的维度，"
            "需要作者确认。",
        ),
    )
    watches = frozenset(
        [f"torch.nn.functional.{name}" for name in _FUNCTIONS] + [f"torch.nn.{name}.forward" for name in _LAYERS]
    )
    invalid = (
        Invalid(_FUNCTION, (4,), _FUNCTION.replace("5))", "5), dim=1)"), raises=False),
        Invalid(_LAYER, (9,), _LAYER.replace("Softmax()", "Softmax(dim=1)"), raises=False),
        Invalid(_SEQUENCE, (4,), _SEQUENCE.replace("5))", "5), dim=-1)"), raises=False),
        Invalid(_FUNCTION.replace("2, 5", "5"), (4,), _FUNCTION.replace("2, 5))", "5), dim=0)"), raises=False),
    )
    valid = (
        Valid(_FUNCTION.replace("5))", "5), dim=1)")),
        Valid(_FUNCTION.replace("5))", "5), -1)")),
        Valid(_LAYER.replace("Softmax()", "Softmax(dim=1)")),
        Valid(_LAYER.replace("Softmax()", "Softmax(1)")),
        Valid("import torch\n\ntorch.randn(2, 5).softmax(-1)\ntorch.softmax(torch.randn(2, 5), dim=1)\n"),
    )

    def check(self, event: OpCall) -> Iterator[Finding]:
        layer = event.layer
        given = layer.attrs.get("dim") if layer is not None else event.bound["dim"].value if event.bound else 0
        if given is not None or (layer is None and event.bound["dim"].node is not None):
            return
        place = layer.place if layer is not None and layer.place is not None else event.place
        rank = _rank(event)
        name = f"{class_name(layer)}()" if layer is not None else event.op.rsplit(".", 1)[1]
        chosen, meant = _legacy(rank), _meant(rank)
        yield Finding(
            place,
            Text(
                f"`{name}` without `dim`: torch chooses one by the rank of the input, which is deprecated",
                f"`{name}` 没有指定 `dim`：torch 会按输入的维数选择，这种选择已被弃用",
            ),
            why=(Because(event.place, _choice(rank, chosen)),) if rank is not None else (),
            candidates=(
                Candidate(
                    Text(f"add `dim={meant}`", f"加上 `dim={meant}`"),
                    _edits(event, meant),
                    trust=Applicability.SAFE if rank is not None and meant == chosen else Applicability.UNSAFE,
                ),
            ),
        )


def _rank(event: OpCall) -> int | None:
    tensor = next((passed.value for passed in event.bound.values() if isinstance(passed.value, Tensor)), None)
    shape = event.shapes.get(id(tensor)) if tensor is not None else None
    return None if shape is None or isinstance(shape, Open) else len(shape)


def _legacy(rank: int | None) -> int:
    """The dimension that torch takes (``_get_softmax_dim`` in torch/nn/functional.py)."""
    return 0 if rank in (0, 1, 3) else 1


def _meant(rank: int | None) -> int:
    return -1 if rank == 3 else _legacy(rank)


def _choice(rank: int, chosen: int) -> Text:
    batch = Text(", the batch", "（即批）") if rank == 3 else Text("", "")
    return Text(f"it takes {chosen} for {rank}-D input{batch.en}", f"对 {rank} 维输入取第 {chosen} 维{batch.zh}")


def _edits(event: OpCall, value: int) -> Edits:
    if event.layer is not None:
        return set_argument(event.layer, "dim", str(value))
    node = event.place.node
    return insert_argument(event.place.unit, node, f"dim={value}") if isinstance(node, ast.Call) else ()
