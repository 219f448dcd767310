"""Activations that do not go with the loss: where they are, and edits that take them away or change the loss."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from modlint.diagnostics import Text
from modlint.edits import Applicability
from modlint.interpret.events import ModelRun, UnitRead
from modlint.rewrite import Edits, remove_argument, remove_statement, replace
from modlint.rule import Candidate
from modlint.rulekit.losses import Activation, LossUse, final_activation, local_activation, loss_uses, uses_of
from modlint.rulekit.training import called_name
from modlint.syntax import Place, Unit, nodes_in


class Meeting(NamedTuple):
    """An activation whose result a loss gets; ``place`` is where to look, ``removal`` the edits without it."""

    activation: Activation
    use: LossUse
    place: Place
    removal: tuple[Candidate, ...]


def meetings(event: UnitRead | ModelRun, loss: str, kinds: Collection[str]) -> Iterator[Meeting]:
    """Where some activations meet a loss: in the code that calls it, or at the end of the model."""
    if isinstance(event, ModelRun):
        activation = final_activation(event)
        use = next((use for use in uses_of(event) if use.kind == loss), None) if activation else None
        if activation is not None and use is not None and activation.kind in kinds:
            yield Meeting(activation, use, activation.place, without_activation(activation))
        return
    for use in loss_uses(event.document):
        activation = local_activation(use, event.document) if use.unit is event.unit and use.kind == loss else None
        if activation is not None and activation.kind in kinds:
            yield Meeting(activation, use, use.place, without_local_activation(use, activation))


def with_loss(document: Sequence[Unit], old: str, new: str) -> tuple[Candidate, ...]:
    """Make another loss: ``nn.BCEWithLogitsLoss()`` for ``nn.BCELoss()``."""
    made = [
        (unit, node)
        for unit in document
        for node in nodes_in(unit.tree)
        if isinstance(node, ast.Call) and called_name(node) == old and isinstance(node.func, ast.Attribute)
    ]
    edits = tuple(
        edit
        for unit, call in made
        for edit in replace(unit, call.func, unit.segment(call.func).removesuffix(old) + new)
    )
    return (Candidate(Text(f"use `{new}`", f"改用 `{new}`"), edits, trust=Applicability.UNSAFE),) if edits else ()


def without_activation(activation: Activation) -> tuple[Candidate, ...]:
    """The expression that the activation gets, in its place; a module of a Sequential goes altogether."""
    unit, call = activation.place.unit, activation.place.node
    edits = _removed(unit, call) if isinstance(call, ast.Call) else ()
    title = Text(f"take out `{activation.kind}`", f"去掉 `{activation.kind}`")
    return (Candidate(title, edits, trust=Applicability.UNSAFE),) if edits else ()


def _removed(unit: Unit, call: ast.Call) -> Edits:
    holder = _holder(unit, call)
    if holder is not None:
        return remove_argument(unit, holder, holder.args.index(call))
    given = argument(call)
    if given is None:
        return ()
    statement = statement_of_call(unit, call)
    if statement is not None and unit.segment(statement.targets[0]) == unit.segment(given):
        return remove_statement(unit, statement)
    return replace(unit, call, unit.segment(given))


def _holder(unit: Unit, call: ast.Call) -> ast.Call | None:
    """The ``Sequential(…)`` that a layer is made in."""
    for node in nodes_in(unit.tree):
        if isinstance(node, ast.Call) and call in node.args and unit.segment(node.func).endswith("Sequential"):
            return node
    return None


def argument(call: ast.Call) -> ast.expr | None:
    """``x`` in ``F.softmax(x, dim=1)``, ``softmax(x)`` and ``x.softmax(1)``."""
    if call.args and not isinstance(call.args[0], (ast.Constant, ast.UnaryOp)):
        return call.args[0]
    return call.func.value if isinstance(call.func, ast.Attribute) else None


def statement_of_call(unit: Unit, call: ast.Call) -> ast.Assign | None:
    """The assignment whose value is the call, to one target."""
    for node in nodes_in(unit.tree):
        if isinstance(node, ast.Assign) and node.value is call and len(node.targets) == 1:
            return node
    return None


def without_local_activation(use: LossUse, activation: Activation) -> tuple[Candidate, ...]:
    """Give the loss what the activation was given, when that still has its name there."""
    unit, call = use.unit, activation.place.node
    assert isinstance(call, ast.Call)
    given = argument(call)
    if given is None or unit.segment(use.scores) == unit.segment(given):
        return ()
    if use.scores is not call and not isinstance(given, ast.Name):
        return ()
    text = unit.segment(given)
    title = Text(f"give `{text}` to the loss", f"把 `{text}` 交给损失")
    return (Candidate(title, replace(unit, use.scores, text), trust=Applicability.UNSAFE),)
