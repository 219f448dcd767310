"""Layers that other layers are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modlint.ops import registry
from modlint.ops.fields import Fields
from modlint.ops.need import Need, Undecided
from modlint.values import External, Instance, Tensor, Unknown, Value


def child(name: str, attrs: Mapping[str, Value]) -> Instance:
    """A layer that another layer makes for itself."""
    return Instance(External(name), dict(attrs), initialised=True)


def copied(value: Value) -> Value:
    """A layer with all that it holds, as ``copy.deepcopy`` makes it."""
    if isinstance(value, Instance):
        attrs = {name: copied(item) for name, item in value.attrs.items()}
        return Instance(value.cls, attrs, value.place, value.arguments, value.initialised, value.partial)
    if isinstance(value, Tensor):
        return Tensor(value.shape, value.dtype, value.data, value.order, value.parameter, value.requires_grad)
    return value


def module_list(modules: Sequence[Value]) -> Instance:
    """``nn.ModuleList``."""
    return child("torch.nn.ModuleList", {str(index): module for index, module in enumerate(modules)})


def run(need: Need, layer: Value, *operands: Value, **options: Value) -> Any:
    """What the forward method of a layer of ``torch.nn`` gives; raises Undecided for any other module."""
    if isinstance(layer, Unknown):
        raise Undecided(layer.why)
    name = layer.cls.name if isinstance(layer, Instance) and isinstance(layer.cls, External) else ""
    forward = registry.METHODS.get((name, "forward"))
    if forward is None:
        raise Undecided("what an inner module does is not known")
    return forward.function(need, Fields(layer.attrs), *operands, **options)
