"""Margin losses over classes: docs.pytorch.org/docs/stable/nn.html#loss-functions."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Name, Number
from modlint.ops.demands import (
    REAL,
    demand_dtype,
    demand_kind,
    demand_one_of,
    demand_same_dtype,
    demand_shape,
)
from modlint.ops.dtypes import Kind, promoted
from modlint.ops.families.loss_classes import demand_classes
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need
from modlint.ops.reductions import REDUCTIONS, legacy, reduced
from modlint.ops.registry import layer, method, op
from modlint.values import Tensor, Value

_F = "torch.nn.functional."


def _samples(need: Need, input: Tensor) -> tuple[Dim, ...]:
    """The dims of ``input``: (), (C) or (N, C), with at least one class."""
    dims = need.rank(input, 0, 1, 2)
    if dims:
        need.at_least(dims[-1], 1, "num_classes")
    return dims


@op(
    _F + "multi_margin_loss",
    cases=[
        "F.multi_margin_loss(torch.randn(3, 5), torch.zeros(3).long())",
        "F.multi_margin_loss(torch.randn(3, 5), torch.zeros(3).long(), p=2, weight=torch.ones(5), reduction='none')",
        "F.multi_margin_loss(torch.randn(5), torch.tensor(1), reduction='none')",
        "F.multi_margin_loss(torch.randn(5), torch.tensor([1]), reduction='none')",
        "F.multi_margin_loss(torch.randn(3, 5), torch.zeros(3).long(), p=3)",
        "F.multi_margin_loss(torch.randn(3, 5), torch.zeros(4).long())",
        "F.multi_margin_loss(torch.randn(3, 5), torch.zeros(3))",
        "F.multi_margin_loss(torch.randn(3, 5), torch.tensor([0, 1, 5]))",
        "F.multi_margin_loss(torch.randn(3, 5), torch.zeros(3).long(), weight=torch.ones(4))",
        "F.multi_margin_loss(torch.randn(3, 5, 2), torch.zeros(3).long())",
    ],
)
def multi_margin_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    p: Number = 1,
    margin: Number = 1.0,
    weight: Tensor | None = None,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> Tensor:
    """Scores (N, C) against classes (N)."""
    demand_one_of(need, p, (1, 2), "p")
    dtype = demand_kind(need, input, REAL)
    if not need.is_empty(target):
        demand_dtype(need, target, "int64", operand="target")
    dims = _samples(need, input)
    found = need.dims(target)
    wanted = found if found in ((), (1,)) and dims[:-1] in ((), (1,)) else dims[:-1]
    demand_shape(need, target, wanted, "loss_target", "target")
    if dims:
        demand_classes(need, target, dims[-1])
        if weight is not None:
            demand_shape(need, weight, dims[-1:], "num_classes", "weight")
    if weight is not None:
        demand_same_dtype(need, weight, input, "weight")
    return reduced(need, input, wanted, dtype, legacy(size_average, reduce, reduction))


@op(
    _F + "multilabel_margin_loss",
    cases=[
        "F.multilabel_margin_loss(torch.randn(3, 5), torch.zeros(3, 5).long())",
        "F.multilabel_margin_loss(torch.randn(5), torch.zeros(5).long(), reduction='none')",
        "F.multilabel_margin_loss(torch.randn(3, 5), torch.zeros(3, 4).long())",
        "F.multilabel_margin_loss(torch.randn(3, 5), torch.zeros(3, 5))",
        "F.multilabel_margin_loss(torch.randn(3, 5, 2), torch.zeros(3, 5, 2).long())",
    ],
)
def multilabel_margin_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> Tensor:
    """Scores (N, C) against the classes of each sample, up to a -1, (N, C)."""
    dtype = demand_kind(need, input, REAL)
    demand_dtype(need, target, "int64", operand="target")
    dims = _samples(need, input)
    demand_shape(need, target, dims, "loss_target", "target")
    return reduced(need, input, dims[:-1], dtype, legacy(size_average, reduce, reduction))


@op(
    _F + "multilabel_soft_margin_loss",
    cases=[
        "F.multilabel_soft_margin_loss(torch.randn(3, 5), torch.ones(3, 5))",
        "F.multilabel_soft_margin_loss(torch.randn(3, 5, 2), torch.ones(3, 5, 2), reduction='none')",
        "F.multilabel_soft_margin_loss(torch.randn(3, 5), torch.ones(3, 5).long(), torch.rand(5))",
        "F.multilabel_soft_margin_loss(torch.randn(3, 5), torch.ones(4))",
        "F.multilabel_soft_margin_loss(torch.randn(3, 5), torch.ones(3, 5).bool())",
        "F.multilabel_soft_margin_loss(torch.randn(3, 5), torch.ones(3, 5), torch.rand(4))",
        "F.multilabel_soft_margin_loss(torch.randn(()), torch.ones(()))",
    ],
)
def multilabel_soft_margin_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> Tensor:
    """Scores (N, C) against 0 or 1 for each class; the mean over the classes leaves (N)."""
    demand_kind(need, input, REAL)
    demand_kind(need, target, (Kind.INTEGER, Kind.FLOAT, Kind.COMPLEX), "target")
    dims = need.dims(input)
    if not dims:
        need.fail("rank", 1, dims, "input")
        raise Impossible
    operands = (input, target) if weight is None else (input, target, weight)
    shape = need.broadcast(*(need.dims(operand) for operand in operands), aspect="loss_target", operand="target")
    axis = len(dims) - 1
    shape = (*shape[:axis], *shape[axis + 1 :])
    return reduced(need, input, shape, promoted(*operands), legacy(size_average, reduce, reduction), REDUCTIONS[:3])


@layer(
    "torch.nn.MultiMarginLoss",
    cases=[
        "nn.MultiMarginLoss(p=2)(torch.randn(3, 5), torch.zeros(3).long())",
        "nn.MultiMarginLoss(weight=torch.ones(4))(torch.randn(3, 5), torch.zeros(3).long())",
        "nn.MultiMarginLoss(p=3)",
        "nn.MultiLabelMarginLoss()(torch.randn(3, 5), torch.zeros(3, 5).long())",
        "nn.MultiLabelMarginLoss()(torch.randn(3, 5), torch.zeros(3).long())",
    ],
)
def multi_margin_loss_layer(
    need: Need,
    p: Number = 1,
    margin: Number = 1.0,
    weight: Tensor | None = None,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> dict[str, Value]:
    demand_one_of(need, p, (1, 2), "p")
    return {"reduction": legacy(size_average, reduce, reduction), "weight": weight, "p": p, "margin": margin}


@layer(
    "torch.nn.MultiLabelSoftMarginLoss",
    cases=["nn.MultiLabelSoftMarginLoss(reduction='none')(torch.randn(3, 5), torch.ones(3, 5))"],
)
def multilabel_soft_margin_loss_layer(
    need: Need,
    weight: Tensor | None = None,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> dict[str, Value]:
    return {"reduction": legacy(size_average, reduce, reduction), "weight": weight}


@method("torch.nn.MultiMarginLoss", "forward")
def multi_margin_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return multi_margin_loss(need, input, target, self.p, self.margin, self.weight, reduction=self.reduction)


@method("torch.nn.MultiLabelMarginLoss", "forward")
def multilabel_margin_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return multilabel_margin_loss(need, input, target, reduction=self.reduction)


@method("torch.nn.MultiLabelSoftMarginLoss", "forward")
def multilabel_soft_margin_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return multilabel_soft_margin_loss(need, input, target, self.weight, reduction=self.reduction)
