"""Parameters and variables of a constructor that the class uses as if they were kept: what it takes to keep them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Text
from modlint.rewrite import Edits, insert_after, insert_first, replace
from modlint.rule import Candidate
from modlint.rulekit.bindings import bound_in
from modlint.rulekit.blocks import method
from modlint.rulekit.lost import assigned_values
from modlint.rulekit.siblings import class_of, function_of, parents
from modlint.syntax import Place, Unit, nodes_in, own_nodes

_LATE = 5


def kept_parameter(place: Place, name: str) -> Iterator[Candidate]:
    """``self.rate = rate`` for a ``self.rate`` that nothing assigns. What is called is rather a layer made of it."""
    owner = class_of(place)
    init = _constructor_with(owner, name)
    if init is not None:
        around = parents(place.unit).get(place.node)
        is_called = isinstance(around, ast.Call) and around.func is place.node
        title = Text(f"assign `self.{name} = {name}`", f"添加 `self.{name} = {name}`")
        yield Candidate(title, _keeping(place.unit, init, name), _LATE if is_called else 1)


def kept_variable(place: Place, name: str) -> Iterator[Candidate]:
    """``self.conv = nn.Conv2d(…)`` for a ``conv = nn.Conv2d(…)`` of the constructor that nothing there reads."""
    owner = class_of(place)
    init = method(owner, "__init__") if owner is not None else None
    uses = [node for node in own_nodes(init) if isinstance(node, ast.Name) and node.id == name] if init else []
    statement = parents(place.unit)[uses[0]] if len(uses) == 1 else None
    if isinstance(statement, ast.Assign) and statement.targets == uses:
        title = Text(f"assign it to `self.{name}`", f"赋值给 `self.{name}`")
        yield Candidate(title, replace(place.unit, uses[0], f"self.{name}"))


def parameter_elsewhere(place: Place) -> Iterator[Candidate]:
    """``self.rate`` for a ``rate`` that only the constructor knows: it is kept there, unless it already is."""
    node, owner, function = place.node, class_of(place), function_of(place)
    init = _constructor_with(owner, node.id) if isinstance(node, ast.Name) else None
    if init is None or owner is None or init is function or not isinstance(node, ast.Name):
        return
    holders = [attribute for attribute, value in assigned_values(init).items() if _is_name(value, node.id)]
    attribute = holders[0] if holders else node.id
    text = f"self.{attribute}"
    reads = [edit for read in _unbound(owner, init, node.id) for edit in replace(place.unit, read, text)]
    keeping = () if holders else _keeping(place.unit, init, node.id)
    yield Candidate(Text(f"write `{text}`", f"改写为 `{text}`"), (*keeping, *reads))


def _constructor_with(owner: ast.ClassDef | None, name: str) -> ast.FunctionDef | None:
    """The constructor of a class, if it has a parameter of the name."""
    init = method(owner, "__init__") if owner is not None else None
    if init is None:
        return None
    args = init.args
    return init if name in {arg.arg for arg in (*args.posonlyargs, *args.args[1:], *args.kwonlyargs)} else None


def _keeping(unit: Unit, init: ast.FunctionDef, name: str) -> Edits:
    """Keep a parameter, behind the call of the base's constructor."""
    text = f"self.{name} = {name}"
    base = next((statement for statement in init.body if _runs_base(statement)), None)
    return insert_first(unit, init, text) if base is None else insert_after(unit, base, text)


def _runs_base(statement: ast.stmt) -> bool:
    nodes = nodes_in(statement) if isinstance(statement, ast.Expr) else ()
    return any(isinstance(node, ast.Attribute) and node.attr == "__init__" for node in nodes)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _unbound(owner: ast.ClassDef, init: ast.FunctionDef, name: str) -> Iterator[ast.Name]:
    """Where the other methods of a class read a name that they do not bind."""
    others = (item for item in owner.body if isinstance(item, ast.FunctionDef) and item is not init)
    for function in others:
        if name not in bound_in(function):
            yield from (node for node in own_nodes(function) if isinstance(node, ast.Name) and node.id == name)
