"""ML411: a model that is moved to a device, and batches that are not."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import UnitRead
from modlint.rewrite import insert_statement
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.devices import cpu_names, is_move, moved_models
from modlint.rulekit.training import mentions, target_names
from modlint.syntax import Place, Unit, own_nodes

_LEFT = """\
import torch
from torch import nn
from torch.utils.data import DataLoader

device = torch.device("meta")
model = nn.Sequential(nn.Linear(4, 2), nn.ReLU()).to(device)
loader = DataLoader([(torch.randn(4), 0), (torch.randn(4), 1)], batch_size=2)

for images, labels in loader:
    outputs = model(images)
"""
_MOVED = _LEFT.replace("    outputs", "    images, labels = images.to(device), labels.to(device)\n    outputs")


class DataLeftBehind(Rule):
    meta = Meta(
        code="ML411",
        name="data-left-behind",
        severity=Severity.WARNING,
        en=Doc(
            title="The model is moved to a device, the data is not",
            what="Finds batches of a `DataLoader` that are given to a model on a device, in a document that moves no data "
            "at all.",
            why="A `DataLoader` gives tensors on the CPU. The weights of a layer and its input must be on the same device.",
            torch_says="RuntimeError: Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be "
            "the same",
            fix="Moves the batch at the top of the loop, in the same way as the model. Unsafe: it is a choice.",
        ),
        zh=Doc(
            title="模型移到了设备上，数据却没有",
            what="查找交给已移动模型的 `DataLoader` 批数据，而整个文档没有移动过任何数据。",
            why="`DataLoader` 给出的张量在 CPU 上。层的权重与输入必须在同一个设备上。",
            torch_says="RuntimeError: Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be "
            "the same",
            fix="在循环开头用与模型相同的方式移动批数据。不安全：这是一种选择。",
        ),
    )
    invalid = (
        Invalid(_LEFT, (10,), _MOVED),
        Invalid(
            _LEFT.replace(".to(device)", "").replace("loader =", "model.to(device)\nloader ="),
            (11,),
            _MOVED.replace("nn.ReLU()).to(device)", "nn.ReLU())").replace("loader =", "model.to(device)\nloader ="),
        ),
    )
    valid = (
        Valid(_MOVED),
        Valid(_LEFT.replace("model(images)", "model(images.to(device))")),
        Valid(_LEFT.replace(".to(device)", "")),
        Valid(_LEFT.replace('torch.device("meta")', '"cpu"')),
        Valid(_LEFT.replace("in loader", "in [(torch.ones(2, 4).to('meta'), 0)]").replace("DataLoader([", "list([")
              .replace(", batch_size=2", "")),
        Valid(_LEFT.replace("model(images)", "model(torch.ones(2, 4, device=device))")),
        Valid(_LEFT.replace("for images", "def place(batch):\n    return batch[0].to(device), 0\n\n\nfor images")
              .replace("in loader", "in map(place, loader)")),
    )  # fmt: skip

    def check(self, event: UnitRead) -> Iterator[Finding]:
        """At the first call of the model in a loop."""
        if "DataLoader" not in event.unit.text or _moves_data(event.document):
            return
        moved = moved_models(event.document, cpu_names(event.document))
        for loop in event.unit.nodes.get(ast.For, ()) if moved else ():
            for call in own_nodes(loop) if mentions(loop.iter, "load") else ():
                name = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
                if name in moved and _given(call).intersection(target_names(loop)):
                    yield _finding(event.unit, loop, call, name, moved[name])
                    break


def _moves_data(document: Sequence[Unit]) -> bool:
    """Whether anything but models is put on a device anywhere."""
    models = moved_models(document, frozenset())
    for unit in document:
        for call in unit.nodes.get(ast.Call, ()):
            if is_move(call) and call not in models.values():
                return True
            if any(word.arg == "device" for word in call.keywords):
                return True
    return False


def _given(call: ast.Call) -> set[str]:
    return {argument.id for argument in call.args if isinstance(argument, ast.Name)}


def _finding(unit: Unit, loop: ast.For, call: ast.Call, name: str, move: ast.Call) -> Finding:
    return Finding(
        Place(unit, call),
        Text(
            f"`{name}` is moved to a device (line {move.end_lineno}), but this batch is not",
            f"`{name}` 移到了设备上（第 {move.end_lineno} 行），而这批数据没有",
        ),
        candidates=tuple(_candidates(unit, loop, move)),
    )


def _candidates(unit: Unit, loop: ast.For, move: ast.Call) -> Iterator[Candidate]:
    names = target_names(loop)
    assert isinstance(move.func, ast.Attribute)
    suffix = unit.text[unit.end(move.func.value) : unit.end(move)]
    text = f"{', '.join(names)} = {', '.join(name + suffix for name in names)}"
    edits = insert_statement(unit, loop.body[0], text)
    yield Candidate(Text(f"insert `{text}`", f"加入 `{text}`"), edits, trust=Applicability.UNSAFE)
