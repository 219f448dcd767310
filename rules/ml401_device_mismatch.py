"""ML401: batches that are moved to a device, and a model that is not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability, Edit
from modlint.interpret.events import UnitRead
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.devices import Move, cpu_names, moves, unmoved_models
from modlint.rulekit.training import scopes
from modlint.syntax import Place, Unit, own_nodes

_LEFT = """\
import torch
from torch import nn

device = torch.device("meta")
model = nn.Sequential(nn.Linear(4, 2), nn.ReLU())
loader = [(torch.randn(3, 4), torch.zeros(3))]

for images, labels in loader:
    images, labels = images.to(device), labels.to(device)
    outputs = model(images)
"""
_MOVED = _LEFT.replace("nn.ReLU())\n", "nn.ReLU()).to(device)\n")


class DeviceMismatch(Rule):
    meta = Meta(
        code="ML401",
        name="device-mismatch",
        severity=Severity.WARNING,
        en=Doc(
            title="The data is moved to a device, the model is not",
            what="Finds batches that are moved with `.cuda()` or `.to(device)` and given to a model that the same "
            "document makes "
            "and never moves.",
            why="The weights of a layer and its input must be on the same device.",
            torch_says="RuntimeError: Expected all tensors to be on the same device, but found at least two "
            "devices, cuda:0 and cpu!",
            fix="Moves the model where it is made, in the same way as the data. Unsafe: it may be meant to stay.",
        ),
        zh=Doc(
            title="数据移到了设备上，模型却没有",
            what="查找用 `.cuda()` 或 `.to(device)` 移动、再交给模型的批数据，而该模型在同一文档里创建后从未移动。",
            why="层的权重与输入必须在同一个设备上。",
            torch_says="RuntimeError: Expected all tensors to be on the same device, but found at least two "
            "devices, cuda:0 and cpu!",
            fix="在创建模型的地方用与数据相同的方式移动模型。不安全：作者也可能有意把模型留在原处。",
        ),
    )
    invalid = (Invalid(_LEFT, (9,), _MOVED),)
    valid = (
        Valid(_MOVED),
        Valid(_LEFT.replace("for images", "model.to(device)\nfor images")),
        Valid(_LEFT.replace("for images", "model = model.to(device)\nfor images")),
        Valid(_LEFT.replace('torch.device("meta")', '"cpu"')),
        Valid(_LEFT.replace("to(device)", "to(torch.float32)")),
        Valid(_LEFT.replace("for images", "def place(module):\n    module.to(device)\n\n\nplace(model)\nfor images")),
        Valid(_LEFT.replace("outputs = model(images)", "outputs = images.mean()")),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        left = unmoved_models(event.document)
        stays = cpu_names(event.document) if left else frozenset()
        for scope in scopes(event.unit, ".to(", ".cuda(") if left else ():
            moved = list(moves(scope, stays))
            for call in own_nodes(scope):
                move = _given(call, moved) if isinstance(call, ast.Call) else None
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in left and move:
                    yield _finding(event, call.func.id, left[call.func.id], move)


def _given(call: ast.Call, moved: list[Move]) -> Move | None:
    """The last move before a call of one of its arguments."""
    names = {argument.id for argument in call.args if isinstance(argument, ast.Name)}
    before = [move for move in moved if move.names & names and move.statement.lineno < call.lineno]
    return before[-1] if before else None


def _finding(event: UnitRead, name: str, made: ast.Call, move: Move) -> Finding:
    maker = next(unit for unit in event.document if any(node is made for node in unit.every))
    line = Place(maker, made).line
    return Finding(
        Place(event.unit, move.statement),
        Text(
            f"the data is moved to a device, but `{name}` (line {line}) never is",
            f"数据移到了设备上，但 `{name}`（第 {line} 行）从未移动",
        ),
        candidates=tuple(_candidates(event.unit, maker, name, made, move)),
    )


def _candidates(unit: Unit, maker: Unit, name: str, made: ast.Call, move: Move) -> Iterator[Candidate]:
    value = move.statement.value.elts[0] if isinstance(move.statement.value, ast.Tuple) else move.statement.value
    assert isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)
    suffix = unit.text[unit.end(value.func.value) : unit.end(value)]
    yield Candidate(
        Text(f"move `{name}` as well: `{suffix}`", f"把 `{name}` 也移过去：`{suffix}`"),
        ((maker, Edit(maker.end(made), maker.end(made), suffix)),),
        trust=Applicability.UNSAFE,
    )
