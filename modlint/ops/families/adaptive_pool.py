"""Pools to a given output size: docs.pytorch.org/docs/stable/nn.html#pooling-layers."""

from __future__ import annotations

from typing import Any

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag
from modlint.ops.demands import REAL, REAL_OR_COMPLEX, demand_integers, demand_kind
from modlint.ops.families.pool import with_indices
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.ops.shapes import listed
from modlint.values import Open, Tensor, Unknown, Value

_INPUTS = {1: "2, 4, 9", 2: "2, 4, 9, 8", 3: "2, 4, 9, 8, 7"}
_F = "torch.nn.functional"


def _averaged(need: Need, axes: int, input: Tensor, output_size: Value) -> Tensor:
    asked = _asked(need, output_size, axes, single=axes == 1)
    if 0 not in asked:
        demand_kind(need, input, REAL_OR_COMPLEX if all(size == 1 for size in asked) else REAL)
    if all(size == 1 for size in asked) and axes > 1 and not isinstance(need.shape(input), Open):
        dims = _mean_dims(need, input, axes + (listed(output_size) is not None))
    else:
        dims = need.rank(input, axes + 1, axes + 2)
    if any(size != 1 for size in asked):
        _check_filled(need, dims[1:] if axes == 3 else dims[-axes:])
    return _sized(need, input, dims, asked)


def _mean_dims(need: Need, input: Tensor, least: int) -> tuple[Dim, ...]:
    """A single value is the mean over the last axes, however many are before them."""
    dims = need.dims(input)
    if len(dims) < least:
        need.fail("rank", least, dims, "input")
        raise Impossible
    return dims


def _maximal(need: Need, axes: int, input: Tensor, output_size: Value) -> Tensor:
    dims = need.rank(input, axes + 1, axes + 2)
    demand_kind(need, input, REAL)
    _check_filled(need, dims[1:])
    return _sized(need, input, dims, _asked(need, output_size, axes, single=axes == 1))


def _check_filled(need: Need, sizes: tuple[Dim, ...]) -> None:
    for size in sizes:
        need.at_least(size, 1, "kernel_size")


def _sized(need: Need, input: Tensor, dims: tuple[Dim, ...], asked: tuple[Dim | None, ...]) -> Tensor:
    """Each of the last axes gets the size asked for; None keeps its own."""
    lead = len(dims) - len(asked)
    sizes = tuple(size if wanted is None else wanted for size, wanted in zip(dims[lead:], asked))
    return input.with_shape((*dims[:lead], *sizes))


def _asked(need: Need, value: Value, axes: int, single: bool) -> tuple[Dim | None, ...]:
    """The output sizes; those in one dimension alone must be numbers."""
    items = listed(value)
    sizes = (value,) * axes if items is None else items
    if any(isinstance(size, (Unknown, Tensor)) for size in sizes):
        raise Undecided("the output size is not known")
    keeps = not single and items is not None
    demand_integers(need, [size for size in sizes if size is not None or not keeps], "output_size")
    if len(sizes) != axes:
        need.fail("output_size", axes, sizes, "output_size")
        raise Impossible
    for size in sizes:
        if size is not None:
            need.at_least(size, 0, "output_size", "output_size")
    return sizes


def _cases(function: str, axes: int) -> list[str]:
    shape = _INPUTS[axes]
    sizes = "(3,)" if axes == 1 else f"(3, {', '.join(['None'] * (axes - 1))})"
    return [
        f"{function}(torch.randn({shape}), 1)",
        f"{function}(torch.randn({shape}), {sizes})",
        f"{function}(torch.randn({shape}), -1)",
        f"{function}(torch.randn({shape}), (2, 2, 2, 2))",
        f"{function}(torch.randn(0{shape[1:]}).long(), 3)",
    ]


def _avg(axes: int) -> None:
    name = f"torch.nn.AdaptiveAvgPool{axes}d"
    others = ["torch.adaptive_avg_pool1d"] if axes == 1 else []

    @op(f"{_F}.adaptive_avg_pool{axes}d", *others, cases=_cases(f"F.adaptive_avg_pool{axes}d", axes))
    def adaptive_avg_pool(need: Need, input: Tensor, output_size: Anything) -> Tensor:
        return _averaged(need, axes, input, output_size)

    @layer(
        name,
        parents=("torch.nn.modules.pooling._AdaptiveAvgPoolNd",),
        cases=[f"nn.AdaptiveAvgPool{axes}d({size})(torch.randn({_INPUTS[axes]}))" for size in ("3", "(2,)", "None")],
    )
    def adaptive_avg_pool_layer(need: Need, output_size: Anything) -> dict[str, Value]:
        return {"output_size": output_size}

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        return _averaged(need, axes, input, self.output_size)


def _max(axes: int) -> None:
    name, functional = f"torch.nn.AdaptiveMaxPool{axes}d", f"{_F}.adaptive_max_pool{axes}d"

    @op(functional, cases=_cases(f"F.adaptive_max_pool{axes}d", axes))
    def adaptive_max_pool(need: Need, input: Tensor, output_size: Anything, return_indices: Flag = False) -> Any:
        return with_indices(_maximal(need, axes, input, output_size), return_indices)

    @op(
        f"{functional}_with_indices",
        cases=[f"F.adaptive_max_pool{axes}d_with_indices(torch.randn({_INPUTS[axes]}), 2)"],
    )
    def with_both(need: Need, input: Tensor, output_size: Anything, return_indices: Anything = False) -> Any:
        return with_indices(_maximal(need, axes, input, output_size), True)

    @layer(
        name,
        parents=("torch.nn.modules.pooling._AdaptiveMaxPoolNd",),
        cases=[
            f"nn.AdaptiveMaxPool{axes}d(3)(torch.randn({_INPUTS[axes]}))",
            f"nn.AdaptiveMaxPool{axes}d(1, return_indices=True)(torch.randn({_INPUTS[axes]}))",
        ],
    )
    def adaptive_max_pool_layer(need: Need, output_size: Anything, return_indices: Flag = False) -> dict[str, Value]:
        return {"output_size": output_size, "return_indices": return_indices}

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Any:
        return with_indices(_maximal(need, axes, input, self.output_size), self.return_indices)


@op("torch.adaptive_max_pool1d", cases=["torch.adaptive_max_pool1d(torch.randn(2, 4, 9), 3)"])
def adaptive_max_pool1d(need: Need, input: Tensor, output_size: Anything) -> Any:
    """Unlike the function of the same name in ``F``, with the indices always."""
    return with_indices(_maximal(need, 1, input, output_size), True)


for _axes in (1, 2, 3):
    _avg(_axes)
    _max(_axes)
