"""ML133: a function is called with settings alone, as if it made a layer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import FunctionForLayer
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import nn_name
from modlint.rulekit.importing import with_import
from modlint.rulekit.phrases import class_name

_RIGHT = """\
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.drop = nn.Dropout(0.2)

    def forward(self, x):
        return self.drop(F.relu(self.fc(x)))


Net()(torch.randn(2, 4))
"""
_ALONE = (
    _RIGHT.replace("import torch.nn as nn\n", "").replace("nn.Mod", "torch.nn.Mod").replace("nn.Lin", "torch.nn.Lin")
)
_POOLED = """\
import torch
import torch.nn.functional as F
from torch import nn

net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2, 2), nn.Softmax(dim=1))
net(torch.randn(2, 3, 8, 8))
"""


class FunctionAsLayer(Rule):
    meta = Meta(
        code="ML133",
        name="function-as-layer",
        severity=Severity.ERROR,
        en=Doc(
            title="A function is called as if it made a layer",
            what="Finds `F.relu()`, `F.dropout(0.2)`, `F.max_pool2d(2, 2)` and their like, which get settings and no "
            "tensor.",
            why="The functions of `torch.nn.functional` compute at once and want the tensor first; a layer that is "
            "made now and called later is a class of `torch.nn`.",
            torch_says="TypeError: dropout(): argument 'input' (position 1) must be Tensor, not float",
            fix="Writes the class: `nn.Dropout(0.2)`. Safe.",
        ),
        zh=Doc(
            title="把函数当作层的构造函数调用",
            what="查找只有设置、没有张量的 `F.relu()`、`F.dropout(0.2)`、`F.max_pool2d(2, 2)` 等。",
            why="`torch.nn.functional` 的函数立即计算，第一个参数必须是张量；先创建、以后再调用的层是 `torch.nn` 的类。",
            torch_says="TypeError: dropout(): argument 'input' (position 1) must be Tensor, not float",
            fix="改写为相应的类：`nn.Dropout(0.2)`。安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("nn.Dropout(", "F.dropout("), (10,), _RIGHT),
        Invalid(_RIGHT.replace("nn.Dropout(0.2)", "F.relu()"), (10,), _RIGHT.replace("nn.Dropout(0.2)", "nn.ReLU()")),
        Invalid(_ALONE.replace("nn.Dropout(", "F.dropout("), (9,), _ALONE.replace("nn.Drop", "torch.nn.Drop")),
        Invalid(_POOLED.replace("nn.MaxPool2d(", "F.max_pool2d("), (5,), _POOLED),
        Invalid(_POOLED.replace("nn.Softmax(", "F.softmax("), (5,), _POOLED),
        Invalid(_POOLED.replace("nn.MaxPool2d(2, 2)", "torch.sigmoid()"), (5,), _POOLED.replace("MaxPool2d(2, 2)", "Sigmoid()")),
    )  # fmt: skip
    valid = (
        Valid(_RIGHT),
        Valid(_POOLED),
        Valid(_RIGHT.replace("nn.Dropout(0.2)", "F.relu")),
        Valid(_RIGHT.replace("nn.Dropout(0.2)", "lambda x: F.dropout(x, 0.2)")),
        Valid(_RIGHT.replace("nn.Dropout(0.2)", "nn.Identity(F.relu(torch.zeros(1)))")),
        Valid(_RIGHT.replace("import torch\n", "import torch\nfrom functools import partial\n", 1).replace(
            "nn.Dropout(0.2)", "partial(F.dropout, p=0.2)")),
        Valid("import torch\nimport torch.nn.functional as F\n\nF.dropout(p=0.2, input=torch.ones(3))\n"),
        Valid("import torch\n\ntorch.sigmoid(torch.tensor(0.2))\ntorch.flatten(torch.ones(2, 3))\n"),
        Valid("import torch.nn.functional as F\n\n\ndef act(*values):\n    return F.relu(*values)\n"),
    )  # fmt: skip

    def check(self, event: FunctionForLayer) -> Iterator[Finding]:
        """At the call."""
        unit, call = event.place.unit, event.place.node
        if not isinstance(call, ast.Call):
            return
        written, nn = unit.segment(call.func), nn_name(unit)
        meant = f"{nn}.{class_name(event.layer)}"
        edits = (*replace(unit, call.func, meant), *(with_import(unit, "torch") if nn == "torch.nn" else ()))
        yield Finding(
            event.place,
            Text(
                f"`{written}` is a function and gets no tensor: the layer is `{meant}`",
                f"`{written}` 是函数，却没有得到张量：对应的层是 `{meant}`",
            ),
            candidates=(Candidate(Text(f"write `{meant}`", f"改写为 `{meant}`"), edits),),
        )
