"""How a class runs the constructor of its base, in every spelling that people try."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from modlint.likeness import alike
from modlint.syntax import own_nodes
from modlint.values import ClassValue, Function


@dataclass(frozen=True, slots=True, eq=False)
class SuperCall:
    """A statement that runs, or was meant to run, the constructor of the base class.

    ``right``: Python runs it so; ``meant`` is the statement as it should be.
    """

    statement: ast.Expr
    right: bool
    meant: str


def constructors(cls: ClassValue) -> Iterator[tuple[ClassValue, Function]]:
    """The constructors that stand in the code, in the order in which ``super()`` reaches them."""
    for base in cls.mro:
        init = base.namespace.get("__init__") if isinstance(base, ClassValue) else None
        if isinstance(base, ClassValue) and isinstance(init, Function) and isinstance(init.node, ast.FunctionDef):
            yield base, init


def super_call(owner: ClassValue, init: Function) -> SuperCall | None:
    """The statement of a constructor that runs the base's; the right one when there are several."""
    found = [call for node in own_nodes(init.node) if (call := _read(owner, init, node)) is not None]
    return next((call for call in found if call.right), found[0] if found else None)


def is_layer(node: ast.AST | None) -> bool:
    """Whether an expression looks like one that makes a layer: the call of a name in capitals."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return bool(name[:1].isupper())


def _read(owner: ClassValue, init: Function, node: ast.AST) -> SuperCall | None:
    if not isinstance(node, ast.Expr):
        return None
    call = node.value if isinstance(node.value, ast.Call) else None
    target = call.func if call is not None else node.value
    base = target.value if isinstance(target, ast.Attribute) else None
    if base is not None and not (_is_init(target.attr) and _is_base(base)):  # type: ignore[attr-defined]
        return None
    if base is None and not (call is not None and _is_super(call.func)):
        return None
    me = next((arg.arg for arg in init.node.args.args), "self")
    right = call is not None and base is not None and _is_right(owner, me, call, base)
    return SuperCall(node, right, f"super().__init__({_arguments(init, me, call if base is not None else None)})")


def _is_init(name: str) -> bool:
    return alike(name.strip("_"), "init") or name.strip("_") == "int"


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and alike(node.id, "super")


def _is_base(node: ast.expr) -> bool:
    """``super``, ``super(…)``, ``self.super()``, or a class by its name."""
    root = node.func if isinstance(node, ast.Call) else node
    if isinstance(root, ast.Attribute):
        return alike(root.attr, "super") or root.attr[:1].isupper()
    return _is_super(root) or (isinstance(node, ast.Name) and node.id[:1].isupper())


def _is_right(owner: ClassValue, me: str, call: ast.Call, base: ast.expr) -> bool:
    assert isinstance(call.func, ast.Attribute)
    if call.func.attr != "__init__":
        return False
    if isinstance(base, ast.Call):
        is_super = isinstance(base.func, ast.Name) and base.func.id == "super"
        return is_super and _names_own_class(owner, me, base.args) and not _passes(me, call)
    is_class = isinstance(base, (ast.Name, ast.Attribute)) and not _is_super(base)
    return is_class and _passes(me, call)


def _names_own_class(owner: ClassValue, me: str, args: list[ast.expr]) -> bool:
    """``super()``, ``super(Net, self)`` and ``super(self.__class__, self)``."""
    if not args:
        return True
    if len(args) != 2 or not (isinstance(args[1], ast.Name) and args[1].id == me):
        return False
    first = args[0]
    if isinstance(first, ast.Attribute):
        return first.attr == "__class__"
    return isinstance(first, ast.Name) and first.id in {"__class__", *(base.name for base in owner.mro)}


def _passes(me: str, call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Name) and call.args[0].id == me


def _arguments(init: Function, me: str, call: ast.Call | None) -> str:
    """The arguments as they were written, without ``self``."""
    if call is None:
        return ""
    positional = call.args[1:] if _passes(me, call) else call.args
    named = [f"{word.arg}={text}" if word.arg else f"**{text}" for word in call.keywords
             if (text := init.unit.segment(word.value))]  # fmt: skip
    return ", ".join([*(init.unit.segment(arg) for arg in positional), *named])
