"""Losses of probabilities and densities: binary cross entropy, Gaussian likelihood."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Name, Number, Operand
from modlint.ops.demands import REAL, REAL_OR_COMPLEX, demand_fits, demand_kind, demand_same_dtype, demand_shape
from modlint.ops.dtypes import Kind, floating, promoted
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.reductions import REDUCTIONS, common_shape, legacy, reduced
from modlint.ops.registry import layer, method, op
from modlint.values import Open, Tensor, Value

_F = "torch.nn.functional."


def _same_shape(need: Need, input: Tensor, target: Tensor, *weights: Tensor | None) -> tuple[Dim, ...] | None:
    """The shape of ``input``, which ``target`` must have too and to which weights broadcast; None when open."""
    shape = need.shape(input)
    if isinstance(shape, Open):
        return None
    demand_shape(need, target, shape, "loss_target", "target")
    for weight in weights:
        if weight is not None:
            demand_fits(need, need.dims(weight), shape, "weight")
    return shape


@op(
    _F + "binary_cross_entropy",
    cases=[
        "F.binary_cross_entropy(torch.rand(3, 5), torch.rand(3, 5))",
        "F.binary_cross_entropy(torch.rand(3, 5), torch.rand(3, 5), torch.rand(5), reduction='none')",
        "F.binary_cross_entropy(torch.rand(3, 1), torch.rand(3))",
        "F.binary_cross_entropy(torch.rand(3), torch.ones(3).long())",
        "F.binary_cross_entropy(torch.rand(3), torch.ones(3).double())",
        "F.binary_cross_entropy(torch.rand(3, 5), torch.rand(3, 5), torch.rand(4))",
        "F.binary_cross_entropy(torch.rand(3, 5), torch.rand(3, 5), reduction='avg')",
    ],
)
def binary_cross_entropy(
    need: Need,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> Tensor:
    dtype = demand_kind(need, input, REAL)
    demand_same_dtype(need, target, input, "target")
    shape = _same_shape(need, input, target, weight)
    return reduced(need, input, shape, dtype, legacy(size_average, reduce, reduction))


@op(
    _F + "binary_cross_entropy_with_logits",
    cases=[
        "F.binary_cross_entropy_with_logits(torch.randn(3, 5), torch.rand(3, 5))",
        "F.binary_cross_entropy_with_logits(torch.randn(3, 5), torch.rand(3, 5), torch.rand(5), reduction='none')",
        "F.binary_cross_entropy_with_logits(torch.randn(3, 5), torch.rand(3, 5), pos_weight=torch.rand(5))",
        "F.binary_cross_entropy_with_logits(torch.randn(3, 5), torch.rand(3, 5), pos_weight=torch.rand(4))",
        "F.binary_cross_entropy_with_logits(torch.randn(3, 1), torch.rand(3))",
        "F.binary_cross_entropy_with_logits(torch.randn(3, 5), torch.rand(3, 5).double())",
        "F.binary_cross_entropy_with_logits(torch.randn(3, 5), torch.ones(3, 5).long())",
        "F.binary_cross_entropy_with_logits(torch.randn(3, 5), torch.ones(3, 5).bool())",
    ],
)
def binary_cross_entropy_with_logits(
    need: Need,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    demand_kind(need, input, REAL)
    demand_kind(need, target, REAL_OR_COMPLEX, "target")
    shape = _same_shape(need, input, target, weight, pos_weight)
    return reduced(need, input, shape, target.dtype, legacy(size_average, reduce, reduction))


@op(
    _F + "gaussian_nll_loss",
    cases=[
        "F.gaussian_nll_loss(torch.randn(3, 5), torch.randn(3, 5), torch.rand(3, 5))",
        "F.gaussian_nll_loss(torch.randn(3, 5), torch.randn(3, 5), torch.rand(3), reduction='none')",
        "F.gaussian_nll_loss(torch.randn(3, 5), torch.randn(5), torch.rand(3, 1), reduction='none')",
        "F.gaussian_nll_loss(torch.randn(3, 5), torch.randn(3, 5), 0.5)",
        "F.gaussian_nll_loss(torch.randn(3, 5), torch.randn(3, 5), 1)",
        "F.gaussian_nll_loss(torch.randn(3, 5), torch.randn(3, 5), torch.rand(5))",
        "F.gaussian_nll_loss(torch.randn(3, 5), torch.randn(3, 5), torch.rand(1, 1))",
        "F.gaussian_nll_loss(torch.randn(3, 5), torch.randn(4), torch.rand(3, 5))",
        "F.gaussian_nll_loss(torch.randn(1, 5), torch.randn(5), torch.rand(0, 1), reduction='none')",
        "F.gaussian_nll_loss(torch.randn(3), torch.randn(3), torch.ones(3).long())",
    ],
)
def gaussian_nll_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    var: Operand,
    full: Flag = False,
    eps: Number = 1e-6,
    reduction: Name = "mean",
) -> Tensor:
    """``var`` has the shape of ``input``, or lacks its last dim, or has size 1 in one dim."""
    for operand, name in ((input, "input"), (target, "target")):
        demand_kind(need, operand, (Kind.INTEGER, Kind.FLOAT, Kind.COMPLEX), name)
    shape = common_shape(need, input, target)
    if isinstance(var, Tensor):
        demand_kind(need, var, REAL, "var")
        _demand_variance(need, input, var)
    elif not isinstance(var, float):
        need.fail("type", "float or Tensor", var, "var")
        raise Impossible
    elif var < 0:
        need.fail("range", 0, var, "var")
    return reduced(need, input, shape, floating(promoted(input, target, var)), reduction, REDUCTIONS[:3])


def _demand_variance(need: Need, input: Tensor, var: Tensor) -> None:
    shape, found = need.shape(input), need.shape(var)
    if isinstance(shape, Open) or isinstance(found, Open) or found == shape[:-1]:
        return
    if 0 in found:
        raise Undecided("torch takes some variances without elements")
    wanted = shape
    if len(found) == len(shape):
        ones = [axis for axis, dim in enumerate(found) if dim == 1 and shape[axis] != 1]
        wanted = tuple(1 if [axis] == ones else dim for axis, dim in enumerate(shape))
    demand_shape(need, var, wanted, "loss_target", "var")


@layer(
    "torch.nn.BCELoss",
    cases=[
        "nn.BCELoss()(torch.rand(3, 5), torch.rand(3, 5))",
        "nn.BCELoss(torch.rand(5), reduction='none')(torch.rand(3, 5), torch.rand(3, 5))",
        "nn.BCELoss()(torch.rand(3, 1), torch.rand(3))",
        "nn.BCELoss()(torch.rand(3), torch.ones(3).long())",
    ],
)
def bce_loss_layer(
    need: Need,
    weight: Tensor | None = None,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> dict[str, Value]:
    return {"reduction": legacy(size_average, reduce, reduction), "weight": weight}


@method("torch.nn.BCELoss", "forward")
def bce_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return binary_cross_entropy(need, input, target, self.weight, reduction=self.reduction)


@layer(
    "torch.nn.BCEWithLogitsLoss",
    cases=[
        "nn.BCEWithLogitsLoss()(torch.randn(3, 5), torch.rand(3, 5))",
        "nn.BCEWithLogitsLoss(pos_weight=torch.rand(5))(torch.randn(3, 5), torch.rand(3, 5))",
        "nn.BCEWithLogitsLoss()(torch.randn(3, 1), torch.rand(3))",
        "nn.BCEWithLogitsLoss()(torch.randn(3), torch.ones(3).long())",
    ],
)
def bce_with_logits_loss_layer(
    need: Need,
    weight: Tensor | None = None,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
    pos_weight: Tensor | None = None,
) -> dict[str, Value]:
    return {"reduction": legacy(size_average, reduce, reduction), "weight": weight, "pos_weight": pos_weight}


@method("torch.nn.BCEWithLogitsLoss", "forward")
def bce_with_logits_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return binary_cross_entropy_with_logits(
        need, input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
    )


@layer(
    "torch.nn.GaussianNLLLoss",
    cases=["nn.GaussianNLLLoss(reduction='sum')(torch.randn(3, 5), torch.randn(3, 5), torch.rand(3, 1))"],
)
def gaussian_nll_loss_layer(
    need: Need, *, full: Flag = False, eps: Number = 1e-6, reduction: Name = "mean"
) -> dict[str, Value]:
    return {"reduction": reduction, "full": full, "eps": eps}


@method("torch.nn.GaussianNLLLoss", "forward")
def gaussian_nll_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor, var: Operand) -> Tensor:
    return gaussian_nll_loss(need, input, target, var, reduction=self.reduction)
