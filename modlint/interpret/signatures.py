"""What the text of a guest function says: its parameters, and what it can give."""

from __future__ import annotations

import ast
from functools import lru_cache

from modlint.signature import Signature
from modlint.syntax import own_nodes
from modlint.values import ClassValue, Function, Instance, Value


def signature_of(function: Function) -> Signature:
    """The parameters of a guest function."""
    if function.signature is None:
        arguments = function.node.args
        positional = (*arguments.posonlyargs, *arguments.args)
        names = tuple(arg.arg for arg in positional)
        defaults = dict(zip(names[len(names) - len(function.defaults) :], function.defaults))
        function.signature = Signature(
            positional=names,
            keyword_only=tuple(arg.arg for arg in arguments.kwonlyargs),
            star=arguments.vararg.arg if arguments.vararg else None,
            double_star=arguments.kwarg.arg if arguments.kwarg else None,
            defaults={**defaults, **function.keyword_defaults},
            positional_only=len(arguments.posonlyargs),
        )
    return function.signature  # type: ignore[no-any-return]


@lru_cache(maxsize=4096)
def is_generator(node: ast.FunctionDef) -> bool:
    """Whether a function yields."""
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in own_nodes(node))


@lru_cache(maxsize=4096)
def returns_value(node: ast.FunctionDef) -> bool:
    """Whether some ``return`` of a function gives a value, or it never gets to its end by raising alone."""
    nodes = own_nodes(node)
    gives = any(isinstance(inner, ast.Return) and inner.value is not None for inner in nodes)
    return gives or is_generator(node) or isinstance(node.body[-1], ast.Raise) or is_stub(node)


def is_stub(node: ast.FunctionDef) -> bool:
    """``pass``, ``...`` or a docstring alone: a placeholder."""
    return all(isinstance(inner, ast.Pass) or (isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Constant))
               for inner in node.body)  # fmt: skip


def qualifier(receiver: Value) -> str:
    """``Net.``, which goes before the name of a method."""
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    return f"{cls.name}." if isinstance(cls, ClassValue) else ""
