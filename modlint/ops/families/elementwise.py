"""Elementwise functions of two tensors: they broadcast, and their dtypes are promoted."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from modlint.ops import dtypes
from modlint.ops.arguments import Anything, Operand
from modlint.ops.demands import ORDERED, demand_kind, demand_same_dtype
from modlint.ops.dtypes import Kind
from modlint.ops.elements import mapped, numeric
from modlint.ops.names import everywhere, in_place, updates
from modlint.ops.need import Need
from modlint.ops.registry import op
from modlint.ops.shapes import elementwise
from modlint.values import Tensor

Binary: TypeAlias = Callable[..., Tensor]
DtypeLaw: TypeAlias = Callable[["str | None"], "str | None"]

_ANY = tuple(Kind)
_NUMBERS = (Kind.INTEGER, Kind.FLOAT, Kind.COMPLEX)
_REAL_NUMBERS = (Kind.INTEGER, Kind.FLOAT)
_REAL = (Kind.BOOL, Kind.INTEGER, Kind.FLOAT)
_FLOATS = (Kind.FLOAT,)
_INTEGERS = (Kind.INTEGER,)
_BITS = (Kind.BOOL, Kind.INTEGER)

_VALUES: Mapping[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "floor_divide": operator.floordiv,
    "div": numeric(operator.truediv),
    "pow": numeric(operator.pow),
    "remainder": numeric(operator.mod),
    "maximum": numeric(max),
    "minimum": numeric(min),
    "eq": numeric(operator.eq),
    "ne": numeric(operator.ne),
    "lt": numeric(operator.lt),
    "le": numeric(operator.le),
    "gt": numeric(operator.gt),
    "ge": numeric(operator.ge),
}


def _same(dtype: str | None) -> str | None:
    return dtype


def _bool(dtype: str | None) -> str | None:
    return "bool"


def _double(dtype: str | None) -> str | None:
    return None if dtype is None else "complex128" if dtypes.KIND[dtype] is Kind.COMPLEX else "float64"


def _combined(need: Need, name: str, dtype: str | None, *operands: Operand) -> Tensor:
    """The result of the function ``name``, with its values where they can be known."""
    result = elementwise(need, dtype, *operands)
    if name in _VALUES:
        result.data = mapped(_VALUES[name], result.shape, dtype, *operands)
    return result


def _promoted(need: Need, kinds: tuple[Kind, ...], *operands: Operand) -> str | None:
    """The common type of the operands, which must be of one of the ``kinds``."""
    dtype = dtypes.promoted(*operands)
    if dtype is not None and dtypes.KIND[dtype] not in kinds:
        need.fail("dtype", tuple(kind.name.lower() for kind in kinds), dtype, "other")
    return dtype


def _is_bool(operand: Operand) -> bool:
    return operand.dtype == "bool" if isinstance(operand, Tensor) else isinstance(operand, bool)


def binary(name: str, kinds: tuple[Kind, ...], law: DtypeLaw) -> Binary:
    """A function of two operands whose common type is one of ``kinds`` and becomes what ``law`` says."""

    def function(need: Need, input: Operand, other: Operand, *, out: Anything = None) -> Tensor:
        return _combined(need, name, law(_promoted(need, kinds, input, other)), input, other)

    return function


def _add(need: Need, input: Operand, other: Operand, *, alpha: Anything = 1, out: Anything = None) -> Tensor:
    return _combined(need, "add" if alpha == 1 else "", dtypes.promoted(input, other), input, other)


def _sub(need: Need, input: Operand, other: Operand, *, alpha: Anything = 1, out: Anything = None) -> Tensor:
    """Booleans cannot be subtracted: ``1 - mask`` raises."""
    if _is_bool(input) or _is_bool(other):
        need.fail("dtype", ("integer", "float", "complex"), "bool", "input" if _is_bool(input) else "other")
    return _combined(need, "sub" if alpha == 1 else "", dtypes.promoted(input, other), input, other)


def _div(need: Need, input: Operand, other: Operand, *, rounding_mode: Anything = None, out: Anything = None) -> Tensor:
    """True division gives floats; with a rounding mode the type is kept."""
    if rounding_mode is None:
        return _combined(need, "div", dtypes.floating(dtypes.promoted(input, other)), input, other)
    if rounding_mode not in ("floor", "trunc"):
        need.fail("value", ("floor", "trunc"), rounding_mode, "rounding_mode")
    dtype = _promoted(need, _REAL_NUMBERS, input, other)
    return _combined(need, "floor_divide" if rounding_mode == "floor" else "", dtype, input, other)


def _pow(need: Need, input: Operand, exponent: Operand, *, out: Anything = None) -> Tensor:
    """Integers to a negative integer power raise."""
    kinds = _NUMBERS if isinstance(exponent, Tensor) else _ANY
    dtype = _promoted(need, kinds, input, exponent)
    if isinstance(exponent, int) and exponent < 0 and dtypes.is_integral(dtype):
        need.fail("dtype", "float", dtype, "input")
    return _combined(need, "pow", dtype, input, exponent)


_TABLE: list[tuple[list[str], Binary]] = [
    (["add"], _add),
    (["sub", "subtract"], _sub),
    (["div", "divide"], _div),
    (["pow"], _pow),
    (["mul", "multiply"], binary("mul", _ANY, _same)),
    (["true_divide"], binary("div", _ANY, dtypes.floating)),
    (["floor_divide"], binary("floor_divide", _REAL_NUMBERS, _same)),
    (["remainder"], binary("remainder", _REAL_NUMBERS, _same)),
    (["fmod"], binary("", _REAL_NUMBERS, _same)),
    (["atan2", "arctan2", "copysign", "xlogy"], binary("", _REAL, dtypes.floating)),
    (["hypot", "nextafter", "igamma", "igammac"], binary("", _FLOATS, _same)),
    (["gcd", "lcm"], binary("", _INTEGERS, _same)),
    (["bitwise_and", "bitwise_or", "bitwise_xor"], binary("", _BITS, _same)),
    (["bitwise_left_shift", "bitwise_right_shift"], binary("", _INTEGERS, _same)),
    (["logical_and", "logical_or", "logical_xor"], binary("", _ANY, _bool)),
]
_CASES = [
    "torch.ones(2, 3), torch.ones(3)",
    "torch.ones(2, 3, dtype=torch.int64), torch.ones(2, 1, dtype=torch.int64)",
    "torch.ones(2, dtype=torch.int64), torch.ones(2)",
    "torch.ones(2, 3), torch.ones(2)",
]
_SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "floor_divide": "//",
    "remainder": "%",
    "pow": "**",
    "bitwise_and": "&",
    "bitwise_or": "|",
    "bitwise_xor": "^",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
_OPERATORS = [
    "torch.ones(2, 3, dtype=torch.int64) {} 2",
    "torch.ones(2, 3, dtype=torch.int64) {} torch.ones(2)",
    "torch.ones(2).bool() {} 1",
    "2 {} torch.ones(2, 3, dtype=torch.int64)",
]
_UPDATES = [
    "torch.ones(2, 3, dtype=torch.int64).{}_(torch.ones(3))",
    "torch.ones(2, 3).{}_(torch.ones(3))",
    "torch.ones(3, dtype=torch.int64).{}_(torch.ones(3, dtype=torch.int64))",
    "torch.ones(3).{}_(torch.ones(2, 3))",
]


def _cases(name: str) -> list[str]:
    """As a function, and with the operator that Python has for it."""
    operators = [case.format(_SIGNS[name]) for case in _OPERATORS] if name in _SIGNS else []
    return [*(f"torch.{name}({case})" for case in _CASES), *operators]


for _names, _function in _TABLE:
    for _name in _names:
        op(*everywhere(_name), cases=_cases(_name))(_function)
        op(*updates([_name]), cases=[case.format(_name) for case in _UPDATES])(in_place(_function))

for _names, _function in [
    (["eq"], binary("eq", _ANY, _bool)),
    (["ne", "not_equal"], binary("ne", _ANY, _bool)),
    (["lt", "less"], binary("lt", _REAL, _bool)),
    (["le", "less_equal"], binary("le", _REAL, _bool)),
    (["gt", "greater"], binary("gt", _REAL, _bool)),
    (["ge", "greater_equal"], binary("ge", _REAL, _bool)),
]:
    for _name in _names:
        op(*everywhere(_name), cases=_cases(_name))(_function)
        op(*updates([_name]), cases=[f"torch.ones(2, 3).{_name}_(torch.ones(3))"])(in_place(_function))

for _names, _function in [
    (["maximum"], binary("maximum", _REAL, _same)),
    (["minimum"], binary("minimum", _REAL, _same)),
    (["fmax", "fmin"], binary("", _REAL, _same)),
    (["float_power"], binary("", _ANY, _double)),
    (["logaddexp"], binary("", (Kind.FLOAT, Kind.COMPLEX), _same)),
    (["logaddexp2"], binary("", _FLOATS, _same)),
]:
    for _name in _names:
        op(*everywhere(_name), cases=_cases(_name))(_function)


@op("torch.rsub", cases=["torch.rsub(torch.ones(2), 1)"])
def rsub(need: Need, input: Tensor, other: Operand, *, alpha: Anything = 1) -> Tensor:
    return _sub(need, other, input, alpha=alpha)


@op(
    *everywhere("isclose"),
    cases=["torch.isclose(torch.ones(2, 3), torch.ones(3))", "torch.isclose(torch.ones(2), torch.ones(2).double())"],
)
def isclose(
    need: Need,
    input: Tensor,
    other: Tensor,
    rtol: Anything = 1e-05,
    atol: Anything = 1e-08,
    equal_nan: Anything = False,
) -> Tensor:
    demand_same_dtype(need, other, input, "other")
    return elementwise(need, "bool", input, other)


@op(
    *everywhere("heaviside"),
    cases=[
        "torch.heaviside(torch.ones(2, 3), torch.ones(3))",
        "torch.heaviside(torch.ones(2), torch.ones(2).double())",
        "torch.heaviside(torch.ones(2).cfloat(), torch.ones(2).cfloat())",
    ],
)
def heaviside(need: Need, input: Tensor, values: Tensor, *, out: Anything = None) -> Tensor:
    demand_kind(need, input, ORDERED)
    demand_same_dtype(need, values, input, "values")
    return elementwise(need, input.dtype, input, values)


@op(
    *everywhere("ldexp"),
    cases=["torch.ldexp(torch.ones(2, 3), torch.ones(3))"],
)
def ldexp(need: Need, input: Tensor, other: Tensor, *, out: Anything = None) -> Tensor:
    return elementwise(need, dtypes.floating(dtypes.promoted(input, other)), input, other)


@op(
    "torch.polar",
    cases=["torch.polar(torch.ones(2, 3), torch.ones(3))", "torch.polar(torch.ones(2), torch.ones(2).double())"],
)
def polar(need: Need, abs: Tensor, angle: Tensor, *, out: Anything = None) -> Tensor:
    demand_kind(need, abs, _FLOATS, "abs")
    demand_same_dtype(need, angle, abs, "angle")
    return elementwise(need, dtypes.complex_of(abs.dtype), abs, angle)


@op(
    "torch.complex",
    cases=["torch.complex(torch.ones(2, 3), torch.ones(3))", "torch.complex(torch.ones(2), torch.ones(2).double())"],
)
def complex(need: Need, real: Tensor, imag: Tensor, *, out: Anything = None) -> Tensor:
    demand_kind(need, real, _FLOATS, "real")
    demand_same_dtype(need, imag, real, "imag")
    return elementwise(need, dtypes.complex_of(real.dtype), real, imag)
