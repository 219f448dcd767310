"""``inspect``, and ``callable``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modlint.interpret.hosts.table import host
from modlint.interpret.machine import Machine
from modlint.syntax import Place
from modlint.values import BoundMethod, ClassValue, DictValue, External, Function, Instance, Unknown, Value


@host("inspect.signature")
def _signature(machine: Machine, place: Place, function: Value, **options: Value) -> Value:
    """The parameters of a guest function or class, as ``inspect`` tells them."""
    from modlint.interpret.classes import find_in
    from modlint.interpret.functions import signature_of

    target, skip = function, 0
    while isinstance(target, Function) and "__wrapped__" in target.attrs:
        target = target.attrs["__wrapped__"]
    if isinstance(target, BoundMethod):
        target, skip = target.function, 1
    if isinstance(target, ClassValue):
        target, skip = find_in(target, "__init__"), 1
    if not isinstance(target, Function):
        return Unknown("the signature is not known")
    signature = signature_of(target)
    kinds = {
        **dict.fromkeys(signature.positional[skip:], "POSITIONAL_OR_KEYWORD"),
        **({signature.star: "VAR_POSITIONAL"} if signature.star else {}),
        **dict.fromkeys(signature.keyword_only, "KEYWORD_ONLY"),
        **({signature.double_star: "VAR_KEYWORD"} if signature.double_star else {}),
    }
    parameters = {name: _inspected(name, kind, signature.defaults, place) for name, kind in kinds.items()}
    return Instance(External("types.SimpleNamespace"), {"parameters": DictValue(parameters)}, place)


def _asks_for(kind: str) -> Callable[[Machine, Place, Value], Value]:
    """A function that asks whether a value is of one of Python's classes."""

    def ask(machine: Machine, place: Place, value: Value) -> Value:
        from modlint.interpret.kinds import is_instance

        answer = is_instance(value, External(kind))
        return Unknown("the class of the value is not known") if answer is None else answer

    return ask


host("inspect.isclass")(_asks_for("builtins.type"))
host("inspect.isfunction")(_asks_for("types.FunctionType"))
host("inspect.ismethod")(_asks_for("types.MethodType"))
host("builtins.callable")(_asks_for("collections.abc.Callable"))

_PARAMETER_KINDS = ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL", "KEYWORD_ONLY", "VAR_KEYWORD")


def _inspected(name: str, kind: str, defaults: Any, place: Place) -> Instance:
    attrs = {
        **{kind: External(f"inspect.Parameter.{kind}") for kind in _PARAMETER_KINDS},
        "name": name,
        "kind": External(f"inspect.Parameter.{kind}"),
        "default": defaults.get(name, External("inspect.Parameter.empty")),
        "annotation": Unknown("an annotation"),
    }
    return Instance(External("types.SimpleNamespace"), attrs, place)
