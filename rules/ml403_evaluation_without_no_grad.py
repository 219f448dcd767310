"""ML403: an evaluation loop that builds the graph for gradients."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import UnitRead
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.training import Loop, calls, mentions, outer_loops, receiver, root, scopes
from modlint.syntax import Place, own_nodes

_BROKEN = """\
import torch
from torch import nn

model = nn.Linear(4, 2)
loader = [(torch.randn(8, 4), torch.zeros(8))]
model.eval()
correct = 0
for images, labels in loader:
    predicted = model(images).argmax(dim=1)
    correct += (predicted == labels).sum().item()
"""
_GUARDED = _BROKEN.split("for images")[0] + (
    "with torch.no_grad():\n    for images, labels in loader:\n"
    "        correct += (model(images).argmax(dim=1) == labels).sum().item()\n"
)


class EvaluationWithoutNoGrad(Rule):
    meta = Meta(
        code="ML403",
        name="evaluation-without-no-grad",
        severity=Severity.INFO,
        en=Doc(
            title="An evaluation loop without `no_grad`",
            what="Finds loops after `model.eval()` that call the model and never `backward()`, where neither "
            "`torch.no_grad()` "
            "nor `torch.inference_mode()` is in force.",
            why="Without it every result keeps the whole graph that its gradients would need: evaluation takes more "
            "memory and "
            "more time.",
            torch_says="nothing",
            fix="None: put the loop under `with torch.no_grad():`.",
        ),
        zh=Doc(
            title="评估循环没有使用 `no_grad`",
            what="查找 `model.eval()` 之后调用模型、从不 `backward()`，又不在 `torch.no_grad()` 或 "
            "`torch.inference_mode()` 之内的循环。",
            why="否则每个结果都会保留求梯度所需的整个计算图：评估更费内存、更慢。",
            torch_says="没有提示",
            fix="无：把循环放进 `with torch.no_grad():`。",
        ),
    )
    invalid = (Invalid(_BROKEN, (9,), raises=False),)
    valid = (
        Valid(_GUARDED),
        Valid(_GUARDED.replace("no_grad", "inference_mode")),
        Valid(_BROKEN.replace("model.eval()\n", "")),
        Valid(_BROKEN.replace("    correct +=", "    model(images).sum().backward()\n    correct +=")),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        for scope in scopes(event.unit, ".eval"):
            if mentions(scope, "grad", "inference_mode", "backward"):
                continue
            for model in {root(receiver(call)): call for call in calls(scope, "eval")}.items():
                yield from _ungraded(event, scope, *model)


def _ungraded(event: UnitRead, scope: ast.AST, name: str | None, evaluation: ast.Call) -> Iterator[Finding]:
    loops = [loop for loop in outer_loops(scope) if isinstance(loop, ast.For) and loop.lineno > evaluation.lineno]
    call = next((call for loop in loops if (call := _call(loop, name)) is not None), None)
    if call is not None:
        yield Finding(
            Place(event.unit, call),
            Text(
                f"`{name}` is evaluated here without `torch.no_grad()`: every result keeps its graph",
                f"这里在没有 `torch.no_grad()` 的情况下评估 `{name}`：每个结果都保留计算图",
            ),
        )


def _call(loop: Loop, name: str | None) -> ast.Call | None:
    for node in own_nodes(loop):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name and node.args:
            return node
    return None
