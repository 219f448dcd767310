"""What a function makes or is given and does not use any more, for a statement that used it is gone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from modlint.rulekit.bindings import names_in
from modlint.rulekit.siblings import parents
from modlint.syntax import Unit, nodes_in

_GROWING = frozenset({"append", "extend", "insert", "add_module", "update"})
_DISPLAYS = (ast.List, ast.ListComp, ast.Dict)
_MAKERS = frozenset({"list", "dict", "OrderedDict"})


def unread_parameters(function: ast.FunctionDef, unit: Unit) -> list[str]:
    """The parameters that a function makes nothing of: at most it asks for their value, or keeps it for nobody."""
    loads = [node for statement in function.body for node in nodes_in(statement) if isinstance(node, ast.Name)]
    used = {node.id for node in loads if not _is_idle(node, unit)}
    args = function.args
    return [one.arg for one in (*args.posonlyargs, *args.args, *args.kwonlyargs) if one.arg not in used | {"self"}]


def unread_variables(function: ast.FunctionDef) -> set[str]:
    """The names that a function assigns and never reads."""
    names = [node for node in nodes_in(function) if isinstance(node, ast.Name)]
    return {node.id for node in names if isinstance(node.ctx, ast.Store)} - names_in(function)


def _is_idle(name: ast.Name, unit: Unit) -> bool:
    """Whether a name stands in a condition, or in ``self.name = name`` of an attribute that nothing reads."""
    above = parents(unit)
    holder = above[name]
    if isinstance(holder, ast.Assign):
        return holder.value is name and all(_is_never_read(target, unit) for target in holder.targets)
    return isinstance(holder, ast.Compare) and isinstance(above[holder], (ast.If, ast.IfExp))


def _is_never_read(target: ast.expr, unit: Unit) -> bool:
    return isinstance(target, ast.Attribute) and not any(
        node.attr == target.attr and isinstance(node.ctx, ast.Load) for node in unit.nodes.get(ast.Attribute, ())
    )


def unread_containers(function: ast.FunctionDef, unit: Unit) -> dict[str, ast.expr]:
    """The lists and dicts that a function fills with calls and does nothing else with, as they are made."""
    made: dict[str, ast.expr] = {}
    for node in nodes_in(function):
        target = _single_target(node)
        if isinstance(target, ast.Name) and _is_container(node.value):
            made.setdefault(target.id, node.value)
    return {name: value for name, value in made.items() if _is_only_filled(name, value, function, unit)}


def _single_target(node: ast.AST) -> ast.expr | None:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return node.targets[0]
    return node.target if isinstance(node, ast.AnnAssign) and node.value is not None else None


def _is_container(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in _MAKERS
    return isinstance(node, _DISPLAYS)


def _is_only_filled(name: str, made: ast.expr, function: ast.FunctionDef, unit: Unit) -> bool:
    uses = [node for node in nodes_in(function) if isinstance(node, ast.Name) and node.id == name]
    filled = list(_filled(made, uses, unit))
    grown = [use for use in uses if isinstance(use.ctx, ast.Load)]
    return all(_grows(use, unit) for use in grown) and any(isinstance(item, ast.Call) for item in filled)


def _grows(use: ast.Name, unit: Unit) -> bool:
    """Whether a use of a container puts something in: ``layers.append(…)``, ``layers["x"] = …``."""
    above = parents(unit)
    holder = above[use]
    if isinstance(holder, ast.Subscript):
        return isinstance(holder.ctx, ast.Store)
    if not isinstance(holder, ast.Attribute):
        return False
    call = above[holder]
    is_called = isinstance(call, ast.Call) and call.func is holder
    return is_called and holder.attr in _GROWING and isinstance(above[call], ast.Expr)


def _filled(made: ast.expr, uses: list[ast.Name], unit: Unit) -> Iterator[ast.expr]:
    """The elements of a container, as far as they stand in the text."""
    above = parents(unit)
    sources = [made]
    for use in uses:
        holder = above[use]
        around = above[holder]
        if isinstance(holder, ast.AugAssign):
            sources.append(holder.value)
        elif isinstance(around, ast.Assign):
            yield around.value
        elif isinstance(around, ast.Call):
            yield from around.args
            sources += around.args
    for source in sources:
        if isinstance(source, (ast.List, ast.Tuple)):
            yield from source.elts
        elif isinstance(source, (ast.ListComp, ast.GeneratorExp)):
            yield source.elt


@lru_cache(maxsize=64)
def unread_classes(unit: Unit) -> tuple[ast.ClassDef, ...]:
    """The classes of a file that nothing in it names but their own code."""
    classes = [node for node in unit.tree.body if isinstance(node, ast.ClassDef)]
    own = {node.name: sum(_names(inner, node.name) for inner in nodes_in(node)) for node in classes}
    everywhere = {node.name: sum(_names(inner, node.name) for inner in unit.every) for node in classes}
    return tuple(node for node in classes if everywhere[node.name] == own[node.name] and not node.decorator_list)


def _names(node: ast.AST, name: str) -> bool:
    return (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name)
