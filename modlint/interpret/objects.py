"""Guest classes and their objects: construction, and ``forward``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from modlint.interpret import repeats
from modlint.interpret.attributes import bind
from modlint.interpret.calls import Kwargs, call, call_unknown, call_values, caller
from modlint.interpret.classes import constructor, dataclass_fields, find_in, is_empty, mro_of
from modlint.interpret.events import (
    CallMismatch,
    NoForward,
    NotCallable,
    NotInitialised,
)
from modlint.interpret.hosts import HOSTS
from modlint.interpret.libraries import call_external, call_layer, init_external
from modlint.interpret.machine import Machine
from modlint.interpret.members import call_method
from modlint.interpret.modules import MODULE, is_module, is_module_class
from modlint.interpret.scope import MISSING
from modlint.interpret.signatures import signature_of
from modlint.ops import registry
from modlint.signature import Passed, Signature
from modlint.syntax import Place
from modlint.values import (
    Argument,
    BoundMethod,
    ClassValue,
    External,
    Function,
    Instance,
    Partial,
    Unknown,
    Value,
    Wrapped,
)


@caller(ClassValue)
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
        call(machine, BoundMethod(init, instance), args, kwargs, place)
        _check_initialised(machine, instance, init)
    elif init is not MISSING:
        instance.partial = instance.initialised = not isinstance(init, Wrapped)
        _call_bound(machine, init, instance, args, kwargs, place)
    else:
        bases = (base for base in mro_of(cls) if isinstance(base, External) and not is_empty(base))
        base = next(bases, External("builtins.object"))
        init_external(machine, base.name, instance, args, kwargs, place)


def _arguments(init: Function, args: Sequence[Passed], kwargs: Kwargs) -> dict[str, Argument]:
    bound, _ = signature_of(init).bind([Passed(None), *args], kwargs)
    names = (*signature_of(init).positional[1:], *signature_of(init).keyword_only)
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


@caller(Instance)
def call_instance(machine: Machine, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    """``instance(*args)``: a module runs its ``forward``."""
    override = find_in(instance.cls, "__call__")
    if override is not MISSING:
        return call(machine, BoundMethod(override, instance), args, kwargs, place)
    if not is_module(instance):
        if _is_plain(instance):
            machine.fail(NotCallable, place, instance)
        return call_unknown(machine, args, kwargs, "the object is not known to be callable")
    machine.called.add(id(instance))
    if not machine.undecided and not (args and all(isinstance(passed.value, Unknown) for passed in args)):
        machine.fed.add(id(instance))
    if instance.attrs.get("__prepared__"):
        args = [Passed(Unknown("a hook may change it")) for _ in args]
    output = _forward(machine, instance, args, kwargs, place)
    if machine.recorder is not None:
        named = {name: passed.value for name, passed in kwargs.items()}
        machine.recorder.module_called(instance, [passed.value for passed in args], named, output)
    return Unknown("a hook may change it") if instance.attrs.get("__hooked__") else output


def _is_plain(instance: Instance) -> bool:
    """Whether everything that an object's class is made of stands in the code."""
    cls = instance.cls
    return isinstance(cls, ClassValue) and not (instance.partial or cls.opaque) and is_bare(cls)


def _forward(machine: Machine, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    own, inherited = instance.attrs.get("forward", MISSING), find_in(instance.cls, "forward")
    if own is not MISSING:
        run = partial(call, machine, own, args, kwargs, place)
    elif inherited is not MISSING:
        run = partial(_call_bound, machine, inherited, instance, args, kwargs, place)
    else:
        return _library_forward(machine, instance, args, kwargs, place)
    return repeats.run(machine, instance, args, kwargs, run)


def _call_bound(
    machine: Machine, method: Value, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> Value:
    return call(machine, bind(method, instance), args, kwargs, place)


def _library_forward(
    machine: Machine, instance: Instance, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> Value:
    for base in mro_of(instance.cls):
        if isinstance(base, External):
            if (base.name, "forward") in registry.METHODS:
                return call_layer(machine, base.name, "forward", instance, args, kwargs, place)
            if f"{base.name}.forward" in HOSTS:
                return call_external(
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
