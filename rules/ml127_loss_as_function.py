"""ML127: a loss's class is called with the prediction and the target."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import UnitRead
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.syntax import Place

_RIGHT = """\
import torch
from torch import nn

model = nn.Linear(4, 3)
outputs, labels = model(torch.randn(8, 4)), torch.randint(0, 3, (8,))
loss = nn.CrossEntropyLoss()(outputs, labels)
loss.backward()
"""
_WRONG = _RIGHT.replace("Loss()(", "Loss(")
_LOSSES = frozenset((
    "CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss", "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss",
    "KLDivLoss",
))  # fmt: skip


class LossAsFunction(Rule):
    meta = Meta(
        code="ML127",
        name="loss-as-function",
        severity=Severity.WARNING,
        en=Doc(
            title="A loss's class is called with the prediction and the target",
            what="Finds `nn.MSELoss(outputs, labels)` and its like: two variables where the class takes its settings.",
            why="The call makes a loss and takes the tensors for its settings; it computes nothing.",
            torch_says="RuntimeError: Boolean value of Tensor with more than one value is ambiguous",
            fix="Makes the loss and calls it: `nn.MSELoss()(outputs, labels)`. Safe.",
        ),
        zh=Doc(
            title="用预测和标签调用了损失的类",
            what="查找 `nn.MSELoss(outputs, labels)` 等：在该类的设置处给了两个变量。",
            why="这样只会创建一个损失，张量成了它的设置，什么也没有计算。",
            torch_says="RuntimeError: Boolean value of Tensor with more than one value is ambiguous",
            fix="先创建损失再调用：`nn.MSELoss()(outputs, labels)`。安全。",
        ),
    )
    invalid = (
        Invalid(_WRONG, (6,), _RIGHT),
        Invalid(_WRONG.replace("outputs, labels)", "model(torch.randn(8, 4)), labels)"), (6,),
                _RIGHT.replace("outputs, labels)", "model(torch.randn(8, 4)), labels)")),
    )  # fmt: skip
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("nn.CrossEntropyLoss()(", "nn.functional.cross_entropy(")),
        Valid(_RIGHT.replace("Loss()(", "Loss(torch.ones(3))(")),
        Valid(_RIGHT.replace("Loss()(", "Loss(None, None)(")),
        Valid(_RIGHT.replace("Loss()(", "Loss(*[])(")),
        Valid("from torch import nn\n\nweights, no = None, None\nloss = nn.NLLLoss(weights, no)\n"),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        for call in event.unit.nodes.get(ast.Call, ()):
            if isinstance(call.func, ast.Attribute) and call.func.attr in _LOSSES and _are_tensors(call):
                yield _finding(event, call)


def _are_tensors(call: ast.Call) -> bool:
    """Whether a call has two positional arguments that may hold a prediction and a target."""
    named = [ast.unparse(arg) for arg in call.args if isinstance(arg, (ast.Name, ast.Call, ast.Subscript))]
    return len(call.args) == len(named) == 2 and "weight" not in named[0].lower()


def _finding(event: UnitRead, call: ast.Call) -> Finding:
    unit = event.unit
    made, given = unit.segment(call.func), unit.text[unit.end(call.func) : unit.end(call)]
    text = f"{made}(){given}"
    return Finding(
        Place(unit, call),
        Text(
            f"`{made}(…)` makes a loss out of the two tensors and computes nothing",
            f"`{made}(…)` 用这两个张量创建了一个损失，什么也没有计算",
        ),
        candidates=(Candidate(Text(f"write `{text}`", f"写成 `{text}`"), replace(unit, call, text)),),
    )
