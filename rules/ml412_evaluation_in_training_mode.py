"""ML412: a model with dropout or batch norm is evaluated without ``eval()``."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import UnitRead
from modlint.rewrite import insert_statement
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.siblings import function_of
from modlint.rulekit.training import calls, is_without_gradients, models
from modlint.syntax import Place, Unit, own_nodes

_RIGHT = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = [(torch.randn(3, 4), torch.zeros(3).long())]
for images, labels in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(images), labels).backward()
    optimizer.step()

model.eval()
with torch.no_grad():
    for images, labels in loader:
        predicted = model(images).argmax(dim=1)
"""
_WRONG = _RIGHT.replace("model.eval()\n", "")
_FUNCTION = (
    _WRONG.replace("\nwith", "\n\ndef test(model):\n    with")
    .replace(
        "    for images, labels in loader:\n        pred", "        for images, labels in loader:\n            pred"
    )
    .replace("argmax(dim=1)\n", "argmax(dim=1)\n\n\ntest(model)\n")
)
_MODEL = re.compile(r"model|net(?:work)?$", re.IGNORECASE)


class EvaluationInTrainingMode(Rule):
    meta = Meta(
        code="ML412",
        name="evaluation-in-training-mode",
        severity=Severity.WARNING,
        en=Doc(
            title="A model with dropout or batch norm is evaluated without `eval()`",
            what="Finds `with torch.no_grad():` blocks that call a model with dropout or batch norm, in a document that "
            "trains it and never calls `eval()`.",
            why="In training mode dropout drops a part of the features, and batch norm uses the statistics of the test "
            "batch and even learns from it: results are worse and depend on the batch. `no_grad` does not change that.",
            torch_says="nothing: the accuracy is wrong",
            fix="Puts `model.eval()` before the block. Unsafe: call `model.train()` again before the training goes on.",
        ),
        zh=Doc(
            title="含 dropout 或批归一化的模型未调用 `eval()` 就评估",
            what="查找调用含 dropout 或批归一化的模型的 `with torch.no_grad():` 块，而文档训练了它却从不调用 `eval()`。",
            why="训练模式下 dropout 会丢弃部分特征，批归一化使用测试批的统计量，甚至从中学习：结果变差并依赖于批。"
            "`no_grad` 不改变这一点。",
            torch_says="没有提示：准确率不对",
            fix="在该块之前加入 `model.eval()`。不安全：继续训练之前要再次调用 `model.train()`。",
        ),
    )
    invalid = (
        Invalid(_WRONG, (12,), _RIGHT, raises=False),
        Invalid(_FUNCTION, (14,), _FUNCTION.replace("    with", "    model.eval()\n    with"), raises=False),
        Invalid(
            _FUNCTION.replace("test(model):", "test(net):").replace("model(images).arg", "net(images).arg"),
            (14,),
            _FUNCTION.replace("test(model):", "test(net):")
            .replace("    with", "    net.eval()\n    with")
            .replace("model(images).arg", "net(images).arg"),
            raises=False,
        ),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_WRONG.replace("\nwith", "model.train(False)\nwith")),
        Valid(_WRONG.replace("nn.Dropout(0.5)", "nn.ReLU()")),
        Valid(_WRONG.replace("model(images).arg", "images.arg")),
        Valid(_WRONG.replace(".backward()", "")),
        Valid(_FUNCTION.replace("test(model)\n", "test(model.eval())\n")),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        """At the block."""
        if event.unit.mentioned.isdisjoint({"no_grad", "inference_mode"}) or not _trains_always(event.document):
            return
        known = models(event.document)
        for block in event.unit.nodes.get(ast.With, ()):
            name = _called_model(event.unit, block, known) if is_without_gradients(block) else None
            if name is not None:
                yield _finding(event.unit, block, name)


def _trains_always(document: Sequence[Unit]) -> bool:
    """Whether a document trains layers that behave otherwise in evaluation, and never switches to that."""
    names = frozenset().union(*(unit.mentioned for unit in document))
    switches = names & {"eval", "training"} or any(call.args for unit in document for call in _calls_of_train(unit))
    return "backward" in names and not switches and any(name.startswith(("Dropout", "BatchNorm")) for name in names)


def _calls_of_train(unit: Unit) -> Iterator[ast.Call]:
    """The calls ``….train(…)`` of a unit."""
    for call in unit.nodes.get(ast.Call, ()):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "train":
            yield call


def _called_model(unit: Unit, block: ast.With, known: Collection[str]) -> str | None:
    """The model that a block evaluates: one of the document, or one that its function is given."""
    function = function_of(Place(unit, block))
    given = [arg.arg for arg in function.args.args if _MODEL.search(arg.arg)] if function is not None else []
    called = (node for node in own_nodes(block) if isinstance(node, ast.Call) and node.args)
    names = [node.func.id for node in called if isinstance(node.func, ast.Name)]
    evaluated = [name for name in names if name in known or name in given]
    return evaluated[0] if evaluated and not calls(block, "backward") else None


def _finding(unit: Unit, block: ast.With, name: str) -> Finding:
    edits = insert_statement(unit, block, f"{name}.eval()")
    title = Text(f"call `{name}.eval()` before it", f"在其之前调用 `{name}.eval()`")
    return Finding(
        Place(unit, block.items[0].context_expr),
        Text(
            f"`{name}` is evaluated here in training mode: dropout and batch norm stay on",
            f"这里在训练模式下评估 `{name}`：dropout 和批归一化仍按训练方式工作",
        ),
        candidates=(Candidate(title, edits, trust=Applicability.UNSAFE),),
    )
