"""Calls that do not fit for a reason that has a rule of its own."""

from __future__ import annotations

import ast

from modlint.interpret.events import CallMismatch, ShapeMismatch
from modlint.interpret.modules import is_module
from modlint.ops import registry
from modlint.values import External, Tensor

CONCATENATING = frozenset({"torch.cat", "torch.concat", "torch.concatenate"})
JOINING = CONCATENATING | {"torch.stack", "torch.vstack", "torch.hstack"}


def is_given_a_tensor(event: CallMismatch) -> bool:
    """``nn.Sigmoid(x)``: the class of a layer without settings gets an argument."""
    callee = event.callee
    if not isinstance(callee, External) or callee.name not in registry.LAYERS:
        return False
    takes = registry.LAYERS[callee.name].signature.positional
    return not takes and [error.kind for error in event.errors] == ["surplus"]


def joins_without_a_sequence(event: CallMismatch) -> bool:
    """``torch.cat(a, b, dim=1)``: tensors stand side by side where a tuple of them is wanted."""
    call, callee = event.place.node, event.callee
    is_joining = isinstance(callee, External) and callee.name in JOINING
    return is_joining and isinstance(call, ast.Call) and len(call.args) > 1 and not isinstance(call.args[0], _SEQUENCES)


def joins_tensors(event: ShapeMismatch) -> bool:
    """``torch.cat(a, b)``: the second tensor stands where the dimension is wanted."""
    first = next(iter(event.bound.values()), None)
    return event.op in JOINING and first is not None and isinstance(first.value, Tensor)


def is_layer_for_tensor(event: ShapeMismatch) -> bool:
    """A layer stands where its output is wanted."""
    return event.mismatch.aspect == "type" and is_module(event.mismatch.found)


def is_one_hot_target(event: ShapeMismatch) -> bool:
    """A loss that takes class indices gets what ``one_hot`` gave."""
    target = event.bound.get("target")
    origin = target.value.origin if target is not None and isinstance(target.value, Tensor) else None
    return origin is not None and origin.label == "one_hot"


def has_its_own_rule(event: ShapeMismatch) -> bool:
    """Whether the wrong type of an operand is explained by another rule than that for operands."""
    return joins_tensors(event) or is_layer_for_tensor(event)


_SEQUENCES = (ast.List, ast.Tuple, ast.Starred)
