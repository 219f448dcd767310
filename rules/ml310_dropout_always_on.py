"""ML310: functional dropout that stays on during evaluation."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import OpCall
from modlint.rewrite import insert_argument
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import attributes_of_self
from modlint.rulekit.siblings import class_of, function_of, parents
from modlint.syntax import Place

_BROKEN = """\
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 64)

    def forward(self, x):
        return F.dropout(self.fc(x), p=0.5)


Net().eval()(torch.randn(4, 64))
"""
_FIXED = _BROKEN.replace("p=0.5", "p=0.5, training=self.training")
_NAMES = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")

_GUARDED = _BROKEN.replace(
    "return F.dropout(self.fc(x), p=0.5)",
    "x = self.fc(x)\n        return F.dropout(x, p=0.5) if x.sum() > 0 and self.training else x",
)


class DropoutAlwaysOn(Rule):
    meta = Meta(
        code="ML310",
        name="dropout-always-on",
        severity=Severity.WARNING,
        en=Doc(
            title="`F.dropout` without `training=self.training`",
            what="Finds functional dropout in the methods of a module that is not told whether the model trains.",
            why="The default is `training=True`: it drops values after `model.eval()`, too.",
            torch_says="nothing: predictions are random and worse",
            fix="Adds `training=self.training`. Unsafe: a few methods want dropout at test time.",
        ),
        zh=Doc(
            title="`F.dropout` 没有 `training=self.training`",
            what="查找模块方法里没有被告知模型是否在训练的函数式 dropout。",
            why="默认值是 `training=True`：`model.eval()` 之后仍会丢弃数值。",
            torch_says="没有提示：预测带有随机性且变差",
            fix="加上 `training=self.training`。不安全：少数方法在测试时也需要 dropout。",
        ),
    )
    watches = frozenset(f"torch.nn.functional.{name}" for name in _NAMES)
    invalid = (Invalid(_BROKEN, (12,), _FIXED, raises=False),)
    valid = (
        Valid(_FIXED),
        Valid(_BROKEN.replace("p=0.5", "0.5, self.training")),
        Valid(_BROKEN.replace("p=0.5", "p=0.5, training=True")),
        Valid(_GUARDED),
        Valid("import torch\nimport torch.nn.functional as F\n\nF.dropout(torch.randn(4, 64), 0.5)\n"),
    )

    def check(self, event: OpCall) -> Iterator[Finding]:
        call, given = event.place.node, event.bound.get("training")
        if given is None or given.node is not None or not isinstance(call, ast.Call):
            return
        function = function_of(event.place)
        if class_of(event.place) is None or function is None or not _has_self(function) or _is_guarded(event.place):
            return
        name = event.op.rsplit(".", 1)[1]
        yield Finding(
            event.place,
            Text(f"`{name}` drops values during evaluation, too", f"`{name}` 在评估时也会丢弃数值"),
            candidates=(
                Candidate(
                    Text("add `training=self.training`", "加上 `training=self.training`"),
                    insert_argument(event.place.unit, call, "training=self.training"),
                    trust=Applicability.UNSAFE,
                ),
            ),
        )


def _has_self(function: ast.FunctionDef) -> bool:
    return bool(function.args.args) and function.args.args[0].arg == "self"


def _is_guarded(place: Place) -> bool:
    """Whether a condition around the place asks for ``self.training``."""
    around = parents(place.unit)
    node = around.get(place.node)
    while node is not None:
        if isinstance(node, (ast.If, ast.IfExp)) and "training" in attributes_of_self(node.test, ast.Load):
            return True
        node = around.get(node)
    return False
