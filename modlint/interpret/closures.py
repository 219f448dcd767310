"""What a function reads that is no argument of it."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from functools import lru_cache

from modlint.interpret.equality import Incomparable, key_of
from modlint.interpret.machine import Machine
from modlint.interpret.scope import MISSING
from modlint.syntax import nodes_in, own_nodes
from modlint.values import ClassValue, DictValue, Function, Instance, ListValue, ModuleValue, Partial, Value

_ELSEWHERE = (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom, ast.Await)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_CHANGEABLE = (ClassValue, Instance, ModuleValue, Partial)
_CONTAINERS = (Instance, ListValue, DictValue, Function, Partial)


def surroundings(machine: Machine, function: Function) -> Hashable:
    """What is equal as long as all that a function of a module's top level reads around it is.

    Raises Incomparable where that cannot be told: for a function that reads objects, or writes to names outside.
    """
    return _surroundings(machine, function, set())


def _surroundings(machine: Machine, function: Function, seen: set[int]) -> Hashable:
    seen.add(id(function))
    names = _free_names(function.node)
    if names is None or function.scope.kind != "module" or function.attrs:
        raise Incomparable
    defaults = (*function.defaults, *function.keyword_defaults.values())
    if any(isinstance(value, _CONTAINERS) for value in defaults):
        raise Incomparable
    return function, tuple([_key(machine, function.scope.lookup(name), seen) for name in names])


def _key(machine: Machine, value: Value, seen: set[int]) -> Hashable:
    if value is MISSING or id(value) in seen:
        return None
    if isinstance(value, Function):
        return _surroundings(machine, value, seen)
    if isinstance(value, _CHANGEABLE):
        raise Incomparable
    return key_of(machine, value)


@lru_cache(maxsize=4096)
def _free_names(node: ast.AST) -> tuple[str, ...] | None:
    """The names that a function reads and does not bind, perhaps some more; None for one that reaches elsewhere."""
    nodes = nodes_in(node)
    if any(isinstance(inner, _ELSEWHERE) for inner in nodes):
        return None
    read = {inner.id for inner in nodes if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)}
    return tuple(sorted(read - _bound_names(node)))


def _bound_names(node: ast.AST) -> set[str]:
    own = own_nodes(node, _COMPREHENSIONS)
    stored = {inner.id for inner in own if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
    defined = {inner.name for inner in own if isinstance(inner, (ast.FunctionDef, ast.ClassDef))}
    return stored | defined | {inner.arg for inner in own if isinstance(inner, ast.arg)}
