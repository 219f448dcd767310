"""Asking values about themselves: their classes, attributes and items, by functions instead of syntax."""

from __future__ import annotations

from collections.abc import Callable

from modlint.interpret import attributes, subscripts
from modlint.interpret.classes import is_subclass
from modlint.interpret.hosts import host
from modlint.interpret.kinds import is_instance, type_of
from modlint.interpret.machine import Machine
from modlint.interpret.objects import init_fields
from modlint.signature import Passed
from modlint.syntax import Place
from modlint.values import External, Instance, Unknown, Value


def _asks_of_any(question: Callable[[Value, Value], bool | None], why: str) -> Callable[..., Value]:
    """A function that asks of a class, or of several, whether one of them is what is asked for."""

    def ask(machine: Machine, place: Place, value: Value, kinds: Value) -> Value:
        answers = [question(value, kind) for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
        if True in answers:
            return True
        return Unknown(why) if None in answers else False

    return ask


host("builtins.isinstance")(_asks_of_any(is_instance, "the class of the value is not known"))
host("builtins.issubclass")(_asks_of_any(is_subclass, "the class is not known"))


def _asks_for(kind: str) -> Callable[[Machine, Place, Value], Value]:
    """A function that asks whether a value is of one of Python's classes."""

    def ask(machine: Machine, place: Place, value: Value) -> Value:
        answer = is_instance(value, External(kind))
        return Unknown("the class of the value is not known") if answer is None else answer

    return ask


host("inspect.isclass")(_asks_for("builtins.type"))
host("inspect.isfunction")(_asks_for("types.FunctionType"))
host("inspect.ismethod")(_asks_for("types.MethodType"))
host("builtins.callable")(_asks_for("collections.abc.Callable"))


@host("builtins.type")
def _type(machine: Machine, place: Place, value: Value, *more: Value) -> Value:
    return Unknown("a class made by type()") if more else type_of(value)


@host("builtins.getattr")
def _getattr(machine: Machine, place: Place, value: Value, name: Value, *default: Value) -> Value:
    if not isinstance(name, str):
        return Unknown("the name of the attribute is not known")
    if default:
        return attributes.get_or(machine, value, name, default[0], place)
    return attributes.get(machine, value, name, place)


@host("operator.getitem")
def _getitem(machine: Machine, place: Place, value: Value, key: Value) -> Value:
    return subscripts.get(machine, value, key, place)


@host("dataclasses.dataclass.__init__")
def _init_fields(machine: Machine, place: Place, cls: Value, self: Value, *args: Value, **kwargs: Value) -> Value:
    """The ``__init__`` that a dataclass gets."""
    passed = {name: Passed(value) for name, value in kwargs.items()}
    init_fields(machine, cls, self, [Passed(value) for value in args], passed, place)
    return None


@host("builtins.vars")
def _vars(machine: Machine, place: Place, value: Value) -> Value:
    return attributes.get(machine, value, "__dict__", place)


@host("builtins.hasattr")
def _hasattr(machine: Machine, place: Place, value: Value, name: Value) -> Value:
    if not isinstance(name, str):
        return Unknown("the name of the attribute is not known")
    return attributes.has(machine, value, name)


@host("builtins.setattr", "builtins.object.__setattr__", "torch.nn.Module.__setattr__")
def _setattr(machine: Machine, place: Place, value: Value, name: Value, new: Value) -> Value:
    if isinstance(name, str):
        attributes.set(machine, value, name, new, place)
    elif isinstance(value, Instance):
        value.partial = True
    return None
