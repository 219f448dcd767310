"""Scopes: where names live. A module's scope runs its statements when a name that they bind is asked for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from modlint.signature import Passed
from modlint.syntax import Place, Unit, children
from modlint.values import ListValue, Unknown, Value, tick

MISSING: Any = object()


CONVENTIONS = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "optim": "torch.optim",
    "np": "numpy",
    "math": "math",
}
_IMPORTS = (ast.Import, ast.ImportFrom)


class Invocation(NamedTuple):
    """A call that runs a function: where it stands, and what it passes for which parameter."""

    place: Place
    passed: Mapping[str, Passed]


class Scope:
    """The variables of one function, class body or module, and the scope around it.

    ``invocation`` is the call that runs the function.
    """

    __slots__ = ("born", "invocation", "kind", "outer", "parent", "touched", "unit", "variables")

    def __init__(self, kind: str, unit: Unit, parent: Scope | None) -> None:
        self.kind = kind
        self.unit = unit
        self.parent = parent
        self.variables: dict[str, Value] = {}
        self.outer: dict[str, Scope] = {}
        self.invocation: Invocation | None = None
        self.born = tick()
        self.touched = 0

    def snapshot(self) -> Scope:
        """The scope with its variables as they are now, and with those around a comprehension."""
        around = self.parent
        taken = Scope(self.kind, self.unit, around.snapshot() if around and self.kind == "comprehension" else around)
        taken.variables, taken.outer, taken.invocation = dict(self.variables), self.outer, self.invocation
        return taken

    def lookup(self, name: str) -> Value:
        """The value of a name as seen from here, MISSING when no scope binds it."""
        if name in self.variables and name not in self.outer:
            return self.variables[name]
        scope: Scope | None = self.outer.get(name, self)
        while scope is not None:
            value = scope.own(name)
            if value is not MISSING:
                return value
            scope = scope.parent
            while scope is not None and scope.kind == "class":
                scope = scope.parent
        return MISSING

    def own(self, name: str) -> Value:
        """The value that this scope itself binds, or MISSING."""
        return self.variables.get(name, MISSING)

    @property
    def module(self) -> ModuleScope:
        """The scope of the file."""
        scope: Scope = self
        while scope.parent is not None:
            scope = scope.parent
        assert isinstance(scope, ModuleScope)
        return scope

    def names(self) -> Iterator[str]:
        """Every name that can be seen from here."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope.bound()
            scope = scope.parent

    def bound(self) -> Iterator[str]:
        """The names that this scope binds."""
        return iter(self.variables)


class Statement:
    """A top-level statement and whether it has run."""

    __slots__ = ("done", "node", "running", "unit")

    def __init__(self, node: ast.stmt, unit: Unit) -> None:
        self.node = node
        self.unit = unit
        self.done = self.running = False


class ModuleScope(Scope):
    """The top level of a file or document. ``execute`` runs one of its statements in this scope."""

    __slots__ = (
        "execute", "fragment", "incomplete", "index", "name", "star_libraries", "star_modules", "stars", "statements",
    )  # fmt: skip

    def __init__(self, name: str, unit: Unit, execute: Callable[[ModuleScope, Statement], None]) -> None:
        super().__init__("module", unit, None)
        self.name = name
        self.execute = execute
        self.statements: list[Statement] = []
        self.index: dict[str, list[Statement]] = {}
        self.stars: list[Statement] = []
        self.star_libraries: list[str] = []
        self.star_modules: list[ModuleScope] = []
        self.incomplete = False
        self.fragment = False

    def snapshot(self) -> Scope:
        return self

    def may_bind(self, name: str, kind: str) -> bool:
        """Whether a name that this file does not bind may be bound all the same.

        In an incomplete file a star import hides names. In a fragment (no import at all, or a document whose top level
        only illustrates) the usual names of torch, and whatever the top level uses, are taken for granted.
        """
        if self.is_incomplete or (self.fragment and kind == "module"):
            return True
        return name in CONVENTIONS and not any(isinstance(s.node, _IMPORTS) for s in self.statements)

    def add(self, unit: Unit) -> list[Statement]:
        """Index the statements of a unit, without running any; returns them."""
        added = [Statement(node, unit) for node in unit.tree.body]
        for statement in added:
            for name in binds(statement.node):
                (self.stars if name == "*" else self.index.setdefault(name, [])).append(statement)
        self.statements += added
        return added

    def own(self, name: str) -> Value:
        value = self.variables.get(name, MISSING)
        if value is MISSING and (name in self.index or self.stars):
            self._force(name)
            value = self.variables.get(name, MISSING)
            if value is MISSING and any(statement.running for statement in (*self.index.get(name, ()), *self.stars)):
                return Unknown(f"{name} is being imported")
        if value is MISSING and self.star_modules:
            value = self._from_stars(name)
        return value

    def _from_stars(self, name: str) -> Value:
        source = next((module for module in reversed(self.star_modules) if module.exports(name, {self})), None)
        value = MISSING if source is None else source.own(name)
        if value is not MISSING:
            self.variables[name] = value
        return value

    def exports(self, name: str, seen: set[ModuleScope]) -> bool:
        """Whether ``from module import *`` binds a name (docs.python.org/3/reference/simple_stmts.html#import)."""
        listed = self._listed()
        if self in seen or (name.startswith("_") if listed is None else name not in listed):
            return False
        if name in self.variables or name in self.index:
            return True
        return any(module.exports(name, seen | {self}) for module in self._starred())

    def _listed(self) -> set[Value] | None:
        """What ``__all__`` says, None when it says nothing that is known."""
        listed = self.own("__all__") if "__all__" in self.index else None
        items = listed.items if isinstance(listed, ListValue) and not listed.partial else listed
        return set(items) if isinstance(items, (list, tuple)) and all(isinstance(item, str) for item in items) else None

    def _starred(self) -> list[ModuleScope]:
        """The files of which this one imports everything."""
        for statement in self.stars:
            self.run(statement)
        return self.star_modules

    def _with_starred(self, seen: set[ModuleScope]) -> Iterator[ModuleScope]:
        """This file and those of which it imports everything, itself or through others."""
        if self not in seen:
            seen.add(self)
            yield self
            for module in self._starred():
                yield from module._with_starred(seen)

    @property
    def is_incomplete(self) -> bool:
        """Whether the file may bind names that nobody sees."""
        return any(module.incomplete for module in self._with_starred(set()))

    @property
    def libraries(self) -> list[str]:
        """The libraries of which everything is imported."""
        return [name for module in self._with_starred(set()) for name in module.star_libraries]

    def _force(self, name: str) -> None:
        for statement in self.index.get(name, ()):
            self.run(statement)
        for statement in self.stars:
            if name not in self.variables:
                self.run(statement)

    def run(self, statement: Statement) -> None:
        """Run a statement unless it has run, or is running."""
        if not statement.done:
            statement.done = statement.running = True
            self.execute(self, statement)
            statement.running = False

    def bound(self) -> Iterator[str]:
        seen: set[ModuleScope] = set()
        return iter({name: None for module in self._with_starred(seen) for name in (*module.variables, *module.index)})


@lru_cache(maxsize=32_768)
def binds(node: ast.stmt) -> frozenset[str]:
    """The names that a top-level statement binds or changes; ``*`` for a star import."""
    names: set[str] = set()
    todo: list[ast.AST] = list(node.targets) if isinstance(node, ast.Assign) else [node]
    while todo:
        current = todo.pop()
        names |= _BINDERS.get(type(current), _no_names)(current)
        if not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            todo += children(current)
    return frozenset(names)


def _no_names(node: Any) -> set[str]:
    return set()


def _definition(node: Any) -> set[str]:
    return {node.name}


def _name(node: ast.Name) -> set[str]:
    return {node.id} if isinstance(node.ctx, (ast.Store, ast.Del)) else set()


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    return {alias.asname or (alias.name if isinstance(node, ast.ImportFrom) else alias.name.split(".")[0])
            for alias in node.names}  # fmt: skip


def _target(node: ast.Attribute | ast.Subscript) -> set[str]:
    return {base_name(node)} if isinstance(node.ctx, (ast.Store, ast.Del)) else set()


def _mutated(node: ast.Expr) -> set[str]:
    """``layers.append(x)`` changes ``layers``."""
    call = node.value
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        return {base_name(call.func)} - {""}
    return set()


def base_name(node: ast.AST) -> str:
    """The name that a chain of attributes and subscripts starts with, or an empty string."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


_BINDERS: dict[type[ast.AST], Callable[[Any], set[str]]] = {
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _definition,
    ast.Name: _name,
    ast.Import: _imported,
    ast.ImportFrom: _imported,
    ast.Attribute: _target,
    ast.Subscript: _target,
    ast.Expr: _mutated,
}
