"""ML406: a training loop that never steps its optimizer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import UnitRead
from modlint.rewrite import insert_after
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.siblings import statement_of
from modlint.rulekit.training import Loop, called_name, calls, is_scheduler, mentions, outer_loops, receiver, scopes
from modlint.syntax import Place, own_nodes

_BROKEN = """\
import torch
from torch import nn

model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for x in (torch.randn(8, 4), torch.randn(8, 4)):
    optimizer.zero_grad()
    loss = model(x).pow(2).mean()
    loss.backward()
"""
_STEPPED = _BROKEN + "    optimizer.step()\n"
_ELSEWHERE = (
    _BROKEN.replace(
        "for x",
        "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)\n\n\ndef optimizer_step():\n    optimizer.step()\n\n\nfor x",
    )
    + "    optimizer_step()\n    scheduler.step()\n"
)


class MissingOptimizerStep(Rule):
    meta = Meta(
        code="ML406",
        name="missing-optimizer-step",
        severity=Severity.WARNING,
        en=Doc(
            title="A training loop without `optimizer.step()`",
            what="Finds loops that clear the gradients of an optimizer and call `backward()`, and never step.",
            why="Only `step()` changes the parameters.",
            torch_says="nothing: the loss stays where it is",
            fix="Puts `step()` after `backward()`. Unsafe: it changes the training.",
        ),
        zh=Doc(
            title="训练循环没有 `optimizer.step()`",
            what="查找清零了优化器的梯度并调用 `backward()`、却从不 `step()` 的循环。",
            why="只有 `step()` 才会更新参数。",
            torch_says="没有提示：损失停在原处",
            fix="在 `backward()` 之后加入 `step()`。不安全：会改变训练过程。",
        ),
    )
    invalid = (Invalid(_BROKEN, (9,), _STEPPED, raises=False),)
    valid = (
        Valid(_ELSEWHERE),
        Valid(_STEPPED),
        Valid(_BROKEN.replace("    optimizer.zero_grad()\n", "    model.zero_grad()\n")),
        Valid(_BROKEN + "    step = optimizer.step\n    step()\n"),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        for scope in scopes(event.unit, "zero_grad"):
            for loop in outer_loops(scope):
                cleared = [
                    call for call in calls(loop, "zero_grad") if "opt" in event.unit.segment(receiver(call)).lower()
                ]
                backward = calls(loop, "backward")
                steps = mentions(loop, "step", "update") and not all(map(_is_of_scheduler, calls(loop, "step")))
                if not cleared or not backward or steps or _steps_otherwise(loop):
                    continue
                place, name = Place(event.unit, backward[-1]), event.unit.segment(receiver(cleared[0]))
                statement = statement_of(place)
                edits = insert_after(event.unit, statement, f"{name}.step()") if statement is not None else ()
                title = Text(f"`{name}.step()` after it", f"在其后加入 `{name}.step()`")
                yield Finding(
                    place,
                    Text(f"this loop never calls `{name}.step()`", f"该循环从不调用 `{name}.step()`"),
                    candidates=(Candidate(title, edits, trust=Applicability.UNSAFE),) if edits else (),
                )


def _steps_otherwise(loop: Loop) -> bool:
    """Whether a function whose name speaks of a step is called or named, as in ``self.optimizer_step()``."""
    named = any(called_name(node).endswith("_step") for node in own_nodes(loop) if isinstance(node, ast.Call))
    return named or (mentions(loop, "step") and not calls(loop, "step"))


def _is_of_scheduler(call: ast.Call) -> bool:
    return is_scheduler(receiver(call))
