"""What libraries define: torch's operations and layers, and the functions of the host table."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence

from modlint.dims import symbol, weight
from modlint.interpret.calls import Kwargs, call_unknown, caller
from modlint.interpret.classes import external_mro
from modlint.interpret.events import (
    CallMismatch,
    FunctionForLayer,
    NotCallable,
    OpCall,
    ShapeMismatch,
)
from modlint.interpret.hosts import HOSTS
from modlint.interpret.machine import Machine
from modlint.interpret.meant import applied, joined, layer_for
from modlint.interpret.methods import METHODS
from modlint.interpret.modules import LIGHTNING, MODULE
from modlint.interpret.names import is_module_of_torch, signature_in_torch
from modlint.interpret.signatures import qualifier
from modlint.ops import registry
from modlint.ops.fields import Fields
from modlint.ops.results import NamedResult
from modlint.signature import BindError, Passed, of_host_function
from modlint.syntax import Place
from modlint.values import (
    Argument,
    External,
    ExternalMethod,
    Foreign,
    Instance,
    Open,
    Origin,
    Partial,
    Shape,
    Tensor,
    Unknown,
    Value,
)


@caller(External, Foreign)
def call_external(machine: Machine, function: External, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    name = function.name
    if name in HOSTS:
        return _call_host(machine, name, args, kwargs, place)
    entry = registry.OPS.get(name)
    if entry is not None:
        return _call_op(machine, entry, args, kwargs, place)
    owner, _, method = name.rpartition(".")
    if (owner, method) in registry.METHODS and args and isinstance(args[0].value, Instance):
        return call_layer(machine, owner, method, args[0].value, args[1:], kwargs, place)
    if method == "__init__" and owner in registry.LAYERS and args and isinstance(args[0].value, Instance):
        init_external(machine, owner, args[0].value, args[1:], kwargs, place)
        return None
    if external_mro(name) is not None or name in LIGHTNING:
        return _make_layer(machine, function, args, kwargs, place)
    return _call_by_name(machine, function, args, kwargs, place)


def _call_op(machine: Machine, entry: registry.Op, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    outcome = registry.call(entry, machine.knowledge, args, kwargs)
    if outcome.bind_errors or any(mismatch.aspect == "type" for mismatch in outcome.mismatches):
        layer = layer_for(machine, entry.name, args, kwargs, place)
        if layer is not None:
            machine.fail(FunctionForLayer, place, entry.name, layer)
            return layer
    value = _finish(machine, entry, outcome, None, place)
    if isinstance(value, Unknown):
        meant = joined(machine, entry.name, args, kwargs, place)
        return value if isinstance(meant, Unknown) else meant
    _change(value, (*args, *kwargs.values()))
    return value


def _change(value: Value, given: Iterable[Passed]) -> None:
    """A module that an op was given and gives back, as ``weight_norm`` does, has got other attributes from it."""
    if isinstance(value, Instance) and any(passed.value is value for passed in given):
        value.partial = True


_EXCEPTION = re.compile(r"builtins\.\w+(Error|Exception|Warning)(\.__init__)?$")


def _call_by_name(machine: Machine, function: External, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    """What is no op of its own: ``torch.Tensor.view(x, …)`` is a method, ``dataclasses.field`` a description."""
    if _EXCEPTION.match(function.name):
        return None if function.name.endswith("__init__") else Instance(External(function.name), place=place)
    if function.name == "dataclasses.field":
        return Partial(function, (), {name: passed.value for name, passed in kwargs.items()})
    _check_call(machine, function, args, kwargs, place)
    return call_unknown(machine, args, kwargs, f"{function.name} is not modelled")


def _check_call(machine: Machine, function: External, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> None:
    """What tables tell of a call that is not modelled."""
    if is_module_of_torch(function.name):
        machine.fail(NotCallable, place, function)
    signature = signature_in_torch(function.name)
    errors = signature.bind(args, kwargs)[1] if signature is not None else []
    if errors:
        name = function.name.rpartition(".")[2]
        machine.fail(CallMismatch, place, function, f"{name}.__init__" if name[:1].isupper() else name, errors)


def _make_layer(machine: Machine, cls: External, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    instance = Instance(cls, place=place)
    init_external(machine, cls.name, instance, args, kwargs, place)
    instance.initialised = True
    machine.instances.append(instance)
    given = applied(machine, cls.name, args, kwargs, place)
    return instance if isinstance(given, Unknown) else given


def init_external(
    machine: Machine, name: str, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> None:
    """The constructor of a library class, on an object of that class or of one derived from it."""
    if name == "builtins.object" and (args or kwargs) and not instance.partial:
        machine.fail(CallMismatch, place, instance.cls, qualifier(instance)[:-1], [_surplus(args, kwargs)])
    if name == MODULE and not isinstance(instance.cls, External) and (args or kwargs) and not instance.partial:
        machine.fail(CallMismatch, place, instance.cls, f"{qualifier(instance)}__init__", [_surplus(args, kwargs)])
    entry = registry.LAYERS.get(name)
    if entry is None:
        call_external(machine, External(f"{name}.__init__"), [Passed(instance), *args], kwargs, place)
        return
    outcome = registry.call(entry, machine.knowledge, args, kwargs)
    instance.initialised = True
    instance.partial = instance.partial or isinstance(outcome.value, Unknown)
    if isinstance(outcome.value, dict):
        instance.attrs.update(outcome.value)
    if not instance.arguments:
        instance.arguments = {key: Argument(*passed) for key, passed in outcome.bound.items()}
    if outcome.bind_errors:
        machine.fail(CallMismatch, place, External(name), f"{name.rsplit('.', 1)[1]}.__init__", outcome.bind_errors)
    for mismatch in outcome.mismatches:
        machine.fail(ShapeMismatch, place, name, mismatch, instance, outcome.bound, {})
    _watch(machine, name, instance, outcome, instance, place)


def _surplus(args: Sequence[Passed], kwargs: Kwargs) -> BindError:
    if kwargs:
        return BindError("unexpected", tuple(kwargs))
    return BindError("surplus", tuple(map(str, range(len(args)))))


def _call_host(machine: Machine, name: str, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    try:
        return HOSTS[name](machine, place, *[p.value for p in args], **{key: p.value for key, p in kwargs.items()})
    except TypeError:
        _report_missing(machine, name, args, kwargs, place)
        return call_unknown(machine, args, kwargs, f"the call of {name} does not fit")


def _report_missing(machine: Machine, name: str, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> None:
    """What our function for a method of a module requires, torch's requires as well."""
    if name.startswith("torch.nn."):
        _, errors = of_host_function(HOSTS[name], skip=2).bind(args, kwargs)
        missing = [error for error in errors if error.kind == "missing"]
        if missing:
            machine.fail(CallMismatch, place, External(name), ".".join(name.split(".")[-2:]), missing)


def call_layer(
    machine: Machine, owner: str, method: str, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> Value:
    entry = registry.METHODS[owner, method]
    outcome = registry.call(entry, machine.knowledge, args, kwargs, Fields(instance.attrs))
    return _finish(machine, entry, outcome, instance, place)


def _finish(
    machine: Machine, entry: registry.Op, outcome: registry.Outcome, layer: Instance | None, place: Place
) -> Value:
    """Report what an op found, and mark its result with where it comes from."""
    if outcome.bind_errors:
        machine.fail(CallMismatch, place, External(entry.name), entry.name.rsplit(".", 1)[1], outcome.bind_errors)
    for name, passed in outcome.bound.items():
        if name not in entry.signature.defaults:
            for value in registry.parts(passed.value):
                machine.need(value, place)
    tensors = registry.tensors_in(outcome.bound)
    for mismatch in outcome.mismatches:
        machine.fail(ShapeMismatch, place, entry.name, mismatch, layer, outcome.bound, _shapes(machine, outcome.bound))
    named = layer is not None and layer.name and not layer.name.isdigit()
    label = layer.name if layer and named else entry.name.removesuffix(".forward").rsplit(".", 1)[1]
    origin = Origin(label, place, entry.name, layer)
    value = _marked(_written(outcome), origin, tensors)
    if outcome.learnt:
        machine.narrowed_by = origin
        machine.lessons.append((machine.knowledge.facts.state, origin))
    _watch(machine, entry.name, layer, outcome, value, place)
    return value


def _written(outcome: registry.Outcome) -> Value:
    """The result of an op: where it is written into ``out``, it has the type of that."""
    value, out = outcome.value, outcome.bound.get("out", Passed(None)).value
    if isinstance(value, Tensor) and out is not None:
        return (
            Tensor(value.shape, out.dtype, device=out.device) if isinstance(out, Tensor) else Unknown("written into it")
        )
    return value


def _watch(
    machine: Machine, name: str, layer: Instance | None, outcome: registry.Outcome, value: Value, place: Place
) -> None:
    if name in machine.watched:
        machine.emit(OpCall, place, name, layer, outcome.bound, value, _shapes(machine, outcome.bound))


def _shapes(machine: Machine, bound: Mapping[str, Passed]) -> dict[int, Shape]:
    """The shapes of the tensors among the arguments, as they are known by now."""
    return {id(tensor): machine.knowledge.shape(tensor) for tensor in registry.tensors_in(bound)}


def _marked(value: Value, origin: Origin, sources: tuple[Tensor, ...]) -> Value:
    if isinstance(value, Tensor):
        return Tensor(
            _short(value.shape), value.dtype, value.data, value.order, value.parameter, value.requires_grad, value.device,
            origin, sources,
        )  # fmt: skip
    if isinstance(value, NamedResult):
        return NamedResult(value.names, [_marked(item, origin, sources) for item in value])
    if type(value) is tuple:
        return tuple(_marked(item, origin, sources) for item in value)
    return value


def _short(shape: Shape) -> Shape:
    """A shape without the dims that have grown beyond what can be worked with: nothing is said of these."""
    if isinstance(shape, Open) or not any(weight(dim) > _HEAVIEST for dim in shape):
        return shape
    return tuple(symbol("?", lower=0) if weight(dim) > _HEAVIEST else dim for dim in shape)


_HEAVIEST = 200


@caller(ExternalMethod)
def _call_external_method(
    machine: Machine, method: ExternalMethod, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> Value:
    receiver = method.receiver
    if isinstance(receiver, Tensor):
        return _call_tensor_method(machine, receiver, method.name, args, kwargs, place)
    table = METHODS.get(type(receiver), {})
    try:
        return table[method.name](
            machine, place, receiver, *[p.value for p in args], **{key: p.value for key, p in kwargs.items()}
        )
    except (KeyError, TypeError):
        return call_unknown(machine, args, kwargs, f"{method.name} is not modelled")


def _call_tensor_method(
    machine: Machine, receiver: Tensor, name: str, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> Value:
    node = (
        place.node.func.value
        if isinstance(place.node, ast.Call) and isinstance(place.node.func, ast.Attribute)
        else None
    )
    entry = registry.OPS.get(f"torch.Tensor.{name}")
    if entry is None:
        return call_unknown(machine, args, kwargs, f"torch.Tensor.{name} is not modelled")
    outcome = registry.call(entry, machine.knowledge, [Passed(receiver, node), *args], kwargs)
    return _finish(machine, entry, outcome, None, place)
