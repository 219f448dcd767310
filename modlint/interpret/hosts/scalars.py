"""Numbers and strings: constructors, ``math``, and what picks or adds up.

A function of ``_SCALARS`` gets plain known numbers and strings only; anything else makes its result Unknown.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from modlint.dims import Expr, maximum, minimum
from modlint.interpret.calls import call_op, call_values
from modlint.interpret.hosts.table import HOSTS, host
from modlint.interpret.iteration import items_of
from modlint.interpret.machine import GuestError, Machine
from modlint.interpret.truth import truth
from modlint.syntax import Place
from modlint.values import External, Tensor, Unknown, Value


def is_plain(value: Value) -> bool:
    """Whether a value is a known number, a string or None."""
    return value is None or isinstance(value, (bool, int, float, str))


def _scalar(function: Callable[..., Any]) -> Callable[..., Value]:
    def call(machine: Machine, place: Place, *args: Value, **kwargs: Value) -> Value:
        if not all(map(is_plain, (*args, *kwargs.values()))):
            return Unknown("an argument is not a known number")
        try:
            return function(*args, **kwargs)
        except (ValueError, TypeError, OverflowError, ArithmeticError) as error:
            raise GuestError(External(f"builtins.{type(error).__name__}")) from None

    return call


_SCALARS: dict[str, Callable[..., Any]] = {
    **{
        f"math.{name}": getattr(math, name)
        for name in (
            "sqrt", "ceil", "floor", "log", "log2", "log10", "log1p", "exp", "sin", "cos", "tan", "atan", "tanh", "gcd",
            "trunc", "fabs", "isqrt", "erf", "degrees", "radians", "isnan", "isinf", "isclose", "copysign", "hypot",
            "acos", "asin", "atan2", "sinh", "cosh", "lcm", "fmod", "isfinite",
        )
    },
    "math.pow": lambda a, b: math.pow(a, b),
    "builtins.repr": repr,
    "builtins.round": round,
    "builtins.ord": ord,
    "builtins.chr": chr,
    "builtins.divmod": divmod,
    "builtins.bin": bin,
    "builtins.hex": hex,
    "operator.add": operator.add,
    "operator.mul": operator.mul,
    "operator.sub": operator.sub,
    "operator.floordiv": operator.floordiv,
    "os.path.join": lambda *a: "/".join(a),
    "numpy.sqrt": math.sqrt,
    "numpy.ceil": math.ceil,
    "numpy.floor": math.floor,
    "numpy.log2": math.log2,
    "numpy.log": math.log,
    "numpy.exp": math.exp,
    "numpy.power": lambda a, b: float(a) ** b if abs(b) < 100 else math.inf,
}  # fmt: skip

HOSTS.update({name: _scalar(function) for name, function in _SCALARS.items()})


def _items(machine: Machine, place: Place, values: tuple[Value, ...]) -> list[Value] | None:
    """The operands of ``max(a, b)`` and ``max([a, b])``."""
    return items_of(machine, values[0], place) if len(values) == 1 else list(values)


def _extreme(pick: Callable[..., Any], symbolic: Callable[[Any, Any], Any]) -> Callable[..., Value]:
    def call(machine: Machine, place: Place, *values: Value, key: Value = None, **options: Value) -> Value:
        items = _items(machine, place, values)
        if items == []:
            return options.get("default", Unknown("there are no values"))
        keys = keys_of(machine, items, key, place)
        if items is None or keys is None:
            return Unknown("the values are not all known")
        if any(isinstance(item, Expr) for item in keys):
            return _fold(symbolic, items) if key is None else Unknown("the order is not known")
        try:
            return items[keys.index(pick(keys))]
        except TypeError:
            return Unknown("the values cannot be compared")

    return call


def keys_of(machine: Machine, items: list[Value] | None, key: Value, place: Place) -> list[Value] | None:
    """What ``items`` are ordered by; None when that is not all known."""

    keys = items if key is None else [call_values(machine, key, [item], place) for item in items or ()]
    return None if keys is None or any(isinstance(one, (Unknown, Tensor)) for one in keys) else keys


def _fold(function: Callable[[Any, Any], Any], items: list[Value]) -> Value:
    if not all(isinstance(item, (int, Expr)) for item in items):
        return Unknown("a value is not an integer")
    result = items[0]
    for item in items[1:]:
        result = function(result, item)
    return result


host("builtins.max")(_extreme(max, maximum))
host("builtins.min")(_extreme(min, minimum))


@host("builtins.int")
def _int(machine: Machine, place: Place, value: Value = 0, *base: Value) -> Value:
    if isinstance(value, Expr):
        return value
    if isinstance(value, Tensor) and value.data is not None and len(value.data) == 1:
        value = value.data[0]
    try:
        return int(value, *base) if all(map(is_plain, (value, *base))) else Unknown("the number is not known")
    except (ValueError, OverflowError) as error:
        raise GuestError(External(f"builtins.{type(error).__name__}")) from None


@host("builtins.float")
def _float(machine: Machine, place: Place, value: Value = 0.0) -> Value:
    if isinstance(value, Tensor) and value.data is not None and len(value.data) == 1:
        value = value.data[0]
    try:
        return float(value) if isinstance(value, (bool, int, float, str)) else Unknown("the number is not known")
    except ValueError:
        raise GuestError(External("builtins.ValueError")) from None


@host("builtins.bool")
def _bool(machine: Machine, place: Place, value: Value = False) -> Value:
    decided = truth(machine, value)
    return Unknown("the condition is not decided") if decided is None else decided


@host("builtins.str")
def _str(machine: Machine, place: Place, value: Value = "") -> Value:
    return (
        str(value) if isinstance(value, (bool, int, float, str)) or value is None else Unknown("the text is not known")
    )


@host("builtins.abs")
def _abs(machine: Machine, place: Place, value: Value) -> Value:

    if isinstance(value, Tensor):
        return call_op(machine, "torch.abs", [value], place)
    return abs(value) if isinstance(value, (int, float)) else Unknown("the number is not known")
