"""Calls that do not fit for a reason that has a rule of its own."""

from __future__ import annotations

import ast

from modlint.interpret.events import CallMismatch, ShapeMismatch
from modlint.interpret.meant import needs_no_settings
from modlint.interpret.modules import is_module
from modlint.ops import registry
from modlint.signature import Passed
from modlint.values import External, Tensor

CONCATENATING = frozenset({"torch.cat", "torch.concat", "torch.concatenate"})
JOINING = CONCATENATING | {"torch.stack", "torch.vstack", "torch.hstack"}


def is_given_a_tensor(event: CallMismatch) -> bool:
    """``nn.Sigmoid(x)``, ``nn.Softmax(x, dim=1)``: a layer that needs no settings is called with what is none of them."""
    callee, call = event.callee, event.place.node
    if not isinstance(callee, External) or not isinstance(call, ast.Call) or not needs_no_settings(callee.name):
        return False
    if not call.args or isinstance(call.args[0], (ast.Constant, ast.Starred)):
        return False
    settings = {word.arg: Passed(None, word.value) for word in call.keywords if word.arg is not None}
    signature = registry.LAYERS[callee.name].signature
    return not signature.bind([Passed(None, arg) for arg in call.args[1:]], settings)[1]


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
