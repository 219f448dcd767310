"""Calls that pass on what a layer is made with: where else its sizes are decided."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.interpret.scope import Scope
from modlint.rulekit.siblings import self_attribute
from modlint.syntax import Place
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


def makers(layer: Instance) -> Iterator[Instance]:
    """A layer, the call of the function that makes it, the object that has it, and so on outwards."""
    yield layer
    call, owner = _invocation(layer), _receiver(layer.scope)
    if call is not None:
        yield from makers(call)
    if owner is not None and (call is None or call.place is None or not _is_made_at(owner, call.place)):
        yield from makers(owner)


def _name(node: ast.expr | None) -> str | None:
    """The parameter that ``width`` or ``self.width`` stands for."""
    return node.id if isinstance(node, ast.Name) else self_attribute(node) if node is not None else None


def _invocation(layer: Instance) -> Instance | None:
    scope = _called(layer.scope)
    call = scope.invocation if scope is not None else None
    if call is None:
        return None
    arguments = {name: Argument(passed.value, passed.node) for name, passed in call.passed.items()}
    made = _receiver(scope)
    around = made.scope if made is not None and _is_made_at(made, call.place) else None
    return Instance(External("call"), place=call.place, arguments=arguments, scope=around)


def _called(scope: Scope | None) -> Scope | None:
    """The scope of the function around."""
    while scope is not None and scope.invocation is None:
        scope = scope.parent
    return scope


def _receiver(scope: Scope | None) -> Instance | None:
    """The object that a method is called for."""
    around = _called(scope)
    made = around.variables.get("self") if around is not None else None
    return made if isinstance(made, Instance) else None


def _is_made_at(made: Instance, place: Place) -> bool:
    return made.place is not None and made.place.node is place.node
