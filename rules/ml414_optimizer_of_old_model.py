"""ML414: a model is made anew after its optimizer."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import UnitRead
from modlint.rule import Because, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import makes_module
from modlint.rulekit.training import bodies, constructed, models, optimizer_steps, receiver, root, scopes
from modlint.syntax import Place, Unit, nodes_in

_WRONG = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model = nn.Sequential(nn.Linear(4, 2), nn.ReLU())
for x in (torch.randn(3, 4), torch.randn(3, 4)):
    optimizer.zero_grad()
    model(x).sum().backward()
    optimizer.step()
"""
_PART = _WRONG.replace(
    "model = nn.Sequential(nn.Linear(4, 2), nn.ReLU())", "model[0] = nn.Linear(model[0].in_features, 3)"
)
_AGAIN = "optimizer = torch.optim.SGD(model.parameters(), lr=0.2)\nfor"


class OptimizerOfOldModel(Rule):
    meta = Meta(
        code="ML414",
        name="optimizer-of-old-model",
        severity=Severity.WARNING,
        en=Doc(
            title="A model, or a layer of it, is made anew after its optimizer",
            what="Finds variables that get another model, or `model.fc` that gets another layer, after an optimizer was made "
            "from the parameters of the first one, where that optimizer still steps.",
            why="The optimizer holds the parameters of the model that it was given. The new model is never updated.",
            torch_says="nothing: the loss does not fall",
            fix="None: make the optimizer after the last assignment of the model.",
        ),
        zh=Doc(
            title="在优化器之后重新创建了模型或其中的层",
            what="查找这样的变量或 `model.fc`：优化器由原来的参数创建之后，又被赋予另一个模型或层，而该优化器仍在更新。",
            why="优化器保存的是创建时的模型参数，新的模型永远不会被更新。",
            torch_says="没有提示：损失不下降",
            fix="无：请在最后一次给模型赋值之后创建优化器。",
        ),
    )
    invalid = (
        Invalid(_WRONG, (6,), raises=False),
        Invalid(_WRONG.replace("nn.ReLU())", "nn.ReLU()).float()"), (6,), raises=False),
        Invalid(_PART, (6,), raises=False),
    )
    valid = (
        Valid(_WRONG.replace("for", _AGAIN, 1)),
        Valid(_WRONG.replace("nn.Sequential(nn.Linear(4, 2), nn.ReLU())", "nn.Sequential(model, nn.ReLU())")),
        Valid(_WRONG.replace("nn.Sequential(nn.Linear(4, 2), nn.ReLU())", "model.double().float()")),
        Valid(_WRONG.replace("model = nn.Sequential(nn.Linear(4, 2), nn.ReLU())", "other = nn.Sequential(nn.ReLU())")),
        Valid(_WRONG.split("for")[0]),
        Valid(_PART.replace("for", _AGAIN, 1)),
        Valid(_PART.replace("nn.Linear(model[0].in_features, 3)", "nn.Sequential(model[0], nn.ReLU())")),
        Valid(_PART.replace("for", 'optimizer.add_param_group({"params": model[0].parameters()})\nfor', 1)),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        """At the second model, or the new part of the model."""
        known = models(event.document)
        for scope in scopes(event.unit, "optim"):
            for body in bodies(scope):
                yield from _stale(event, scope, body, known)


def _stale(
    event: UnitRead, scope: ast.AST, body: Sequence[ast.stmt], known: Mapping[str, ast.Call]
) -> Iterator[Finding]:
    stepped = {ast.unparse(receiver(call)) for call in optimizer_steps(scope)}
    served: dict[str, tuple[str, ast.Assign]] = {}
    stale: dict[str, Finding] = {}
    for statement in body:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target, model = root(statement.targets[0]) or "", _optimized(statement)
        if model is not None:
            served[model] = (target, statement)
            stale.pop(target, None)
        elif target in served and served[target][0] in stepped and _is_new(event.unit, statement, target, known):
            optimizer, made = served[target]
            stale[optimizer] = _finding(event, statement, optimizer, made)
    yield from stale.values()


def _optimized(statement: ast.Assign) -> str | None:
    """``model`` in ``….SGD(model.parameters(), …)``."""
    first = next(iter(statement.value.args), None) if isinstance(statement.value, ast.Call) else None
    function = first.func if isinstance(first, ast.Call) else None
    is_parameters = isinstance(function, ast.Attribute) and function.attr == "parameters"
    return getattr(function.value, "id", None) if is_parameters else None  # type: ignore[union-attr]


def _is_new(unit: Unit, statement: ast.Assign, name: str, known: Mapping[str, ast.Call]) -> bool:
    """Whether a statement makes a model, or a layer of one, out of nothing that holds the old one."""
    made, target = constructed(statement.value), statement.targets[0]
    if made is None or _is_given(unit, statement.value, unit.segment(target)):
        return False
    if isinstance(target, ast.Name):
        return made is known.get(name)
    return makes_module(unit, made) and "add_param_group" not in unit.mentioned


def _is_given(unit: Unit, value: ast.expr, written: str) -> bool:
    """Whether calls in an expression get the old one, and may keep it."""
    calls = (node for node in nodes_in(value) if isinstance(node, ast.Call))
    return any(unit.segment(argument) == written for call in calls for argument in call.args)


def _finding(event: UnitRead, statement: ast.Assign, optimizer: str, made: ast.Assign) -> Finding:
    name = event.unit.segment(statement.targets[0])
    because = Because(
        Place(event.unit, made),
        Text(f"`{optimizer}` gets the parameters of the old `{name}`", f"`{optimizer}` 得到的是旧的 `{name}` 的参数"),
    )
    return Finding(
        Place(event.unit, statement),
        Text(
            f"`{name}` is made anew, but `{optimizer}` keeps updating the old one",
            f"`{name}` 被重新创建，而 `{optimizer}` 更新的仍是旧的",
        ),
        (because,),
    )
