"""ML116: the result of a layer or operation is computed and dropped."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import ClassRead, OpCall
from modlint.interpret.modules import is_module_class
from modlint.interpret.signatures import returns_value
from modlint.rewrite import replace_statement
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import made_layers, methods
from modlint.rulekit.siblings import function_of, self_attribute
from modlint.syntax import Place, Unit, own_nodes

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


_PERMUTED = """\
import torch


def channels_first(x):
    x = x.permute(0, 3, 1, 2)
    return x


channels_first(torch.randn(2, 8, 8, 3))
"""


class DiscardedResult(Rule):
    watches = frozenset(
        {
            *(f"torch.Tensor.{name}" for name in _METHODS),
            *(f"{library}.{name}" for library in ("torch", "torch.nn.functional") for name in _FUNCTIONS),
        }
    )
    meta = Meta(
        code="ML116",
        name="discarded-result",
        severity=Severity.WARNING,
        en=Doc(
            title="A result is computed and dropped",
            what="Finds statements such as `self.relu(x)` in `forward`, and `x.view(…)` or `F.relu(x)` in any function, "
            "whose result nobody gets.",
            why="These operations give a new tensor and leave the old one as it is.",
            torch_says="nothing: the line has no effect",
            fix="Assigns the result to its input. Unsafe: the network becomes another one.",
        ),
        zh=Doc(
            title="计算了结果却丢弃",
            what="查找结果无人使用的语句，例如 `forward` 中的 `self.relu(x)`，以及任何函数中的 `x.view(…)`、`F.relu(x)`。",
            why="这些运算返回新的张量，原来的张量保持不变。",
            torch_says="nothing: the line has no effect",
            fix="把结果赋给它的输入。不安全：网络会因此改变。",
        ),
    )
    invalid = (
        *(
            Invalid(_RIGHT.replace(f"x = {call}", call), (line,), _RIGHT, raises=False)
            for call, line in (("self.fc(x)", 13), ("self.relu(x)", 14), ("x.view(-1, 2)", 15), ("F.relu(x)", 16))
        ),
        Invalid(_PERMUTED.replace("x = x.permute", "x.permute"), (5,), _PERMUTED, raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("x = F.relu(x)", "F.relu(x, inplace=True)")),
        Valid(_RIGHT.replace("nn.ReLU()", "nn.ReLU(inplace=True)").replace("x = self.relu(x)", "self.relu(x)")),
        Valid(_RIGHT.replace("nn.ReLU()", "nn.ReLU(True)").replace("x = self.relu(x)", "self.relu(x)")),
        Valid(_RIGHT.replace("x = F.relu(x)", "x.relu_()")),
        Valid(_RIGHT.replace("x = F.relu(x)", "print(x)")),
        Valid(_RIGHT.replace("x = F.relu(x)", "torch.relu_(x)")),
        Valid(_PERMUTED),
        Valid(_PERMUTED.replace("x = x.permute", "y = x.permute")),
        Valid(_PERMUTED.replace("    x = x.permute(0, 3, 1, 2)\n    return x", "    x.mean(dim=1)")),
        Valid(_RIGHT.replace("x = F.relu(x)", "self.note(x)").replace("\n\nNet()", _NOTE)),
    )

    def check(self, event: ClassRead | OpCall) -> Iterator[Finding]:
        """At the statement."""
        if isinstance(event, OpCall):
            yield from _of_operation(event.place)
            return
        layers = made_layers(event.cls)
        for function in methods(event.cls) if is_module_class(event.cls) else ():
            node = function.node
            if function.name == "forward" and isinstance(node, ast.FunctionDef) and returns_value(node):
                for inner in own_nodes(node):
                    if isinstance(inner, ast.Expr):
                        yield from _judged(function.unit, inner, layers)


def _of_operation(place: Place) -> Iterator[Finding]:
    """An operation anywhere in a function that returns something, and goes on with what was to be changed."""
    statement = _lone_expressions(place.unit).get(place.node)
    function = function_of(place) if statement is not None else None
    if statement is None or function is None:
        return
    source = _source(place.unit, statement.value, {})
    if source is not None and returns_value(function) and _is_read_later(function, source, statement.lineno):
        yield from _judged(place.unit, statement, {})


@lru_cache(maxsize=64)
def _lone_expressions(unit: Unit) -> dict[ast.AST, ast.Expr]:
    """The statements that are nothing but an expression, by that."""
    return {statement.value: statement for statement in unit.nodes.get(ast.Expr, ())}


def _is_read_later(function: ast.FunctionDef, name: str, line: int) -> bool:
    read = (node for node in own_nodes(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return any(node.id == name and node.lineno > line for node in read)


def _judged(unit: Unit, statement: ast.Expr, layers: dict[str, ast.Call]) -> Iterator[Finding]:
    source = _source(unit, statement.value, layers)
    if source is None or _is_in_place(statement.value):
        return
    text = unit.segment(statement.value)
    edits = replace_statement(unit, statement, f"{source} = {text}")
    title = Text(f"assign it to `{source}`", f"赋值给 `{source}`")
    yield Finding(
        Place(unit, statement),
        Text(f"the result of `{text}` is dropped", f"`{text}` 的结果被丢弃"),
        candidates=(Candidate(title, edits, trust=Applicability.UNSAFE),),
    )


def _source(unit: Unit, call: ast.expr, layers: dict[str, ast.Call]) -> str | None:
    """The variable that a call was meant to change: its receiver, or its first argument."""
    target = call.func if isinstance(call, ast.Call) else None
    if not isinstance(call, ast.Call) or not isinstance(target, ast.Attribute):
        return None
    first = call.args[0].id if call.args and isinstance(call.args[0], ast.Name) else None
    made = layers.get(self_attribute(target) or "")
    if made is not None:
        return first if _only_computes(unit, made) else None
    library = unit.segment(target.value)
    if library in _LIBRARIES:
        return first if target.attr in _FUNCTIONS else None
    return target.value.id if isinstance(target.value, ast.Name) and target.attr in _METHODS else None


def _only_computes(unit: Unit, made: ast.Call) -> bool:
    """Whether a layer is one of torch's that do nothing but give a result: not one of the file, which may keep it."""
    name = unit.segment(made.func)
    own = any(isinstance(node, ast.ClassDef) and node.name == name for node in unit.tree.body)
    return not (own or name.endswith("Sequential") or _is_in_place(made))


def _is_in_place(call: ast.expr) -> bool:
    """Whether an ``inplace`` argument is given: by name, or as ``nn.ReLU(True)``."""
    if not isinstance(call, ast.Call):
        return False
    by_name = any(word.arg in ("inplace", "out") for word in call.keywords)
    return by_name or any(isinstance(arg, ast.Constant) and arg.value is True for arg in call.args)
