"""Distances: docs.pytorch.org/docs/stable/nn.functional.html#distance-functions."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.arguments import Flag, Name, Number
from modlint.ops.demands import REAL, REAL_OR_COMPLEX, demand_kind, demand_one_of, demand_same_dtype
from modlint.ops.dtypes import floating, promoted, real
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need
from modlint.ops.registry import layer, method, op
from modlint.values import Tensor, Value

_F = "torch.nn.functional."


def _together(need: Need, x1: Tensor, x2: Tensor) -> tuple[Dim, ...]:
    return need.broadcast(need.dims(x1), need.dims(x2), operand="x2")


@op(
    _F + "cosine_similarity",
    "torch.cosine_similarity",
    cases=[
        "F.cosine_similarity(torch.randn(3, 5), torch.randn(3, 5))",
        "F.cosine_similarity(torch.randn(3, 1, 5), torch.randn(4, 5), dim=-1)",
        "F.cosine_similarity(torch.randn(3, 5), torch.randn(5), dim=0)",
        "torch.cosine_similarity(torch.zeros(3, 5).long(), torch.randn(3, 5))",
        "F.cosine_similarity(torch.zeros(3, 5).long(), torch.zeros(3, 5).long())",
        "F.cosine_similarity(torch.randn(5), torch.randn(5))",
        "F.cosine_similarity(torch.randn(3, 5), torch.randn(3, 4))",
        "F.cosine_similarity(torch.randn(3, 5), torch.randn(3, 5), 2)",
    ],
)
def cosine_similarity(need: Need, x1: Tensor, x2: Tensor, dim: int = 1, eps: Number = 1e-8) -> Tensor:
    """The shape of both broadcast together, without ``dim``."""
    shape = _together(need, x1, x2)
    axis = need.axis(dim, len(shape))
    together = Tensor((), promoted(x1, x2))
    dtype = demand_kind(need, together, REAL_OR_COMPLEX, "x1")
    return Tensor((*shape[:axis], *shape[axis + 1 :]), dtype, device=x1.device)


@op(
    _F + "pairwise_distance",
    "torch.pairwise_distance",
    cases=[
        "F.pairwise_distance(torch.randn(3, 5), torch.randn(3, 5))",
        "F.pairwise_distance(torch.randn(3, 5), torch.randn(5), keepdim=True)",
        "F.pairwise_distance(torch.randn(5), torch.randn(2, 3, 5), p=1)",
        "F.pairwise_distance(torch.randn(()), torch.randn(()))",
        "torch.pairwise_distance(torch.zeros(3, 5).long(), torch.randn(3, 5).double())",
        "F.pairwise_distance(torch.randn(3, 5), torch.randn(3, 4))",
    ],
)
def pairwise_distance(
    need: Need, x1: Tensor, x2: Tensor, p: Number = 2.0, eps: Number = 1e-6, keepdim: Flag = False
) -> Tensor:
    """(*, D), (*, D) -> (*)."""
    shape = _together(need, x1, x2)
    dtype = real(floating(promoted(x1, x2)))
    return Tensor((*shape[:-1], 1) if keepdim and shape else shape[:-1], dtype, device=x1.device)


@op(
    "torch.cdist",
    cases=[
        "torch.cdist(torch.randn(3, 5), torch.randn(4, 5))",
        "torch.cdist(torch.randn(2, 1, 3, 5), torch.randn(3, 4, 5), p=1)",
        "torch.cdist(torch.randn(3, 5), torch.randn(4, 6))",
        "torch.cdist(torch.randn(0, 5), torch.randn(4, 5).double())",
        "torch.cdist(torch.randn(2, 3, 5), torch.randn(3, 4, 5))",
        "torch.cdist(torch.randn(5), torch.randn(4, 5))",
        "torch.cdist(torch.zeros(3, 5).long(), torch.randn(4, 5))",
        "torch.cdist(torch.randn(3, 5), torch.randn(4, 5), -1)",
        "torch.cdist(torch.randn(3, 5), torch.randn(4, 5), compute_mode='fast')",
    ],
)
def cdist(
    need: Need,
    x1: Tensor,
    x2: Tensor,
    p: Number = 2.0,
    compute_mode: Name = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """(*, P, D), (*, R, D) -> (*, P, R)."""
    demand_one_of(need, compute_mode, _COMPUTE_MODES, "compute_mode")
    _demand_norm(need, p)
    dtype = demand_kind(need, x1, REAL, "x1")
    demand_kind(need, x2, REAL, "x2")
    demand_same_dtype(need, x2, x1, "x2")
    a, b = _matrices(need, x1, "x1"), _matrices(need, x2, "x2")
    need.equal(b[-1], a[-1], "matmul", "x2")
    lead = need.broadcast(a[:-2], b[:-2], operand="x2")
    return Tensor((*lead, a[-2], b[-2]), dtype, device=x1.device)


_COMPUTE_MODES = (
    "use_mm_for_euclid_dist_if_necessary",
    "use_mm_for_euclid_dist",
    "donot_use_mm_for_euclid_dist",
)


def _demand_norm(need: Need, p: Number) -> None:
    if isinstance(p, (int, float)) and p < 0:
        need.fail("range", 0, p, "p")


def _matrices(need: Need, tensor: Tensor, operand: str) -> tuple[Dim, ...]:
    dims = need.dims(tensor)
    if len(dims) < 2:
        need.fail("rank", 2, dims, operand)
        raise Impossible
    return dims


@op(
    _F + "pdist",
    "torch.pdist",
    cases=[
        "F.pdist(torch.randn(4, 3))",
        "torch.pdist(torch.randn(1, 3), p=1)",
        "F.pdist(torch.randn(4))",
        "F.pdist(torch.zeros(4, 3).long())",
        "F.pdist(torch.randn(4, 3), -1)",
    ],
)
def pdist(need: Need, input: Tensor, p: Number = 2.0) -> Tensor:
    """(N, D) -> the distances of all pairs of rows, (N * (N - 1) / 2)."""
    rows, _ = need.rank(input, 2)
    _demand_norm(need, p)
    dtype = demand_kind(need, input, REAL)
    return Tensor((rows * (rows - 1) // 2,), dtype, device=input.device)


@layer(
    "torch.nn.CosineSimilarity",
    cases=[
        "nn.CosineSimilarity()(torch.randn(3, 5, 2), torch.randn(3, 5, 2))",
        "nn.CosineSimilarity(dim=-1, eps=1e-6)(torch.randn(3, 5), torch.randn(5))",
        "nn.CosineSimilarity()(torch.randn(5), torch.randn(5))",
    ],
)
def cosine_similarity_layer(need: Need, dim: int = 1, eps: Number = 1e-8) -> dict[str, Value]:
    return {"dim": dim, "eps": eps}


@layer(
    "torch.nn.PairwiseDistance",
    cases=[
        "nn.PairwiseDistance(keepdim=True)(torch.randn(3, 5), torch.randn(3, 5))",
        "nn.PairwiseDistance(1)(torch.randn(3, 5), torch.randn(3, 4))",
    ],
)
def pairwise_distance_layer(need: Need, p: Number = 2.0, eps: Number = 1e-6, keepdim: Flag = False) -> dict[str, Value]:
    return {"norm": p, "eps": eps, "keepdim": keepdim}


@method("torch.nn.CosineSimilarity", "forward")
def cosine_similarity_forward(need: Need, self: Fields, x1: Tensor, x2: Tensor) -> Tensor:
    return cosine_similarity(need, x1, x2, self.dim)


@method("torch.nn.PairwiseDistance", "forward")
def pairwise_distance_forward(need: Need, self: Fields, x1: Tensor, x2: Tensor) -> Tensor:
    return pairwise_distance(need, x1, x2, keepdim=self.keepdim)
