"""ML413: ``backward()`` on something that was cut from its graph."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import UnitRead
from modlint.rule import Because, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.training import bodies, called_name, calls, is_without_gradients, receiver, scopes
from modlint.syntax import Place, Unit, nodes_in, own_nodes

_RIGHT = """\
import torch
from torch import nn

model = nn.Linear(4, 3)
criterion = nn.CrossEntropyLoss()
inputs, labels = torch.randn(8, 4), torch.randint(0, 3, (8,))
outputs = model(inputs)
loss = criterion(outputs, labels)
loss.backward()
"""
_ARGMAX = _RIGHT.replace("model(inputs)", "model(inputs).argmax(dim=1).float()").replace(
    "torch.randint(0, 3, (8,))", "torch.rand(8)"
)
_GUARDED = _RIGHT.replace("outputs = model(inputs)", "with torch.no_grad():\n    outputs = model(inputs)")
_MAX = (
    _RIGHT.replace("model(inputs)", "torch.max(model(inputs), 1)")
    .replace("(outputs, ", "(outputs.float(), ")
    .replace("torch.randint(0, 3, (8,))", "torch.rand(8)")
)
_CUTTING = frozenset({"item", "detach", "argmax", "numpy", "tolist"})
_WITH_INDICES = frozenset({"max", "min", "topk", "sort"})
_MAKERS = frozenset({"tensor", "Tensor", "FloatTensor", "from_numpy", "as_tensor", "Variable"})
_KEEPING = frozenset(
    {
        "float",
        "double",
        "to",
        "cuda",
        "cpu",
        "view",
        "reshape",
        "squeeze",
        "unsqueeze",
        "flatten",
        "long",
        "mean",
        "sum",
    }
)


class CutGraph(Rule):
    meta = Meta(
        code="ML413",
        name="cut-graph",
        severity=Severity.WARNING,
        en=Doc(
            title="`backward()` on something that was cut from its graph",
            what="Finds losses that are computed from `.item()`, `.detach()`, `.data`, `.argmax()`, `torch.tensor(…)` or under "
            "`no_grad`, and on which `backward()` is called.",
            why="What these give does not know the layers that it came from: no gradient gets back to them. To make it "
            "require gradients hides the message and does not train the model.",
            torch_says="RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn",
            fix="None: give the loss the output of the model itself.",
        ),
        zh=Doc(
            title="对脱离了计算图的结果调用 `backward()`",
            what="查找由 `.item()`、`.detach()`、`.data`、`.argmax()`、`torch.tensor(…)` 或在 `no_grad` 之下算出、"
            "却又调用 `backward()` 的损失。",
            why="这些结果不知道自己来自哪些层，梯度无法传回。让它 `requires_grad` 只会掩盖报错，模型并不会被训练。",
            torch_says="RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn",
            fix="无：请把模型的输出本身交给损失。",
        ),
    )
    invalid = (
        Invalid(_ARGMAX, (9,)),
        Invalid(_GUARDED, (10,)),
        Invalid(_RIGHT.replace("labels)\nloss.b", "labels).item()\nloss.b"), (9,)),
        Invalid(_RIGHT.replace("model(inputs)", "model(inputs).detach()"), (9,)),
        Invalid(_MAX.replace("outputs = ", "_, outputs = "), (9,)),
        Invalid(_ARGMAX.replace("model(inputs).argmax(dim=1)", "(model(inputs)[:, 0] > 0.5)"), (9,)),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_MAX.replace("outputs = ", "outputs, _ = ")),
        Valid(_RIGHT.replace("model(inputs)", "model(torch.autograd.Variable(inputs))")),
        Valid(_RIGHT.replace("loss.backward()", "total = loss.item()\nloss.backward()")),
        Valid(_RIGHT.replace("model(inputs)", "model(inputs.detach())")),
        Valid(
            _RIGHT.replace(
                "loss.backward()", "if loss.item() > 9:\n    loss = loss.detach()\nelse:\n    loss.backward()"
            )
        ),
        Valid(_GUARDED.replace("loss =", "outputs = model(inputs)\nloss =")),
        Valid(_RIGHT.replace("criterion(outputs, labels)", "criterion(outputs.detach(), labels) + outputs.sum()")),
        Valid(
            _RIGHT.replace("= criterion(outputs, labels)", "= nn.functional.mse_loss(outputs.detach(), model(inputs))")
        ),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        """At ``backward()``."""
        for scope in scopes(event.unit, ".backward("):
            for call in calls(scope, "backward"):
                loss = receiver(call)
                cut = Trace(event.unit, scope, call.lineno).cut(loss)
                if cut is not None:
                    yield _finding(event.unit, call, loss, cut)


class Trace(NamedTuple):
    """The way of a value back to what it is made from, through the assignments before a line."""

    unit: Unit
    scope: ast.AST
    line: int

    def cut(self, node: ast.expr) -> ast.AST | None:
        """Where a value is cut from its graph for certain; None when it may not be."""
        if isinstance(node, ast.Name):
            return self._cut_variable(node.id)
        if isinstance(node, ast.Compare):
            return node
        if isinstance(node, ast.Attribute):
            return node if node.attr == "data" else None
        if not isinstance(node, ast.Call):
            return None
        name = called_name(node)
        if isinstance(node.func, ast.Attribute) and name in _CUTTING | _KEEPING and not _is_library(node.func.value):
            return node if name in _CUTTING else self.cut(node.func.value)
        if name in _MAKERS:
            return node
        return self.cut(node.args[0]) if _is_loss(node) and self._is_constant(node.args[1]) else None

    def _cut_variable(self, name: str) -> ast.AST | None:
        given = self._assignments(name)
        if not given or len(given[-1].targets) != 1:
            return None
        last = given[-1]
        blocks = self._blocks(last)
        guard = next((block for block in blocks if is_without_gradients(block)), None)
        if any(isinstance(block, (ast.If, ast.Try)) for block in blocks):
            return None
        if not isinstance(last.targets[0], ast.Name):
            return guard or _indices(last, name)
        return guard or Trace(self.unit, self.scope, last.lineno).cut(last.value)

    def _assignments(self, name: str) -> list[ast.Assign]:
        return [
            node
            for node in own_nodes(self.scope)
            if isinstance(node, ast.Assign)
            and node.lineno < self.line
            and any(
                isinstance(inner, ast.Name) and inner.id == name
                for target in node.targets
                for inner in nodes_in(target)
            )
        ]

    def _blocks(self, node: ast.stmt) -> list[ast.stmt]:
        """The blocks with a branch around a statement that does not go on to the line."""
        kinds = (ast.If, ast.Try, ast.With, ast.For, ast.While)
        return [
            block
            for block in own_nodes(self.scope)
            if isinstance(block, kinds) and node in nodes_in(block) and self._leaves(block, node)
        ]

    def _leaves(self, block: ast.AST, node: ast.stmt) -> bool:
        branch = next(body for body in bodies(block) if any(node in nodes_in(statement) for statement in body))
        return (branch[-1].end_lineno or 0) < self.line

    def _is_constant(self, node: ast.expr) -> bool:
        """Whether a target is plain data: a variable that no call of a model gave."""
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _KEEPING:
            node = node.func.value
        if not isinstance(node, ast.Name):
            return False
        return not any(isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name)
                       for given in self._assignments(node.id) for inner in nodes_in(given.value))  # fmt: skip


def _indices(given: ast.Assign, name: str) -> ast.AST | None:
    """``torch.max(…)`` when ``name`` is what takes its indices: ``_, name = torch.max(outputs, 1)``."""
    target = given.targets[0]
    second = target.elts[1] if isinstance(target, ast.Tuple) and len(target.elts) == 2 else None
    is_indexed = isinstance(given.value, ast.Call) and called_name(given.value) in _WITH_INDICES
    return given.value if is_indexed and isinstance(second, ast.Name) and second.id == name else None


def _is_library(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("torch", "np", "F", "nn")


def _is_loss(call: ast.Call) -> bool:
    name = called_name(call).lower()
    return len(call.args) == 2 and ("loss" in name or "criterion" in name or name.endswith("entropy"))


def _finding(unit: Unit, call: ast.Call, loss: ast.expr, cut: ast.AST) -> Finding:
    place = Place(unit, cut.items[0].context_expr if isinstance(cut, ast.With) else cut)
    name, text = unit.segment(loss), place.text
    return Finding(
        Place(unit, call),
        Text(
            f"`{name}` has no graph: `{text}` (line {place.line}) cuts it off, no gradient gets to the model",
            f"`{name}` 没有计算图：`{text}`（第 {place.line} 行）把它切断了，梯度到不了模型",
        ),
        (Because(place, Text("the graph ends here", "计算图在这里中断")),),
    )
