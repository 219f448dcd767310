"""Losses that compare input and target element by element.

docs.pytorch.org/docs/stable/nn.html#loss-functions. Where torch only warns that the sizes differ, so does modlint.
"""

from __future__ import annotations

from modlint.dims import Answer, Dim
from modlint.ops.arguments import Anything, Flag, Name, Number
from modlint.ops.demands import REAL, REAL_OR_COMPLEX, demand_kind, demand_shape
from modlint.ops.dtypes import Kind, floating, is_integral, promoted, real, summed
from modlint.ops.fields import Fields
from modlint.ops.need import Need
from modlint.ops.reductions import REDUCTIONS, common_shape, legacy, reduced
from modlint.ops.registry import layer, method, op
from modlint.values import Open, Tensor, Value

_F = "torch.nn.functional."
_NUMBER = (Kind.INTEGER, Kind.FLOAT, Kind.COMPLEX)


def _demand_weight(need: Need, weight: Tensor | None, input: Tensor) -> None:
    shape = need.shape(input)
    if weight is not None and not isinstance(shape, Open):
        demand_shape(need, weight, shape, "loss_target", "weight")


def _real_result(need: Need, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """Input and target are promoted together, and the result must be real."""
    together = Tensor((), promoted(input, target))
    dtype = demand_kind(need, together, REAL, "target")
    return reduced(need, input, common_shape(need, input, target), dtype, reduction)


@op(
    _F + "mse_loss",
    cases=[
        "F.mse_loss(torch.randn(3, 5), torch.randn(3, 5))",
        "F.mse_loss(torch.randn(3, 5), torch.randn(3, 5), reduction='none')",
        "F.mse_loss(torch.randn(3, 5), torch.randn(3, 1), reduction='none')",
        "F.mse_loss(torch.randn(3, 5), torch.zeros(3, 5).long())",
        "F.mse_loss(torch.randn(3, 5), torch.zeros(3, 5).double(), size_average=False)",
        "F.mse_loss(torch.randn(3, 5), torch.randn(3, 5), weight=torch.rand(3, 5))",
        "F.mse_loss(torch.randn(3, 5), torch.randn(3, 5), weight=torch.rand(5))",
        "F.mse_loss(torch.randn(3, 5), torch.randn(3, 5), weight=torch.ones(3, 5).double())",
        "F.mse_loss(torch.ones(3).long(), torch.ones(3).int(), weight=torch.ones(3).int(), reduction='sum')",
        "F.mse_loss(torch.ones(3).long(), torch.ones(3).int(), weight=torch.ones(3).int())",
        "F.mse_loss(torch.randn(3, 5), torch.randn(3))",
        "F.mse_loss(torch.zeros(3).long(), torch.zeros(3).long())",
        "F.mse_loss(torch.randn(3, 5), torch.randn(3, 5), reduction='avg')",
        "F.mse_loss(torch.randn(3, 5))",
    ],
)
def mse_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    reduction = legacy(size_average, reduce, reduction)
    if weight is None:
        return _real_result(need, input, target, reduction)
    _demand_weight(need, weight, input)
    dtype = promoted(input, target, weight)
    dtype = {"mean": floating(dtype), "sum": summed(dtype)}.get(reduction, dtype)
    return reduced(need, input, common_shape(need, input, target), dtype, reduction)


@op(
    _F + "l1_loss",
    cases=[
        "F.l1_loss(torch.randn(3, 5), torch.randn(3, 5))",
        "F.l1_loss(torch.randn(3, 5), torch.randn(5), reduction='none')",
        "F.l1_loss(torch.zeros(3).long(), torch.zeros(3).long(), reduction='sum')",
        "F.l1_loss(torch.zeros(3).long(), torch.zeros(3).long())",
        "F.l1_loss(torch.randn(3), torch.zeros(3).bool())",
        "F.l1_loss(torch.randn(3, 5), torch.randn(4))",
    ],
)
def l1_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    reduction = legacy(size_average, reduce, reduction)
    _demand_weight(need, weight, input)
    demand_kind(need, input, _NUMBER)
    demand_kind(need, target, _NUMBER, "target")
    return _averaged(need, input, target, real(promoted(input, target)), reduction)


def _averaged(need: Need, input: Tensor, target: Tensor, dtype: str | None, reduction: str) -> Tensor:
    """Integers can be added up, but have no mean."""
    if reduction == "mean" and is_integral(dtype):
        need.fail("dtype", "float", dtype, "input")
        dtype = "float32"
    result = dtype if reduction == "none" else summed(dtype)
    return reduced(need, input, common_shape(need, input, target), result, reduction)


@op(
    _F + "smooth_l1_loss",
    cases=[
        "F.smooth_l1_loss(torch.randn(3, 5), torch.randn(3, 5))",
        "F.smooth_l1_loss(torch.randn(3, 5), torch.randn(5), reduction='none', beta=0.5)",
        "F.smooth_l1_loss(torch.randn(3, 5), torch.randn(3, 5), beta=-1)",
        "F.smooth_l1_loss(torch.randn(3, 5), torch.randn(4))",
        "F.smooth_l1_loss(torch.zeros(3).long(), torch.zeros(3).long())",
    ],
)
def smooth_l1_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
    beta: Number = 1.0,
) -> Tensor:
    if beta == 0:
        return l1_loss(need, input, target, size_average, reduce, reduction)
    if isinstance(beta, (int, float)) and beta < 0:
        need.fail("range", 0, beta, "beta")
    return _real_result(need, input, target, legacy(size_average, reduce, reduction))


@op(
    _F + "huber_loss",
    cases=[
        "F.huber_loss(torch.randn(3, 5), torch.randn(3, 5))",
        "F.huber_loss(torch.randn(3, 5), torch.randn(5), reduction='none', delta=0.5)",
        "F.huber_loss(torch.randn(3, 5), torch.randn(3, 5), delta=0)",
        "F.huber_loss(torch.randn(3, 5), torch.randn(4))",
    ],
)
def huber_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    reduction: Name = "mean",
    delta: Number = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    if isinstance(delta, (int, float)) and delta <= 0:
        need.fail("range", 0, delta, "delta")
    _demand_weight(need, weight, input)
    demand_kind(need, target, (Kind.BOOL, Kind.INTEGER, Kind.FLOAT), "target")
    dtype = demand_kind(need, input, REAL)
    return reduced(need, input, common_shape(need, input, target), dtype, reduction)


@op(
    _F + "kl_div",
    cases=[
        "F.kl_div(torch.randn(3, 5), torch.rand(3, 5), reduction='batchmean')",
        "F.kl_div(torch.randn(3, 5), torch.rand(5), reduction='none', log_target=True)",
        "F.kl_div(torch.randn(3, 5), torch.rand(4))",
        "F.kl_div(torch.randn(3, 5), torch.zeros(3, 5).long())",
        "F.kl_div(torch.randn(3, 5), torch.rand(3, 5), reduction='avg')",
    ],
)
def kl_div(
    need: Need,
    input: Tensor,
    target: Tensor,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
    log_target: Flag = False,
) -> Tensor:
    demand_kind(need, input, REAL)
    demand_kind(need, target, REAL, "target")
    reduction = legacy(size_average, reduce, reduction)
    shape = common_shape(need, input, target)
    return reduced(need, input, shape, promoted(input, target), reduction, (*REDUCTIONS, "batchmean"))


@op(
    _F + "soft_margin_loss",
    cases=[
        "F.soft_margin_loss(torch.randn(3, 5), torch.ones(3, 5))",
        "F.soft_margin_loss(torch.randn(3, 5), torch.ones(5).long(), reduction='none')",
        "F.soft_margin_loss(torch.randn(5), torch.ones(3, 5))",
        "F.soft_margin_loss(torch.ones(3).long(), torch.ones(3))",
    ],
)
def soft_margin_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> Tensor:
    """The result has the shape of ``input``, which the target cannot extend."""
    dtype = demand_kind(need, input, REAL_OR_COMPLEX)
    shape, found = need.shape(input), common_shape(need, input, target)
    if found is not None and not isinstance(shape, Open) and not isinstance(found, Open):
        _demand_kept(need, shape, found, target)
    return reduced(need, input, found, dtype, legacy(size_average, reduce, reduction))


def _demand_kept(need: Need, shape: tuple[Dim, ...], found: tuple[Dim, ...], target: Tensor) -> None:
    """The target has no more dims than the input, and no longer ones."""
    if len(found) != len(shape):
        need.fail("broadcast", shape, need.shape(target), "target", *found)
    for have, want in zip(shape, found):
        if need.same(have, want) is Answer.NO:
            need.fail("broadcast", shape, need.shape(target), "target", *found)


@op(
    _F + "hinge_embedding_loss",
    cases=[
        "F.hinge_embedding_loss(torch.randn(3, 5), torch.ones(3, 5).long())",
        "F.hinge_embedding_loss(torch.randn(3, 5), torch.ones(5), reduction='none')",
        "F.hinge_embedding_loss(torch.ones(3).long(), torch.ones(3))",
        "F.hinge_embedding_loss(torch.randn(3, 5), torch.ones(4))",
    ],
)
def hinge_embedding_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    margin: Number = 1.0,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> Tensor:
    dtype = demand_kind(need, input, _NUMBER)
    return _averaged(need, input, target, dtype, legacy(size_average, reduce, reduction))


@op(
    _F + "poisson_nll_loss",
    cases=[
        "F.poisson_nll_loss(torch.randn(3, 5), torch.rand(3, 5))",
        "F.poisson_nll_loss(torch.randn(3, 5), torch.rand(5), reduction='none', full=True)",
        "F.poisson_nll_loss(torch.randn(3, 5), torch.rand(4))",
        "F.poisson_nll_loss(torch.randn(3, 5), torch.rand(3, 5), reduction='avg')",
    ],
)
def poisson_nll_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    log_input: Flag = True,
    full: Flag = False,
    size_average: Anything = None,
    eps: Number = 1e-8,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> Tensor:
    dtype = floating(promoted(input, target))
    return reduced(need, input, common_shape(need, input, target), dtype, legacy(size_average, reduce, reduction))


_PLAIN = ("torch.nn.MSELoss", "torch.nn.L1Loss", "torch.nn.SoftMarginLoss")


@layer(
    *_PLAIN,
    "torch.nn.MultiLabelMarginLoss",
    cases=[
        "nn.MSELoss()(torch.randn(3, 5), torch.randn(3, 5))",
        "nn.MSELoss(reduction='none')(torch.randn(3, 5), torch.randn(3, 1))",
        "nn.MSELoss()(torch.randn(3, 5), torch.randn(3))",
        "nn.MSELoss(reduction='avg')(torch.randn(3), torch.randn(3))",
        "nn.MSELoss(reduction='avg').reduction",
        "nn.MSELoss(size_average=False).reduction",
        "nn.L1Loss()(torch.randn(3, 5), torch.randn(3, 5))",
        "nn.L1Loss()(torch.randn(3, 5), torch.randn(4))",
        "nn.SoftMarginLoss(reduction='sum')(torch.randn(3, 5), torch.ones(3, 5))",
    ],
)
def plain_loss_layer(
    need: Need, size_average: Anything = None, reduce: Anything = None, reduction: Name = "mean"
) -> dict[str, Value]:
    return {"reduction": legacy(size_average, reduce, reduction)}


@layer(
    "torch.nn.SmoothL1Loss",
    cases=[
        "nn.SmoothL1Loss(beta=0.5)(torch.randn(3, 5), torch.randn(3, 5))",
        "nn.SmoothL1Loss(beta=-1)(torch.randn(3, 5), torch.randn(3, 5))",
    ],
)
def smooth_l1_loss_layer(
    need: Need,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
    beta: Number = 1.0,
) -> dict[str, Value]:
    return {"reduction": legacy(size_average, reduce, reduction), "beta": beta}


@layer("torch.nn.HuberLoss", cases=["nn.HuberLoss('sum', 0.5)(torch.randn(3, 5), torch.randn(3, 5))"])
def huber_loss_layer(need: Need, reduction: Name = "mean", delta: Number = 1.0) -> dict[str, Value]:
    return {"reduction": reduction, "delta": delta}


@layer("torch.nn.KLDivLoss", cases=["nn.KLDivLoss(reduction='batchmean')(torch.randn(3, 5), torch.rand(3, 5))"])
def kl_div_loss_layer(
    need: Need,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
    log_target: Flag = False,
) -> dict[str, Value]:
    return {"reduction": legacy(size_average, reduce, reduction), "log_target": log_target}


@layer("torch.nn.HingeEmbeddingLoss", cases=["nn.HingeEmbeddingLoss(0.5)(torch.randn(3, 5), torch.ones(3, 5))"])
def hinge_embedding_loss_layer(
    need: Need,
    margin: Number = 1.0,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> dict[str, Value]:
    return {"reduction": legacy(size_average, reduce, reduction), "margin": margin}


@layer("torch.nn.PoissonNLLLoss", cases=["nn.PoissonNLLLoss(False)(torch.rand(3, 5), torch.rand(3, 5))"])
def poisson_nll_loss_layer(
    need: Need,
    log_input: Flag = True,
    full: Flag = False,
    size_average: Anything = None,
    eps: Number = 1e-8,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> dict[str, Value]:
    options: dict[str, Value] = {"log_input": log_input, "full": full, "eps": eps}
    return {"reduction": legacy(size_average, reduce, reduction), **options}


@method("torch.nn.MSELoss", "forward")
def mse_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return mse_loss(need, input, target, reduction=self.reduction)


@method("torch.nn.L1Loss", "forward")
def l1_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return l1_loss(need, input, target, reduction=self.reduction)


@method("torch.nn.SoftMarginLoss", "forward")
def soft_margin_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return soft_margin_loss(need, input, target, reduction=self.reduction)


@method("torch.nn.SmoothL1Loss", "forward")
def smooth_l1_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return smooth_l1_loss(need, input, target, reduction=self.reduction, beta=self.beta)


@method("torch.nn.HuberLoss", "forward")
def huber_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return huber_loss(need, input, target, self.reduction, self.delta)


@method("torch.nn.KLDivLoss", "forward")
def kl_div_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return kl_div(need, input, target, reduction=self.reduction)


@method("torch.nn.HingeEmbeddingLoss", "forward")
def hinge_embedding_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return hinge_embedding_loss(need, input, target, reduction=self.reduction)


@method("torch.nn.PoissonNLLLoss", "forward")
def poisson_nll_loss_forward(need: Need, self: Fields, log_input: Tensor, target: Tensor) -> Tensor:
    return poisson_nll_loss(need, log_input, target, reduction=self.reduction)
