"""Elementwise functions of one tensor: docs.pytorch.org/docs/stable/torch.html#pointwise-ops."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from modlint.ops import dtypes, elements
from modlint.ops.arguments import Anything
from modlint.ops.demands import demand_kind
from modlint.ops.dtypes import Kind
from modlint.ops.names import everywhere, in_place, updates
from modlint.ops.need import Need
from modlint.ops.registry import op
from modlint.values import Tensor

Unary: TypeAlias = Callable[..., Tensor]

_FLOATING = [
    "acos",
    "arccos",
    "acosh",
    "arccosh",
    "asin",
    "arcsin",
    "asinh",
    "arcsinh",
    "atan",
    "arctan",
    "atanh",
    "arctanh",
    "cos",
    "cosh",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log10",
    "log1p",
    "log2",
    "reciprocal",
    "rsqrt",
    "sigmoid",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]
_REAL_FLOATING = [
    "deg2rad",
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "i0",
    "lgamma",
    "logit",
    "rad2deg",
]
_SPECIAL = [
    "exp2",
    "expit",
    "expm1",
    "log1p",
    "sinc",
]
_REAL_SPECIAL = [
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log_ndtr",
    "logit",
    "ndtr",
    "ndtri",
    "psi",
]
_ROUNDED = ["ceil", "fix", "floor", "trunc"]
_SIGNED = ["neg", "negative"]
_UNCHANGED = ["conj", "resolve_conj", "resolve_neg"]
_MAGNITUDE = ["abs", "absolute"]
_TESTS = ["isfinite", "isinf", "isnan", "isreal"]
_REAL_TESTS = ["isneginf", "isposinf", "signbit"]

_EXACT: Mapping[str, Callable[..., Any]] = {
    "neg": operator.neg,
    "negative": operator.neg,
    "square": lambda x: x * x,
}
_NUMERIC: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "absolute": abs,
    "ceil": math.ceil,
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "log2": math.log2,
    "round": builtins.round,
    "trunc": math.trunc,
}
_VALUES = {**_EXACT, **{name: elements.numeric(function) for name, function in _NUMERIC.items()}}
_ANY = tuple(Kind)
_NUMBERS = (Kind.INTEGER, Kind.FLOAT, Kind.COMPLEX)
_REAL = (Kind.BOOL, Kind.INTEGER, Kind.FLOAT)
_REAL_NUMBERS = (Kind.INTEGER, Kind.FLOAT)
_INTEGERS = (Kind.BOOL, Kind.INTEGER)


def _like(need: Need, input: Tensor, dtype: str | None, name: str = "") -> Tensor:
    """The result of the function ``name``."""
    shape = need.shape(input)
    data = None
    if input.data is not None and name in _VALUES:
        data = elements.mapped(_VALUES[name], shape, dtype, input)
    return Tensor(shape, dtype, data=data, order=input.order, device=input.device)


def _register(names: Iterable[str], make: Callable[[str], Unary], *cases: str, inplace: bool = True) -> None:
    for name in names:
        function = make(name)
        op(*everywhere(name), cases=[case.format(name) for case in cases])(function)
        if inplace:
            op(*updates([name]), cases=[f"torch.rand(2, 3).{name}_()"])(in_place(function))


def _floating(*allowed: Kind) -> Callable[[str], Unary]:
    def make(name: str) -> Unary:
        def function(need: Need, input: Tensor, *, out: Anything = None) -> Tensor:
            demand_kind(need, input, allowed)
            return _like(need, input, dtypes.floating(input.dtype), name)

        return function

    return make


def _same(*allowed: Kind) -> Callable[[str], Unary]:
    def make(name: str) -> Unary:
        def function(need: Need, input: Tensor, *, out: Anything = None) -> Tensor:
            demand_kind(need, input, allowed)
            return _like(need, input, input.dtype, name)

        return function

    return make


def _magnitude(name: str) -> Unary:
    def function(need: Need, input: Tensor, *, out: Anything = None) -> Tensor:
        demand_kind(need, input, _NUMBERS)
        return _like(need, input, dtypes.real(input.dtype), name)

    return function


def _test(*allowed: Kind) -> Callable[[str], Unary]:
    def make(name: str) -> Unary:
        def function(need: Need, input: Tensor) -> Tensor:
            demand_kind(need, input, allowed)
            return _like(need, input, "bool")

        return function

    return make


_FLOATS = "torch.{}(torch.rand(2, 3))"
_INTS = "torch.{}(torch.ones(3, dtype=torch.int64))"
_BOOLS = "torch.{}(torch.ones(3, dtype=torch.bool))"
_COMPLEXES = "torch.{}(torch.ones(3, dtype=torch.complex64))"

_register(_FLOATING, _floating(*_ANY), _FLOATS, _INTS, _COMPLEXES)
_register(_REAL_FLOATING, _floating(*_REAL), _FLOATS, _INTS, _COMPLEXES)
_register(_ROUNDED, _same(*_REAL_NUMBERS), _FLOATS, _INTS, _BOOLS)
_register(_SIGNED, _same(*_NUMBERS), _FLOATS, _INTS, _BOOLS, "-torch.ones(2)")
_register(["frac"], _same(Kind.FLOAT), _FLOATS, _INTS)
_register(["sgn"], _same(*_ANY), _FLOATS, _BOOLS)
_register(["sign"], _same(*_REAL), _FLOATS, _BOOLS, _COMPLEXES)
_register(["positive"], _same(*_NUMBERS), _FLOATS, _BOOLS, inplace=False)
_register(["bitwise_not"], _same(*_INTEGERS), _INTS, _BOOLS, _FLOATS, "~torch.ones(2).bool()", inplace=False)
_register(_UNCHANGED, _same(*_ANY), _FLOATS, inplace=False)
_register(_MAGNITUDE, _magnitude, _FLOATS, _INTS, _BOOLS)
_register(_TESTS, _test(*_ANY), _FLOATS, _INTS, inplace=False)
_register(_REAL_TESTS, _test(*_REAL), _FLOATS, _COMPLEXES, inplace=False)
for _names, _kinds in ((_SPECIAL, _ANY), (_REAL_SPECIAL, _REAL)):
    for _name in _names:
        op(f"torch.special.{_name}", cases=[f"torch.special.{_name}(torch.rand(2, 3))"])(_floating(*_kinds)(_name))


@op(*everywhere("square"), cases=["torch.square(torch.randn(3))", "torch.square(torch.ones(3).bool())"])
def square(need: Need, input: Tensor, *, out: Anything = None) -> Tensor:
    return _like(need, input, "int64" if input.dtype == "bool" else input.dtype, "square")


@op(*everywhere("logical_not"), cases=["torch.logical_not(torch.randn(3))"])
def logical_not(need: Need, input: Tensor, *, out: Anything = None) -> Tensor:
    return _like(need, input, "bool")


@op(
    *everywhere("round"),
    cases=[
        "torch.round(torch.randn(3), decimals=2)",
        "torch.round(torch.ones(3).bool())",
        "torch.round(torch.tensor([0.5, 1.5, -2.4])).int().tolist()",
    ],
)
def round(need: Need, input: Tensor, *, decimals: Anything = 0, out: Anything = None) -> Tensor:
    demand_kind(need, input, _REAL_NUMBERS if decimals == 0 else (Kind.FLOAT,))
    return _like(need, input, input.dtype, "round" if decimals == 0 else "")


@op(*everywhere("angle"), cases=["torch.angle(torch.randn(3))", "torch.angle(torch.ones(3, dtype=torch.complex64))"])
def angle(need: Need, input: Tensor, *, out: Anything = None) -> Tensor:
    return _like(need, input, dtypes.floating(dtypes.real(input.dtype)))


@op(*everywhere("nan_to_num"), cases=["torch.nan_to_num(torch.randn(3), nan=0.0)"])
def nan_to_num(
    need: Need,
    input: Tensor,
    nan: Anything = None,
    posinf: Anything = None,
    neginf: Anything = None,
    *,
    out: Anything = None,
) -> Tensor:
    return _like(need, input, input.dtype)


for _name, _function in {
    "square": square,
    "logical_not": logical_not,
    "round": round,
    "nan_to_num": nan_to_num,
}.items():
    op(*updates([_name]), cases=[f"torch.randn(2, 3).{_name}_()"])(in_place(_function))


@op(*everywhere("bernoulli"), cases=["torch.bernoulli(torch.rand(2, 3))", "torch.rand(2, 3).bernoulli(0.5)"])
def bernoulli(
    need: Need, input: Tensor, p: Anything = None, *, generator: Anything = None, out: Anything = None
) -> Tensor:
    if not need.is_empty(input):
        demand_kind(need, input, (Kind.FLOAT,) if p is None else _REAL)
    return _like(need, input, input.dtype)
