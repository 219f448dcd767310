"""ML127: a loss's class is called with the prediction and the target."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Edit
from modlint.interpret.events import UnitRead
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.syntax import Place, Unit

_RIGHT = """\
import torch
from torch import nn

model = nn.Linear(4, 3)
outputs, labels = model(torch.randn(8, 4)), torch.randint(0, 3, (8,))
loss = nn.CrossEntropyLoss()(outputs, labels)
loss.backward()
"""
_WRONG = _RIGHT.replace("Loss()(", "Loss(")
_NAMED = _RIGHT.replace("loss = nn.CrossEntropyLoss()(", "criterion = nn.CrossEntropyLoss()\nloss = criterion(")
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
            what="Finds `nn.MSELoss(outputs, labels)` and its like: two variables where the class takes its settings; "
            "also through a variable: `criterion = nn.MSELoss`.",
            why="The call makes a loss and takes the tensors for its settings; it computes nothing.",
            torch_says="RuntimeError: Boolean value of Tensor with more than one value is ambiguous",
            fix="Makes the loss and calls it: `nn.MSELoss()(outputs, labels)`. Safe.",
        ),
        zh=Doc(
            title="用预测和标签调用了损失的类",
            what="查找 `nn.MSELoss(outputs, labels)` 等：在该类的设置处给了两个变量；也包括通过变量 `criterion = nn.MSELoss`。",
            why="这样只会创建一个损失，张量成了它的设置，什么也没有计算。",
            torch_says="RuntimeError: Boolean value of Tensor with more than one value is ambiguous",
            fix="先创建损失再调用：`nn.MSELoss()(outputs, labels)`。安全。",
        ),
    )
    invalid = (
        Invalid(_WRONG, (6,), _RIGHT),
        Invalid(_WRONG.replace("outputs, labels)", "model(torch.randn(8, 4)), labels)"), (6,),
                _RIGHT.replace("outputs, labels)", "model(torch.randn(8, 4)), labels)")),
        Invalid(_NAMED.replace("Loss()", "Loss"), (6,), _NAMED),
    )  # fmt: skip
    valid = (
        Valid(_RIGHT),
        Valid(_NAMED),
        Valid(_NAMED.replace("Loss()", "Loss").replace("criterion(out", "criterion()(out")),
        Valid(_NAMED.replace("criterion = ", "criterion = nn.CrossEntropyLoss\ncriterion = ")),
        Valid(_RIGHT.replace("nn.CrossEntropyLoss()(", "nn.functional.cross_entropy(")),
        Valid(_RIGHT.replace("Loss()(", "Loss(torch.ones(3))(")),
        Valid(_RIGHT.replace("Loss()(", "Loss(None, None)(")),
        Valid(_RIGHT.replace("Loss()(", "Loss(*[])(")),
        Valid("from torch import nn\n\nweights, no = None, None\nloss = nn.NLLLoss(weights, no)\n"),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        """At the call, or where a variable is given the class instead of a loss."""
        unit = event.unit
        if _LOSSES.isdisjoint(unit.mentioned):
            return
        named = _named_classes(unit)
        for call in unit.nodes.get(ast.Call, ()):
            if not _are_tensors(call):
                continue
            if isinstance(call.func, ast.Attribute) and call.func.attr in _LOSSES:
                yield _finding(unit, call, call.func)
            elif isinstance(call.func, ast.Name) and call.func.id in named:
                yield _finding(unit, call, named.pop(call.func.id))


def _named_classes(unit: Unit) -> dict[str, ast.Attribute]:
    """The variables that are given the class of a loss, and nothing else: ``criterion = nn.MSELoss``."""
    values: dict[str, list[ast.expr]] = {}
    for assigned in unit.nodes.get(ast.Assign, ()):
        for target in assigned.targets:
            if isinstance(target, ast.Name):
                values.setdefault(target.id, []).append(assigned.value)
    only = {name: given[0] for name, given in values.items() if len(given) == 1}
    return {name: node for name, node in only.items() if isinstance(node, ast.Attribute) and node.attr in _LOSSES}


def _are_tensors(call: ast.Call) -> bool:
    """Whether a call has two positional arguments that may hold a prediction and a target."""
    named = [ast.unparse(arg) for arg in call.args if isinstance(arg, (ast.Name, ast.Call, ast.Subscript))]
    return len(call.args) == len(named) == 2 and "weight" not in named[0].lower()


def _finding(unit: Unit, call: ast.Call, loss: ast.Attribute) -> Finding:
    made, end = unit.segment(loss), unit.end(loss)
    is_named = loss is not call.func
    return Finding(
        Place(unit, loss if is_named else call),
        Text(
            f"`{made}` is the class; called with two tensors (line {call.lineno}) it makes a loss and computes nothing",
            f"`{made}` 是类；用两个张量调用它（第 {call.lineno} 行）只会创建一个损失，什么也没有计算",
        ),
        candidates=(Candidate(Text(f"write `{made}()`", f"写成 `{made}()`"), ((unit, Edit(end, end, "()")),)),),
    )
