"""Values as Python expressions of the file's own namespace."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from modlint.dims import Dim, Expr
from modlint.facts import usual_sizes
from modlint.interpret.classes import find_in
from modlint.interpret.inputs import constructor_arguments
from modlint.interpret.modules import container_items
from modlint.interpret.objects import is_bare
from modlint.interpret.signatures import signature_of
from modlint.planning.made_up import FRACTION, is_fraction
from modlint.signature import Signature
from modlint.values import (
    Argument,
    ClassValue,
    DictValue,
    External,
    Function,
    Instance,
    ListValue,
    Size,
    Unknown,
    Value,
)

Number = Callable[[Dim], int | None]

_SEQUENTIAL = "torch.nn.Sequential"


class UnspeakableError(ValueError):
    """A value that no expression of the file's own namespace gives."""


def spell(value: Value, number: Number, name: str = "") -> str:
    """A Python expression that gives ``value``; ``number`` gives the symbols theirs, and ``name`` is the parameter's.

    Raises UnspeakableError.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, Expr):
        size = number(value)
        return FRACTION if is_fraction(name) else str(usual_sizes(name)[0] if size is None else size)
    for kind, spelled in _SPELLERS.items():
        if isinstance(value, kind):
            return spelled(value, number)
    raise UnspeakableError(type(value).__name__)


def constructions(instance: Instance, number: Number, made_up: Sequence[Mapping[str, str]]) -> list[str]:
    """The calls that make such an instance: one for each set of what is made up for arguments that are not known."""
    found = []
    for values in made_up:
        with contextlib.suppress(UnspeakableError, RecursionError):  # an instance may hold itself
            found.append(_construction(instance, number, values))
    return list(dict.fromkeys(found))


def _construction(instance: Instance, number: Number, made_up: Mapping[str, str] = MappingProxyType({})) -> str:
    if isinstance(instance.cls, External) and instance.cls.name == _SEQUENTIAL:
        _refuse(partial=instance.partial)
        return f"{spell(instance.cls, number)}({', '.join(spell(item, number) for item in container_items(instance))})"
    _refuse_variadic(instance)
    shown = (
        f"{name}={made_up[name] if name in made_up and _is_open(argument) else spell(argument.value, number, name)}"
        for name, argument in _given(instance, made_up)
    )
    return f"{spell(instance.cls, number)}({', '.join(shown)})"


def takes_made_up(instance: Instance, made_up: Mapping[str, str]) -> bool:
    """Whether the constructor takes something that is made up."""
    return any(name in made_up and _is_open(argument) for name, argument in _given(instance, made_up))


def _is_open(argument: Argument) -> bool:
    """Whether the argument is not known."""
    return argument.node is None or isinstance(argument.value, Expr | Unknown)


def is_guessed(instance: Instance) -> bool:
    """Whether something that the constructor takes is not known."""
    if isinstance(instance.cls, External):
        return False
    if _call_of(instance) is None and _takes_anything(instance.cls):
        return True
    values = [argument.value for argument in instance.arguments.values() if argument.node is not None]
    return any(isinstance(value, Expr | Unknown) for value in (*values, *(one.value for _, one in _given(instance))))


def _takes_anything(cls: ClassValue) -> bool:
    """Whether the constructor does not say what it takes: a library's, or one with ``*`` or ``**``."""
    init = find_in(cls, "__init__")
    if not isinstance(init, Function):
        return not is_bare(cls)
    signature = signature_of(init)
    return bool(signature.star or signature.double_star)


def _given(instance: Instance, made_up: Mapping[str, str] = MappingProxyType({})) -> Iterator[tuple[str, Argument]]:
    """The constructor's arguments that are not its defaults; numbers for those of which nothing is known.

    Defaults that are made up are no defaults, unless the file builds the instance itself.
    """
    init = find_in(instance.cls, "__init__")
    defaults = signature_of(init).defaults if isinstance(init, Function) else {}
    numbers = constructor_arguments(init) if isinstance(init, Function) else {}
    arguments = {**{name: Argument(value, None) for name, value in numbers.items()}, **instance.arguments}
    for name, argument in arguments.items():
        unknown = isinstance(argument.value, Unknown)
        if name not in defaults:
            yield name, Argument(numbers.get(name, argument.value), argument.node) if unknown else argument
        elif not unknown and (argument.node is not None or isinstance(argument.value, Expr)):
            yield name, argument
    if _call_of(instance) is None:
        shown = {name for name, argument in arguments.items() if argument.node is not None}
        yield from ((name, Argument(None, None)) for name in made_up if name in defaults and name not in shown)


def _refuse_variadic(instance: Instance) -> None:
    init, call = find_in(instance.cls, "__init__"), _call_of(instance)
    if isinstance(init, Function) and call is not None and _passes_more(call, signature_of(init)):
        raise UnspeakableError("what * and ** took is not known")


def _call_of(instance: Instance) -> ast.Call | None:
    """The call by which the file builds the instance."""
    node = instance.place.node if instance.place is not None else None
    return node if isinstance(node, ast.Call) else None


def _passes_more(call: ast.Call, signature: Signature) -> bool:
    """Whether ``*`` or ``**`` of the signature may take something of the call."""
    positional = [argument for argument in call.args if not isinstance(argument, ast.Starred)]
    by_name = {keyword.arg for keyword in call.keywords}
    named = {*signature.positional, *signature.keyword_only}
    starred = len(positional) < len(call.args) or len(positional) >= len(signature.positional)
    return bool((signature.star and starred) or (signature.double_star and by_name - named))


def _tuple(value: tuple[Value, ...], number: Number) -> str:
    return f"({''.join(f'{spell(item, number)}, ' for item in value)})"


def _list(value: ListValue, number: Number) -> str:
    _refuse(partial=value.partial)
    return f"[{', '.join(spell(item, number) for item in value.items)}]"


def _dict(value: DictValue, number: Number) -> str:
    _refuse(partial=value.partial)
    return f"{{{', '.join(f'{spell(key, number)}: {spell(item, number)}' for key, item in value.entries.items())}}}"


def _external(value: External, number: Number) -> str:
    if not value.name.startswith("torch."):
        raise UnspeakableError(value.name)
    return f"__import__('torch').{value.name.removeprefix('torch.')}"


def _class(value: ClassValue, number: Number) -> str:
    return value.name


def _refuse(*, partial: bool) -> None:
    if partial:
        raise UnspeakableError("not everything in it is known")


_SPELLERS: dict[type, Callable[[Any, Number], str]] = {
    Size: lambda value, number: f"__import__('torch').Size({_tuple(value, number)})",
    tuple: _tuple,
    ListValue: _list,
    DictValue: _dict,
    ClassValue: _class,
    External: _external,
    Instance: _construction,
}
