"""Tensors made after another one: ``zeros_like``, ``new_zeros`` and their relatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modlint.ops import dtypes
from modlint.ops.arguments import Anything
from modlint.ops.demands import ORDERED, demand_kind
from modlint.ops.families.create import (
    Options,
    demand_interval,
    demand_sequence,
    demand_sizes,
    factory,
    fill_value_of,
)
from modlint.ops.names import methods
from modlint.ops.need import Need
from modlint.ops.registry import op
from modlint.values import Tensor


def _filled_like(fill: int | None) -> Callable[..., Tensor]:
    @factory
    def function(need: Need, options: Options, input: Tensor) -> Tensor:
        return _like(need, options, input, fill)

    return function


def _like(need: Need, options: Options, input: Tensor, fill: Any = None) -> Tensor:
    result = options.tensor(need, need.shape(input), input.dtype, fill)
    result.order, result.device = input.order, result.device or input.device
    return result


@factory
def _random_like(need: Need, options: Options, input: Tensor) -> Tensor:
    result = _like(need, options, input)
    if dtypes.is_integral(result.dtype) and not need.is_empty(result):
        need.fail("dtype", ("float", "complex"), result.dtype, "input")
    return result


for _name, _function in {
    "zeros": _filled_like(0),
    "ones": _filled_like(1),
    "empty": _filled_like(None),
    "rand": _random_like,
    "randn": _random_like,
}.items():
    op(
        f"torch.{_name}_like",
        cases=[
            f"torch.{_name}_like(torch.ones(2, 3))",
            f"torch.{_name}_like(torch.ones(2, 3).t(), dtype=torch.float64)",
            f"torch.{_name}_like(torch.ones(2, dtype=torch.int64))",
        ],
    )(_function)


@op("torch.full_like", cases=["torch.full_like(torch.ones(2, 3), 5)", "torch.full_like(torch.ones(2).bool(), 1)"])
@factory
def full_like(need: Need, options: Options, input: Tensor, fill_value: Anything) -> Tensor:
    return _like(need, options, input, fill_value_of(fill_value)[0])


@op("torch.randint_like", cases=["torch.randint_like(torch.ones(2, 3), 5)", "torch.randint_like(torch.ones(2), 1, 5)"])
@factory
def randint_like(need: Need, options: Options, input: Tensor, low: Anything = 0, high: Anything = None) -> Tensor:
    demand_interval(need, *((0, low) if high is None else (low, high)))
    demand_kind(need, input, ORDERED)
    return _like(need, options, input)


def _new(fill: int | None) -> Callable[..., Tensor]:
    @factory
    def function(need: Need, options: Options, input: Tensor, *sizes: Anything, size: Anything = None) -> Tensor:
        result = options.tensor(need, demand_sizes(need, sizes, size), input.dtype, fill)
        result.device = result.device or input.device
        return result

    return function


for _name, _fill_value in {"zeros": 0, "ones": 1, "empty": None}.items():
    op(
        *methods(f"new_{_name}"),
        cases=[
            f"torch.ones(2).new_{_name}(2, 3)",
            f"torch.ones(2, dtype=torch.int64).new_{_name}((2, 3))",
            f"torch.ones(2).new_{_name}(2, -3)",
        ],
    )(_new(_fill_value))


@op(
    *methods("new_full"),
    cases=["torch.ones(2).new_full((2, 3), 1)", "torch.ones(2).new_full(3, 1)"],
)
@factory
def new_full(need: Need, options: Options, input: Tensor, size: Anything, fill_value: Anything) -> Tensor:
    result = options.tensor(need, demand_sequence(need, size), input.dtype, fill_value_of(fill_value)[0])
    result.device = result.device or input.device
    return result
