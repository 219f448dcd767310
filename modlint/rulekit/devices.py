"""Which models and batches a document moves to a device, as far as its text alone tells."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from modlint.rulekit.training import called_name, models, module_classes, receiver, root
from modlint.syntax import Unit, nodes_in, own_nodes

_DEVICE = re.compile(r"(?:^|_)(?:dev|device|gpu|cuda)s?(?:$|_)", re.IGNORECASE)
_GLOBAL = frozenset(
    {"set_default_device", "set_default_tensor_type", "DataParallel", "DistributedDataParallel", "prepare"}
)
_LOOKING = frozenset({"print", "summary", "len", "id", "type", "str", "repr", "isinstance", "parameters"})


class Move(NamedTuple):
    """``x = x.cuda()``: the statement that moves, and the variables that it gives."""

    statement: ast.Assign
    names: frozenset[str]


def is_move(node: ast.AST, stays: frozenset[str] = frozenset()) -> bool:
    """Whether a node is ``….cuda()`` or ``….to(device)``; ``stays`` are the names of devices that are the CPU."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr == "cuda":
        return True
    targets = [*node.args, *(word.value for word in node.keywords if word.arg == "device")]
    return node.func.attr == "to" and any(_is_device(target, stays) for target in targets)


def _is_device(node: ast.expr, stays: frozenset[str]) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int) or (isinstance(node.value, str) and node.value.startswith(("cuda", "mps")))
    if isinstance(node, ast.Call):
        return called_name(node) == "device"
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name not in stays and bool(_DEVICE.search(name))


def cpu_names(document: Sequence[Unit]) -> frozenset[str]:
    """The variables that are plainly the CPU: ``device = "cpu"``."""
    return frozenset(
        target.id
        for node in _nodes(document)
        if isinstance(node, ast.Assign) and _is_cpu(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def _is_cpu(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and called_name(node) == "device" and node.args:
        node = node.args[0]
    return isinstance(node, ast.Constant) and node.value == "cpu"


def _nodes(document: Sequence[Unit]) -> Iterator[ast.AST]:
    return (node for unit in document for node in unit.every)


def unmoved_models(document: Sequence[Unit]) -> dict[str, ast.Call]:
    """The models that a document makes and never moves, hands to nobody who could, and whose classes do not move."""
    if not any(mark in unit.text for unit in document for mark in (".cuda(", ".to(")):
        return {}
    if any(isinstance(node, ast.Call) and called_name(node) in _GLOBAL for node in _nodes(document)):
        return {}
    found, classes = dict(models(document)), module_classes(document)
    for node in _nodes(document):
        if isinstance(node, ast.Call):
            moved = root(node) if is_move(node) else None
            for name in {moved, *_handed(node)}:
                found.pop(name, None)  # type: ignore[arg-type]
        elif isinstance(node, ast.Assign) and any(map(is_move, own_nodes(node))):
            for target in node.targets:
                found.pop(getattr(target, "id", ""), None)
    return {name: made for name, made in found.items() if not _moves_itself(classes.get(called_name(made)))}


def moved_models(document: Sequence[Unit], stays: frozenset[str]) -> dict[str, ast.Call]:
    """The models that a document moves as they are made, or by a statement, with the call that does it."""
    made, found = models(document), {}
    for node in _nodes(document):
        value = node.value if isinstance(node, (ast.Assign, ast.Expr)) else None
        if isinstance(value, ast.Call) and is_move(value, stays):
            targets = node.targets if isinstance(node, ast.Assign) else [receiver(value)]
            if isinstance(targets[0], ast.Name) and targets[0].id in made:
                found[targets[0].id] = value
    return found


def _handed(call: ast.Call) -> Iterator[str]:
    """The variables that a call is given as they are, and could move."""
    if called_name(call) not in _LOOKING:
        values = (*call.args, *(word.value for word in call.keywords))
        yield from (value.id for value in values if isinstance(value, ast.Name))


def _moves_itself(cls: ast.ClassDef | None) -> bool:
    return cls is not None and any(is_move(node) for node in nodes_in(cls))


def moves(scope: ast.AST, stays: frozenset[str]) -> Iterator[Move]:
    """The assignments of a scope that move what they assign."""
    for node in own_nodes(scope):
        if isinstance(node, ast.Assign):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            if all(is_move(value, stays) for value in values):
                names = {
                    inner.id for target in node.targets for inner in nodes_in(target) if isinstance(inner, ast.Name)
                }
                yield Move(node, frozenset(names))
