"""ML115: a layer with parameters that is made anew in every ``forward``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ClassRead
from modlint.interpret.modules import is_module_class
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import makes_module, methods
from modlint.rulekit.siblings import parents
from modlint.syntax import Place, Unit, own_nodes

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""
_INSIDE = _RIGHT.replace("self.fc(x)", "nn.Linear(4, 2)(x)")
_LEARNS = (
    "Linear", "Bilinear", "LazyLinear", "Conv", "LazyConv", "BatchNorm", "LayerNorm", "GroupNorm", "InstanceNorm",
    "Embedding", "LSTM", "GRU", "RNN", "MultiheadAttention", "Transformer", "PReLU", "Parameter",
)  # fmt: skip
_LAZY = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = None

    def forward(self, x):
        if self.fc is None:
            self.fc = nn.Linear(4, 2)
        return self.fc(x)


Net()(torch.randn(2, 4))
"""


class LayerInForward(Rule):
    meta = Meta(
        code="ML115",
        name="layer-in-forward",
        severity=Severity.WARNING,
        en=Doc(
            title="A layer is made in `forward`",
            what="Finds layers with parameters, and dropout, that `forward` makes anew each time it runs.",
            why="Every call draws new random weights, which nobody trains or saves; a new dropout is never "
            "switched off.",
            torch_says="nothing: the weights are other ones at every call",
            fix="None: the layer belongs into `__init__`, under a name of its own.",
        ),
        zh=Doc(
            title="在 `forward` 里创建层",
            what="查找 `forward` 每次运行都重新创建的带参数的层以及 dropout。",
            why="每次调用都会得到新的随机权重，既不会训练也不会保存；新建的 dropout 也永远不会关闭。",
            torch_says="nothing: the weights are other ones at every call",
            fix="无：应在 `__init__` 里创建该层并命名。",
        ),
    )
    invalid = (
        Invalid(_INSIDE, (11,), raises=False),
        Invalid(_RIGHT.replace("return self.fc(x)", "return nn.Dropout(0.5)(self.fc(x))"), (11,), raises=False),
        Invalid(_RIGHT.replace("return ", "w = nn.Parameter(torch.ones(2))\n        return w * "), (11,), raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("self.fc(x)", "nn.ReLU()(self.fc(x))")),
        Valid(_RIGHT.replace("self.fc(x)", "nn.Softmax(dim=1)(self.fc(x))")),
        Valid(_RIGHT.replace("self.fc(x)", "nn.functional.linear(x, self.fc.weight)")),
        Valid(_LAZY),
        Valid(_RIGHT.replace("forward", "make").replace("self.fc(x)", "nn.Linear(4, 2)").replace("()(", "().make(")),
    )

    def check(self, event: ClassRead) -> Iterator[Finding]:
        """At the call that makes the layer."""
        for function in methods(event.cls) if is_module_class(event.cls) else ():
            for node in own_nodes(function.node) if function.name == "forward" else ():
                if (
                    isinstance(node, ast.Call)
                    and _learns(function.unit, node)
                    and not _is_made_once(function.unit, node)
                ):
                    name = function.unit.segment(node.func)
                    yield Finding(
                        Place(function.unit, node),
                        Text(f"`forward` makes a new `{name}` at every call", f"`forward` 每次调用都新建 `{name}`"),
                    )


def _learns(unit: Unit, node: ast.Call) -> bool:
    name = unit.segment(node.func).rpartition(".")[2]
    return makes_module(unit, node) and name.startswith((*_LEARNS, "Dropout"))


def _is_made_once(unit: Unit, node: ast.Call) -> bool:
    """Whether it is made under a condition and kept, as lazy code does."""
    around = parents(unit)
    current: ast.AST | None = node
    while current is not None and not isinstance(current, (ast.FunctionDef, ast.If)):
        current = around.get(current)
    return isinstance(current, ast.If)
