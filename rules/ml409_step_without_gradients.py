"""ML409: an optimizer steps right after its gradients were cleared."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import UnitRead
from modlint.rewrite import insert_statement, remove_statement
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.training import bodies, called_method, calls, loops_with, mentions, receiver
from modlint.syntax import Place, Unit, nodes_in

_RIGHT = """\
import torch
from torch import nn

model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(3):
    for x in (torch.randn(8, 4), torch.randn(8, 4)):
        optimizer.zero_grad()
        loss = model(x).pow(2).mean()
        loss.backward()
        optimizer.step()
"""
_CLEAR, _BACKWARD, _STEP = (
    f"        {call}\n" for call in ("optimizer.zero_grad()", "loss.backward()", "optimizer.step()")
)
_CLEARED_BETWEEN = _RIGHT.replace(_CLEAR, "").replace(_STEP, _CLEAR + _STEP)
_RIGHT_THEN = _RIGHT.replace(_CLEAR, "").replace(_BACKWARD, _CLEAR + _BACKWARD)
_SKIPPED = _RIGHT.replace(
    _STEP, "        if not loss.isfinite():\n            optimizer.zero_grad()\n            continue\n" + _STEP
)
_HELPER = _RIGHT.replace("model =", "def learn(loss):\n    loss.backward()\n\n\nmodel =").replace(
    _BACKWARD, "        learn(loss)\n"
)


class StepWithoutGradients(Rule):
    meta = Meta(
        code="ML409",
        name="step-without-gradients",
        severity=Severity.WARNING,
        en=Doc(
            title="An optimizer steps on gradients that were just cleared",
            what="Finds training loops in which no `backward()` stands between `zero_grad()` and the `step()` after it: it "
            "is missing, comes after the step, or before `zero_grad()`.",
            why="After `zero_grad()` there are no gradients. The step that follows changes nothing, and the model does not "
            "learn.",
            torch_says="nothing: the loss stays where it is",
            fix="Brings the calls into their order: `zero_grad()`, `backward()`, `step()`. Unsafe: it changes the training.",
        ),
        zh=Doc(
            title="优化器在梯度刚被清零之后更新",
            what="查找 `zero_grad()` 与其后的 `step()` 之间没有 `backward()` 的训练循环：缺少它，或写在 `step()` 之后，"
            "或写在 `zero_grad()` 之前。",
            why="`zero_grad()` 之后没有梯度，随后的 `step()` 什么也不改变，模型学不到东西。",
            torch_says="没有提示：损失不变",
            fix="按 `zero_grad()`、`backward()`、`step()` 的顺序排列。不安全：会改变训练过程。",
        ),
    )
    invalid = (
        Invalid(_CLEARED_BETWEEN, (10,), _RIGHT_THEN, raises=False),
        Invalid(_RIGHT.replace(_BACKWARD, "").replace(_STEP, _STEP + _BACKWARD), (10,), _RIGHT, raises=False),
        Invalid(_RIGHT.replace(_BACKWARD, ""), (10,), _RIGHT, raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT_THEN),
        Valid(_RIGHT.replace(_CLEAR, "").replace(_STEP, _STEP + _CLEAR)),
        Valid(_RIGHT.replace(_BACKWARD, "        torch.autograd.backward(loss)\n")),
        Valid(_RIGHT.replace(_STEP, "        if epoch:\n            optimizer.step()\n")),
        Valid(_HELPER),
        Valid(_SKIPPED),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        """At the call that stands in the wrong place, or where one is missing."""
        for loop in loops_with(event.unit, "zero_grad"):
            for body in bodies(loop):
                for clear, step in _pairs(body):
                    turn = Turn(event.unit, body, clear, step)
                    if not _gets_gradients(event, turn):
                        yield _finding(turn)


class Turn(NamedTuple):
    """Positions of ``zero_grad()`` and of the ``step()`` after it, among the statements of a body."""

    unit: Unit
    body: Sequence[ast.stmt]
    clear: int
    step: int

    def backward(self) -> int | None:
        """The position of the only ``backward()`` of the body."""
        found = [index for index, statement in enumerate(self.body) if called_method(statement, "backward")]
        return found[0] if len(found) == 1 else None


def _pairs(body: Sequence[ast.stmt]) -> Iterator[tuple[int, int]]:
    cleared: dict[str, int] = {}
    for index, statement in enumerate(body):
        for name in ("zero_grad", "step"):
            call = called_method(statement, name)
            owner = ast.unparse(receiver(call)) if call is not None else ""
            if call is not None and name == "zero_grad":
                cleared[owner] = index
            elif call is not None and owner in cleared and not call.args:
                yield cleared.pop(owner), index


def _gets_gradients(event: UnitRead, turn: Turn) -> bool:
    between = turn.body[turn.clear + 1 : turn.step]
    helpers = {node.name for unit in event.document for node in unit.nodes.get(ast.FunctionDef, ()) if _derives(node)}
    if any(_derives(statement) or mentions(statement, *helpers) for statement in between):
        return True
    return turn.backward() is None and any("backward" in name for unit in event.document for name in unit.mentioned)


def _derives(node: ast.AST) -> bool:
    """Whether a piece of code may fill gradients."""
    return any(
        "backward" in name or name in ("grad", "autograd")
        for inner in nodes_in(node)
        for name in (getattr(inner, "attr", ""), getattr(inner, "id", ""))
    )


def _finding(turn: Turn) -> Finding:
    backward = turn.backward()
    is_clear_late = backward is not None and backward < turn.clear
    owner = turn.unit.segment(receiver(calls(turn.body[turn.step], "step")[0]))
    message = (
        Text(
            f"`{owner}.zero_grad()` throws away the gradients that `{owner}.step()` needs",
            f"`{owner}.zero_grad()` 丢掉了 `{owner}.step()` 需要的梯度",
        )
        if is_clear_late
        else Text(
            f"`{owner}.step()` changes nothing: no `backward()` after `{owner}.zero_grad()`",
            f"`{owner}.step()` 什么也不改变：`{owner}.zero_grad()` 之后没有 `backward()`",
        )
    )
    place = Place(turn.unit, turn.body[turn.clear if is_clear_late else turn.step])
    return Finding(place, message, candidates=tuple(_candidates(turn, backward, is_clear_late)))


def _candidates(turn: Turn, backward: int | None, is_clear_late: bool) -> Iterator[Candidate]:
    unit, body = turn.unit, turn.body
    if backward is None:
        text = _missing_backward(turn)
        title, edits = (
            Text(f"insert `{text}`", f"加入 `{text}`"),
            insert_statement(unit, body[turn.step], text or "pass"),
        )
    else:
        moved, target = (turn.clear, backward) if is_clear_late else (backward, turn.step)
        text = unit.segment(body[moved])
        title = Text(f"move `{text}` up", f"把 `{text}` 移到前面")
        edits = (*insert_statement(unit, body[target], text), *remove_statement(unit, body[moved]))
    if text:
        yield Candidate(title, edits, trust=Applicability.UNSAFE)


def _missing_backward(turn: Turn) -> str:
    """``loss.backward()`` for the last variable that is named after a loss; empty when there is none."""
    for statement in reversed(turn.body[turn.clear : turn.step]):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(target, ast.Name) and "loss" in target.id.lower():
            return f"{target.id}.backward()"
    return ""
