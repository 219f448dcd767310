"""ML316: class indices that were made one-hot, for a loss that takes indices."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import ShapeMismatch, UnitRead
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.losses import LossUse, given_value, loss_uses
from modlint.rulekit.misfits import is_one_hot_target
from modlint.rulekit.training import called_name
from modlint.syntax import Place

_RIGHT = """\
import torch
from torch import nn
from torch.nn import functional as F

model = nn.Linear(4, 3)
criterion = nn.CrossEntropyLoss()
for inputs, labels in [(torch.randn(8, 4), torch.randint(0, 3, (8,)))]:
    loss = criterion(model(inputs), labels)
"""
_HOT = _RIGHT.replace("inputs), labels", "inputs), F.one_hot(labels, 3)")
_BEFORE = _RIGHT.replace("    loss", "    target = F.one_hot(labels, num_classes=3)\n    loss").replace(
    ", labels)\n", ", target)\n"
)


class OneHotTarget(Rule):
    meta = Meta(
        code="ML316",
        name="one-hot-target",
        severity=Severity.ERROR,
        en=Doc(
            title="A one-hot target for a loss that takes class indices",
            what="Finds `F.one_hot(…)` as the target of `CrossEntropyLoss` or `NLLLoss`.",
            why="These losses take the index of the right class. A target with one column per class is taken for "
            "probabilities by the cross entropy, which must be floating point; `one_hot` gives integers.",
            torch_says="RuntimeError: 0D or 1D target tensor expected, multi-target not supported",
            fix="Gives the loss the indices. Unsafe: it may have been meant otherwise.",
        ),
        zh=Doc(
            title="给需要类别编号的损失传入了 one-hot 目标",
            what="查找作为 `CrossEntropyLoss` 或 `NLLLoss` 目标的 `F.one_hot(…)`。",
            why="这些损失需要正确类别的编号。每类一列的目标会被交叉熵当作概率，必须是浮点数，而 `one_hot` 给出整数。",
            torch_says="RuntimeError: 0D or 1D target tensor expected, multi-target not supported",
            fix="把类别编号交给损失。不安全：作者也可能另有用意。",
        ),
    )
    aspects = frozenset({"loss_target"})
    invalid = (
        Invalid(_HOT, (8,), _RIGHT),
        Invalid(_BEFORE, (9,), _BEFORE.replace(", target)", ", labels)")),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_HOT.replace("3))", "3).float())")),
        Valid(_BEFORE.replace("num_classes=3)", "num_classes=3).double()").replace("model(inputs)", "model(inputs).double()")),
        Valid(_BEFORE.replace(", target)", ", target.argmax(dim=1))")),
        Valid(_BEFORE.replace("criterion(model(inputs), target)", "nn.MSELoss()(model(inputs), target.float())")),
    )  # fmt: skip

    def check(self, event: UnitRead | ShapeMismatch) -> Iterator[Finding]:
        """At the loss; an error where torch is known to refuse it."""
        if isinstance(event, ShapeMismatch):
            for use in loss_uses((event.place.unit,)) if is_one_hot_target(event) else ():
                hot = _one_hot(use)
                if hot is not None and use.call is event.place.node:
                    yield _finding(use, hot, None)
            return
        if "one_hot" not in event.unit.text:
            return
        for use in loss_uses(event.document):
            hot = _one_hot(use) if use.unit is event.unit and use.kind in ("cross_entropy", "nll") else None
            if hot is not None:
                yield _finding(use, hot, Severity.WARNING)


def _one_hot(use: LossUse) -> ast.Call | None:
    target = use.call.args[1] if len(use.call.args) > 1 else None
    given = given_value(target.id, use) if isinstance(target, ast.Name) else target
    return given if isinstance(given, ast.Call) and called_name(given) == "one_hot" and given.args else None


def _finding(use: LossUse, hot: ast.Call, severity: Severity | None) -> Finding:
    labels = use.unit.segment(hot.args[0])
    edits = replace(use.unit, use.call.args[1], labels)
    return Finding(
        Place(use.unit, use.call),
        Text(
            f"the loss takes class indices, not `one_hot` (line {hot.lineno})",
            f"该损失需要类别编号，而不是 `one_hot`（第 {hot.lineno} 行）",
        ),
        candidates=(Candidate(Text(f"give it `{labels}`", f"改为传入 `{labels}`"), edits, trust=Applicability.UNSAFE),),
        severity=severity,
    )
