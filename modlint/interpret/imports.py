"""Imports: the project's own files are read as source, lazily; libraries are names."""

from __future__ import annotations

import ast
import os

from modlint.interpret import attributes
from modlint.interpret.machine import Frame, Machine, unknown_if_missing
from modlint.interpret.names import tables
from modlint.interpret.scope import MISSING, ModuleScope, Statement
from modlint.interpret.statements import Signal, executor, run_statement
from modlint.interpret.tables import canonical
from modlint.syntax import Unit
from modlint.values import External, ModuleValue, Unknown, Value


@executor(ast.Import)
def _import(frame: Frame, node: ast.Import) -> Signal:
    for alias in node.names:
        module = _module(frame, alias.name if alias.asname else alias.name.split(".")[0])
        frame.machine.put(frame.scope, frame.scope.variables, alias.asname or alias.name.split(".")[0], module)
    return None


def _module(frame: Frame, name: str) -> Value:
    found = _project_module(frame, name, 0)
    return found if found is not None else External(canonical(name))


def _project_module(frame: Frame, name: str, level: int) -> ModuleValue | None:
    machine = frame.machine
    unit = machine.files.find(frame.unit.path, name, level)
    return None if unit is None else ModuleValue(name, module_scope(machine, unit))


def module_scope(machine: Machine, unit: Unit) -> ModuleScope:
    """The scope of a project file; made once, filled lazily."""
    key = os.path.abspath(unit.path)
    if key not in machine.modules:
        scope = new_scope(machine, unit.path, unit)
        machine.modules[key] = scope
        scope.add(unit)
    return machine.modules[key]


def new_scope(machine: Machine, name: str, unit: Unit) -> ModuleScope:
    """An empty module scope whose statements run on ``machine``, outside of any branch that is being walked."""

    def execute(scope: ModuleScope, statement: Statement) -> None:
        frame = Frame(machine, scope, unit=statement.unit)
        journal, undecided, trail = machine.journal, machine.undecided, machine.trail
        machine.journal, machine.undecided, machine.trail = None, 0, []
        try:
            run_statement(frame, statement.node)
        finally:
            machine.journal, machine.undecided, machine.trail = journal, undecided, trail

    scope = ModuleScope(name, unit, execute)
    scope.variables["__name__"] = "__main__" if unit.path in machine.hosts else name
    scope.variables["__file__"] = unit.path
    return scope


@executor(ast.ImportFrom)
def _import_from(frame: Frame, node: ast.ImportFrom) -> Signal:
    module = _project_module(frame, node.module or "", node.level)
    for alias in node.names:
        if alias.name == "*":
            _import_star(frame, module, node)
        else:
            value = _imported(frame, module, node, alias.name)
            frame.machine.put(frame.scope, frame.scope.variables, alias.asname or alias.name, value)
    return None


def _imported(frame: Frame, module: ModuleValue | None, node: ast.ImportFrom, name: str) -> Value:
    if module is not None and (name in module.scope.index or name in module.scope.variables):
        return unknown_if_missing(module.scope.own(name), f"{name} is bound under a condition")
    inner = _project_module(frame, f"{node.module}.{name}" if node.module else name, node.level)
    if inner is not None:
        return inner
    if module is not None:
        value = module.scope.own(name)
        if value is not MISSING:
            return value
    if module is not None or node.level:
        return Unknown(f"{name} is not found in the project")
    return _external_member(frame, node, name)


def _external_member(frame: Frame, node: ast.ImportFrom, name: str) -> Value:
    """A name of a library, by its qualified name."""
    return attributes.get(frame.machine, External(canonical(node.module or "")), name, frame.place(node))


def _import_star(frame: Frame, module: ModuleValue | None, node: ast.ImportFrom) -> None:
    scope = frame.scope.module
    if module is not None:
        scope.star_modules.append(module.scope)
    elif node.module and not node.level and (node.module == "torch" or node.module in tables()):
        scope.star_libraries.append(canonical(node.module))
    else:
        scope.incomplete = True
