"""What a model is run on: arguments for constructors and for ``forward`` that the code leaves open."""

from __future__ import annotations

import ast
from typing import Any

from modlint.dims import Grade, symbol
from modlint.interpret.annotations import Sizes, annotated, documented
from modlint.interpret.machine import Machine
from modlint.interpret.signatures import signature_of
from modlint.signature import Passed
from modlint.values import ClassValue, External, Function, Instance, Open, Rank, Tensor, Unknown, Value

_NOT_TENSORS = frozenset({
    "Callable", "Dict", "Enum", "Generator", "Iterable", "List", "Literal", "Mapping", "Module", "None", "Path", "Sequence",
    "Set", "Size", "Tuple", "Type", "bool", "bytes", "complex", "device", "dict", "dtype", "float", "int", "list", "set",
    "slice", "str", "tuple", "type",
})  # fmt: skip
_INTEGERS = frozenset({"int", ""})


def annotation_of(function: Function, name: str) -> str:
    """The name in a parameter's annotation, ``Optional`` aside; an empty string when there is none."""
    annotation = _annotation(function, name)
    return "" if annotation is None else _last_name(annotation)


def _annotation(function: Function, name: str) -> ast.expr | None:
    arguments = function.node.args
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return next((arg.annotation for arg in every if arg.arg == name), None)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        outer = _last_name(node.value)
        return _last_name(node.slice) if outer == "Optional" else outer
    if isinstance(node, ast.BinOp):
        return _last_name(node.left)
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.rsplit(".", 1)[-1]
    return node.id if isinstance(node, ast.Name) else "?"


def open_tensor(name: str) -> Tensor:
    """An input of which nothing is known."""
    return Tensor(Open(Rank(name)), dtype=None)


def required(function: Function, skip: int) -> list[str]:
    """The parameters without a default, after the first ``skip``."""
    signature = signature_of(function)
    names = (*signature.positional[skip:], *signature.keyword_only)
    return [name for name in names if name not in signature.defaults]


def forward_inputs(function: Function, skip: int, given: list[Value] | None = None) -> dict[str, Value]:
    """Arguments for ``forward``: what is given, and for every other required parameter the tensor that its annotation
    describes, or an open one."""
    sizes = Sizes()
    names = list(signature_of(function).positional[skip:])
    inputs: dict[str, Value] = dict(zip(names, given or []))
    for name in required(function, skip):
        if name not in inputs:
            inputs[name] = annotated(_annotation(function, name), sizes) or _unstated(function, name)
    return inputs


def _unstated(function: Function, name: str) -> Value:
    if _may_be_tensor(function, name):
        return open_tensor(name)
    return Unknown(f"the argument {name} is not known")


def _may_be_tensor(function: Function, name: str) -> bool:
    """Whether the annotation of a parameter names no class that is none of torch's tensors."""
    named = annotation_of(function, name)
    annotation = _annotation(function, name)
    if named in _NOT_TENSORS or named.endswith("Tensor") or not isinstance(annotation, ast.Name):
        return named not in _NOT_TENSORS
    kind = function.scope.lookup(annotation.id)
    is_foreign = isinstance(kind, External) and not kind.name.startswith(_KINDS_OF_TENSORS)
    return not (is_foreign or isinstance(kind, ClassValue))


_KINDS_OF_TENSORS = ("torch.", "typing.", "jaxtyping.")


def documented_inputs(function: Function, skip: int) -> list[Value] | None:
    """Arguments by position for ``forward``, as far as its docstring describes the required ones; None when it describes
    none."""
    stated = documented(function.node, Sizes())
    names = [name for name in required(function, skip) if name in signature_of(function).positional]
    if not stated.keys() & set(names):
        return None
    return [stated.get(name) or _unstated(function, name) for name in names]


def constructor_arguments(function: Function) -> dict[str, Value]:
    """Arguments for a constructor that nobody calls: a symbol for every required parameter that may be an integer."""
    arguments: dict[str, Value] = {}
    for name in required(function, 1):
        integer = annotation_of(function, name) in _INTEGERS
        arguments[name] = symbol(name, grade=Grade.ASSUMED) if integer else Unknown(f"the argument {name} is not known")
    return arguments


def other_defaults(function: Function) -> dict[str, Value]:
    """For the parameters of a constructor: a symbol where the default is an integer, anything where it is None or an
    object."""
    numbers = {
        name: symbol(name, grade=Grade.ASSUMED)
        for name, default in signature_of(function).defaults.items()
        if isinstance(default, int) and not isinstance(default, bool)
    }
    defaults = signature_of(function).defaults.items()
    replaced = [name for name, default in defaults if default is None or isinstance(default, Instance)]
    return {**numbers, **{name: Unknown(f"{name} may be given") for name in replaced}}


def optional_inputs(function: Function) -> dict[str, Value]:
    """Something unknown for every parameter of ``forward`` that may be None."""
    defaults = signature_of(function).defaults
    return {name: Unknown(f"{name} may be given") for name, default in defaults.items() if default is None}


def passed(arguments: dict[str, Value]) -> dict[str, Passed]:
    """Arguments as they go into a call."""
    return {name: Passed(value) for name, value in arguments.items()}


def resolved(machine: Machine, value: Value) -> Any:
    """A value with every dim as far as it is known by now."""
    if isinstance(value, Tensor):
        return Tensor(machine.knowledge.shape(value), value.dtype, value.data)
    return machine.knowledge.facts.resolve(value)
