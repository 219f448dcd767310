"""``inspect``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modlint.interpret.classes import find_in, mro_of
from modlint.interpret.hosts.table import host
from modlint.interpret.machine import Machine
from modlint.interpret.scope import MISSING
from modlint.interpret.signatures import signature_of
from modlint.ops import registry
from modlint.signature import Signature
from modlint.syntax import Place
from modlint.values import BoundMethod, ClassValue, DictValue, External, Function, Instance, ListValue, Unknown, Value


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


@host("inspect.getfullargspec")
def _argspec(machine: Machine, place: Place, function: Value) -> Value:
    """The names of the parameters."""
    signature = _with_receiver(function)
    if signature is None:
        return Unknown("the signature is not known")
    attrs = {
        "args": ListValue(list(signature.positional)),
        "varargs": signature.star,
        "varkw": signature.double_star,
        "kwonlyargs": ListValue(list(signature.keyword_only)),
        **dict.fromkeys(("defaults", "kwonlydefaults", "annotations"), Unknown("of a signature")),
    }
    return Instance(External("types.SimpleNamespace"), attrs, place)


_CALL = Signature(("self",), star="args", double_star="kwargs")


def _with_receiver(function: Value) -> Signature | None:
    """The signature of a function of the code, of the constructor of a class, or of ``nn.Module.__call__``, with
    ``self``."""
    if isinstance(function, Instance):
        is_module = any(isinstance(base, External) and base.name == "torch.nn.Module" for base in mro_of(function.cls))
        return _CALL if is_module and find_in(function.cls, "__call__") is MISSING else None
    if isinstance(function, External):
        layer = registry.LAYERS.get(function.name.removesuffix(".__init__"))
        return replace(layer.signature, positional=("self", *layer.signature.positional)) if layer is not None else None
    target = function.function if isinstance(function, BoundMethod) else function
    target = find_in(target, "__init__") if isinstance(target, ClassValue) else target
    return signature_of(target) if isinstance(target, Function) else None
