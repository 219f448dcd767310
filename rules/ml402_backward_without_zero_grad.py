"""ML402: a training loop that never clears the gradients."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import UnitRead
from modlint.rewrite import insert_statement
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.siblings import statement_of
from modlint.rulekit.training import (
    Loop,
    called_method,
    calls,
    is_training,
    mentions,
    optimizer_steps,
    outer_loops,
    receiver,
    scopes,
)
from modlint.syntax import Place

_BROKEN = """\
import torch
from torch import nn

model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(3):
    for x in (torch.randn(8, 4), torch.randn(8, 4)):
        loss = model(x).pow(2).mean()
        loss.backward()
        optimizer.step()
"""
_CLEARED = _BROKEN.replace("        loss.backward()", "        optimizer.zero_grad()\n        loss.backward()")
_ONCE = _BROKEN.replace("    for x", "    optimizer.zero_grad()\n    for x")
_ACCUMULATED = _ONCE.replace("        optimizer.step()", "    optimizer.step()")


class BackwardWithoutZeroGrad(Rule):
    meta = Meta(
        code="ML402",
        name="backward-without-zero-grad",
        severity=Severity.WARNING,
        en=Doc(
            title="A training loop without `zero_grad`",
            what="Finds loops that call `backward()` and `step()` and never `zero_grad()`.",
            why="Gradients add up: every step would go along the sum of all gradients since the start.",
            torch_says="nothing: the loss does not fall, or diverges",
            fix="Puts `zero_grad()` before `backward()`. Unsafe: it changes the training.",
        ),
        zh=Doc(
            title="训练循环没有 `zero_grad`",
            what="查找调用了 `backward()` 和 `step()`、却从不调用 `zero_grad()` 的循环。",
            why="梯度会累加：每一步都会沿着从开始到现在所有梯度之和前进。",
            torch_says="没有提示：损失不下降或发散",
            fix="在 `backward()` 之前加入 `zero_grad()`。不安全：会改变训练过程。",
        ),
    )
    invalid = (
        Invalid(_BROKEN, (9,), _CLEARED, raises=False),
        Invalid(
            _ONCE, (10,), _ONCE.replace("        loss.b", "        optimizer.zero_grad()\n        loss.b"), raises=False
        ),
    )
    valid = (
        Valid(_CLEARED),
        Valid(_CLEARED.replace("optimizer.zero_grad()", "model.zero_grad()")),
        Valid(_BROKEN.replace("optimizer.step()", "optimizer.step()\n        optimizer.zero_grad()")),
        Valid(_BROKEN.replace("        optimizer.step()\n", "")),
        Valid(_ACCUMULATED),
        Valid(
            _ONCE.replace(
                "        optimizer.step()", "        if x.sum() > 0:\n            optimizer.step()\n            break"
            )
        ),
        Valid(
            _BROKEN.replace("optimizer.step()", "optimizer.step()\n        model.weight.grad = model.bias.grad = None")
        ),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        for scope in scopes(event.unit, "backward"):
            for loop in outer_loops(scope):
                inner = _innermost(loop)
                if is_training(inner) and not mentions(inner, "grad"):
                    yield _finding(event, calls(inner, "backward")[0], receiver(optimizer_steps(inner)[0]))


def _innermost(loop: Loop) -> Loop:
    """The only loop inside of a loop, when every round of it trains."""
    inner = outer_loops(loop)
    if len(inner) != 1 or not any(called_method(statement, "step") for statement in inner[0].body):
        return loop
    return _innermost(inner[0]) if is_training(inner[0]) else loop


def _finding(event: UnitRead, backward: ast.Call, optimizer: ast.expr) -> Finding:
    name = event.unit.segment(optimizer)
    place = Place(event.unit, backward)
    statement = statement_of(place)
    edits = insert_statement(event.unit, statement, f"{name}.zero_grad()") if statement is not None else ()
    title = Text(f"clear the gradients: `{name}.zero_grad()`", f"清零梯度：`{name}.zero_grad()`")
    return Finding(
        place,
        Text(
            f"this loop never calls `{name}.zero_grad()`: the gradients of all steps add up",
            f"该循环从不调用 `{name}.zero_grad()`：所有步的梯度会累加",
        ),
        candidates=(Candidate(title, edits, trust=Applicability.UNSAFE),) if edits else (),
    )
