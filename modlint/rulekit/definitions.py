"""What the methods of a class are meant to be when their names or places are wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from modlint.interpret.classes import find_in
from modlint.interpret.modules import is_module_class
from modlint.interpret.scope import MISSING
from modlint.likeness import alike
from modlint.rulekit.constructors import is_layer
from modlint.rulekit.siblings import parents, self_attribute
from modlint.syntax import Place, Unit, last_name, nodes_in, own_nodes
from modlint.values import ClassValue, Function

_ALMOST_INIT = frozenset({"init", "int", "inti", "ini", "itin", "intit", "initi", "iint", "nit", "initt", "iniit"})


def methods(cls: ClassValue) -> Iterator[Function]:
    """The functions that a class itself defines, without properties and static or class methods."""
    return (value for value in cls.namespace.values() if isinstance(value, Function) and value.owner is cls)


def is_module_like(cls: ClassValue) -> bool:
    """Whether a class is a torch module, or one that was meant to be: it has no base and its methods make layers."""
    if is_module_class(cls):
        return True
    plain = all(isinstance(base, ast.Name) and base.id == "object" for base in cls.node.bases)
    return plain and any(_makes_layers(function) for function in methods(cls))


def _makes_layers(function: Function) -> bool:
    return any(
        isinstance(node, ast.Assign) and self_attribute(node.targets[0]) and makes_module(function.unit, node.value)
        for node in own_nodes(function.node)
    )


def makes_module(unit: Unit, node: ast.expr) -> bool:
    """Whether an expression makes a torch layer, or a module whose class stands in the file, and no loss."""
    if not isinstance(node, ast.Call):
        return False
    name = unit.segment(node.func).replace(" ", "")
    from_torch = name.startswith(("nn.", "torch.nn.")) and is_layer(node)
    return (from_torch or name in _module_names(unit)) and not name.endswith("Loss")


@lru_cache(maxsize=8)
def _module_names(unit: Unit) -> frozenset[str]:
    """The classes that a file imports from ``torch.nn`` or derives from ``nn.Module``."""
    names: set[str] = set()
    for node in unit.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "torch.nn":
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.ClassDef) and any(last_name(base) in {"Module", *names} for base in node.bases):
            names.add(node.name)
    return frozenset(names)


@lru_cache(maxsize=1024)
def attributes_of_self(tree: ast.AST, context: type[ast.expr_context]) -> frozenset[str]:
    """The attributes of ``self`` that some code reads (``ast.Load``) or assigns (``ast.Store``)."""
    nodes = (node for node in nodes_in(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, context))
    return frozenset(name for node in nodes if (name := self_attribute(node)))


def assigned_attributes(function: Function) -> frozenset[str]:
    """The attributes of ``self`` that a method assigns."""
    nodes = own_nodes(function.node)
    stored = (node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
    return frozenset(name for node in stored if (name := self_attribute(node)))


def misnamed_init(cls: ClassValue) -> Function | None:
    """The method that was meant to be ``__init__``: nobody calls it, and the class has no constructor of its own."""
    if "__init__" in cls.namespace:
        return None
    for function in methods(cls):
        if _is_almost_init(function.name) and _initialises(function) and not is_named(cls.unit, function.name):
            return function
    return None


def _is_almost_init(name: str) -> bool:
    return name.strip("_") in _ALMOST_INIT and name != "__init__"


def _initialises(function: Function) -> bool:
    """Whether a method calls ``super()`` or assigns attributes, and gives nothing back."""
    nodes = own_nodes(function.node)
    if any(isinstance(node, ast.Return) and node.value is not None for node in nodes):
        return False
    supers = any(isinstance(node, ast.Name) and node.id == "super" for node in nodes)
    return supers or bool(assigned_attributes(function))


def misnamed_forward(cls: ClassValue) -> Function | None:
    """The method that was meant to be ``forward``: nobody calls it, and no class gives another one."""
    if find_in(cls, "forward") is not MISSING or find_in(cls, "__call__") is not MISSING:
        return None
    for function in methods(cls):
        if _is_almost_forward(function.name) and not is_named(cls.unit, function.name):
            return function
    return None


def _is_almost_forward(name: str) -> bool:
    return alike(name.strip("_"), "forward") or name == "call"


def nested_forward(cls: ClassValue) -> tuple[ast.FunctionDef, ast.FunctionDef] | None:
    """A ``forward`` that stands inside of another method, and that method."""
    for function in methods(cls):
        for node in function.node.body if isinstance(function.node, ast.FunctionDef) else ():
            if isinstance(node, ast.FunctionDef) and node.name == "forward" and not _names(function.node, "forward"):
                return node, function.node  # type: ignore[return-value]
    return None


def _names(function: ast.AST, name: str) -> bool:
    """Whether a function uses a variable, as it does with what it hands on."""
    return any(isinstance(node, ast.Name) and node.id == name for node in nodes_in(function))


def is_named(unit: Unit, name: str) -> bool:
    """Whether code of a unit names a method anywhere but where it is defined; ``nn.init`` is no method."""
    return name in unit.mentioned and (name not in _names_of_libraries(unit) or name in _names_of_objects(unit))


@lru_cache(maxsize=8)
def _names_of_libraries(unit: Unit) -> frozenset[str]:
    """What a file imports, and what it reads from that."""
    imported = _imported(unit)
    nodes = unit.nodes.get(ast.Attribute, ())
    return frozenset(imported | {node.attr for node in nodes if _root(node) in imported})


@lru_cache(maxsize=8)
def _names_of_objects(unit: Unit) -> frozenset[str]:
    """The attributes of everything but libraries, and the strings of a file."""
    imported = _imported(unit)
    read = {node.attr for node in unit.nodes.get(ast.Attribute, ()) if _root(node) not in imported}
    strings = {node.value for node in unit.nodes.get(ast.Constant, ()) if isinstance(node.value, str)}
    return frozenset(read | strings)


@lru_cache(maxsize=8)
def _imported(unit: Unit) -> frozenset[str]:
    return frozenset((node.asname or node.name).partition(".")[0] for node in unit.nodes.get(ast.alias, ()))


def _root(node: ast.expr) -> str:
    """``torch`` of ``torch.nn.init``."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def made_layers(cls: ClassValue) -> dict[str, ast.Call]:
    """The attributes that the methods of a class assign a torch layer to, with the call that makes it."""
    made: dict[str, ast.Call] = {}
    for function in methods(cls):
        for node in own_nodes(function.node):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and is_layer(node.value):
                name = self_attribute(node.targets[0])
                if name is not None and makes_module(cls.unit, node.value):
                    made[name] = node.value
    return made


def assignment_to(place: Place) -> ast.Assign | ast.AnnAssign | None:
    """The statement that assigns a value to the target at a place, and to nothing else."""
    statement = parents(place.unit).get(place.node)
    return statement if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None


def nn_name(unit: Unit) -> str:
    """How a file calls ``torch.nn``."""
    for node in nodes_in(unit.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "torch.nn" and alias.asname:
                    return alias.asname
        elif isinstance(node, ast.ImportFrom) and node.module == "torch":
            for alias in node.names:
                if alias.name == "nn":
                    return alias.asname or "nn"
    return "torch.nn"
