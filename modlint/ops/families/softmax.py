"""Softmax and its relatives: docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html."""

from __future__ import annotations

from modlint.ops.arguments import Anything, Flag, Number
from modlint.ops.demands import REAL, demand_kind, like
from modlint.ops.dtypes import Kind, chosen, floating
from modlint.ops.fields import Fields
from modlint.ops.names import everywhere
from modlint.ops.need import Need
from modlint.ops.registry import layer, method, op
from modlint.ops.shapes import copied_order
from modlint.values import Open, Tensor, Value

_F = "torch.nn.functional."


def _normalised(need: Need, input: Tensor, dim: int | None, dtype: Anything) -> Tensor:
    """The shape stays; ``dim=None`` is torch's old choice, which every input has."""
    shape = need.shape(input)
    if dim is not None and not isinstance(shape, Open):
        need.axis(dim, len(shape))
    result = like(input, chosen(need, dtype, input.dtype))
    result.order = copied_order(need, input)
    if not need.is_empty(input):
        result.dtype = demand_kind(need, result, REAL, "input" if dtype is None else "dtype")
    return result


@op(
    *everywhere("softmax", "log_softmax"),
    cases=[
        "torch.softmax(torch.randn(2, 3), 1)",
        "torch.softmax(torch.randn(2, 3), dim=-1, dtype=torch.float64)",
        "torch.softmax(torch.arange(3), 0, torch.float32)",
        "torch.softmax(torch.arange(3), 0)",
        "torch.softmax(torch.arange(3), 0, torch.int64)",
        "torch.softmax(torch.randn(2, 3), 2)",
        "torch.softmax(torch.randn(2, 3))",
        "torch.randn(2, 3, 4).softmax(-3)",
        "torch.randn(2, 3, 4).log_softmax(dim=3)",
        "torch.randn(()).softmax(0)",
        "torch.randn(()).softmax(1)",
    ],
)
def softmax(need: Need, input: Tensor, dim: int, dtype: Anything = None) -> Tensor:
    return _normalised(need, input, dim, dtype)


@op(
    "torch.special.softmax",
    "torch.special.log_softmax",
    cases=[
        "torch.special.softmax(torch.randn(2, 3), 1)",
        "torch.special.softmax(torch.arange(3), 0, dtype=torch.float32)",
        "torch.special.softmax(torch.randn(2, 3), 2)",
    ],
)
def special_softmax(need: Need, input: Tensor, dim: int, *, dtype: Anything = None) -> Tensor:
    return _normalised(need, input, dim, dtype)


@op(
    _F + "softmax",
    _F + "log_softmax",
    cases=[
        "F.softmax(torch.randn(2, 3), dim=1)",
        "F.softmax(torch.randn(2, 3))",
        "F.softmax(torch.randn(2, 3, 4), -1, dtype=torch.float16)",
        "F.softmax(torch.randn(2, 3), dim=2)",
        "F.softmax(torch.randn(2, 3), axis=1)",
        "F.log_softmax(torch.randn(2, 3), dim=-2)",
        "F.log_softmax(torch.randn(2, 3), dim=-3)",
        "F.log_softmax(torch.arange(3), dim=0)",
    ],
)
def softmax_function(
    need: Need, input: Tensor, dim: int | None = None, _stacklevel: Anything = 3, dtype: Anything = None
) -> Tensor:
    return _normalised(need, input, dim, dtype)


@op(
    _F + "softmin",
    cases=[
        "F.softmin(torch.randn(2, 3), dim=1)",
        "F.softmin(torch.arange(3), dim=0, dtype=torch.float32)",
        "F.softmin(torch.ones(3).bool(), dim=0, dtype=torch.float32)",
        "F.softmin(torch.randn(2, 3), dim=2)",
    ],
)
def softmin(
    need: Need, input: Tensor, dim: int | None = None, _stacklevel: Anything = 3, dtype: Anything = None
) -> Tensor:
    """The softmax of ``-input``, which booleans do not have."""
    demand_kind(need, input, (Kind.INTEGER, Kind.FLOAT, Kind.COMPLEX))
    return _normalised(need, input, dim, dtype)


@op(
    _F + "gumbel_softmax",
    cases=[
        "F.gumbel_softmax(torch.randn(2, 3), tau=0.5)",
        "F.gumbel_softmax(torch.randn(2, 3), hard=True, dim=0)",
        "F.gumbel_softmax(torch.randn(2, 3), dim=2)",
        "F.gumbel_softmax(torch.arange(3))",
    ],
)
def gumbel_softmax(
    need: Need, logits: Tensor, tau: Number = 1, hard: Flag = False, eps: Number = 1e-10, dim: int = -1
) -> Tensor:
    shape = need.shape(logits)
    if hard and shape and not isinstance(shape, Open):
        need.at_least(shape[need.axis(dim, len(shape))], 1, "dim", "logits")
    result = _normalised(need, logits, dim, None)
    result.dtype = floating(result.dtype)
    return result


@layer(
    "torch.nn.Softmax",
    "torch.nn.LogSoftmax",
    "torch.nn.Softmin",
    cases=[
        "nn.Softmax(dim=1)(torch.randn(2, 3))",
        "nn.Softmax(1)(torch.randn(3))",
        "nn.Softmax()(torch.randn(2, 3))",
        "nn.Softmax(-1).dim",
        "nn.LogSoftmax(dim=1)(torch.randn(2, 3))",
        "nn.LogSoftmax(dim=2)(torch.randn(2, 3))",
        "nn.Softmin(dim=0)(torch.randn(2, 3))",
        "nn.Softmin(dim=0)(torch.arange(3))",
    ],
)
def softmax_layer(need: Need, dim: int | None = None) -> dict[str, Value]:
    return {"dim": dim}


@method(("torch.nn.Softmax", "torch.nn.LogSoftmax", "torch.nn.Softmin"), "forward")
def softmax_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return _normalised(need, input, self.dim, None)


@layer(
    "torch.nn.Softmax2d",
    cases=[
        "nn.Softmax2d()(torch.randn(2, 3, 4, 5))",
        "nn.Softmax2d()(torch.randn(3, 4, 5))",
        "nn.Softmax2d()(torch.randn(4, 5))",
    ],
)
def softmax2d_layer(need: Need) -> dict[str, Value]:
    return {}


@method("torch.nn.Softmax2d", "forward")
def softmax2d_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """Over the channels, which are the third dim from the end."""
    need.rank(input, 3, 4)
    return _normalised(need, input, -3, None)
