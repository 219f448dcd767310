"""How losses are reduced: docs.pytorch.org/docs/stable/nn.html#loss-functions."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.demands import demand_one_of
from modlint.ops.need import Need, Undecided
from modlint.values import Open, Tensor, Value

REDUCTIONS = ("none", "mean", "sum", "elementwise_mean")


def legacy(size_average: Value, reduce: Value, reduction: str) -> str:
    """What the deprecated flags ``size_average`` and ``reduce`` mean, which win over ``reduction``."""
    if size_average is None and reduce is None:
        return reduction
    for flag in (size_average, reduce):
        if flag is not None and not isinstance(flag, bool):
            raise Undecided("the reduction is not known")
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


def common_shape(
    need: Need, input: Tensor, target: Tensor, operand: str = "target", aspect: str = "broadcast"
) -> tuple[Dim, ...] | None:
    """The shape of ``input`` and ``target`` broadcast together; None when one of the ranks is open."""
    a, b = need.shape(input), need.shape(target)
    if isinstance(a, Open) or isinstance(b, Open):
        return None
    return need.broadcast(a, b, aspect=aspect, operand=operand)


def reduced(
    need: Need,
    input: Tensor,
    shape: tuple[Dim, ...] | None,
    dtype: str | None,
    reduction: str,
    allowed: tuple[str, ...] = REDUCTIONS,
) -> Tensor:
    """The loss of each element, of ``shape``, after the reduction."""
    demand_one_of(need, reduction, allowed, "reduction")
    if reduction != "none":
        return Tensor((), dtype, device=input.device)
    if shape is None:
        raise Undecided("the number of dimensions is not known")
    return Tensor(shape, dtype, device=input.device)
