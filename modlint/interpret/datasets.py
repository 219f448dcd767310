"""The images that a document trains on, as far as the names of torchvision's datasets and transforms tell."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeAlias

from modlint.syntax import Unit, nodes_in

IMAGES = {
    "MNIST": (1, 28, 28),
    "FashionMNIST": (1, 28, 28),
    "KMNIST": (1, 28, 28),
    "QMNIST": (1, 28, 28),
    "CIFAR10": (3, 32, 32),
    "CIFAR100": (3, 32, 32),
    "SVHN": (3, 32, 32),
    "STL10": (3, 96, 96),
}
"""Channels, height and width (docs.pytorch.org/vision/stable/datasets.html)."""
_CHANNELS = {"ImageFolder": 3} | {name: channels for name, (channels, _, _) in IMAGES.items()}
_SIZING = frozenset({"Resize", "CenterCrop", "RandomCrop", "RandomResizedCrop"})
_CHANGING = frozenset(
    {"FiveCrop", "TenCrop", "Pad", "Grayscale", "resize", "interpolate", "crop", "pad", "repeat", "expand", "ZeroPad2d",
     "Upsample"}
)  # fmt: skip

Size: TypeAlias = tuple[int, int]


@lru_cache(maxsize=64)
def image_shape(document: tuple[Unit, ...]) -> tuple[int, int, int] | None:
    """The shape of the images when a document names one kind of dataset, and every one of its transforms gives the same
    height and width."""
    if not any(name in unit.text for unit in document for name in _CHANNELS):
        return None
    calls = [call for unit in document for call in unit.nodes.get(ast.Call, ())]
    names = {_called(call) for call in calls}
    kinds = names & _CHANNELS.keys()
    if len({(_CHANNELS[name], _own_size(name)) for name in kinds}) != 1 or names & _CHANGING:
        return None
    kind = min(kinds)
    sizes = {_size(call, kind, document) if call else _own_size(kind) for call in _last_sizings(calls)}
    size = sizes.pop() if len(sizes) == 1 else None
    return (_CHANNELS[kind], *size) if size is not None else None


def feeds_as_they_come(document: tuple[Unit, ...]) -> bool:
    """Whether some loop over batches gives the images to a model as they are, and none gives them another shape."""
    loops = [(unit, loop) for unit in document for loop in unit.nodes.get(ast.For, ()) if _first_name(loop.target)]
    changing = _FLATTENING | _own_transforms(document)
    flattened = any(_called(call) in changing for unit in document for call in _outside_classes(unit))
    if flattened or any(_reshapes(loop) for _, loop in loops):
        return False
    return any(_is_fed(unit, loop) for unit, loop in loops)


_FLATTENING = frozenset({"Flatten", "Lambda", "squeeze", "rearrange", "view", "reshape", "flatten"})


def _own_transforms(document: tuple[Unit, ...]) -> set[str]:
    """The classes and functions of the code itself that stand among the transforms."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    own = {node.name for unit in document for kind in kinds for node in unit.nodes.get(kind, ())}
    calls = (call for unit in document for call in unit.nodes.get(ast.Call, ()) if _called(call) == "Compose")
    return own & {_called(inner) for call in calls for inner in nodes_in(call) if isinstance(inner, ast.Call)}


def _outside_classes(unit: Unit) -> Iterator[ast.Call]:
    inside = {id(node) for cls in unit.nodes.get(ast.ClassDef, ()) for node in nodes_in(cls)}
    return (call for call in unit.nodes.get(ast.Call, ()) if id(call) not in inside)


def _first_name(target: ast.expr) -> str:
    """``images`` of ``for images, labels in …`` and of ``for step, (images, labels) in …``."""
    pair = target.elts if isinstance(target, ast.Tuple) and len(target.elts) == 2 else []
    inner = pair[-1] if pair and isinstance(pair[-1], ast.Tuple) else target
    first = inner.elts[0] if isinstance(inner, ast.Tuple) and len(inner.elts) == 2 else None
    return first.id if isinstance(first, ast.Name) else ""


def _reshapes(loop: ast.For) -> bool:
    """Whether a loop assigns something else to its images than themselves on a device, or passes something else on."""
    name = _first_name(loop.target)
    assigned = [value for node in nodes_in(loop) if isinstance(node, ast.Assign) for value in _given_to(name, node)]
    passed = [call.args[0] for call in _calls_with_one(loop) if any(_is_name(inner, name) for inner in nodes_in(call))]
    changed = [arg for arg in passed if isinstance(arg, ast.Call) and not _is_moved(arg, name)]
    return bool(changed) or not all(_is_moved(value, name) for value in assigned)


def _given_to(name: str, node: ast.Assign) -> Iterator[ast.expr]:
    for target in node.targets:
        both = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
        pairs = zip(target.elts, node.value.elts) if both else [(target, node.value)]  # type: ignore[attr-defined]
        yield from (value for one, value in pairs if any(_is_name(inner, name) for inner in nodes_in(one)))


def _is_fed(unit: Unit, loop: ast.For) -> bool:
    """Whether a loop calls something that is no function of the file with the images alone."""
    name = _first_name(loop.target)
    functions = {node.name for node in unit.nodes.get(ast.FunctionDef, ())} | set(dir(builtins))
    return any(_is_moved(call.args[0], name) and call.func.id not in functions for call in _calls_with_one(loop))


def _calls_with_one(loop: ast.For) -> list[Any]:
    """The calls of variables with one argument."""
    calls = [node for node in nodes_in(loop) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return [call for call in calls if len(call.args) == 1 and not call.keywords]


def _is_moved(node: ast.expr, name: str) -> bool:
    """``images``, ``images.to(device)``, ``images.cuda()`` or ``Variable(images)``."""
    if isinstance(node, ast.Call) and _called(node) == "Variable" and node.args:
        return _is_moved(node.args[0], name)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MOVING:
        return _is_moved(node.func.value, name)
    return _is_name(node, name)


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


_MOVING = frozenset({"to", "cuda", "cpu", "float", "requires_grad_"})


def _own_size(kind: str) -> Size | None:
    return IMAGES[kind][1:] if kind in IMAGES else None


def _last_sizings(calls: list[ast.Call]) -> Iterator[ast.Call | None]:
    """What gives the images their size at last: one call for every ``Compose``, and every one outside of them; None
    where nothing does."""
    composed = [call for call in calls if _called(call) == "Compose"]
    inside = {id(inner) for call in composed for inner in nodes_in(call)}
    groups = [[inner for inner in nodes_in(call) if _is_sizing(inner)] for call in composed]
    groups += [[call] for call in calls if _is_sizing(call) and id(call) not in inside]
    yield from (group[-1] if group else None for group in groups or [[]])


def _is_sizing(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _called(node) in _SIZING


def _size(call: ast.Call, kind: str, document: tuple[Unit, ...]) -> Size | None:
    """Height and width after a transform; ``Resize(n)`` alone keeps the proportions, so it says it of squares only."""
    given = next(iter([*call.args, *(word.value for word in call.keywords if word.arg == "size")]), None)
    sides = given.elts if isinstance(given, (ast.Tuple, ast.List)) else [given]
    numbers = [_number(side, document) for side in sides]
    is_square = _called(call) != "Resize" or kind in IMAGES
    if len(numbers) == 1 and isinstance(numbers[0], int) and is_square:
        return numbers[0], numbers[0]
    both = tuple(number for number in numbers if number is not None)
    return both if len(both) == 2 == len(numbers) else None


def _number(node: ast.expr | None, document: tuple[Unit, ...]) -> int | None:
    """An integer, as it stands there or as the only value that its name is given."""
    if isinstance(node, ast.Name):
        values = [
            statement.value
            for unit in document
            for statement in unit.nodes.get(ast.Assign, ())
            if any(isinstance(target, ast.Name) and target.id == node.id for target in statement.targets)
        ]
        node = values[0] if len(values) == 1 else None
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
