"""``value.name``: reading, writing, deleting, asking for it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from modlint.interpret.calls import call
from modlint.interpret.classes import external_mro, find_in, is_empty, mro_of
from modlint.interpret.events import MissingAttribute, NotInitialised, Rebound, UnknownName
from modlint.interpret.hosts import CONSTANTS, HOSTS, STATE
from modlint.interpret.iteration import OpenSizes
from modlint.interpret.machine import GuestError, Machine
from modlint.interpret.members import getter, look_up
from modlint.interpret.methods import METHODS
from modlint.interpret.modules import is_module, member_of_library
from modlint.interpret.names import attributes_of, defines, meant
from modlint.interpret.scope import MISSING
from modlint.interpret.tables import canonical, is_no_number, knows
from modlint.interpret.tuples import first_tensor
from modlint.likeness import closest
from modlint.ops import dtypes, registry
from modlint.ops.results import NamedResult
from modlint.signature import Passed
from modlint.syntax import Place
from modlint.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    ExternalMethod,
    Foreign,
    Function,
    Instance,
    ListValue,
    ModuleValue,
    Open,
    Partial,
    SuperValue,
    Tensor,
    Unknown,
    Value,
    Wrapped,
)


def get(machine: Machine, value: Value, name: str, place: Place) -> Value:
    """``value.name``; what nothing gives is reported, and gives what was meant, or Unknown."""
    found = look_up(machine, value, name, place)
    if found is not MISSING:
        return found
    if isinstance(value, Instance) and _is_complete(value):
        machine.fail(MissingAttribute, place, value, name)
        misspelt = machine.undecided == 0 and not _is_stored(value.cls, name)
        other = closest(name, attribute_names(value)) if misspelt else None
        if other is not None:
            return look_up(machine, value, other, place)
    return Unknown(f"there is no attribute {name}")


def _is_stored(cls: Value, name: str) -> bool:
    """Whether code beside that of a class assigns attributes of a name: it is meant, and only missing."""
    return any(name in base.unit.stored for base in mro_of(cls) if isinstance(base, ClassValue))


def attribute_names(value: Instance) -> frozenset[str]:
    """The public attributes that the code itself gives to an object."""
    inherited = (base.namespace for base in mro_of(value.cls) if isinstance(base, ClassValue))
    return frozenset(name for names in (value.attrs, *inherited) for name in names if not name.startswith("_"))


def get_or(machine: Machine, value: Value, name: str, default: Value, place: Place) -> Value:
    """``getattr(value, name, default)``."""
    found = look_up(machine, value, name, place)
    if found is not MISSING:
        return found
    return default if _is_complete(value) else Unknown(f"{name} may be missing")


def has(machine: Machine, value: Value, name: str) -> Value:
    """``hasattr(value, name)``."""
    host = _HOST_TYPES.get(type(value))
    if host is not None:
        return hasattr(host, name)
    if isinstance(value, Instance) and (name in value.attrs or find_in(value.cls, name) is not MISSING):
        return True
    with machine.silently():
        found = look_up(machine, value, name, None)
    if isinstance(found, Unknown):
        return Unknown("it may have it")
    return True if found is not MISSING else False if _is_complete(value) else Unknown("it may have it")


_HOST_TYPES: dict[type, type] = {
    **{one: one for one in (type(None), bool, int, float, complex, str, bytes, tuple)},
    ListValue: list,
    DictValue: dict,
}


def _is_complete(value: Value) -> bool:
    """Whether everything that the object could have is known."""
    if isinstance(value, ModuleValue):
        return not value.scope.is_incomplete
    if not isinstance(value, Instance) or value.partial:
        return False
    cls = value.cls
    if isinstance(cls, External):
        return cls.name == "types.SimpleNamespace" or attributes_of(cls.name) is not None
    return not cls.opaque and not any(find_in(cls, hook) is not MISSING for hook in ("__getattr__", "__getattribute__"))


_ACCESS = {
    "__setattr__": "builtins.setattr",
    "__getattr__": "builtins.getattr",
    "__getattribute__": "builtins.getattr",
}
"""The functions of Python that do what these methods of every object do."""


@getter(Instance)
def _of_instance(machine: Machine, value: Instance, name: str, place: Place | None) -> Value:
    cls = value.cls
    found = find_in(cls, name)
    if isinstance(found, Wrapped) and found.kind == "property":
        return _property(machine, value, found, place)
    if _is_descriptor(found, "__get__"):
        return Unknown("a descriptor gives it")
    if name in value.attrs:
        value.reads.add(name)
        return value.attrs[name]
    if found is not MISSING:
        return bind(found, value)
    if name == "__class__":
        return cls
    if name == "__dict__":
        return DictValue(value.attrs, partial=True)
    if name in _ACCESS:
        return BoundMethod(External(_ACCESS[name]), value)
    from_library = member_of_library(machine, value, name)
    if from_library is not MISSING:
        return from_library
    return Unknown("it may be set elsewhere") if value.partial or _is_declared(cls, name) else MISSING


def _is_declared(cls: Value, name: str) -> bool:
    """Whether a class has ``name: Kind`` alone: those that derive from it, or that use it, give the value."""
    statements = (statement for base in mro_of(cls) if isinstance(base, ClassValue) for statement in base.node.body)
    return any(
        isinstance(one, ast.AnnAssign)
        and one.value is None
        and isinstance(one.target, ast.Name)
        and one.target.id == name
        for one in statements
    )


def _property(machine: Machine, value: Instance, found: Wrapped, place: Place | None) -> Value:

    if place is None:
        return Unknown("a property")
    return call(machine, found.function, [Passed(value)], {}, place)


def bind(found: Value, receiver: Value) -> Value:
    """What reading a class attribute through ``receiver`` gives."""
    if isinstance(found, Function):
        return BoundMethod(found, receiver)
    if isinstance(found, Wrapped):
        if found.kind == "staticmethod":
            return found.function
        if found.kind == "partialmethod":
            return BoundMethod(found.function, receiver)
        return BoundMethod(found.function, receiver.cls if isinstance(receiver, Instance) else receiver)
    return found


@getter(ClassValue)
def _of_class(machine: Machine, value: ClassValue, name: str, place: Place | None) -> Value:
    found = find_in(value, name)
    if found is not MISSING:
        return bind(found, value) if isinstance(found, Wrapped) and found.kind == "classmethod" else _unwrapped(found)
    special = {"__name__": value.name, "__qualname__": value.name, "__mro__": value.mro}
    if name in special:
        return special[name]
    for base in value.mro:
        if isinstance(base, External) and base.name != "builtins.object":
            inherited = _library_name(base.name, name)
            return BoundMethod(inherited, value) if inherited.name in _CLASS_METHODS else inherited
    return Unknown(f"{name} of a class")


_CLASS_METHODS = frozenset({"torch.autograd.Function.apply"})


def _library_name(owner: str, name: str) -> External:
    """What a library has under a name that no table says more of."""
    full = canonical(f"{owner}.{name}")
    return External(full) if is_no_number(owner, name) else Foreign(full)


def _unwrapped(found: Value) -> Value:
    return found.function if isinstance(found, Wrapped) and found.kind in ("staticmethod", "partialmethod") else found


@getter(External, Foreign)
def _of_external(machine: Machine, value: External, name: str, place: Place | None) -> Value:
    found = _member(value.name, name)
    if isinstance(found, External) and found.name in STATE:
        return machine.state.setdefault(found.name, STATE[found.name]())
    if found is not MISSING:
        return found
    full = canonical(f"{value.name}.{name}")
    if place is not None:
        machine.fail(UnknownName, place, full)
    other = meant(value.name, name)
    return External(f"{value.name}.{other}") if other else Unknown(f"{full} does not exist")


@lru_cache(maxsize=8192)
def _member(owner: str, name: str) -> Value:
    """What a library gives under a name, MISSING when it has nothing of that name."""
    if name in ("__name__", "__qualname__") and (knows(owner) or external_mro(owner)):
        return owner.rsplit(".", 1)[1]
    dtype = dtypes.named(External(owner))
    if dtype is not None and name in _OF_DTYPES:
        return _OF_DTYPES[name](dtype)
    full = canonical(f"{owner}.{name}")
    if full in CONSTANTS:
        return CONSTANTS[full]
    if defines(owner, name) is False and not name.startswith("__"):
        return MISSING
    return _library_name(owner, name)


_OF_DTYPES: dict[str, Callable[[Any], Value]] = {
    "is_floating_point": dtypes.is_floating,
    "is_complex": dtypes.is_complex,
    "itemsize": dtypes.ITEMSIZE.get,
}


@getter(ModuleValue)
def _of_module(machine: Machine, value: ModuleValue, name: str, place: Place | None) -> Value:
    found = value.scope.own(name)
    return Unknown(f"{name} may come from elsewhere") if found is MISSING and value.scope.is_incomplete else found


@getter(Tensor)
def _of_tensor(machine: Machine, value: Tensor, name: str, place: Place | None) -> Value:
    if name == "shape" and isinstance(machine.knowledge.shape(value), Open):
        return OpenSizes(value)
    entry = registry.ATTRIBUTES.get(name)
    if entry is not None:
        return registry.call(entry, machine.knowledge, [Passed(value)], {}).value
    if defines("torch.Tensor", name) is False and not name.startswith("_"):
        return _unknown_of_tensor(machine, value, name, place)
    return ExternalMethod(value, name)


def _unknown_of_tensor(machine: Machine, value: Tensor, name: str, place: Place | None) -> Value:
    if not machine.knowledge.is_tensor(value) or place is None:
        return Unknown(f"{name} of an input")
    machine.fail(UnknownName, place, f"torch.Tensor.{name}")
    other = meant("torch.Tensor", name)
    return _of_tensor(machine, value, other, place) if other else Unknown(f"tensors have no {name}")


@getter(SuperValue)
def _of_super(machine: Machine, value: SuperValue, name: str, place: Place | None) -> Value:
    receiver = value.receiver
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    mro = mro_of(cls)
    start = mro.index(value.start) + 1 if value.start in mro else 0
    for base in mro[start:]:
        if isinstance(base, ClassValue) and name in base.namespace:
            found = base.namespace[name]
            if isinstance(found, Wrapped) and found.kind == "property" and isinstance(receiver, Instance):
                return _property(machine, receiver, found, place)
            return bind(found, receiver)
        if isinstance(base, ClassValue) and base.kind == "dataclass" and name == "__init__":
            return Partial(External("dataclasses.dataclass.__init__"), (base, receiver), {})
        if is_empty(base):
            continue
        if isinstance(base, External) and (base.name != "builtins.object" or f"{base.name}.{name}" in HOSTS):
            return BoundMethod(External(f"{base.name}.{name}"), receiver)
    return Unknown(f"{name} of a base that is not known")


@getter(Function)
def _of_function(machine: Machine, value: Function, name: str, place: Place | None) -> Value:
    if name in ("__name__", "__qualname__"):
        return value.name
    if name == "__module__":
        return value.scope.module.variables["__name__"]
    return value.attrs.get(name, Unknown(f"{name} of a function"))


@getter(Partial)
def _of_partial(machine: Machine, value: Partial, name: str, place: Place | None) -> Value:
    parts: dict[str, Value] = {"func": value.function, "args": value.args, "keywords": DictValue(dict(value.kwargs))}
    return parts.get(name, Unknown(f"{name} of a partial"))


@getter(tuple)
def _of_tuple(machine: Machine, value: tuple[Value, ...], name: str, place: Place | None) -> Value:
    if isinstance(value, NamedResult) and name in value.names:
        return getattr(value, name)
    if name in METHODS.get(type(value), ()):
        return ExternalMethod(value, name)
    if place is not None and (name in registry.ATTRIBUTES or f"torch.Tensor.{name}" in registry.OPS):
        tensor = first_tensor(machine, value, f"torch.Tensor.{name}", place)
        if tensor is not None:
            return _of_tensor(machine, tensor, name, place)
    return Unknown(f"{name} of a tuple")


@getter(BoundMethod)
def _of_method(machine: Machine, value: BoundMethod, name: str, place: Place | None) -> Value:
    return value.receiver if name == "__self__" else Unknown("of a method")


@getter(object)
def _of_anything(machine: Machine, value: Value, name: str, place: Place | None) -> Value:
    return ExternalMethod(value, name) if name in METHODS.get(type(value), ()) else Unknown(f"{name} is not modelled")


def find_method(value: Instance, name: str) -> Value | None:
    """The method of the object's class, None when its class and bases in the code define none."""
    found = find_in(value.cls, name)
    return None if found is MISSING else found


def set(machine: Machine, value: Value, name: str, new: Value, place: Place) -> None:
    """``value.name = new``."""
    setter = _SETTERS.get(type(value))
    if setter is not None:
        setter(machine, value, name, new, place)


def _set_on_instance(machine: Machine, value: Instance, name: str, new: Value, place: Place) -> None:
    found = find_in(value.cls, name)
    if isinstance(found, Wrapped) and found.kind == "property":
        _set_property(machine, value, found, new, place)
        return
    if _is_descriptor(found, "__set__"):
        value.partial = True
        return
    if is_module(new) or (isinstance(new, Tensor) and new.parameter):
        _check_initialised(machine, value, name, place)
        _check_rebound(machine, value, name, new, place)
    if is_module(new) and not new.name:
        new.name = name
    machine.put(value, value.attrs, name, new)
    value.bindings[name] = place
    value.reads.discard(name)


def _set_property(machine: Machine, value: Instance, found: Wrapped, new: Value, place: Place) -> None:
    if isinstance(found.setter, Function):
        call(machine, found.setter, [Passed(value), Passed(new)], {}, place)
    else:
        value.partial = True


def _is_descriptor(found: Value, method: str) -> bool:
    """Whether a class attribute is an object that decides itself what reading or writing it through others does."""
    return isinstance(found, Instance) and find_in(found.cls, method) is not MISSING


def _check_initialised(machine: Machine, value: Instance, name: str, place: Place) -> None:
    """``cannot assign module before Module.__init__() call``."""
    cls = value.cls
    if is_module(value) and not value.initialised and isinstance(cls, ClassValue) and not cls.opaque:
        machine.fail(NotInitialised, place, value, cls, name)
        value.initialised = True


def _check_rebound(machine: Machine, value: Instance, name: str, new: Value, place: Place) -> None:
    old = value.attrs.get(name)
    first = value.bindings.get(name)
    if (
        is_module(old)
        and is_module(new)
        and first is not None
        and name not in value.reads
        and first.node is not place.node
    ):
        machine.emit(Rebound, place, value, name, first)


def _set_on_class(machine: Machine, value: ClassValue, name: str, new: Value, place: Place) -> None:
    machine.put(value, value.namespace, name, new)


def _set_on_function(machine: Machine, value: Function, name: str, new: Value, place: Place) -> None:
    machine.put(value, value.attrs, name, new)


def _set_on_tensor(machine: Machine, value: Tensor, name: str, new: Value, place: Place) -> None:
    if name == "data" and isinstance(new, Tensor):
        value.shape, value.dtype, value.data = new.shape, new.dtype, new.data


def _set_on_module(machine: Machine, value: ModuleValue, name: str, new: Value, place: Place) -> None:
    machine.put(value.scope, value.scope.variables, name, new)


_SETTERS: dict[type, Callable[[Machine, Any, str, Value, Place], None]] = {
    Instance: _set_on_instance,
    ClassValue: _set_on_class,
    Function: _set_on_function,
    ModuleValue: _set_on_module,
    Tensor: _set_on_tensor,
}


def delete(machine: Machine, value: Value, name: str) -> None:
    """``del value.name``."""
    if isinstance(value, Instance):
        if name not in value.attrs and _is_complete(value):
            raise GuestError(External("builtins.AttributeError"))
        machine.drop(value, value.attrs, name)
