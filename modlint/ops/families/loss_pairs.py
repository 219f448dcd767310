"""Losses of inputs that are compared with each other: docs.pytorch.org/docs/stable/nn.html#loss-functions."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Name, Number
from modlint.ops.demands import demand_kind
from modlint.ops.dtypes import Kind, floating, promoted, real
from modlint.ops.fields import Fields
from modlint.ops.need import Need
from modlint.ops.reductions import REDUCTIONS, legacy, reduced
from modlint.ops.registry import layer, method, op
from modlint.values import Open, Tensor, Value

_F = "torch.nn.functional."
_NUMBER = (Kind.INTEGER, Kind.FLOAT, Kind.COMPLEX)


def _shapes(need: Need, *tensors: Tensor) -> list[tuple[Dim, ...]] | None:
    """The shapes, or None when the rank of one of them is open."""
    shapes = [need.shape(tensor) for tensor in tensors]
    known = [shape for shape in shapes if not isinstance(shape, Open)]
    return known if len(known) == len(shapes) else None


def _same_rank(need: Need, shapes: list[tuple[Dim, ...]], *operands: str) -> bool:
    for shape, operand in zip(shapes[1:], operands, strict=True):
        if len(shape) != len(shapes[0]):
            need.fail("rank", len(shapes[0]), shape, operand)
            return False
    return True


@op(
    _F + "cosine_embedding_loss",
    cases=[
        "F.cosine_embedding_loss(torch.randn(3, 5), torch.randn(3, 5), torch.ones(3))",
        "F.cosine_embedding_loss(torch.randn(3, 5), torch.randn(1, 5), torch.ones(3), reduction='none')",
        "F.cosine_embedding_loss(torch.randn(5), torch.randn(5), torch.ones(()))",
        "F.cosine_embedding_loss(torch.randn(3, 5), torch.randn(3, 5), torch.ones(4))",
        "F.cosine_embedding_loss(torch.randn(3, 5), torch.randn(3, 4), torch.ones(3))",
        "F.cosine_embedding_loss(torch.randn(3, 5), torch.randn(3, 5), torch.ones(3, 1))",
        "F.cosine_embedding_loss(torch.randn(3, 5), torch.randn(5), torch.ones(3))",
        "F.cosine_embedding_loss(torch.randn(5), torch.randn(5), torch.ones(1))",
    ],
)
def cosine_embedding_loss(
    need: Need,
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: Number = 0,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> Tensor:
    """(N, D), (N, D) and signs (N), or (D), (D) and a single sign."""
    signs = need.rank(target, 0, 1, operand="target")
    a = need.rank(input1, 1 + len(signs), operand="input1")
    b = need.rank(input2, 1 + len(signs), operand="input2")
    lead = need.broadcast(a, b, operand="input2")[:-1]
    shape = need.broadcast(lead, signs, aspect="loss_target", operand="target")
    dtype = floating(promoted(input1, input2))
    return reduced(need, input1, shape, dtype, legacy(size_average, reduce, reduction))


@op(
    _F + "margin_ranking_loss",
    cases=[
        "F.margin_ranking_loss(torch.randn(3), torch.randn(3), torch.ones(3))",
        "F.margin_ranking_loss(torch.randn(3, 2), torch.randn(1, 2), torch.ones(3, 1), reduction='none')",
        "F.margin_ranking_loss(torch.randn(3), torch.randn(4), torch.ones(3))",
        "F.margin_ranking_loss(torch.randn(3, 1), torch.randn(3, 1), torch.ones(3))",
        "F.margin_ranking_loss(torch.randn(3), torch.randn(3), torch.ones(4))",
        "F.margin_ranking_loss(torch.randn(3), torch.randn(3), torch.ones(3).bool())",
    ],
)
def margin_ranking_loss(
    need: Need,
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: Number = 0,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> Tensor:
    for operand, name in ((input1, "input1"), (input2, "input2"), (target, "target")):
        demand_kind(need, operand, _NUMBER, name)
    shapes = _shapes(need, input1, input2, target)
    shape = None
    if shapes is not None:
        _same_rank(need, shapes, "input2", "target")
        shape = need.broadcast(need.broadcast(shapes[0], shapes[1], operand="input2"), shapes[2], operand="target")
    dtype = floating(promoted(input1, input2, target))
    return reduced(need, input1, shape, dtype, legacy(size_average, reduce, reduction))


@op(
    _F + "triplet_margin_loss",
    cases=[
        "F.triplet_margin_loss(torch.randn(3, 5), torch.randn(3, 5), torch.randn(3, 5))",
        "F.triplet_margin_loss(torch.randn(3, 5), torch.randn(1, 5), torch.randn(3, 5), reduction='none')",
        "F.triplet_margin_loss(torch.randn(5), torch.randn(5), torch.randn(5), margin=0.5, p=1, swap=True)",
        "F.triplet_margin_loss(torch.randn(3, 5), torch.randn(3, 4), torch.randn(3, 5))",
        "F.triplet_margin_loss(torch.randn(3, 5), torch.randn(2, 5), torch.randn(3, 5))",
        "F.triplet_margin_loss(torch.randn(3, 5), torch.randn(5), torch.randn(5))",
        "F.triplet_margin_loss(torch.randn(3, 5), torch.randn(3, 5), torch.randn(3, 5), margin=0)",
    ],
)
def triplet_margin_loss(
    need: Need,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: Number = 1.0,
    p: Number = 2,
    eps: Number = 1e-6,
    swap: Flag = False,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> Tensor:
    """Three times (N, D), compared by their distances."""
    if isinstance(margin, (int, float)) and margin <= 0:
        need.fail("range", 0, margin, "margin")
    shapes = _shapes(need, anchor, positive, negative)
    shape = None
    if shapes is not None and _same_rank(need, shapes, "positive", "negative"):
        shape = _distances(need, shapes, swap)
    elif shapes is not None:
        shape = shapes[0][:-1]
    dtype = real(floating(promoted(anchor, positive, negative)))
    return reduced(need, anchor, shape, dtype, legacy(size_average, reduce, reduction))


def _distances(need: Need, shapes: list[tuple[Dim, ...]], swap: bool) -> tuple[Dim, ...]:
    anchor, positive, negative = shapes
    near = need.broadcast(anchor, positive, operand="positive")[:-1]
    far = need.broadcast(anchor, negative, operand="negative")[:-1]
    if swap:
        need.broadcast(positive, negative, operand="negative")
    return need.broadcast(near, far, operand="negative")


@op(
    _F + "triplet_margin_with_distance_loss",
    cases=[
        "F.triplet_margin_with_distance_loss(torch.randn(3, 5), torch.randn(3, 5), torch.rand(3, 5), reduction='none')",
        "F.triplet_margin_with_distance_loss(torch.randn(3, 5), torch.randn(3, 4), torch.randn(3, 5))",
        "F.triplet_margin_with_distance_loss(torch.randn(3, 5), torch.randn(3, 5), torch.randn(3, 5), margin=-1)",
    ],
)
def triplet_margin_with_distance_loss(
    need: Need,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Anything = None,
    margin: Number = 1.0,
    swap: Flag = False,
    reduction: Name = "mean",
) -> Tensor:
    if distance_function is None:
        return triplet_margin_loss(need, anchor, positive, negative, margin, swap=swap, reduction=reduction)
    return reduced(need, anchor, None, None, reduction, REDUCTIONS[:3])


@layer(
    "torch.nn.CosineEmbeddingLoss",
    "torch.nn.MarginRankingLoss",
    cases=[
        "nn.CosineEmbeddingLoss(0.1)(torch.randn(3, 5), torch.randn(3, 5), torch.ones(3))",
        "nn.CosineEmbeddingLoss()(torch.randn(3, 5), torch.randn(3, 5), torch.ones(4))",
        "nn.MarginRankingLoss(reduction='none')(torch.randn(3), torch.randn(3), torch.ones(3))",
        "nn.MarginRankingLoss()(torch.randn(3), torch.randn(3))",
    ],
)
def margin_loss_layer(
    need: Need,
    margin: Number = 0.0,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> dict[str, Value]:
    return {"reduction": legacy(size_average, reduce, reduction), "margin": margin}


@layer(
    "torch.nn.TripletMarginLoss",
    cases=[
        "nn.TripletMarginLoss(0.5)(torch.randn(3, 5), torch.randn(3, 5), torch.randn(3, 5))",
        "nn.TripletMarginLoss(swap=True, reduction='none')(torch.randn(3, 5), torch.randn(3, 5), torch.randn(3, 5))",
        "nn.TripletMarginLoss()(torch.randn(3, 5), torch.randn(3, 4), torch.randn(3, 5))",
        "nn.TripletMarginLoss(margin=-1)",
    ],
)
def triplet_margin_loss_layer(
    need: Need,
    margin: Number = 1.0,
    p: Number = 2.0,
    eps: Number = 1e-6,
    swap: Flag = False,
    size_average: Anything = None,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> dict[str, Value]:
    if isinstance(margin, (int, float)) and margin <= 0:
        need.fail("range", 0, margin, "margin")
    options: dict[str, Value] = {"margin": margin, "p": p, "eps": eps, "swap": swap}
    return {"reduction": legacy(size_average, reduce, reduction), **options}


@layer(
    "torch.nn.TripletMarginWithDistanceLoss",
    cases=["nn.TripletMarginWithDistanceLoss()(torch.randn(3, 5), torch.randn(3, 5), torch.randn(3, 5))"],
)
def triplet_margin_with_distance_loss_layer(
    need: Need,
    *,
    distance_function: Anything = None,
    margin: Number = 1.0,
    swap: Flag = False,
    reduction: Name = "mean",
) -> dict[str, Value]:
    if isinstance(margin, (int, float)) and margin <= 0:
        need.fail("range", 0, margin, "margin")
    return {"distance_function": distance_function, "margin": margin, "swap": swap, "reduction": reduction}


@method("torch.nn.CosineEmbeddingLoss", "forward")
def cosine_embedding_loss_forward(need: Need, self: Fields, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
    return cosine_embedding_loss(need, input1, input2, target, reduction=self.reduction)


@method("torch.nn.MarginRankingLoss", "forward")
def margin_ranking_loss_forward(need: Need, self: Fields, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
    return margin_ranking_loss(need, input1, input2, target, reduction=self.reduction)


@method("torch.nn.TripletMarginLoss", "forward")
def triplet_margin_loss_forward(need: Need, self: Fields, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    return triplet_margin_loss(need, anchor, positive, negative, swap=self.swap, reduction=self.reduction)


@method("torch.nn.TripletMarginWithDistanceLoss", "forward")
def triplet_margin_with_distance_loss_forward(
    need: Need, self: Fields, anchor: Tensor, positive: Tensor, negative: Tensor
) -> Tensor:
    return triplet_margin_with_distance_loss(
        need,
        anchor,
        positive,
        negative,
        distance_function=self.distance_function,
        swap=self.swap,
        reduction=self.reduction,
    )
