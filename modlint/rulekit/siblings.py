"""What the code around a place says: its statement, and layers that belong together by their names."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import NamedTuple, TypeVar

from modlint.syntax import Place, Unit, children, nodes_in
from modlint.values import Argument, Instance


class Partner(NamedTuple):
    """A layer that was made and never called; ``layer`` tells where and how it is made."""

    name: str
    layer: Instance


@lru_cache(maxsize=8)
def parents(unit: Unit) -> dict[ast.AST, ast.AST]:
    """The node around every node of a unit."""
    return {child: node for node in unit.every for child in children(node)}


_T = TypeVar("_T", bound=ast.AST)


def _around(place: Place, kind: type[_T], node: ast.AST | None) -> _T | None:
    """The innermost node of a kind, from ``node`` outwards."""
    outer = parents(place.unit)
    while node is not None and not isinstance(node, kind):
        node = outer.get(node)
    return node


def function_of(place: Place) -> ast.FunctionDef | None:
    """The innermost ``def`` around a place, not counting one that the place is itself."""
    return _around(place, ast.FunctionDef, parents(place.unit).get(place.node))


def statement_of(place: Place) -> ast.stmt | None:
    """The innermost statement around a place."""
    return _around(place, ast.stmt, place.node)


def class_of(place: Place) -> ast.ClassDef | None:
    """The innermost class definition around a place."""
    return _around(place, ast.ClassDef, place.node)


def last_unread(place: Place) -> str | None:
    """The variable that the function around a place has assigned last, if nobody has read it since."""
    function, line = function_of(place), getattr(place.node, "lineno", 0)
    names = [node for node in nodes_in(function) if isinstance(node, ast.Name)] if function is not None else []
    stored = [node for node in names if isinstance(node.ctx, ast.Store) and node.lineno < line]
    last = max(stored, key=lambda node: node.lineno, default=None)
    if last is None or any(
        node.id == last.id and isinstance(node.ctx, ast.Load) and node.lineno > last.lineno for node in names
    ):
        return None
    return last.id


def self_attribute(node: ast.AST) -> str | None:
    """``x`` for ``self.x``."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return node.attr
    return None


def unused_partner(place: Place, layer: Instance) -> Partner | None:
    """The ``nn.Linear`` of the same number as ``layer`` (``fc2`` for ``bn2``) that its class makes and never names."""
    number = re.search(r"\d+$", layer.name)
    owner = class_of(place)
    if number is None or owner is None:
        return None
    loads = [self_attribute(node) for node in nodes_in(owner) if isinstance(getattr(node, "ctx", None), ast.Load)]
    for node in nodes_in(owner):
        name = self_attribute(node.targets[0]) if isinstance(node, ast.Assign) else None
        if name is None or name in loads or not name.endswith(number.group()) or name == layer.name:
            continue
        made = _linear(place, node.value)
        if made is not None:
            return Partner(name, made)
    return None


def _linear(place: Place, node: ast.expr) -> Instance | None:
    if not isinstance(node, ast.Call) or not place.unit.segment(node.func).replace(" ", "").endswith("Linear"):
        return None
    names = ("in_features", "out_features")
    arguments = {name: Argument(None, arg) for name, arg in zip(names, node.args)}
    arguments |= {word.arg: Argument(None, word.value) for word in node.keywords if word.arg in names}
    return Instance("Linear", {}, Place(place.unit, node), arguments)  # type: ignore[arg-type]
