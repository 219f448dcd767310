"""Calling: guest functions, classes, modules, methods, torch's operations and layers, the host table."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from modlint.interpret import repeats
from modlint.interpret.branches import join
from modlint.interpret.classes import constructor, dataclass_fields, external_mro, find_in, is_empty, mro_of
from modlint.interpret.events import (
    CallMismatch,
    MissingSelf,
    NoForward,
    NotInitialised,
    OpCall,
    ShapeMismatch,
)
from modlint.interpret.hosts import HOSTS
from modlint.interpret.machine import Frame, Machine
from modlint.interpret.methods import METHODS
from modlint.interpret.modules import LIGHTNING, MODULE, is_module, is_module_class
from modlint.interpret.scope import MISSING, Scope
from modlint.ops import registry
from modlint.ops.fields import Fields
from modlint.ops.results import NamedResult
from modlint.signature import BindError, Passed, Signature, of_host_function
from modlint.syntax import Place, own_nodes
from modlint.values import (
    Argument,
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    ExternalMethod,
    Function,
    Instance,
    IteratorValue,
    ListValue,
    Nothing,
    Origin,
    Partial,
    Shape,
    SuperValue,
    Tensor,
    Unknown,
    Value,
    Wrapped,
)

Kwargs = Mapping[str, Passed]


def call(machine: Machine, callee: Value, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    """``callee(*args, **kwargs)``."""
    caller = _CALLERS.get(type(callee))
    if caller is None:
        return call_unknown(machine, args, kwargs, getattr(callee, "why", "what is called is not known"))
    return caller(machine, callee, args, kwargs, place)


def call_values(machine: Machine, callee: Value, values: Sequence[Value], place: Place) -> Value:
    """Call with values that stand in no source text."""
    return call(machine, callee, [Passed(value) for value in values], {}, place)


def call_unknown(machine: Machine, args: Sequence[Passed], kwargs: Kwargs, why: str) -> Value:
    """A call of something unknown: its result, and what it could have changed, is unknown."""
    for passed in (*args, *kwargs.values()):
        if isinstance(passed.value, (ListValue, DictValue, Instance)):
            passed.value.partial = True
    return Unknown(why)


def call_method(machine: Machine, receiver: Value, name: str, values: Sequence[Value], place: Place) -> Value:
    """``receiver.name(*values)``; Unknown when there is no such method."""
    from modlint.interpret import attributes

    method = attributes.look_up(machine, receiver, name, place)
    return Unknown(f"{name} is not known") if method is MISSING else call_values(machine, method, values, place)


def call_op(machine: Machine, name: str, values: Sequence[Value], place: Place) -> Value:
    """A torch operation on values, by its qualified name."""
    return _call_external(machine, External(name), [Passed(value) for value in values], {}, place)


# --- guest functions ---


def _signature(function: Function) -> Signature:
    if function.signature is None:
        arguments = function.node.args
        positional = (*arguments.posonlyargs, *arguments.args)
        names = tuple(arg.arg for arg in positional)
        defaults = dict(zip(names[len(names) - len(function.defaults) :], function.defaults))
        function.signature = Signature(
            positional=names,
            keyword_only=tuple(arg.arg for arg in arguments.kwonlyargs),
            star=arguments.vararg.arg if arguments.vararg else None,
            double_star=arguments.kwarg.arg if arguments.kwarg else None,
            defaults={**defaults, **function.keyword_defaults},
            positional_only=len(arguments.posonlyargs),
        )
    return function.signature  # type: ignore[no-any-return]


def signature_of(function: Function) -> Signature:
    """The parameters of a guest function."""
    return _signature(function)


def _call_function(machine: Machine, function: Function, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    bound, errors = _signature(function).bind(args, kwargs)
    if errors:
        machine.fail(CallMismatch, place, function, function.name, errors)
    return run_function(machine, function, bound, place)


def run_function(machine: Machine, function: Function, bound: Mapping[str, Passed], place: Place) -> Value:
    """Run a guest function on bound arguments; parameters without one are Unknown."""
    machine.called.add(id(function.node))
    if machine.too_deep(function):
        return Unknown(f"{function.name} calls itself very often")
    scope = Scope("function", function.unit, function.scope)
    frame = Frame(machine, scope, function)
    _fill(scope, _signature(function), bound)
    names = _signature(function).positional
    frame.receiver = scope.variables[names[0]] if names else None
    with machine.calling(function, place):
        return _run_body(frame, function)


def _fill(scope: Scope, signature: Signature, bound: Mapping[str, Passed]) -> None:
    missing = Passed(Unknown("the argument is missing"))
    for name in (*signature.positional, *signature.keyword_only):
        scope.variables[name] = bound.get(name, missing).value
    if signature.star:
        scope.variables[signature.star] = tuple(passed.value for passed in bound[signature.star].value)
    if signature.double_star:
        entries = bound[signature.double_star].value
        scope.variables[signature.double_star] = DictValue({name: passed.value for name, passed in entries.items()})


def _run_body(frame: Frame, function: Function) -> Value:
    from modlint.interpret.expressions import evaluate
    from modlint.interpret.statements import Return, execute

    node = function.node
    if isinstance(node, ast.Lambda):
        return evaluate(frame, node.body)
    if isinstance(node, ast.AsyncFunctionDef):
        return Unknown("a coroutine")
    if is_generator(node):
        frame.yielded = []
    signal = execute(frame, node.body)
    result = signal.value if isinstance(signal, Return) else None
    if frame.yielded is not None:
        return Unknown("a generator that may end early") if frame.returned else IteratorValue(frame.yielded)
    return join([*frame.returned, result]) if frame.returned else result


@lru_cache(maxsize=4096)
def is_generator(node: ast.FunctionDef) -> bool:
    """Whether a function yields."""
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in own_nodes(node))


@lru_cache(maxsize=4096)
def returns_value(node: ast.FunctionDef) -> bool:
    """Whether some ``return`` of a function gives a value, or it never gets to its end by raising alone."""
    nodes = own_nodes(node)
    gives = any(isinstance(inner, ast.Return) and inner.value is not None for inner in nodes)
    return gives or is_generator(node) or isinstance(node.body[-1], ast.Raise) or _is_stub(node)


def _is_stub(node: ast.FunctionDef) -> bool:
    """``pass``, ``...`` or a docstring alone: a placeholder."""
    return all(isinstance(inner, ast.Pass) or (isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Constant))
               for inner in node.body)  # fmt: skip


# --- methods ---


def _call_bound(machine: Machine, method: BoundMethod, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    function, receiver = method.function, method.receiver
    with_receiver = [Passed(receiver), *args]
    if isinstance(function, Function):
        bound, errors = _signature(function).bind(with_receiver, kwargs)
        if errors and _lacks_self(function, args, kwargs):
            machine.fail(MissingSelf, Place(function.unit, function.node), function, receiver)
            return _call_without_self(machine, function, receiver, args, kwargs, place)
        if errors:
            machine.fail(CallMismatch, place, function, f"{_class_name(receiver)}{function.name}", _shifted(errors))
        return run_function(machine, function, bound, place)
    return call(machine, function, with_receiver, kwargs, place)


def _class_name(receiver: Value) -> str:
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    return f"{cls.name}." if isinstance(cls, ClassValue) else ""


def _shifted(errors: Sequence[BindError]) -> list[BindError]:
    """Positions without the receiver."""
    return [
        BindError(error.kind, tuple(str(int(name) - 1) for name in error.names)) if error.kind == "surplus" else error
        for error in errors
    ]


def _lacks_self(function: Function, args: Sequence[Passed], kwargs: Kwargs) -> bool:
    """Whether the call fits once the receiver is left out, and no parameter is meant for the receiver."""
    names = _signature(function).positional
    if names and names[0] in ("self", "cls", "mcs", "this"):
        return False
    return not _signature(function).bind(args, kwargs)[1]


def _call_without_self(
    machine: Machine, function: Function, receiver: Value, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> Value:
    """Go on as if ``self`` stood in the parameter list."""
    bound, _ = _signature(function).bind(args, kwargs)
    scope = Scope("function", function.unit, function.scope)
    frame = Frame(machine, scope, function)
    _fill(scope, _signature(function), bound)
    scope.variables["self"] = frame.receiver = receiver
    with machine.calling(function, place):
        return _run_body(frame, function)


def super_value(frame: Frame, args: Sequence[Value]) -> Value:
    """``super()`` and ``super(Class, self)``."""
    if not args:
        return SuperValue(frame.owner, frame.receiver) if frame.owner else Unknown("super() outside of a class")
    if len(args) == 2 and isinstance(args[0], ClassValue):
        cls = args[1].cls if isinstance(args[1], Instance) else args[1]
        return SuperValue(args[0], args[1]) if args[0] in mro_of(cls) else Unknown("super() of another class")
    return Unknown("super() with strange arguments")


# --- objects ---


def _instantiate(machine: Machine, cls: ClassValue, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    if cls.kind == "enum":
        return _enum_member(cls, args)
    if find_in(cls, "__new__") is not MISSING:
        return Unknown(f"{cls.name} makes its objects in __new__")
    return repeats.build(machine, cls, args, kwargs, place, lambda: _construct(machine, cls, args, kwargs, place))


def _construct(machine: Machine, cls: ClassValue, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Instance:
    instance = Instance(cls, place=place, partial=cls.opaque)
    init = constructor(cls)
    if isinstance(init, ClassValue):
        init_fields(machine, init, instance, args, kwargs, place)
    else:
        _init_object(machine, instance, args, kwargs, place)
    machine.instances.append(instance)
    return instance


def _enum_member(cls: ClassValue, args: Sequence[Passed]) -> Value:
    wanted = args[0].value if args else None
    members = [value for value in cls.namespace.values() if isinstance(value, Instance) and value.cls is cls]
    return next((member for member in members if member is wanted or member.attrs.get("value") == wanted),
                Unknown("the member is not known"))  # fmt: skip


def init_fields(
    machine: Machine, cls: ClassValue, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> None:
    """Give an object the fields of a dataclass or named tuple."""
    fields = dataclass_fields(cls)
    defaults = {name: _field_default(machine, value, place) for name, value in fields.items() if value is not MISSING}
    bound, errors = Signature(tuple(fields), defaults=defaults).bind(args, kwargs)
    if errors and not cls.opaque:
        machine.fail(CallMismatch, place, cls, f"{cls.name}.__init__", errors)
    instance.attrs.update({name: bound[name].value if name in bound else Unknown("missing") for name in fields})
    if find_in(cls, "__post_init__") is not MISSING:
        call_method(machine, instance, "__post_init__", [], place)


def _field_default(machine: Machine, value: Value, place: Place) -> Value:
    """``field(default_factory=list)`` makes a new one for every object."""
    if (
        isinstance(value, Partial)
        and isinstance(value.function, External)
        and value.function.name == "dataclasses.field"
    ):
        factory = value.kwargs.get("default_factory")
        return call_values(machine, factory, [], place) if factory is not None else value.kwargs.get("default")
    return value


def _init_object(machine: Machine, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> None:
    cls = instance.cls
    init = find_in(cls, "__init__")
    if isinstance(init, Function):
        instance.arguments = _arguments(init, args, kwargs)
        _call_bound(machine, BoundMethod(init, instance), args, kwargs, place)
        _check_initialised(machine, instance, init)
    else:
        bases = (base for base in mro_of(cls) if isinstance(base, External) and not is_empty(base))
        base = next(bases, External("builtins.object"))
        _init_external(machine, base.name, instance, args, kwargs, place)


def _arguments(init: Function, args: Sequence[Passed], kwargs: Kwargs) -> dict[str, Argument]:
    bound, _ = _signature(init).bind([Passed(None), *args], kwargs)
    names = (*_signature(init).positional[1:], *_signature(init).keyword_only)
    return {name: Argument(*bound[name]) for name in names if name in bound}


def _check_initialised(machine: Machine, instance: Instance, init: Function) -> None:
    """A module whose constructor never called that of ``nn.Module`` cannot be called."""
    cls = instance.cls
    if (
        isinstance(cls, ClassValue)
        and is_module_class(cls)
        and not (instance.initialised or cls.opaque)
        and _runs_forward(cls)
    ):
        machine.fail(NotInitialised, Place(init.unit, init.node), instance, cls, None)
        instance.initialised = True


def _runs_forward(cls: ClassValue) -> bool:
    """Whether calling an object of a module class runs a ``forward`` through ``nn.Module.__call__``."""
    return find_in(cls, "__call__") is MISSING and (find_in(cls, "forward") is not MISSING or not is_bare(cls))


def _init_external(
    machine: Machine, name: str, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> None:
    """The constructor of a library class, on an object of that class or of one derived from it."""
    if name == "builtins.object" and (args or kwargs) and not instance.partial:
        machine.fail(CallMismatch, place, instance.cls, _class_name(instance)[:-1], [_surplus(args, kwargs)])
    if name == MODULE and not isinstance(instance.cls, External) and (args or kwargs) and not instance.partial:
        machine.fail(CallMismatch, place, instance.cls, f"{_class_name(instance)}__init__", [_surplus(args, kwargs)])
    entry = registry.LAYERS.get(name)
    if entry is None:
        _call_external(machine, External(f"{name}.__init__"), [Passed(instance), *args], kwargs, place)
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


def call_instance(machine: Machine, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    """``instance(*args)``: a module runs its ``forward``."""
    override = find_in(instance.cls, "__call__")
    if override is not MISSING:
        return call(machine, BoundMethod(override, instance), args, kwargs, place)
    if not is_module(instance):
        return call_unknown(machine, args, kwargs, "the object is not known to be callable")
    machine.called.add(id(instance))
    if not args or not all(isinstance(passed.value, Unknown) for passed in args):
        machine.fed.add(id(instance))
    output = _forward(machine, instance, args, kwargs, place)
    if machine.recorder is not None:
        named = {name: passed.value for name, passed in kwargs.items()}
        machine.recorder.module_called(instance, [passed.value for passed in args], named, output)
    return Unknown("a hook may change it") if instance.attrs.get("__hooked__") else output


def _forward(machine: Machine, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    forward = instance.attrs.get("forward", MISSING)
    if forward is MISSING:
        forward = find_in(instance.cls, "forward")
        if forward is not MISSING:
            run = partial(_guest_forward, machine, forward, instance, args, kwargs, place)
            return repeats.run(machine, instance, args, kwargs, run)
        return _library_forward(machine, instance, args, kwargs, place)
    return call(machine, forward, args, kwargs, place)


def _guest_forward(
    machine: Machine, forward: Value, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> Value:
    from modlint.interpret.attributes import bind

    output = call(machine, bind(forward, instance), args, kwargs, place)
    node = forward.node if isinstance(forward, Function) else None
    if output is None and isinstance(node, ast.FunctionDef) and not returns_value(node):
        return Nothing(forward)
    return output


def _library_forward(
    machine: Machine, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> Value:
    for base in mro_of(instance.cls):
        if isinstance(base, External):
            if (base.name, "forward") in registry.METHODS:
                return _call_layer(machine, base.name, "forward", instance, args, kwargs, place)
            if f"{base.name}.forward" in HOSTS:
                return _call_external(
                    machine, External(f"{base.name}.forward"), [Passed(instance), *args], kwargs, place
                )
    if not instance.partial and _lacks_forward(instance.cls):
        machine.fail(NoForward, place, instance)
    return Unknown("the module's forward is not known")


_CONTAINERS = ("torch.nn.ModuleList", "torch.nn.ModuleDict")


def _lacks_forward(cls: ClassValue | External) -> bool:
    if isinstance(cls, External):
        return cls.name in _CONTAINERS
    return not cls.opaque and is_bare(cls)


def is_bare(cls: ClassValue) -> bool:
    """Whether the bases of a class are known and none of them but ``nn.Module`` comes from a library."""
    return all(isinstance(base, ClassValue) or base.name in (MODULE, "builtins.object") for base in cls.mro)


# --- libraries ---


def _call_external(machine: Machine, function: External, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    name = function.name
    if name in HOSTS:
        return _call_host(machine, name, args, kwargs, place)
    entry = registry.OPS.get(name)
    if entry is not None:
        return _finish(machine, entry, registry.call(entry, machine.knowledge, args, kwargs), None, place)
    owner, _, method = name.rpartition(".")
    if (owner, method) in registry.METHODS and args and isinstance(args[0].value, Instance):
        return _call_layer(machine, owner, method, args[0].value, args[1:], kwargs, place)
    if method == "__init__" and owner in registry.LAYERS and args and isinstance(args[0].value, Instance):
        _init_external(machine, owner, args[0].value, args[1:], kwargs, place)
        return None
    if external_mro(name) is not None or name in LIGHTNING:
        return _make_layer(machine, function, args, kwargs, place)
    return _call_by_name(machine, function, args, kwargs, place)


_EXCEPTION = re.compile(r"builtins\.\w+(Error|Exception|Warning)(\.__init__)?$")


def _call_by_name(machine: Machine, function: External, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    """What is no op of its own: ``torch.Tensor.view(x, …)`` is a method, ``dataclasses.field`` a description."""
    if _EXCEPTION.match(function.name):
        return None if function.name.endswith("__init__") else Instance(External(function.name), place=place)
    if function.name == "dataclasses.field":
        return Partial(function, (), {name: passed.value for name, passed in kwargs.items()})
    return call_unknown(machine, args, kwargs, f"{function.name} is not modelled")


def _make_layer(machine: Machine, cls: External, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    instance = Instance(cls, place=place)
    _init_external(machine, cls.name, instance, args, kwargs, place)
    instance.initialised = True
    machine.instances.append(instance)
    return instance


def _call_host(machine: Machine, name: str, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    try:
        return HOSTS[name](machine, place, *(p.value for p in args), **{key: p.value for key, p in kwargs.items()})
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


def _call_layer(
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
    for passed in outcome.bound.values():
        machine.need(passed.value, place)
    tensors = tuple(_tensors_in(outcome.bound))
    for mismatch in outcome.mismatches:
        machine.fail(ShapeMismatch, place, entry.name, mismatch, layer, outcome.bound, _shapes(machine, outcome.bound))
    named = layer is not None and layer.name and not layer.name.isdigit()
    label = layer.name if layer and named else entry.name.removesuffix(".forward").rsplit(".", 1)[1]
    origin = Origin(label, place, entry.name, layer)
    value = _marked(outcome.value, origin, tensors)
    if outcome.learnt:
        machine.narrowed_by = origin
    _watch(machine, entry.name, layer, outcome, value, place)
    return value


def _tensors_in(bound: Mapping[str, Passed]) -> Iterator[Tensor]:
    """The tensors among the arguments of an op, those in a list or tuple included."""
    for passed in bound.values():
        value = passed.value
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (tuple, ListValue)):
            items = value if isinstance(value, tuple) else value.items
            inner = (item.value if isinstance(item, Passed) else item for item in items)
            yield from (item for item in inner if isinstance(item, Tensor))


def _watch(
    machine: Machine, name: str, layer: Instance | None, outcome: registry.Outcome, value: Value, place: Place
) -> None:
    if name in machine.watched:
        machine.emit(OpCall, place, name, layer, outcome.bound, value, _shapes(machine, outcome.bound))


def _shapes(machine: Machine, bound: Mapping[str, Passed]) -> dict[int, Shape]:
    """The shapes of the tensors among the arguments, as they are known by now."""
    return {id(tensor): machine.knowledge.shape(tensor) for tensor in _tensors_in(bound)}


def _marked(value: Value, origin: Origin, sources: tuple[Tensor, ...]) -> Value:
    if isinstance(value, Tensor):
        return Tensor(
            value.shape, value.dtype, value.data, value.order, value.parameter, value.requires_grad, value.device,
            origin, sources,
        )  # fmt: skip
    if isinstance(value, NamedResult):
        return NamedResult(value.names, [_marked(item, origin, sources) for item in value])
    if type(value) is tuple:
        return tuple(_marked(item, origin, sources) for item in value)
    return value


def _call_external_method(
    machine: Machine, method: ExternalMethod, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> Value:
    receiver = method.receiver
    if isinstance(receiver, Tensor):
        return _call_tensor_method(machine, receiver, method.name, args, kwargs, place)
    table = METHODS.get(type(receiver), {})
    try:
        return table[method.name](
            machine, place, receiver, *(p.value for p in args), **{key: p.value for key, p in kwargs.items()}
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


def _call_partial(machine: Machine, partial: Partial, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    before = [Passed(value) for value in partial.args]
    merged = {**{name: Passed(value) for name, value in partial.kwargs.items()}, **kwargs}
    return call(machine, partial.function, [*before, *args], merged, place)


def _call_wrapped(machine: Machine, wrapped: Wrapped, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    return call(machine, wrapped.function, args, kwargs, place)


_CALLERS: dict[type, Callable[[Machine, Any, Sequence[Passed], Kwargs, Place], Value]] = {
    Function: _call_function,
    BoundMethod: _call_bound,
    ClassValue: _instantiate,
    Instance: call_instance,
    External: _call_external,
    ExternalMethod: _call_external_method,
    Partial: _call_partial,
    Wrapped: _call_wrapped,
}
