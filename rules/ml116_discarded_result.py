"""ML116: the result of a layer or operation is computed and dropped."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import ClassRead
from modlint.interpret.functions import returns_value
from modlint.interpret.modules import is_module_class
from modlint.rewrite import replace_statement
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import made_layers, methods
from modlint.rulekit.siblings import self_attribute
from modlint.syntax import Place, own_nodes
from modlint.values import Function

_RIGHT = """\
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.fc(x)
        x = self.relu(x)
        x = x.view(-1, 2)
        x = F.relu(x)
        return x


Net()(torch.randn(2, 4))
"""
_NOTE = "\n    def note(self, x):\n        self.last = x\n\n\nNet()"
_METHODS = frozenset(
    ("view", "reshape", "permute", "transpose", "squeeze", "unsqueeze", "flatten", "contiguous", "relu", "tanh",
     "sigmoid", "softmax", "clamp", "expand", "repeat", "float", "long", "half", "double", "mean", "sum")
)  # fmt: skip
_FUNCTIONS = frozenset(
    ("relu", "sigmoid", "tanh", "softmax", "log_softmax", "flatten", "cat", "transpose", "squeeze", "unsqueeze",
     "reshape", "dropout", "max_pool2d", "avg_pool2d", "gelu", "leaky_relu", "elu", "interpolate", "pad", "normalize")
)  # fmt: skip
_LIBRARIES = frozenset({"F", "torch", "torch.nn.functional", "nn.functional"})


class DiscardedResult(Rule):
    meta = Meta(
        code="ML116",
        name="discarded-result",
        severity=Severity.WARNING,
        en=Doc(
            title="A result is computed and dropped",
            what="Finds statements of `forward` such as `self.relu(x)`, `x.view(…)` or `F.relu(x)` whose result "
            "nobody gets.",
            why="These operations give a new tensor and leave the old one as it is.",
            torch_says="nothing: the line has no effect",
            fix="Assigns the result to its input. Unsafe: the network becomes another one.",
        ),
        zh=Doc(
            title="计算了结果却丢弃",
            what="查找 `forward` 中结果无人使用的语句，例如 `self.relu(x)`、`x.view(…)`、`F.relu(x)`。",
            why="这些运算返回新的张量，原来的张量保持不变。",
            torch_says="nothing: the line has no effect",
            fix="把结果赋给它的输入。不安全：网络会因此改变。",
        ),
    )
    invalid = tuple(
        Invalid(_RIGHT.replace(f"x = {call}", call), (line,), _RIGHT, raises=False)
        for call, line in (("self.fc(x)", 13), ("self.relu(x)", 14), ("x.view(-1, 2)", 15), ("F.relu(x)", 16))
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("x = F.relu(x)", "F.relu(x, inplace=True)")),
        Valid(_RIGHT.replace("nn.ReLU()", "nn.ReLU(inplace=True)").replace("x = self.relu(x)", "self.relu(x)")),
        Valid(_RIGHT.replace("nn.ReLU()", "nn.ReLU(True)").replace("x = self.relu(x)", "self.relu(x)")),
        Valid(_RIGHT.replace("x = F.relu(x)", "x.relu_()")),
        Valid(_RIGHT.replace("x = F.relu(x)", "print(x)")),
        Valid(_RIGHT.replace("x = F.relu(x)", "torch.relu_(x)")),
        Valid(_RIGHT.replace("x = F.relu(x)", "self.note(x)").replace("\n\nNet()", _NOTE)),
    )

    def check(self, event: ClassRead) -> Iterator[Finding]:
        """At the statement."""
        layers = made_layers(event.cls)
        for function in methods(event.cls) if is_module_class(event.cls) else ():
            if (
                function.name == "forward"
                and isinstance(function.node, ast.FunctionDef)
                and returns_value(function.node)
            ):
                for node in own_nodes(function.node):
                    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                        yield from _judged(function, node, node.value, layers)


def _judged(function: Function, node: ast.Expr, call: ast.Call, layers: dict[str, ast.Call]) -> Iterator[Finding]:
    source = _source(function, call, layers)
    if source is None or _is_in_place(call):
        return
    text = function.unit.segment(call)
    edits = replace_statement(function.unit, node, f"{source} = {text}")
    title = Text(f"assign it to `{source}`", f"赋值给 `{source}`")
    yield Finding(
        Place(function.unit, node),
        Text(f"the result of `{text}` is dropped", f"`{text}` 的结果被丢弃"),
        candidates=(Candidate(title, edits, trust=Applicability.UNSAFE),),
    )


def _source(function: Function, call: ast.Call, layers: dict[str, ast.Call]) -> str | None:
    """The variable that a call was meant to change: its receiver, or its first argument."""
    target = call.func
    if not isinstance(target, ast.Attribute):
        return None
    first = call.args[0].id if call.args and isinstance(call.args[0], ast.Name) else None
    made = layers.get(self_attribute(target) or "")
    if made is not None:
        is_container = function.unit.segment(made.func).endswith("Sequential")
        return None if is_container or _is_in_place(made) else first
    library = function.unit.segment(target.value)
    if library in _LIBRARIES:
        return first if target.attr in _FUNCTIONS else None
    return target.value.id if isinstance(target.value, ast.Name) and target.attr in _METHODS else None


def _is_in_place(call: ast.Call) -> bool:
    """Whether an ``inplace`` argument is given: by name, or as ``nn.ReLU(True)``."""
    by_name = any(word.arg in ("inplace", "out") for word in call.keywords)
    return by_name or any(isinstance(arg, ast.Constant) and arg.value is True for arg in call.args)
