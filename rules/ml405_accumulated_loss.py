"""ML405: losses that are summed up as tensors, with their graphs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import UnitRead
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.training import Loop, calls, is_training, outer_loops, receiver, scopes
from modlint.syntax import Place, own_nodes

_BROKEN = """\
import torch
from torch import nn

model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
total = 0.0
for x in (torch.randn(8, 4), torch.randn(8, 4)):
    optimizer.zero_grad()
    loss = model(x).pow(2).mean()
    loss.backward()
    optimizer.step()
    total += loss
"""


class AccumulatedLoss(Rule):
    meta = Meta(
        code="ML405",
        name="accumulated-loss",
        severity=Severity.WARNING,
        en=Doc(
            title="The loss is summed up as a tensor",
            what="Finds training loops that add the loss itself, on which they called `backward()`, to a running "
            "total.",
            why="The sum keeps the graphs of all steps: memory grows with every batch.",
            torch_says="nothing, until the memory is used up: OutOfMemoryError: CUDA out of memory",
            fix="Adds `loss.item()`. Unsafe: the total becomes a number, no tensor.",
        ),
        zh=Doc(
            title="把损失作为张量累加",
            what="查找把调用过 `backward()` 的损失本身累加到总和里的训练循环。",
            why="总和会保留每一步的计算图：内存随每个批增长。",
            torch_says="没有提示，直到内存耗尽：OutOfMemoryError: CUDA out of memory",
            fix="改为累加 `loss.item()`。不安全：总和会变成数字而不是张量。",
        ),
    )
    invalid = (
        Invalid(_BROKEN, (12,), _BROKEN.replace("+= loss", "+= loss.item()"), raises=False),
        Invalid(_BROKEN.replace("total += loss", "total = total + loss"), (12,),
                _BROKEN.replace("total += loss", "total = total + loss.item()"), raises=False),
    )  # fmt: skip
    valid = (
        Valid(_BROKEN.replace("+= loss", "+= loss.item()")),
        Valid(_BROKEN.replace("+= loss", "+= loss.detach()")),
        Valid(_BROKEN.replace("    total += loss", "    loss = loss.item()\n    total += loss")),
        Valid(_BROKEN.replace("total += loss", "total = 2 * loss")),
    )  # fmt: skip

    def check(self, event: UnitRead) -> Iterator[Finding]:
        for scope in scopes(event.unit, "backward"):
            for loop in outer_loops(scope):
                if is_training(loop):
                    yield from _sums(event, loop)


def _sums(event: UnitRead, loop: Loop) -> Iterator[Finding]:
    losses = {node.id: node for call in calls(loop, "backward") if isinstance(node := receiver(call), ast.Name)}
    for inner in own_nodes(loop):
        added = _added(inner)
        backward = losses.get(added.id) if added is not None else None
        if added is None or backward is None or added.lineno < backward.lineno or _reassigned(loop, backward, added):
            continue
        title = Text(f"add `{added.id}.item()`", f"累加 `{added.id}.item()`")
        edits = replace(event.unit, added, f"{added.id}.item()")
        yield Finding(
            Place(event.unit, inner),
            Text(
                f"`{added.id}` is summed up with its graph: memory grows with every step",
                f"`{added.id}` 连同计算图一起被累加：内存随每一步增长",
            ),
            candidates=(Candidate(title, edits, trust=Applicability.UNSAFE),),
        )


def _added(node: ast.AST) -> ast.Name | None:
    """``loss`` in ``total += loss`` and ``total = total + loss``."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        return node.value if isinstance(node.value, ast.Name) else None
    value = node.value if isinstance(node, ast.Assign) else None
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add) and isinstance(value.right, ast.Name):
        same = ast.unparse(value.left) == ast.unparse(node.targets[0])  # type: ignore[attr-defined]
        return value.right if same else None
    return None


def _reassigned(loop: Loop, backward: ast.Name, added: ast.Name) -> bool:
    """Whether the name holds something else by the time that it is added."""
    return any(
        isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Store)
        and node.id == added.id
        and backward.lineno < node.lineno <= added.lineno
        for node in own_nodes(loop)
    )
