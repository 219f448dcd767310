"""Feature maps of convolutions that reach a linear layer as they are."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from itertools import takewhile

from modlint.dims import product
from modlint.rulekit.phrases import class_name
from modlint.rulekit.siblings import class_of, function_of, parents
from modlint.syntax import Place, nodes_in
from modlint.values import Instance, Open, Origin, Shape, Tensor

_CHANGING = frozenset(
    {"view", "reshape", "flatten", "permute", "transpose", "movedim", "swapaxes", "rearrange", "unsqueeze", "squeeze",
     "__getitem__", "mean", "sum", "max", "cat", "stack", "Flatten", "Unflatten", "matmul", "Linear", "linear"}
)  # fmt: skip
_SPATIAL = ("Conv", "MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool")
_FUNCTIONS = ("conv", "max_pool", "avg_pool", "adaptive_avg_pool", "adaptive_max_pool")


def feature_map(tensor: Tensor, shapes: Mapping[int, Shape]) -> tuple[object, ...] | None:
    """The dims [B, C, H, W] of a tensor that comes from a convolution or pool without a change of its axes."""
    shape = shapes.get(id(tensor), tensor.shape)
    if isinstance(shape, Open) or len(shape) not in (4, 5):
        return None
    current: Tensor | None = tensor
    while current is not None and current.origin is not None:
        layer, name = current.origin.layer, current.origin.op.removesuffix(".forward").rsplit(".", 1)[-1]
        if (class_name(layer).startswith(_SPATIAL)) if layer is not None else name.startswith(_FUNCTIONS):
            return shape
        if name in _CHANGING or (len(current.sources) != 1 and name != "add") or not current.sources:
            return None
        current = current.sources[0]
    return None


def whole_sample(tensor: Tensor, shapes: Mapping[int, Shape], features: object) -> tuple[object, ...] | None:
    """The dims of a tensor whose samples have several axes, and all together the ``features`` that a layer takes."""
    shape = shapes.get(id(tensor), tensor.shape)
    if isinstance(shape, Open) or len(shape) < _AXES or not all(isinstance(size, int) for size in shape[1:]):
        return None
    return shape if product(shape[1:]) == features else None


_AXES = 3


def is_unprepared(tensor: Tensor, shapes: Mapping[int, Shape], features: object) -> bool:
    """Whether the shape of a tensor is at fault, and not the size of the layer that gets it."""
    ways = feature_map(tensor, shapes), flattened_batch(tensor, shapes), whole_sample(tensor, shapes, features)
    return any(way is not None for way in ways)


def call_of(layer: Instance, place: Place) -> ast.Call | None:
    """The call in the code that runs a layer: ``place`` itself, or that of the ``Sequential`` that it begins, but for
    layers that leave shapes as they are."""
    if place.node is not (layer.place.node if layer.place else None):
        return place.node if isinstance(place.node, ast.Call) else None
    above, node = parents(place.unit), place.node
    holder = above.get(node)
    if not isinstance(holder, ast.Call) or not _begins(node, holder.args):
        return None
    while node in above and not isinstance(node, ast.Assign):
        node = above[node]
    owner = class_of(place)
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    if owner is None or not isinstance(target, ast.Attribute):
        return None
    calls = [call for call in nodes_in(owner) if isinstance(call, ast.Call) and _calls_self(call, target.attr)]
    return calls[0] if len(calls) == 1 else None


def _begins(node: ast.AST, items: Sequence[ast.expr]) -> bool:
    before = list(takewhile(lambda item: item is not node, items))
    calls = [item.func for item in before if isinstance(item, ast.Call)]
    names = [func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in calls]
    return len(before) < len(items) and len(names) == len(before) and all(name in _LEAVING for name in names)


_LEAVING = frozenset({"Dropout", "Identity", "ReLU", "ReLU6", "LeakyReLU", "GELU", "SiLU", "ELU", "Tanh", "Sigmoid"})


def _calls_self(call: ast.Call, name: str) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == name
        and isinstance(function.value, ast.Name)
        and function.value.id == "self"
    )


def flattened_batch(tensor: Tensor, shapes: Mapping[int, Shape]) -> Origin | None:
    """What made one row of a whole batch: ``flatten()``, ``view(-1)`` or ``ravel()`` within a ``forward``."""
    shape, origin = shapes.get(id(tensor), tensor.shape), tensor.origin
    if isinstance(shape, Open) or len(shape) != 1 or origin is None or len(tensor.sources) != 1:
        return None
    source = tensor.sources[0].shape
    name = origin.op.removesuffix(".forward").rsplit(".", 1)[-1]
    if name not in ("flatten", "Flatten", "view", "reshape", "ravel") or isinstance(source, Open) or len(source) < 2:
        return None
    function = function_of(origin.place)
    return origin if function is not None and function.name == "forward" else None
