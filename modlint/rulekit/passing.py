"""Calls that pass on what a layer is made with: where else its sizes are decided."""

from __future__ import annotations

import ast

from modlint.interpret.scope import Scope
from modlint.rulekit.siblings import self_attribute
from modlint.values import Argument, External, Instance


def passer(layer: Instance, argument: str) -> tuple[Instance, str] | None:
    """The call of the function that makes a layer, and the parameter of it that gives the layer ``argument`` unchanged;
    None where there is none. The call has the ``place``, the ``arguments`` and the ``scope`` of one that makes a layer.
    """
    given, call = layer.arguments.get(argument), _invocation(layer)
    name = _name(given.node) if given is not None else None
    if given is None or call is None or name is None:
        return None
    passed = call.arguments.get(name)
    return (call, name) if passed is not None and passed.node is not None and passed.value == given.value else None


def _name(node: ast.expr | None) -> str | None:
    """The parameter that ``width`` or ``self.width`` stands for."""
    return node.id if isinstance(node, ast.Name) else self_attribute(node) if node is not None else None


def _invocation(layer: Instance) -> Instance | None:
    scope: Scope | None = layer.scope
    while scope is not None and scope.invocation is None:
        scope = scope.parent
    if scope is None or scope.invocation is None:
        return None
    call = scope.invocation
    arguments = {name: Argument(passed.value, passed.node) for name, passed in call.passed.items()}
    made = scope.variables.get("self")
    is_constructed = isinstance(made, Instance) and made.place is not None and made.place.node is call.place.node
    around = made.scope if isinstance(made, Instance) and is_constructed else None
    return Instance(External("call"), place=call.place, arguments=arguments, scope=around)
