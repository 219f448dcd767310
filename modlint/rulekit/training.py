"""What training and evaluation code does, as far as its text alone tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from modlint.syntax import Unit, last_name, nodes_in, own_nodes

Loop: TypeAlias = ast.For | ast.While
_MODELS_OF_TORCH = frozenset({"Sequential", "Linear"})
_MODULE_BASES = frozenset({"Module", "LightningModule", "Sequential"})


def scopes(unit: Unit, *marks: str) -> tuple[ast.Module | ast.FunctionDef, ...]:
    """Everywhere that statements of a unit run one after the other, its top level and its functions; none when the
    text has not one of ``marks`` in it."""
    if not any(mark in unit.text for mark in marks):
        return ()
    return unit.tree, *unit.nodes.get(ast.FunctionDef, ())


def outer_loops(scope: ast.AST) -> list[Loop]:
    """The loops of a scope that stand in no other loop of it."""
    return [node for node in own_nodes(scope, (ast.For, ast.While)) if isinstance(node, (ast.For, ast.While))]


def loops_with(unit: Unit, *marks: str) -> Iterator[Loop]:
    """The outer loops of a unit, in all of its scopes; none when the text has not one of ``marks`` in it."""
    for scope in scopes(unit, *marks):
        yield from outer_loops(scope)


def target_names(loop: Loop) -> tuple[str, ...]:
    """The variables that hold the batch of a ``for`` loop, in the order of the text and without a counter."""
    if not isinstance(loop, ast.For):
        return ()
    target = loop.target
    if isinstance(loop.iter, ast.Call) and called_name(loop.iter) == "enumerate" and isinstance(target, ast.Tuple):
        target = target.elts[-1]
    return tuple(node.id for node in nodes_in(target) if isinstance(node, ast.Name))


def batch_names(loop: Loop) -> frozenset[str]:
    """The variables that hold a batch or parts of it: those of the loop, and what its body unpacks from one."""
    names = set(target_names(loop))
    for node in own_nodes(loop):
        source = node.value if isinstance(node, ast.Assign) else None
        source = source.value if isinstance(source, ast.Subscript) else source
        if isinstance(node, ast.Assign) and isinstance(source, ast.Name) and source.id in names:
            names |= {inner.id for target in node.targets for inner in nodes_in(target) if isinstance(inner, ast.Name)}
    return frozenset(names)


def bodies(node: ast.AST) -> Iterator[Sequence[ast.stmt]]:
    """The lists of statements within a piece of code that run one after the other."""
    for inner in (node, *own_nodes(node)):
        for name in ("body", "orelse", "finalbody"):
            found = getattr(inner, name, None)
            if isinstance(found, list) and found:
                yield found


def called_method(statement: ast.stmt, name: str) -> ast.Call | None:
    """The call when a statement is nothing but ``….name(…)``."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    is_method = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == name
    return call if is_method else None  # type: ignore[return-value]


def calls(node: ast.AST, *names: str) -> list[ast.Call]:
    """The calls ``….name(…)`` within a piece of code that run with it."""
    return [
        inner
        for inner in own_nodes(node)
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in names
    ]


def receiver(call: ast.Call) -> ast.expr:
    """``x`` in ``x.name(…)``."""
    assert isinstance(call.func, ast.Attribute)
    return call.func.value


def root(node: ast.expr) -> str | None:
    """``model`` in ``model.layer.weight`` and ``model.to(device).eval()``."""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def called_name(call: ast.Call) -> str:
    """``Conv2d`` in ``nn.Conv2d(…)``; empty for what has no name."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@lru_cache(maxsize=16)
def module_classes(document: tuple[Unit, ...]) -> dict[str, ast.ClassDef]:
    """The classes of a document that look like torch modules by their bases."""
    found: dict[str, ast.ClassDef] = {}
    for unit in document:
        for node in unit.every:
            if isinstance(node, ast.ClassDef) and any(
                last_name(base) in _MODULE_BASES | found.keys() for base in node.bases
            ):
                found[node.name] = node
    return found


def constructed(value: ast.expr) -> ast.Call | None:
    """``Net(3)`` in ``Net(3)`` and ``Net(3).to(device).eval()``."""
    while (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and isinstance(value.func.value, ast.Call)
    ):
        value = value.func.value
    return value if isinstance(value, ast.Call) else None


@lru_cache(maxsize=8)
def models(document: tuple[Unit, ...]) -> Mapping[str, ast.Call]:
    """The variables that hold a model of the document, with the call that makes it."""
    classes, found = module_classes(document), {}
    for unit in document:
        for target, value in assigned_values(unit):
            made = constructed(value) if isinstance(target, ast.Name) else None
            if made is not None and (called_name(made) in classes or called_name(made) in _MODELS_OF_TORCH):
                found[target.id] = made  # type: ignore[attr-defined]
    return found


def assigned_values(unit: Unit) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Every target of a unit's assignments with its value: those of ``a, b = x, y`` one by one."""
    for node in unit.nodes.get(ast.Assign, ()):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
                yield from zip(target.elts, value.elts)
            else:
                yield target, value


def is_training(loop: Loop) -> bool:
    """Whether a loop runs backward and steps an optimizer."""
    return bool(calls(loop, "backward")) and bool(optimizer_steps(loop))


def optimizer_steps(node: ast.AST) -> list[ast.Call]:
    """The calls of ``step()`` that are not those of a scheduler, by their names."""
    return [call for call in calls(node, "step") if not is_scheduler(receiver(call))]


def is_scheduler(node: ast.expr) -> bool:
    """Whether a name speaks of a learning-rate scheduler, a profiler or an environment."""
    name = ast.unparse(node).lower()
    return any(word in name for word in ("sched", "lr", "prof", "env", "warmup", "anneal"))


def mentions(node: ast.AST, *words: str) -> bool:
    """Whether a name or attribute within a piece of code contains one of ``words``."""
    names = (
        inner.attr if isinstance(inner, ast.Attribute) else inner.id
        for inner in nodes_in(node)
        if isinstance(inner, ast.Attribute | ast.Name)
    )
    return any(word in name for name in names for word in words)


def is_without_gradients(node: ast.AST) -> bool:
    """Whether a node is ``with torch.no_grad():`` or ``with torch.inference_mode():``."""
    return isinstance(node, ast.With) and any(mentions(item, "no_grad", "inference_mode") for item in node.items)
