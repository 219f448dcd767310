"""How the author of a function would write a size: as an expression of the names that have its value there."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator

from modlint.dims import Dim, Expr, product
from modlint.interpret.classes import find_in
from modlint.interpret.scope import Scope
from modlint.rulekit.bindings import names_in
from modlint.rulekit.leftovers import unread_parameters, unread_variables
from modlint.rulekit.siblings import function_of, parents
from modlint.syntax import Unit, nodes_in
from modlint.values import ClassValue, Instance, ListValue, Tensor, Value

_OPERATORS: dict[type[ast.operator], Callable[[Dim, Dim], Dim]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
_NO_FEATURES = re.compile(r"kernel|stride|pad|dilat|group|head|depth|layer|repeat|count|factor|heights?$|widths?$")


_WORDS = (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp)


def expressions(value: Dim, layer: Instance) -> list[str]:
    """The expressions of names with a value in the function that makes ``layer``: parameters and variables that nothing
    reads first, then those on the nearest lines."""
    function = function_of(layer.place) if layer.place is not None else None
    if layer.place is None or function is None or layer.scope is None:
        return []
    unit, line = layer.place.unit, getattr(layer.place.node, "lineno", 0)
    unread = {*unread_parameters(function, unit), *unread_variables(function)}
    own = _size_names(layer)
    written = [(text not in unread, abs(node.lineno - line), text) for node, text in _written(function, unit)
               if (names_in(node) & own or not _NO_FEATURES.search(text)) and value_of(node, layer.scope) == value]  # fmt: skip
    return list(dict.fromkeys(text for *_, text in sorted(written)))


def _size_names(layer: Instance) -> frozenset[str]:
    """The names that the author himself took the sizes of a layer from: ``depths`` in ``Conv2d(depths[0], depths[1])``."""
    call = layer.place.node if layer.place is not None else None
    sizes = call.args[:2] if isinstance(call, ast.Call) else []
    return frozenset().union(*map(names_in, sizes))


def unread_sizes(layer: Instance) -> list[str]:
    """The sizes among the parameters of the function that makes ``layer`` which it makes nothing of: some layer was
    meant to have them, whatever their value."""
    function = function_of(layer.place) if layer.place is not None else None
    if layer.place is None or function is None:
        return []
    unread = unread_parameters(function, layer.place.unit)
    return [name for name in unread if _FEATURES.search(name) and not _NO_FEATURES.search(name)]


_FEATURES = re.compile(
    r"^c\d?$|^(?:c_?)?(?:in|out)|ch(?:an)?s?\d?$|channel|dim|width|hidden|planes|features|size|embed"
)


def retuned(layer: Instance, argument: str, size: Dim) -> list[str]:
    """What the author wrote for an argument with one number changed, so that it gives ``size``: ``dim * 3``."""
    given = layer.arguments.get(argument)
    if given is None or layer.place is None or layer.scope is None or not isinstance(given.node, ast.BinOp):
        return []
    unit, node, scope = layer.place.unit, given.node, layer.scope
    found = []
    for number in nodes_in(node):
        if isinstance(number, ast.Constant) and isinstance(number.value, int):
            others = (*_in_proportion(number.value, size, given.value), *range(1, _FACTORS))
            tried = (_with_number(unit, node, number, other) for other in others if other != number.value)
            found += [other for other in tried if value_of(_parsed(other), scope) == size][:1]
    return found


def _with_number(unit: Unit, node: ast.expr, number: ast.Constant, other: int) -> str:
    """The text of an expression with another number; what is taken once is written without a factor."""
    around = parents(unit)[number]
    replaced: ast.expr = number
    new = str(other)
    if other == 1 and isinstance(around, ast.BinOp) and isinstance(around.op, ast.Mult):
        replaced, new = around, unit.segment(around.right if around.left is number else around.left)
    text, start = unit.segment(node), unit.start(node)
    return f"{text[: unit.start(replaced) - start]}{new}{text[unit.end(replaced) - start :]}"


def _in_proportion(factor: int, size: Dim, value: object) -> list[int]:
    """What a factor of a product that has a value becomes in one that has ``size``."""
    if not isinstance(size, int) or not isinstance(value, int) or not value or factor * size % value:
        return []
    return [factor * size // value]


_FACTORS = 65
_MULTIPLES = 9


def multiples(size: Dim, layer: Instance) -> list[str]:
    """A name near a layer, times a small number, that gives a size: ``hidden * 2``."""
    smaller = {factor: size // factor for factor in range(2, _MULTIPLES) if size % factor == 0}
    return [f"{text} * {factor}" for factor, part in smaller.items() for text in expressions(part, layer)
            if text.isidentifier()]  # fmt: skip


def _parsed(text: str) -> ast.expr:
    return ast.parse(f"({text})", mode="eval").body


def _written(function: ast.FunctionDef, unit: Unit) -> Iterator[tuple[ast.expr, str]]:
    """The expressions in a function and its parameters, with their text."""
    for node in nodes_in(function):
        if isinstance(node, ast.Name):
            yield node, node.id
        elif isinstance(node, _WORDS) and not isinstance(getattr(node, "ctx", None), ast.Store):
            yield node, unit.segment(node)
        elif isinstance(node, ast.arg):
            yield ast.copy_location(ast.Name(node.arg, ast.Load()), node), node.arg


def value_of(node: ast.expr, scope: Scope) -> Dim | None:
    """The size that an expression of names and numbers has at the end of a function; None for all others."""
    found = _read(node, scope)
    return found if isinstance(found, (int, Expr)) and not isinstance(found, bool) else None


def _read(node: ast.expr, scope: Scope) -> Value:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return _binding(node.id, scope)
    if isinstance(node, ast.Attribute):
        owner = _read(node.value, scope)
        if isinstance(owner, ClassValue):
            return find_in(owner, node.attr)
        return owner.attrs.get(node.attr) if isinstance(owner, Instance) else None
    if isinstance(node, ast.Subscript):
        return _item(_read(node.value, scope), _read(node.slice, scope))
    if isinstance(node, ast.BinOp):
        return _computed(type(node.op), value_of(node.left, scope), value_of(node.right, scope))
    return None


def _item(container: Value, index: Value) -> Value:
    items = container.items if isinstance(container, ListValue) else container
    known = isinstance(items, (list, tuple)) and isinstance(index, int) and -len(items) <= index < len(items)
    return items[index] if known else None


def _computed(kind: type[ast.operator], left: Dim | None, right: Dim | None) -> Dim | None:
    if left is None or right is None or kind not in _OPERATORS or (kind is ast.FloorDiv and right == 0):
        return None
    return _OPERATORS[kind](left, right)


def _binding(name: str, scope: Scope) -> Value:
    """What a name stands for, without running anything for it."""
    around: Scope | None = scope
    while around is not None:
        if name in around.variables:
            return around.variables[name]
        around = around.parent
    return None


def is_size(node: ast.expr) -> bool:
    """Whether an argument may be a number of features, as far as its words tell."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int) and not isinstance(node.value, bool)
    words = " ".join(names_in(node) | {inner.attr for inner in nodes_in(node) if isinstance(inner, ast.Attribute)})
    return isinstance(node, _WORDS) and words.islower() and not _NO_SIZE.search(words)


def another_size(text: str) -> str:
    """A size that is certainly not the one that is written, in words of which no other makes sense."""
    return str(2 * int(text)) if text.isdecimal() else f"{text} + {text}"


_NO_SIZE = re.compile(
    r"drop|rate|prob|layer|block|act|norm|eps|bias|stride|pad|dilat|group|device|dtype|ratio|value|scale|mode|type|path"
)


def is_named(layer: Instance, argument: str) -> bool:
    """Whether the size that was written depends on a name, which a number would cut off."""
    given = layer.arguments.get(argument)
    return given is not None and given.node is not None and any(map(_is_name, nodes_in(given.node)))


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)


def is_last_use(layer: Instance, argument: str) -> bool:
    """Whether a parameter of the function that makes the layer would be without effect if this were not its value."""
    given = layer.arguments.get(argument)
    function = function_of(layer.place) if layer.place is not None else None
    if given is None or function is None or not isinstance(given.node, ast.Name):
        return False
    name = given.node.id
    is_parameter = any(isinstance(node, ast.arg) and node.arg == name for node in nodes_in(function.args))
    renewed = {inner for node in nodes_in(function) if _renews(node, name) for inner in nodes_in(node)}
    uses = [node for node in nodes_in(function) if isinstance(node, ast.Name) and node.id == name]
    return is_parameter and sum(node not in renewed for node in uses) == 1


def _renews(node: ast.AST, name: str) -> bool:
    """``out = out or width``: the parameter gets a value where it was given none."""
    return isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)


def factors(node: ast.expr) -> list[ast.expr]:
    """The factors of a product as it is written."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*factors(node.left), *factors(node.right)]
    return [node]


def flattened(tensor: Tensor) -> tuple[int, ...] | None:
    """The sizes [C, H, W] that were made the features of a tensor, None when they are not known."""
    if (
        len(tensor.sources) != 1
        or not isinstance(tensor.shape, tuple)
        or not isinstance(tensor.sources[0].shape, tuple)
    ):
        return None
    sizes = tuple(size for size in tensor.sources[0].shape[1:] if isinstance(size, int))
    whole = len(sizes) == len(tensor.sources[0].shape) - 1 and len(sizes) > 1
    return sizes if whole and product(sizes) == tensor.shape[-1] else None


def as_product(node: ast.expr, sizes: tuple[int, ...], unit: Unit, scope: Scope | None) -> str | None:
    """``16 * 4 * 4`` for what was written ``16 * 5 * 5``: the factor that stands for the channels stays as it is."""
    written = factors(node)
    channels = next((one for one in written if _value(one, scope) == sizes[0]), None)
    if channels is None or (len(written) < 2 and isinstance(channels, ast.Constant)):
        return None
    return " * ".join([unit.segment(channels), *map(str, sizes[1:])])


def claimed_channels(node: ast.expr, sizes: tuple[int, ...], scope: Scope | None) -> int | None:
    """The channels in ``16 * 5 * 5`` when the maps are indeed 5 × 5: what is left of the product without them."""
    values = [_value(one, scope) for one in factors(node)]
    known = [value for value in values if isinstance(value, int)]
    for size in sizes[1:]:
        if size not in known:
            return None
        known.remove(size)
    return known[0] if len(known) == 1 and len(values) == len(sizes) and known[0] != sizes[0] else None


def _value(node: ast.expr, scope: Scope | None) -> Dim | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, int) else None
    return value_of(node, scope) if scope is not None else None
