"""Edits that change the arguments of a layer's constructor, written as its author would write them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.dims import Dim, Expr
from modlint.rewrite import Edits, insert_argument, replace
from modlint.rulekit.siblings import function_of
from modlint.values import Argument, Instance, Tensor


def set_argument(layer: Instance, name: str, text: str) -> Edits:
    """Give a constructor argument another value; nothing when the call is not known."""
    place = layer.place
    if place is None or not isinstance(place.node, ast.Call):
        return ()
    argument = layer.arguments.get(name)
    if argument is not None and argument.node is not None:
        return () if isinstance(argument.node, ast.Starred) else replace(place.unit, argument.node, text)
    return insert_argument(place.unit, place.node, f"{name}={text}")


def rename_class(layer: Instance, old: str, new: str) -> Edits:
    """Make the layer with another class: ``nn.BatchNorm1d`` becomes ``nn.BatchNorm2d``."""
    place = layer.place
    if place is None or not isinstance(place.node, ast.Call):
        return ()
    function = place.node.func
    text = place.unit.segment(function)
    return replace(place.unit, function, text.removesuffix(old) + new) if text.endswith(old) else ()


def ancestry(tensor: Tensor, limit: int = 200) -> Iterator[Tensor]:
    """The tensors that a tensor was made from, the nearest first."""
    todo, seen = [tensor], {id(tensor)}
    while todo and len(seen) < limit:
        current = todo.pop(0)
        yield current
        for source in current.sources:
            if id(source) not in seen:
                seen.add(id(source))
                todo.append(source)


def producer(tensor: Tensor) -> Instance | None:
    """The layer with parameters that decides the features of a tensor: the nearest one with ``out_features`` or
    ``out_channels``."""
    for made in ancestry(tensor):
        layer = made.origin.layer if made.origin else None
        if layer is not None and output_argument(layer) is not None:
            return layer
    return None


def output_argument(layer: Instance) -> str | None:
    """The constructor argument that says how many features a layer gives."""
    return next((name for name in ("out_features", "out_channels") if name in layer.arguments), None)


def input_argument(layer: Instance) -> str | None:
    """The constructor argument that says how many features a layer takes."""
    return next((name for name in ("in_features", "in_channels") if name in layer.arguments), None)


def spelled(value: Dim, beside: Instance, tensor: Tensor | None) -> str:
    """A size as the author writes it near ``beside``: the producer's own expression when it stands in the same
    function, else the number."""
    layer = producer(tensor) if tensor is not None else None
    if layer is not None and layer.place is not None and beside.place is not None:
        name = output_argument(layer)
        argument = layer.arguments[name] if name else None
        same_value = argument is not None and argument.node is not None and argument.value == value
        if argument is not None and same_value and same_function(layer, beside):
            return layer.place.unit.segment(argument.node)
    return str(value)


def multiplied(value: Dim, beside: Instance, tensor: Tensor) -> str | None:
    """A size that is several times what the layer before gives, in the words of that: ``hidden * 2`` behind an LSTM that
    goes both ways, or behind what joins two."""
    for made in ancestry(tensor):
        layer = made.origin.layer if made.origin else None
        given = [layer.arguments[name] for name in _WIDTHS if name in layer.arguments] if layer is not None else []
        if layer is not None and given:
            return _times(value, layer, given[0], beside)
    return None


_WIDTHS = ("out_features", "out_channels", "hidden_size", "embedding_dim")


def _times(value: Dim, layer: Instance, width: Argument, beside: Instance) -> str | None:
    if layer.place is None or beside.place is None or not same_function(layer, beside):
        return None
    if width.node is None or isinstance(width.node, ast.Constant) or not isinstance(width.value, (int, Expr)):
        return None
    factor = next((times for times in range(2, _MOST) if width.value * times == value), None)
    text = layer.place.unit.segment(width.node)
    shown = text if isinstance(width.node, (ast.Name, ast.Attribute, ast.Subscript)) else f"({text})"
    return f"{shown} * {factor}" if factor is not None else None


_MOST = 9


def same_function(one: Instance, other: Instance) -> bool:
    """Whether two layers are made in the same function body (or both at the top level)."""
    assert one.place is not None and other.place is not None
    if one.place.unit is not other.place.unit:
        return False
    return function_of(one.place) is function_of(other.place)
