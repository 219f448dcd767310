"""ML415: an optimizer that is not given the parameters of a model."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Edit
from modlint.interpret.events import UnitRead
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.training import called_name, models
from modlint.syntax import Place

_RIGHT = """\
import torch
from torch import nn, optim

model = nn.Sequential(nn.Linear(4, 2))
optimizer = optim.SGD(model.parameters(), lr=0.1)
"""
_OPTIMIZERS = frozenset(
    {"SGD", "Adam", "AdamW", "Adamax", "Adagrad", "Adadelta", "RMSprop", "NAdam", "RAdam", "Rprop", "ASGD", "LBFGS"}
)


class OptimizerWithoutParameters(Rule):
    meta = Meta(
        code="ML415",
        name="optimizer-without-parameters",
        severity=Severity.WARNING,
        en=Doc(
            title="An optimizer is not given parameters",
            what="Finds `optim.SGD(model, …)` and `optim.SGD(model.parameters, …)`.",
            why="An optimizer takes the tensors that it updates, and `model.parameters()` gives them.",
            torch_says="TypeError: 'method' object is not iterable",
            fix="Writes `model.parameters()`. Safe.",
        ),
        zh=Doc(
            title="没有把参数交给优化器",
            what="查找 `optim.SGD(model, …)` 和 `optim.SGD(model.parameters, …)`。",
            why="优化器需要它所更新的张量，由 `model.parameters()` 给出。",
            torch_says="TypeError: 'method' object is not iterable",
            fix="写成 `model.parameters()`。安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("parameters()", "parameters"), (5,), _RIGHT),
        Invalid(_RIGHT.replace("model.parameters()", "model"), (5,), _RIGHT),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("model.parameters()", "[{'params': model.parameters()}]")),
        Valid(_RIGHT.replace("model.parameters()", "params=model.parameters()")),
        Valid(_RIGHT.replace("model.parameters()", "list(model.parameters())")),
        Valid(_RIGHT.replace("model.parameters()", "model[0].parameters()")),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        if not _OPTIMIZERS.isdisjoint(event.unit.mentioned):
            known = models(event.document)
            for call in event.unit.nodes.get(ast.Call, ()):
                if called_name(call) in _OPTIMIZERS and call.args:
                    yield from _judged(event, call.args[0], frozenset(known))


def _judged(event: UnitRead, given: ast.expr, known: frozenset[str]) -> Iterator[Finding]:
    if isinstance(given, ast.Attribute) and given.attr == "parameters":
        missing = "()"
    elif isinstance(given, ast.Name) and given.id in known:
        missing = ".parameters()"
    else:
        return
    written, end = event.unit.segment(given), event.unit.end(given)
    title = Text(f"write `{written}{missing}`", f"写成 `{written}{missing}`")
    yield Finding(
        Place(event.unit, given),
        Text(f"`{written}` is not the parameters of a model", f"`{written}` 不是模型的参数"),
        candidates=(Candidate(title, ((event.unit, Edit(end, end, missing)),)),),
    )
