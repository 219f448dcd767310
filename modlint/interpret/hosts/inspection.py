"""``inspect``."""

from __future__ import annotations

from typing import Any

from modlint.interpret.classes import find_in
from modlint.interpret.hosts.table import host
from modlint.interpret.machine import Machine
from modlint.interpret.signatures import signature_of
from modlint.syntax import Place
from modlint.values import BoundMethod, ClassValue, DictValue, External, Function, Instance, Unknown, Value


@host("inspect.signature")
def _signature(machine: Machine, place: Place, function: Value, **options: Value) -> Value:
    """The parameters of a guest function or class, as ``inspect`` tells them."""
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
