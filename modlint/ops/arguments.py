"""From guest values to what an op's annotation asks for.

The annotation of a parameter is the key: ``Tensor``, ``Operand`` (tensor or number), ``Dim``, ``Sizes`` (one size or a
sequence), ``Tensors``, ``Flag``, ``Number``, ``Name``, ``Axes``, ``Anything``; ``X | None`` lets None through. A value
that is Unknown ends the op, unless the parameter is Anything: then the op does not look at it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeAlias

from modlint.dims import Dim, Expr, Grade, symbols
from modlint.ops.need import Impossible, Need, Undecided
from modlint.signature import Signature
from modlint.values import ClassValue, Instance, ListValue, Quotient, Tensor, Unknown, Value

Anything: TypeAlias = Any
Operand: TypeAlias = Tensor | int | float | complex | bool | Expr
Sizes: TypeAlias = Dim | tuple[Dim, ...]
Axes: TypeAlias = int | tuple[int, ...]
Tensors: TypeAlias = tuple[Tensor, ...]
Flag: TypeAlias = bool
Number: TypeAlias = int | float | Expr
Name: TypeAlias = str

Converter: TypeAlias = Callable[[str, Value, Need], Any]


def _reject(name: str, wanted: str, value: Value, need: Need) -> NoReturn:
    if isinstance(value, Expr) and any(one.grade is Grade.ASSUMED for one in symbols(value)):
        raise Undecided("an argument that nobody gives may be of any kind")
    if isinstance(value, Instance) and isinstance(value.cls, ClassValue) and _is_more(value.cls):
        raise Undecided("an object of a class that derives from one of Python's")
    need.fail("type", wanted, value, name)
    raise Impossible


def _is_more(cls: ClassValue) -> bool:
    """Whether the objects of a class may be numbers, strings or tensors, too."""
    return cls.opaque or any(name != "builtins.object" and not name.startswith("torch.nn.") for name in cls.libraries)


def item(tensor: Tensor) -> Any:
    """The Python number in a tensor of one element; raises Undecided when it is not known."""
    if tensor.data is None or len(tensor.data) != 1:
        raise Undecided("the value of a tensor is not known")
    return tensor.data[0]


def _tensor(name: str, value: Value, need: Need) -> Tensor:
    return value if isinstance(value, Tensor) else _reject(name, "Tensor", value, need)


def _operand(name: str, value: Value, need: Need) -> Any:
    if isinstance(value, (Tensor, int, float, complex, Expr)):
        return value
    _reject(name, "Tensor or number", value, need)


def _dim(name: str, value: Value, need: Need) -> Dim:
    if isinstance(value, Tensor):
        value = item(value)
    if isinstance(value, Expr):
        return value
    return int(value) if isinstance(value, int) else _reject(name, "int", value, need)


def _number(name: str, value: Value, need: Need) -> Any:
    if isinstance(value, Tensor):
        value = item(value)
    return value if isinstance(value, (int, float, Expr)) else _reject(name, "number", value, need)


def listed(value: Value) -> tuple[Value, ...] | None:
    """The items of a tuple or list; None for anything else."""
    if isinstance(value, ListValue):
        if value.partial:
            raise Undecided("the items of a list are not all known")
        return tuple(value.items)
    return value if isinstance(value, tuple) else None


def _sizes(name: str, value: Value, need: Need) -> Any:
    items = listed(value)
    if items is None:
        return _dim(name, value, need)
    return tuple(_known(name, element, need, _dim) for element in items)


def _star_sizes(name: str, value: Value, need: Need) -> tuple[Dim, ...]:
    """``*sizes``, which torch also takes as one sequence."""
    if len(value) == 1 and listed(value[0]) is not None:
        value = listed(value[0])
    return tuple(_known(name, element, need, _dim) for element in value)


def _axis(name: str, value: Value, need: Need) -> int:
    value = _dim(name, value, need)
    return need.known(value)


def _axes(name: str, value: Value, need: Need) -> Any:
    items = listed(value)
    if items is None:
        return _axis(name, value, need)
    return tuple(_known(name, element, need, _axis) for element in items)


def _star_axes(name: str, value: Value, need: Need) -> tuple[int, ...]:
    if len(value) == 1 and listed(value[0]) is not None:
        value = listed(value[0])
    return tuple(_known(name, element, need, _axis) for element in value)


def _tensors(name: str, value: Value, need: Need) -> tuple[Tensor, ...]:
    items = listed(value)
    if items is None:
        _reject(name, "a tuple or list of tensors", value, need)
    return tuple(_known(name, element, need, _tensor) for element in items)


def _star_tensors(name: str, value: Value, need: Need) -> tuple[Tensor, ...]:
    if len(value) == 1 and listed(value[0]) is not None:
        value = listed(value[0])
    return tuple(_known(name, element, need, _tensor) for element in value)


def _flag(name: str, value: Value, need: Need) -> bool:
    return bool(value) if isinstance(value, (bool, int)) else _reject(name, "bool", value, need)


def _truth(name: str, value: Value, need: Need) -> bool:
    """Anything is true or false."""
    if value is None or isinstance(value, (bool, int, float, str, tuple)):
        return bool(value)
    raise Undecided("the truth of an object")


def _name(name: str, value: Value, need: Need) -> str:
    return value if isinstance(value, str) else _reject(name, "str", value, need)


def _anything(name: str, value: Value, need: Need) -> Value:
    return value


def _known(name: str, value: Value, need: Need, convert: Converter) -> Any:
    if isinstance(value, Quotient) and convert in (_dim, _sizes):
        _reject(name, "int", value, need)
    if isinstance(value, Unknown):
        raise Undecided(value.why)
    return convert(name, value, need)


def _strict(convert: Converter) -> Converter:
    return lambda name, value, need: _known(name, value, need, convert)


def _optional(convert: Converter) -> Converter:
    return lambda name, value, need: None if value is None else _known(name, value, need, convert)


_PLAIN: Mapping[str, Converter] = {
    "Tensor": _tensor,
    "Operand": _operand,
    "Dim": _dim,
    "int": _axis,
    "Sizes": _sizes,
    "Axes": _axes,
    "Tensors": _tensors,
    "Flag": _flag,
    "bool": _flag,
    "Number": _number,
    "float": _number,
    "Name": _name,
    "str": _name,
}
_STARRED: Mapping[str, Converter] = {
    "Dim": _star_sizes,
    "int": _star_axes,
    "Tensor": _star_tensors,
    "Anything": lambda name, value, need: value,
}


class AnnotationError(TypeError):
    """A parameter of an op has an annotation that says nothing about its conversion."""


def _converter(annotation: str, starred: bool, where: str) -> Converter:
    if starred:
        if annotation not in _STARRED:
            raise AnnotationError(f"{where}: *{annotation}")
        return _STARRED[annotation]
    if annotation == "Anything":
        return _anything
    plain = annotation.removesuffix(" | None")
    if plain not in _PLAIN:
        raise AnnotationError(f"{where}: {annotation}")
    return _strict(_PLAIN[plain]) if plain == annotation else _optional(_PLAIN[plain])


def converters(function: Callable[..., Any], signature: Signature) -> dict[str, Converter]:
    """The converter of every parameter, from the function's annotations; raises AnnotationError for a strange one."""
    annotations = function.__annotations__
    names = [*signature.positional, *signature.keyword_only]
    table = {name: _converter(annotations[name], False, f"{function.__name__}({name})") for name in names}
    if signature.star:
        table[signature.star] = _converter(annotations[signature.star], True, f"{function.__name__}(*{signature.star})")
    return table


def layer_converters(function: Callable[..., Any], signature: Signature) -> dict[str, Converter]:
    """The same for the constructor of a layer, which takes every value for a flag: it is written in Python."""
    flags = (name for name, annotation in function.__annotations__.items() if annotation in ("Flag", "bool"))
    return converters(function, signature) | dict.fromkeys(flags, _strict(_truth))
