"""ML118: a layer's class is called with a tensor, as if it were a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import CallMismatch, OpCall
from modlint.interpret.meant import is_input
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.blocks import method
from modlint.rulekit.lost import assigned_values
from modlint.rulekit.misfits import is_given_a_tensor
from modlint.rulekit.phrases import library_name
from modlint.rulekit.siblings import class_of, function_of, self_attribute
from modlint.syntax import Place, Unit
from modlint.values import Unknown

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return nn.ReLU()(self.fc(x))


Net()(torch.randn(2, 4)).sum()
"""
_KEPT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 8)
        self.second = nn.Linear(8, 2)
        self.act = nn.ReLU()

    def forward(self, x):
        x = self.act(self.first(x))
        return self.act(self.second(x))


Net()(torch.randn(2, 4)).sum()
"""
_TWICE = _KEPT.replace("self.act(", "nn.ReLU()(")
_BARE = frozenset((
    "ReLU", "ReLU6", "Sigmoid", "Tanh", "GELU", "SiLU", "Mish", "ELU", "SELU", "CELU", "LeakyReLU", "PReLU",
    "Softplus", "Softsign", "LogSigmoid", "Hardswish", "Hardsigmoid", "Hardtanh", "Flatten", "Identity", "Dropout",
    "Dropout2d",
))  # fmt: skip
_WITH_DIM = frozenset(["Softmax", "LogSoftmax", "Softmin"])
_OTHERS = frozenset((
    "MaxPool1d", "MaxPool2d", "MaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "Linear", "Conv1d", "Conv2d", "Conv3d", "BatchNorm1d", "BatchNorm2d",
    "LayerNorm", "Upsample",
))  # fmt: skip


class LayerAsFunction(Rule):
    meta = Meta(
        code="ML118",
        name="layer-as-function",
        severity=Severity.ERROR,
        en=Doc(
            title="A layer's class is called as a function",
            what="Finds `nn.ReLU(x)`, `nn.Softmax(x)`, `nn.Flatten(x)` and their like with a tensor.",
            why="The call makes a layer, with the tensor as its setting, and computes nothing: the result is a module.",
            torch_says="AttributeError: 'ReLU' object has no attribute 'sum'",
            fix="Makes the layer and calls it: `nn.ReLU()(x)`; softmax gets `dim=1`. Safe.",
        ),
        zh=Doc(
            title="把层的类当作函数调用",
            what="查找用张量调用的 `nn.ReLU(x)`、`nn.Softmax(x)`、`nn.Flatten(x)` 等。",
            why="这样只会创建一个层，张量成了它的设置，什么也没有计算：结果是一个模块。",
            torch_says="AttributeError: 'ReLU' object has no attribute 'sum'",
            fix="先创建层再调用：`nn.ReLU()(x)`；softmax 使用 `dim=1`。安全。",
        ),
    )
    watches = frozenset(f"torch.nn.{name}" for name in (*_BARE, *_WITH_DIM, *_OTHERS))
    invalid = (
        Invalid(_RIGHT.replace("nn.ReLU()(", "nn.ReLU("), (11,), _RIGHT),
        Invalid(_RIGHT.replace("nn.ReLU()(", "nn.Sigmoid("), (11,), _RIGHT.replace("nn.ReLU()(", "nn.Sigmoid()(")),
        Invalid(_RIGHT.replace("nn.ReLU()(", "nn.Softmax("), (11,), _RIGHT.replace("nn.ReLU()(", "nn.Softmax(dim=1)(")),
        Invalid(_RIGHT.replace("nn.ReLU()(", "nn.Flatten("), (11,), _RIGHT.replace("nn.ReLU()(", "nn.Flatten()(")),
        Invalid(_RIGHT.replace("nn.ReLU()(self.fc(x)", "nn.Softmax(self.fc(x), dim=-1"), (11,),
                _RIGHT.replace("nn.ReLU()(", "nn.Softmax(dim=-1)(")),
        Invalid(_RIGHT.replace("nn.ReLU()(self.fc(x)", "nn.LogSoftmax(self.fc(x), 1"), (11,),
                _RIGHT.replace("nn.ReLU()(", "nn.LogSoftmax(1)(")),
        Invalid(_KEPT.replace("nn.ReLU()", "nn.ReLU"), (10,), _KEPT),
        Invalid(_KEPT.replace("nn.ReLU()", "nn.Softmax"), (10,), _KEPT.replace("nn.ReLU()", "nn.Softmax(dim=1)")),
        Invalid(_TWICE.replace("nn.ReLU()(", "nn.ReLU("), (13, 14), _TWICE),
    )  # fmt: skip
    valid = (
        Valid(_RIGHT),
        Valid(_KEPT),
        Valid(_TWICE),
        Valid(_KEPT.replace("nn.ReLU()", "nn.ReLU").replace("self.act(", "self.act()(")),
        Valid(_KEPT.replace("nn.ReLU()", "torch.relu")),
        Valid(_RIGHT.replace("nn.ReLU()(", "nn.LeakyReLU(torch.tensor(0.1))(")),
        Valid(_RIGHT.replace("nn.ReLU()(", "nn.Identity(torch.ones(3))(")),
        Valid(_RIGHT.replace("nn.ReLU()(", "nn.ReLU(inplace=True)(")),
        Valid(_RIGHT.replace("nn.ReLU()(", "nn.Softmax(1)(")),
        Valid(_RIGHT.replace("nn.ReLU()(", "torch.relu(")),
        Valid("import torch\nfrom torch import nn\n\nnn.CrossEntropyLoss(torch.ones(3))\n"),
        Valid("import torch\nfrom torch import nn\n\nx = torch.ones(2, 3)\nnn.Linear(x.shape[1], x.size(0))\n"),
    )

    def check(self, event: OpCall | CallMismatch) -> Iterator[Finding]:
        """At the call."""
        call = event.place.node
        if not isinstance(call, ast.Call) or not call.args:
            return
        if isinstance(event, OpCall):
            first = next(iter(event.bound.values()), None)
            if first is None or first.node is not call.args[0]:
                return
            if is_input(first.value):
                yield _finding(event.place, call, event.op.rpartition(".")[2])
            elif isinstance(first.value, Unknown) and _is_input(event.place, first.node):
                yield _finding(event.place, call, event.op.rpartition(".")[2], Severity.WARNING)
        elif is_given_a_tensor(event):
            yield _finding(event.place, call, library_name(event.callee))


def _is_input(place: Place, node: ast.expr) -> bool:
    """Whether an argument is the variable that brings the input of ``forward``."""
    function = function_of(place)
    inputs = [arg.arg for arg in function.args.args[1:]] if function is not None and function.name == "forward" else []
    return isinstance(node, ast.Name) and node.id in inputs


def _finding(place: Place, call: ast.Call, name: str, severity: Severity | None = None) -> Finding:
    written, kept = place.unit.segment(call.func), _kept_class(place, call)
    return Finding(
        place if kept is None else Place(place.unit, kept),
        Text(
            f"`{written}(…)` makes a layer out of a tensor and computes nothing",
            f"`{written}(…)` 用张量创建了一个层，什么也没有计算",
        ),
        candidates=tuple(_candidates(place, call, written, name)) if kept is None else (_made(place.unit, kept, name),),
        severity=severity,
    )


def _kept_class(place: Place, call: ast.Call) -> ast.expr | None:
    """``nn.ReLU`` of ``self.act = nn.ReLU``, where ``self.act`` is called."""
    attribute, owner = self_attribute(call.func), class_of(place)
    init = method(owner, "__init__") if owner is not None else None
    value = assigned_values(init).get(attribute) if init is not None and attribute is not None else None
    return value if isinstance(value, (ast.Attribute, ast.Name)) else None


def _made(unit: Unit, kept: ast.expr, name: str) -> Candidate:
    text = f"{unit.segment(kept)}({'dim=1' if name in _WITH_DIM else ''})"
    return Candidate(Text(f"write `{text}`", f"改写为 `{text}`"), replace(unit, kept, text))


def _candidates(place: Place, call: ast.Call, written: str, name: str) -> Iterator[Candidate]:
    if name not in (*_BARE, *_WITH_DIM):
        return
    unit = place.unit
    first, *others = [unit.segment(arg) for arg in call.args]
    settings = [*others, *(unit.segment(word) for word in call.keywords)]
    if name in _WITH_DIM and not settings:
        settings = ["dim=1"]
    text = f"{written}({', '.join(settings)})({first})"
    yield Candidate(Text(f"write `{text}`", f"改写为 `{text}`"), replace(unit, call, text))
