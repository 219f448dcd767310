"""ML404: a model that is put into evaluation mode within the training loop and never back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import UnitRead
from modlint.rewrite import insert_statement
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.training import Loop, calls, is_training, outer_loops, receiver, scopes
from modlint.syntax import Place

_BROKEN = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(3):
    optimizer.zero_grad()
    model(torch.randn(8, 4)).pow(2).mean().backward()
    optimizer.step()
    model.eval()
    with torch.no_grad():
        print(model(torch.randn(8, 4)).mean())
"""
_BACK = _BROKEN.replace("    optimizer.zero_grad()", "    model.train()\n    optimizer.zero_grad()")


class EvalWithoutTrain(Rule):
    meta = Meta(
        code="ML404",
        name="eval-without-train",
        severity=Severity.WARNING,
        en=Doc(
            title="`eval()` in the training loop, and never `train()` again",
            what="Finds training loops that call `model.eval()` in every round and `train()` in none.",
            why="From the second round on the model trains in evaluation mode: dropout is off, and batch norms "
            "neither use nor "
            "update the statistics of the batch.",
            torch_says="nothing: training is worse than it should be",
            fix="Puts `model.train()` at the beginning of the round. Unsafe: it changes the training.",
        ),
        zh=Doc(
            title="训练循环里调用了 `eval()`，却没有再调用 `train()`",
            what="查找每一轮都调用 `model.eval()`、却从不调用 `train()` 的训练循环。",
            why="从第二轮起模型就在评估模式下训练：dropout 失效，批归一化既不使用也不更新批的统计量。",
            torch_says="没有提示：训练效果变差",
            fix="在每轮开头加入 `model.train()`。不安全：会改变训练过程。",
        ),
    )
    invalid = (Invalid(_BROKEN, (10,), _BACK, raises=False),)
    valid = (
        Valid(_BACK),
        Valid(_BROKEN.replace("    model.eval()\n", "    model.train(mode=False)\n")),
        Valid(_BROKEN.replace("    model.eval()\n", "").replace("for epoch", "model.eval()\nfor epoch")),
        Valid(_BROKEN.replace("    model.eval()\n", "    model.eval()\n    break\n")),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        for scope in scopes(event.unit, ".eval"):
            for loop in outer_loops(scope):
                evaluations = calls(loop, "eval")
                if not evaluations or not is_training(loop) or calls(loop, "train") or _ends_with_it(loop):
                    continue
                name = event.unit.segment(receiver(evaluations[0]))
                if name in ("torch", "pd", "df"):
                    continue
                title = Text(f"`{name}.train()` at the beginning of the round", f"在每轮开头加入 `{name}.train()`")
                edits = insert_statement(event.unit, loop.body[0], f"{name}.train()")
                yield Finding(
                    Place(event.unit, evaluations[0]),
                    Text(
                        f"`{name}.eval()` in the training loop, which never calls `{name}.train()` again",
                        f"训练循环里调用了 `{name}.eval()`，却没有再调用 `{name}.train()`",
                    ),
                    candidates=(Candidate(title, edits, trust=Applicability.UNSAFE),),
                )


def _ends_with_it(loop: Loop) -> bool:
    """Whether the loop is left after the evaluation."""
    return any(isinstance(statement, ast.Break | ast.Return) for statement in loop.body)
