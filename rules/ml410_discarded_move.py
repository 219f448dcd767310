"""ML410: a batch is moved to a device and the moved one is dropped."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import UnitRead
from modlint.rewrite import replace_statement
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.devices import is_move
from modlint.rulekit.training import batch_names, receiver
from modlint.syntax import Place, own_nodes

_RIGHT = """\
import torch
from torch import nn

device = torch.device("meta")
model = nn.Linear(4, 2).to(device)
loader = [(torch.randn(3, 4), torch.zeros(3))]

for images, labels in loader:
    images = images.to(device)
    outputs = model(images)
"""
_DROPPED = _RIGHT.replace("images = images.to", "images.to")
_MODELS = _RIGHT.split("for images")[0] + "for part in [model, nn.ReLU()]:\n    part.to(device)\n    part.eval()\n"
_MOVES = re.compile(r"^\s+\w+\.(?:to|cuda)\(", re.MULTILINE)


class DiscardedMove(Rule):
    meta = Meta(
        code="ML410",
        name="discarded-move",
        severity=Severity.WARNING,
        en=Doc(
            title="A batch is moved to a device and the result is dropped",
            what="Finds `x.to(device)` and `x.cuda()` as statements of their own, for what a loop brings.",
            why="A module moves in place, a tensor does not: the call gives a new tensor, and `x` stays where it is.",
            torch_says="RuntimeError: Expected all tensors to be on the same device, but found at least two devices, "
            "cuda:0 and cpu!",
            fix="Assigns the result: `x = x.to(device)`. Unsafe: it changes where the computation runs.",
        ),
        zh=Doc(
            title="把批数据移到设备上，却丢弃了结果",
            what="查找对循环变量单独成句的 `x.to(device)` 和 `x.cuda()`。",
            why="模块会原地移动，张量不会：该调用返回新的张量，`x` 仍在原处。",
            torch_says="RuntimeError: Expected all tensors to be on the same device, but found at least two devices, "
            "cuda:0 and cpu!",
            fix="赋值：`x = x.to(device)`。不安全：会改变计算所在的设备。",
        ),
    )
    invalid = (
        Invalid(_DROPPED, (9,), _RIGHT),
        Invalid(
            _DROPPED.replace("images, labels in loader", "i, (images, labels) in enumerate(loader)"),
            (9,),
            _RIGHT.replace("images, labels in loader", "i, (images, labels) in enumerate(loader)"),
        ),
        Invalid(
            _DROPPED.replace("images, labels in loader:", "data in loader:\n    images, labels = data"),
            (10,),
            _RIGHT.replace("images, labels in loader:", "data in loader:\n    images, labels = data"),
        ),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_MODELS),
        Valid(_MODELS.replace("part.eval()", "print(part)").replace("part", "module")),
        Valid(_DROPPED.replace("images.to(device)", "images.to(torch.float32)").replace(".to(device)", "")),
        Valid(_DROPPED.replace("images.to(device)", "print(images.to(device))").replace(".to(device)\nl", "\nl")),
        Valid(_RIGHT.split("for images")[0] + "for name in 'ab':\n    model.to(device)\n"),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        for loop in event.unit.nodes.get(ast.For, ()) if _MOVES.search(event.unit.text) else ():
            given = _arguments(loop).intersection(batch_names(loop))
            for node in own_nodes(loop):
                moved = _moved(node)
                if moved is not None and moved in given and not _NAMES_OF_MODULES.search(moved):
                    yield _finding(event, node, moved)


_NAMES_OF_MODULES = re.compile(r"net|mod|layer|block|coder|component|pipe")


def _arguments(loop: ast.AST) -> set[str]:
    """The variables that calls are given: models are called themselves."""
    return {
        argument.id
        for call in own_nodes(loop)
        if isinstance(call, ast.Call)
        for argument in call.args
        if isinstance(argument, ast.Name)
    }


def _moved(node: ast.AST) -> str | None:
    """``x`` for the statement ``x.to(device)``."""
    if not isinstance(node, ast.Expr) or not is_move(node.value):
        return None
    assert isinstance(node.value, ast.Call)
    moved = receiver(node.value)
    return moved.id if isinstance(moved, ast.Name) else None


def _finding(event: UnitRead, statement: ast.Expr, name: str) -> Finding:
    text = f"{name} = {event.unit.segment(statement)}"
    edits = replace_statement(event.unit, statement, text)
    return Finding(
        Place(event.unit, statement),
        Text(
            f"a tensor does not move in place: `{name}` stays where it is",
            f"张量不会原地移动：`{name}` 仍在原处",
        ),
        candidates=(Candidate(Text(f"write `{text}`", f"写成 `{text}`"), edits, trust=Applicability.UNSAFE),),
    )
