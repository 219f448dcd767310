"""Operators: on known numbers as Python computes them, on symbolic ones as polynomials, on tensors as ops."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from modlint.dims import Answer, Expr
from modlint.interpret.attributes import find_method
from modlint.interpret.calls import call_op, call_values
from modlint.interpret.iteration import hashable, items_of
from modlint.interpret.machine import GuestError, Machine
from modlint.interpret.members import call_method, look_up
from modlint.syntax import Place
from modlint.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    Foreign,
    Function,
    Instance,
    ListValue,
    Nothing,
    Quotient,
    SetValue,
    Size,
    Tensor,
    Unknown,
    Value,
)

_LARGEST_POWER = 4096
_LONGEST = 100_000

_PYTHON: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_DUNDERS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
}
_TENSOR_OPS: dict[type[ast.operator], str] = {
    ast.Add: "torch.add",
    ast.Sub: "torch.sub",
    ast.Mult: "torch.mul",
    ast.Div: "torch.div",
    ast.FloorDiv: "torch.floor_divide",
    ast.Mod: "torch.remainder",
    ast.Pow: "torch.pow",
    ast.MatMult: "torch.matmul",
    ast.BitAnd: "torch.bitwise_and",
    ast.BitOr: "torch.bitwise_or",
    ast.BitXor: "torch.bitwise_xor",
}
_SYMBOLIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)
_Scalar = (bool, int, float, complex)
_NEVER_A_TENSOR = (type(None), str, tuple, ListValue, DictValue)


def binary(machine: Machine, kind: type[ast.operator], left: Value, right: Value, place: Place) -> Value:
    """``left <operator> right``."""
    if isinstance(left, _Scalar) and isinstance(right, _Scalar):
        return _numbers(kind, left, right)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return _tensors(machine, kind, left, right, place)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return _unknown(kind, left, right)
    if isinstance(left, Expr) or isinstance(right, Expr):
        return _symbolic(machine, kind, left, right)
    if isinstance(left, Instance) or isinstance(right, Instance):
        return _overloaded(machine, kind, left, right, place)
    return _containers(kind, left, right)


def _unknown(kind: type[ast.operator], left: Value, right: Value) -> Unknown:
    """``width / 2`` is no integer, whatever the width; nor is what is multiplied by it, or added to it."""
    why = (left if isinstance(left, Unknown) else right).why
    sides = (int, float, Expr, Quotient)
    goes_on = kind in (ast.Add, ast.Sub, ast.Mult) and isinstance(left, sides) and isinstance(right, sides)
    divides = kind is ast.Div and all(isinstance(side, (*sides, Unknown)) for side in (left, right))
    return Quotient(why) if goes_on or divides else Unknown(why)


def _numbers(kind: type[ast.operator], left: Any, right: Any) -> Value:
    if kind in (ast.Pow, ast.LShift) and (abs(right) > _LARGEST_POWER or abs(left) > 1 << 64):
        return Unknown("the number is very large")
    try:
        return _PYTHON[kind](left, right)
    except ZeroDivisionError:
        raise GuestError(External("builtins.ZeroDivisionError")) from None
    except (KeyError, TypeError, ValueError, OverflowError):
        return Unknown("the operator does not fit its operands")


def _symbolic(machine: Machine, kind: type[ast.operator], left: Any, right: Any) -> Value:
    resolve = machine.knowledge.facts.resolve
    left, right = (resolve(side) if isinstance(side, Expr) else side for side in (left, right))
    integral = [int(side) if isinstance(side, float) and side.is_integer() else side for side in (left, right)]
    if kind not in _SYMBOLIC or not all(isinstance(side, (int, Expr)) for side in integral):
        return _symbolic_power(kind, left, right)
    if integral[1] == 0 and kind in (ast.FloorDiv, ast.Mod):
        raise GuestError(External("builtins.ZeroDivisionError"))
    return _PYTHON[kind](*integral)


def _symbolic_power(kind: type[ast.operator], left: Any, right: Any) -> Value:
    if kind is ast.Pow and right in (1, 2, 3):
        return left if right == 1 else left * left if right == 2 else left * left * left
    why = "arithmetic with a size that is not known"
    return Quotient(why) if kind is ast.Div else Unknown(why)


def _tensors(machine: Machine, kind: type[ast.operator], left: Value, right: Value, place: Place) -> Value:

    name = _TENSOR_OPS.get(kind)
    if name is None:
        return Unknown("the operator is not modelled for tensors")
    return call_op(machine, name, [left, right], place)


def _overloaded(machine: Machine, kind: type[ast.operator], left: Value, right: Value, place: Place) -> Value:
    name = _DUNDERS[kind]
    if isinstance(left, Instance) and find_method(left, f"__{name}__") is not None:
        return call_method(machine, left, f"__{name}__", [right], place)
    if isinstance(right, Instance) and find_method(right, f"__r{name}__") is not None:
        return call_method(machine, right, f"__r{name}__", [left], place)
    return Unknown("the operator is not known for these objects")


def _containers(kind: type[ast.operator], left: Value, right: Value) -> Value:
    if isinstance(left, ListValue) and isinstance(right, ListValue) and kind is ast.Add:
        return ListValue([*left.items, *right.items], left.partial or right.partial)
    if isinstance(left, DictValue) and isinstance(right, DictValue) and kind is ast.BitOr:
        return DictValue({**left.entries, **right.entries}, left.partial or right.partial)
    if isinstance(left, SetValue) and isinstance(right, SetValue) and kind in (ast.BitOr, ast.BitAnd, ast.Sub):
        return SetValue(_PYTHON[kind](left.items, right.items))
    if kind is ast.Mult:
        return _repeated(left, right)
    if kind is ast.Mod and isinstance(left, str):
        return _formatted(left, right)
    if type(left) is type(right) and isinstance(left, (str, bytes)) and kind is ast.Add:
        return left + right
    if isinstance(left, tuple) and isinstance(right, tuple) and kind is ast.Add:
        return (Size if Size in (type(left), type(right)) else tuple)((*left, *right))
    return Unknown("the operator does not fit its operands")


def _repeated(left: Value, right: Value) -> Value:
    items, count = (right, left) if isinstance(left, int) else (left, right)
    if not isinstance(count, int):
        return Unknown("the number of repetitions is not known")
    length = len(items.items) if isinstance(items, ListValue) else len(items) if isinstance(items, (tuple, str)) else 0
    if length * max(count, 0) > _LONGEST:
        return Unknown("the sequence is very long")
    if isinstance(items, ListValue):
        return ListValue(items.items * count, items.partial)
    return items * count if isinstance(items, (str, tuple)) else Unknown("the operator does not fit its operands")


def _formatted(pattern: str, values: Value) -> Value:
    parts = values if isinstance(values, tuple) else (values,)
    if len(pattern) > 500 or "*" in pattern or not all(isinstance(part, (int, float, str)) for part in parts):
        return Unknown("a part of the string is not known")
    try:
        return pattern % parts
    except (TypeError, ValueError):
        return Unknown("the format does not fit")


def in_place(machine: Machine, kind: type[ast.operator], left: Value, right: Value, place: Place) -> Value:
    """``left <operator>= right``: lists grow in place, and so do objects with a method for it."""
    if isinstance(left, ListValue) and kind is ast.Add:
        items = items_of(machine, right, place)
        if items is None:
            left.partial = True
        else:
            machine.touch(left).extend(items)
        return left
    method = look_up(machine, left, f"__i{_DUNDERS[kind]}__", None) if isinstance(left, Instance) else None
    if isinstance(method, BoundMethod):
        return call_values(machine, method, [right], place)
    return binary(machine, kind, left, right, place)


def unary(machine: Machine, kind: type[ast.unaryop], value: Value, place: Place) -> Value:
    """``-value``, ``+value``, ``~value``."""

    if isinstance(value, (bool, int, float, complex)):
        table: dict[type[ast.unaryop], Callable[[Any], Any]] = {
            ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert
        }  # fmt: skip
        return (
            Unknown("the operator does not fit")
            if isinstance(value, float) and kind is ast.Invert
            else table[kind](value)
        )
    if isinstance(value, Expr) and kind is not ast.Invert:
        return -value if kind is ast.USub else value
    if isinstance(value, Tensor):
        names: dict[type[ast.unaryop], str] = {
            ast.USub: "torch.neg", ast.UAdd: "torch.positive", ast.Invert: "torch.bitwise_not"
        }  # fmt: skip
        return call_op(machine, names[kind], [value], place)
    return value if isinstance(value, Unknown) else Unknown("the operator does not fit its operand")


_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_TENSOR_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "torch.eq",
    ast.NotEq: "torch.ne",
    ast.Lt: "torch.lt",
    ast.LtE: "torch.le",
    ast.Gt: "torch.gt",
    ast.GtE: "torch.ge",
}
_UNDECIDED = Unknown("the condition is not decided")


def compare(machine: Machine, kind: type[ast.cmpop], left: Value, right: Value, place: Place) -> Value:
    """``left <comparison> right``."""
    left, right = (None if isinstance(value, Nothing) else value for value in (left, right))
    if kind in (ast.Is, ast.IsNot):
        return _negated(_identical(left, right), kind is ast.IsNot)
    if kind in (ast.In, ast.NotIn):
        return _negated(_contains(machine, left, right), kind is ast.NotIn)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return _compare_tensors(machine, kind, left, right, place)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return _UNDECIDED
    if isinstance(left, Expr) or isinstance(right, Expr):
        return _compare_symbolic(machine, kind, left, right)
    if kind in (ast.Eq, ast.NotEq) and not isinstance(left, SetValue):
        return _negated(equal(machine, left, right), kind is ast.NotEq)
    if isinstance(left, SetValue) and isinstance(right, SetValue):
        return _compare_sets(kind, left, right)
    try:
        return _ORDER[kind](left, right) if _plain(left) and _plain(right) else _UNDECIDED
    except TypeError:
        return _UNDECIDED


def _compare_sets(kind: type[ast.cmpop], left: SetValue, right: SetValue) -> Value:
    known = all(map(hashable, (*left.items, *right.items)))
    return _ORDER[kind](left.items, right.items) if known else _UNDECIDED


def _compare_tensors(machine: Machine, kind: type[ast.cmpop], left: Value, right: Value, place: Place) -> Value:

    tensor, other = (left, right) if isinstance(left, Tensor) else (right, left)
    if kind in (ast.Eq, ast.NotEq) and isinstance(other, _NEVER_A_TENSOR):
        return kind is ast.NotEq if machine.knowledge.is_tensor(tensor) or other is None else _UNDECIDED
    return call_op(machine, _TENSOR_COMPARISONS[kind], [left, right], place)


def _plain(value: Value) -> bool:
    if isinstance(value, tuple):
        return all(map(_plain, value))
    return isinstance(value, (bool, int, float, str, bytes))


def _negated(answer: bool | None, negate: bool) -> Value:
    return _UNDECIDED if answer is None else answer is not negate


def _identical(left: Value, right: Value) -> bool | None:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, External) and isinstance(right, External):
        return _same_name(left, right)
    if isinstance(left, Foreign) or isinstance(right, Foreign):
        return None
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, str, tuple)) and type(left) is type(right):
        return left == right if left != right or isinstance(left, (int, str)) else None
    return left is right


def _same_name(left: External, right: External) -> bool | None:
    if left.name == right.name:
        return True
    return None if isinstance(left, Foreign) or isinstance(right, Foreign) else False


def _contains(machine: Machine, item: Value, container: Value) -> bool | None:
    if isinstance(container, (ListValue, DictValue, SetValue)) and _is_empty(container):
        return False
    if isinstance(item, Unknown):
        return True if isinstance(container, DictValue) and item in container.entries else None
    if isinstance(container, str):
        return item in container if isinstance(item, str) else None
    if isinstance(container, (DictValue, SetValue)):
        entries = container.entries if isinstance(container, DictValue) else container.items
        if not hashable(item):
            return None
        vague = getattr(container, "partial", False) or any(isinstance(entry, Unknown) for entry in entries)
        return True if item in entries else None if vague else False
    if isinstance(container, ListValue):
        found = _among(machine, item, container.items)
        return None if container.partial and not found else found
    if isinstance(container, tuple):
        return _among(machine, item, container)
    if isinstance(container, Instance):
        return item in container.attrs if isinstance(item, str) and not container.partial else None
    return None


def _is_empty(container: ListValue | DictValue | SetValue) -> bool:
    items = container.entries if isinstance(container, DictValue) else container.items
    return not items and not getattr(container, "partial", False)


def _among(machine: Machine, item: Value, items: Any) -> bool | None:
    answers = [equal(machine, item, other) for other in items]
    return True if True in answers else None if None in answers else False


def equal(machine: Machine, left: Value, right: Value) -> bool | None:
    """``left == right`` as far as it is known."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, Expr) or isinstance(right, Expr):
        if isinstance(left, (int, Expr)) and isinstance(right, (int, Expr)):
            return _ANSWERS[machine.knowledge.facts.equal(left, right)]
        return False if left is None or right is None else None
    left, right = _enum_value(left), _enum_value(right)
    if _is_member(left) and _is_member(right):
        return left is right
    if isinstance(left, (tuple, ListValue)) and type(left) is type(right):
        return _equal_sequences(machine, left, right)
    if isinstance(left, External) and isinstance(right, External):
        return _same_name(left, right)
    if isinstance(left, Foreign) or isinstance(right, Foreign):
        return None
    if _plain(left) or left is None or _plain(right) or right is None:
        return left == right if type(left) is not Instance and type(right) is not Instance else _enum_equal(left, right)
    if isinstance(left, (Function, ClassValue, Instance)) or isinstance(right, (Function, ClassValue, Instance)):
        return True if left is right else None if isinstance(left, Instance) else False
    return None


def _is_member(value: Value) -> bool:
    return isinstance(value, Instance) and getattr(value.cls, "kind", "") == "enum"


def _enum_value(value: Value) -> Value:
    """A member of an enumeration that is a string or an integer, too, compares as that."""
    if not _is_member(value) or not any(getattr(base, "name", "") in _MIXINS for base in value.cls.mro):
        return value
    return value.attrs.get("value")


_MIXINS = frozenset({"builtins.str", "builtins.int", "enum.IntEnum", "enum.StrEnum"})


def _enum_equal(left: Value, right: Value) -> bool | None:
    return False if left is None or right is None else None


def _equal_sequences(machine: Machine, left: Any, right: Any) -> bool | None:
    if getattr(left, "partial", False) or getattr(right, "partial", False):
        return None
    a, b = (side.items if isinstance(side, ListValue) else side for side in (left, right))
    answers = [equal(machine, x, y) for x, y in zip(a, b)]
    if len(a) != len(b) or False in answers:
        return False
    return None if None in answers else True


_ANSWERS: dict[Answer, bool | None] = {Answer.YES: True, Answer.NO: False, Answer.MAYBE: None}


def _compare_symbolic(machine: Machine, kind: type[ast.cmpop], left: Any, right: Any) -> Value:
    if not all(isinstance(side, (int, Expr)) for side in (left, right)):
        return (
            _negated(False, kind is ast.NotEq) if kind in (ast.Eq, ast.NotEq) and None in (left, right) else _UNDECIDED
        )
    facts = machine.knowledge.facts
    questions: dict[type[ast.cmpop], Callable[[], tuple[Answer, bool]]] = {
        ast.Eq: lambda: (facts.equal(left, right), False),
        ast.NotEq: lambda: (facts.equal(left, right), True),
        ast.Lt: lambda: (facts.less(left, right), False),
        ast.GtE: lambda: (facts.less(left, right), True),
        ast.Gt: lambda: (facts.less(right, left), False),
        ast.LtE: lambda: (facts.less(right, left), True),
    }
    answer, negate = questions[kind]()
    return _negated(_ANSWERS[answer], negate)
