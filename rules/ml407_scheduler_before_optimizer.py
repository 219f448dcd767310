"""ML407: a scheduler that steps before its optimizer."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import UnitRead
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.training import called_name, optimizer_steps, outer_loops, root, scopes
from modlint.syntax import Place, own_nodes

_BROKEN = """\
import torch
from torch import nn

model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
for epoch in range(3):
    scheduler.step()
    optimizer.zero_grad()
    model(torch.randn(8, 4)).pow(2).mean().backward()
    optimizer.step()
"""


class SchedulerBeforeOptimizer(Rule):
    meta = Meta(
        code="ML407",
        name="scheduler-before-optimizer",
        severity=Severity.WARNING,
        en=Doc(
            title="`scheduler.step()` before `optimizer.step()`",
            what="Finds training loops that step the learning-rate scheduler before the optimizer.",
            why="Since PyTorch 1.1 the scheduler comes last: otherwise the first value of the schedule is skipped.",
            torch_says="UserWarning: Detected call of `lr_scheduler.step()` before `optimizer.step()`.",
            fix="None: move the call to the end of the round.",
        ),
        zh=Doc(
            title="`scheduler.step()` 在 `optimizer.step()` 之前",
            what="查找先更新学习率调度器、后更新优化器的训练循环。",
            why="从 PyTorch 1.1 起调度器应放在最后，否则会跳过学习率计划的第一个值。",
            torch_says="UserWarning: Detected call of `lr_scheduler.step()` before `optimizer.step()`.",
            fix="无：把该调用移到每轮末尾。",
        ),
    )
    invalid = (Invalid(_BROKEN, (8,), raises=False),)
    valid = (
        Valid(_BROKEN.replace("    scheduler.step()\n", "") + "    scheduler.step()\n"),
        Valid(_BROKEN.replace("    scheduler.step()\n", "    if epoch:\n        scheduler.step()\n")),
        Valid(_BROKEN.replace("    scheduler.step()\n", "    scheduler.get_last_lr()\n")),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        schedulers = _schedulers(event)
        for scope in scopes(event.unit, ".step") if schedulers else ():
            for loop in outer_loops(scope):
                first = _first(loop.body, schedulers)
                if first is not None and any(step.lineno > first.lineno for step in optimizer_steps(loop)):
                    yield Finding(
                        Place(event.unit, first),
                        Text(
                            "the scheduler steps before the optimizer: the first learning rate is skipped",
                            "调度器先于优化器更新：第一个学习率被跳过",
                        ),
                    )


def _schedulers(event: UnitRead) -> set[str]:
    """The variables that hold a scheduler of ``torch.optim.lr_scheduler``."""
    return {
        target.id
        for unit in event.document
        for node in own_nodes(unit.tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        and (called_name(node.value).endswith("LR") or "lr_scheduler" in ast.unparse(node.value.func))
        for target in node.targets
        if isinstance(target, ast.Name)
    }  # fmt: skip


def _first(body: Sequence[ast.stmt], schedulers: set[str]) -> ast.Call | None:
    """``scheduler.step()`` as a statement of the loop, with no optimizer's step before it."""
    for statement in body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and called_name(call) == "step" and root(call.func) in schedulers:
            return call
        if optimizer_steps(statement) or _runs_functions(statement):
            return None
    return None


def _runs_functions(statement: ast.stmt) -> bool:
    """Whether a function of the project, which may step the optimizer, is called: ``train(epoch)``."""
    return any(isinstance(node, ast.Call) and "train" in called_name(node).lower() for node in own_nodes(statement))
