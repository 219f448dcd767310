"""Which activation meets which loss: in the code that calls the loss, or at the end of the model that it is used on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from modlint.dims import Dim
from modlint.interpret.events import ModelRun
from modlint.rulekit.training import assigned_values, called_name, constructed, models, module_classes, root, scopes
from modlint.syntax import Place, Unit, last_name, nodes_in, own_nodes
from modlint.values import ClassValue, Open, Tensor

_LOSSES = {
    "CrossEntropyLoss": "cross_entropy",
    "NLLLoss": "nll",
    "BCELoss": "bce",
    "BCEWithLogitsLoss": "bce_with_logits",
}
_FUNCTIONS = {
    "cross_entropy": "cross_entropy",
    "nll_loss": "nll",
    "binary_cross_entropy": "bce",
    "binary_cross_entropy_with_logits": "bce_with_logits",
}
_ACTIVATIONS = {
    "softmax": "softmax",
    "Softmax": "softmax",
    "log_softmax": "log_softmax",
    "LogSoftmax": "log_softmax",
    "sigmoid": "sigmoid",
    "Sigmoid": "sigmoid",
}
_RESHAPING = frozenset(
    {"view", "reshape", "squeeze", "unsqueeze", "flatten", "permute", "transpose", "contiguous", "clone", "to", "float",
     "double", "cuda", "cpu"}
)  # fmt: skip
_LOSS_PARAMETER = re.compile(r"(?:criterion|crit|loss(?:_?f(?:n|unc|unction)?)?)$", re.IGNORECASE)


class Activation(NamedTuple):
    """An activation by its kind, and the call of it."""

    kind: str
    place: Place


class LossUse(NamedTuple):
    """A call of a loss; ``scores`` is its first argument, ``scope`` the function that it stands in."""

    kind: str
    unit: Unit
    call: ast.Call
    scores: ast.expr
    scope: ast.AST

    @property
    def place(self) -> Place:
        """Where the loss is called."""
        return Place(self.unit, self.call)


@lru_cache(maxsize=16)
def loss_uses(document: tuple[Unit, ...]) -> tuple[LossUse, ...]:
    """The calls of torch's losses in a document, under the names that it gives them."""
    if not any(name in unit.text for unit in document for name in (*_LOSSES, *_FUNCTIONS)):
        return ()
    return tuple(_loss_uses(document))


def _loss_uses(document: Sequence[Unit]) -> Iterator[LossUse]:
    known = _named(document, _LOSSES)
    for unit in document:
        for scope in scopes(unit, *_LOSSES, *_FUNCTIONS):
            for call in own_nodes(scope):
                kind = _loss(call, known, scope) if isinstance(call, ast.Call) else None
                if isinstance(call, ast.Call) and kind is not None and call.args:
                    yield LossUse(kind, unit, call, call.args[0], scope)


def _named(document: Sequence[Unit], kinds: dict[str, str]) -> dict[str, str]:
    """The variables and attributes that hold one of some layers, unless they hold another one elsewhere."""
    found: dict[str, set[str]] = {}
    own_classes = module_classes(document)
    for unit in document:
        for target, value in assigned_values(unit):
            made = constructed(value)
            name = called_name(made) if made is not None else ""
            if name not in own_classes:
                found.setdefault(last_name(target), set()).add(kinds.get(name, ""))
    return {name: kind for name, (kind, *others) in found.items() if kind and not others}


def _loss(call: ast.Call, known: dict[str, str], scope: ast.AST) -> str | None:
    if isinstance(call.func, ast.Call):
        return _LOSSES.get(called_name(call.func))
    name = called_name(call)
    if name in _FUNCTIONS and root(call.func) != "self":
        return _FUNCTIONS[name]
    if name in known:
        return known[name]
    kinds = set(known.values())
    return kinds.pop() if len(kinds) == 1 and _LOSS_PARAMETER.match(name) and _is_parameter(name, scope) else None


def _is_parameter(name: str, scope: ast.AST) -> bool:
    return isinstance(scope, ast.FunctionDef) and any(
        isinstance(node, ast.arg) and node.arg == name for node in nodes_in(scope.args)
    )


def source(use: LossUse) -> ast.expr | None:
    """The expression that a loss's scores come from: followed through one variable, and through reshaping."""
    node = _unshaped(use.scores)
    if isinstance(node, ast.Name):
        given = given_value(node.id, use)
        return _unshaped(given) if given is not None else None
    return node


def given_value(name: str, use: LossUse) -> ast.expr | None:
    """What a variable was given last before a loss is called; None when that is not certain."""
    given = _last_assignment(name, use)
    return given.value if given is not None else None


def _unshaped(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _RESHAPING:
        node = node.func.value
    return node


def _last_assignment(name: str, use: LossUse) -> ast.Assign | None:
    """The last assignment before the loss, when it is certain to have run."""
    before = [
        node
        for node in own_nodes(use.scope)
        if isinstance(node, ast.Assign)
        and _gives(node, name)
        and node.lineno <= use.call.lineno
        and node.value != use.call
    ]
    if not before or _is_conditional(before[-1], use) or not isinstance(before[-1].targets[0], ast.Name):
        return None
    return before[-1]


def _gives(node: ast.Assign, name: str) -> bool:
    return any(
        isinstance(inner, ast.Name) and inner.id == name for target in node.targets for inner in nodes_in(target)
    )


def _is_conditional(node: ast.stmt, use: LossUse) -> bool:
    """Whether an ``if`` or ``try`` stands around a statement that does not stand around the loss, too."""
    return any(
        isinstance(block, (ast.If, ast.Try)) and _within(node, block) and not _within(use.call, block)
        for block in own_nodes(use.scope)
    )


def _within(node: ast.AST, block: ast.AST) -> bool:
    return any(inner is node for inner in nodes_in(block))


def local_activation(use: LossUse, document: Sequence[Unit]) -> Activation | None:
    """The activation whose result a loss gets in the code that calls it."""
    node = source(use)
    if not isinstance(node, ast.Call):
        return None
    named = {"softmax": "softmax", "log_softmax": "log_softmax", "sigmoid": "sigmoid"}
    maker = node.func if isinstance(node.func, ast.Call) else node
    kind = _ACTIVATIONS.get(called_name(maker)) or _named(document, _ACTIVATIONS | named).get(called_name(node))
    return Activation(kind, Place(use.unit, node)) if kind is not None else None


def uses_of(event: ModelRun) -> Iterator[LossUse]:
    """The calls of losses that get what the model of a run gives."""
    uses = list(loss_uses(event.document))
    known = models(event.document) if uses else {}
    for use in uses:
        node = source(use)
        if isinstance(node, ast.Call) and _is_this_model(node, use, event, known):
            yield use


def _is_this_model(node: ast.Call, use: LossUse, event: ModelRun, known: Mapping[str, ast.Call]) -> bool:
    name, cls = called_name(node), event.instance.cls
    if isinstance(node.func, ast.Attribute) and root(node.func) != "self":
        return False
    made = known.get(name)
    if made is not None:
        return made is event.place.node or (isinstance(cls, ClassValue) and called_name(made) == cls.name)
    if isinstance(node.func, ast.Name) and name == "self":
        return isinstance(cls, ClassValue) and _within(use.call, cls.node)
    return (_is_parameter(name, use.scope) or not known) and _is_only_model(event)


def _is_only_model(event: ModelRun) -> bool:
    """Whether a document has one class that no other class of it is built from."""
    classes = module_classes(event.document)
    parts = {
        inner.id
        for node in classes.values()
        for inner in nodes_in(node)
        if isinstance(inner, ast.Name) and inner.id in classes and inner.id != node.name
    }
    cls = event.instance.cls
    return isinstance(cls, ClassValue) and set(classes) - parts == {cls.name}


def final_activation(event: ModelRun) -> Activation | None:
    """The activation that a model ends in; of kind ``none`` when it is known to end in a layer with weights."""
    value = event.output
    while isinstance(value, Tensor) and value.origin is not None:
        name = value.origin.op.removesuffix(".forward").rsplit(".", 1)[-1]
        if name in _ACTIVATIONS:
            return Activation(_ACTIVATIONS[name], value.origin.place)
        if name in ("Linear", "linear", "Conv1d", "Conv2d", "Conv3d"):
            return Activation("none", value.origin.place)
        if name not in _RESHAPING or not value.sources:
            return None
        value = value.sources[0]
    return None


def classes(event: ModelRun) -> Dim | None:
    """How many classes a model scores that gives [batch, classes]: where the rank of its input is open, what is fed
    to torch's losses, or comes from a loader, has one row per sample."""
    shape = event.output.shape if isinstance(event.output, Tensor) else ()
    if isinstance(shape, Open):
        fed = any("DataLoader" in unit.mentioned for unit in event.document) or any(uses_of(event))
        return shape.tail[-1] if len(shape.tail) == 1 and fed else None
    return shape[1] if len(shape) == 2 else None
