"""What a call that goes wrong was plainly meant to give: the analysis goes on with that."""

from __future__ import annotations

from collections.abc import Sequence

from modlint.interpret.calls import Kwargs, call
from modlint.interpret.machine import Machine
from modlint.interpret.names import layer_like
from modlint.ops import registry
from modlint.signature import Passed
from modlint.syntax import Place
from modlint.values import External, Instance, Open, Tensor, Unknown, Value

_JOINING = frozenset({"torch.cat", "torch.concat", "torch.concatenate", "torch.stack"})
_SETTINGS = (bool, int, float, str, tuple)


def joined(machine: Machine, name: str, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    """``torch.cat((a, b))`` for ``torch.cat(a, b)``."""
    tensors = tuple(passed.value for passed in args if isinstance(passed.value, Tensor))
    if name not in _JOINING or len(tensors) < 2:
        return Unknown("not a join of tensors")
    with machine.silently():
        return call(machine, External(name), [Passed(tensors), *args[len(tensors) :]], kwargs, place)


def layer_for(machine: Machine, name: str, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Instance | None:
    """``nn.Dropout(0.2)`` for ``F.dropout(0.2)``, a function that gets settings alone."""
    layer = layer_like(name)
    if layer is None or not all(isinstance(passed.value, _SETTINGS) for passed in (*args, *kwargs.values())):
        return None
    with machine.silently():
        made = call(machine, External(layer), args, kwargs, place)
    return made if isinstance(made, Instance) and not made.partial and _is_sensible(made) else None


def _is_sensible(layer: Instance) -> bool:
    """Whether no number stands where the layer takes a flag, as in ``torch.relu(3)``."""
    flag = layer.arguments.get("inplace")
    return flag is None or isinstance(flag.value, bool)


def applied(machine: Machine, layer: str, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    """``nn.ReLU()(x)`` for ``nn.ReLU(x)``."""
    if not args or not is_input(args[0].value) or not needs_no_settings(layer):
        return Unknown("not a layer that is given its input")
    with machine.silently():
        made = call(machine, External(layer), args[1:], kwargs, place)
        return call(machine, made, args[:1], {}, place)


def needs_no_settings(layer: str) -> bool:
    """Whether a layer of torch can be made of nothing, as ``nn.ReLU()``; not one that can be made of anything."""
    entry = registry.LAYERS.get(layer)
    if entry is None or entry.signature.star is not None or (layer, "forward") not in registry.METHODS:
        return False
    return not entry.signature.bind((), {})[1]


def is_input(value: Value) -> bool:
    """Whether a value is a tensor that is no single number."""
    return isinstance(value, Tensor) and (isinstance(value.shape, Open) or len(value.shape) > 0)
