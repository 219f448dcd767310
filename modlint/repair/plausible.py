"""How odd the expressions of a tree are: what parses, but nobody would have meant."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from modlint.repair.vocabulary import ARITY, CONTAINERS


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _call(node: ast.Call) -> float:
    name = _name(node.func)
    cost = 0.0
    if isinstance(node.func, (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.BinOp, ast.JoinedStr)):
        cost += 3.0
    if name in ARITY and not any(isinstance(a, ast.Starred) for a in node.args):
        least, most = ARITY[name]
        count = len(node.args)
        short = count < least and count + len(node.keywords) < least
        cost += 1.5 if count > most or short else 0.0
    if name[:1].isupper() and name not in CONTAINERS:
        cost += sum(1.0 for a in node.args if isinstance(a, ast.Call) and _is_layer(a))
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "self":
        cost += sum(0.5 for a in node.args[1:] if isinstance(a, ast.Constant) and not name.startswith(("_", "make")))
    return cost


def _is_layer(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and _name(call.func)[:1].isupper()


def _statement(node: ast.Expr) -> float:
    value = node.value
    if isinstance(value, (ast.Call, ast.Await, ast.Yield, ast.YieldFrom)):
        return 0.0
    if isinstance(value, ast.Constant) and (isinstance(value.value, str) or value.value is Ellipsis):
        return 0.0
    return 0.4 if isinstance(value, (ast.Name, ast.Attribute)) else 0.8


def _string(node: ast.Constant) -> float:
    value = node.value
    if not isinstance(value, str) or "\n" in value:
        return 0.0
    unbalanced = value.count("(") != value.count(")") or value.count("[") != value.count("]")
    return (0.5 if unbalanced else 0.0) + (0.2 if value.endswith((",", ":,", " ,")) or value.startswith(", ") else 0.0)


def _subscript(node: ast.Subscript) -> float:
    return 3.0 if isinstance(node.value, (ast.Constant, ast.Lambda)) else 0.0


def _attribute(node: ast.Attribute) -> float:
    value = node.value
    is_print = isinstance(value, ast.Call) and _name(value.func) in ("print", "range", "len")
    on_layer = isinstance(value, ast.Call) and node.attr == "__init__" and _name(value.func) != "super"
    return 1.5 if is_print or on_layer else 0.0


def _super_chain(node: ast.Attribute) -> float:
    """`super(Net, self.__init__())`: the constructor of `self` is no object's."""
    return 1.5 if node.attr == "__init__" and isinstance(node.value, ast.Name) and node.value.id == "self" else 0.0


def _compare(node: ast.Compare) -> float:
    return 0.5 if any(isinstance(c, ast.Constant) and c.value is Ellipsis for c in node.comparators) else 0.0


def _starred(node: ast.BinOp) -> float:
    return 1.0 if any(isinstance(side, (ast.Tuple, ast.Dict)) for side in (node.left,)) else 0.0


CHECKS: dict[type[ast.AST], tuple[Callable[..., float], ...]] = {
    ast.Call: (_call,),
    ast.Expr: (_statement,),
    ast.Constant: (_string,),
    ast.Subscript: (_subscript,),
    ast.Attribute: (_attribute, _super_chain),
    ast.Compare: (_compare,),
    ast.BinOp: (_starred,),
}


def implausibility(tree: ast.Module) -> float:
    """The sum of what is odd in the expressions of ``tree``."""
    return sum(_oddities(tree))


def _oddities(tree: ast.Module) -> Iterator[float]:
    for node in ast.walk(tree):
        for check in CHECKS.get(type(node), ()):
            yield check(node)
