"""Softmax over many classes: docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveLogSoftmaxWithLoss.html."""

from __future__ import annotations

from itertools import pairwise

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Number, Sizes
from modlint.ops.children import child
from modlint.ops.demands import REAL, demand_dtype, demand_kind
from modlint.ops.families.linear import linear_layer
from modlint.ops.families.loss_classes import demand_classes
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import layer, method
from modlint.ops.results import NamedResult
from modlint.values import ListValue, Open, Tensor, Value

_NAME = "torch.nn.AdaptiveLogSoftmaxWithLoss"
_LAYER = "nn.AdaptiveLogSoftmaxWithLoss(8, 10, [4, 7])"


@layer(
    _NAME,
    cases=[
        f"{_LAYER}(torch.randn(3, 8), torch.zeros(3).long())",
        f"{_LAYER}(torch.randn(8), torch.tensor(5))",
        f"{_LAYER}.log_prob(torch.randn(3, 8))",
        f"{_LAYER}.predict(torch.randn(3, 8))",
        f"{_LAYER}(torch.randn(3, 7), torch.zeros(3).long())",
        f"{_LAYER}(torch.randn(3, 8), torch.zeros(4).long())",
        f"{_LAYER}(torch.randn(3, 8), torch.zeros(3, 1).long())",
        f"{_LAYER}(torch.randn(3, 8), torch.tensor([0, 1, 10]))",
        f"{_LAYER}.head.weight",
        "nn.AdaptiveLogSoftmaxWithLoss(8, 10, [7, 4])",
        "nn.AdaptiveLogSoftmaxWithLoss(8, 10, [4, 10])",
        "nn.AdaptiveLogSoftmaxWithLoss(8, 10, [])",
    ],
)
def adaptive_softmax_layer(
    need: Need,
    in_features: Dim,
    n_classes: Dim,
    cutoffs: Sizes,
    div_value: Number = 4.0,
    head_bias: Flag = False,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    if not isinstance(cutoffs, tuple) or not cutoffs:
        need.fail("type", "a sequence of sizes", cutoffs, "cutoffs")
        raise Impossible
    for low, high in pairwise((0, *cutoffs, n_classes)):
        need.at_least(high - low, 1, "num_classes", "cutoffs")
    clusters = len(cutoffs)
    head = linear_layer(need, in_features, cutoffs[0] + clusters, head_bias)
    return {
        "in_features": in_features,
        "n_classes": n_classes,
        "cutoffs": ListValue([*cutoffs, n_classes]),
        "div_value": div_value,
        "head_bias": head_bias,
        "shortlist_size": cutoffs[0],
        "n_clusters": clusters,
        "head_size": cutoffs[0] + clusters,
        "head": child("torch.nn.Linear", head),
    }


@method(_NAME, "forward")
def adaptive_softmax_forward(need: Need, self: Fields, input_: Tensor, target_: Tensor) -> NamedResult:
    """(N, in_features) and classes (N) -> log-probabilities (N) and their mean; both without N as well."""
    dims = need.rank(input_, 1, 2, operand="input_")
    targets = need.rank(target_, len(dims) - 1, operand="target_")
    if targets:
        need.equal(targets[0], dims[0], "batch", "target_")
    need.equal(dims[-1], self.in_features, "in_features", "input_")
    dtype = demand_kind(need, input_, REAL, "input_")
    demand_dtype(need, target_, "int64", operand="target_")
    demand_classes(need, target_, self.n_classes)
    output = Tensor(targets, dtype, device=input_.device)
    return NamedResult(("output", "loss"), (output, Tensor((), dtype, device=input_.device)))


def _batch(need: Need, self: Fields, input: Tensor) -> Dim:
    shape = need.shape(input)
    if not isinstance(shape, Open) and len(shape) != 2:
        raise Undecided("the path through the clusters depends on the values")
    batch, features = need.rank(input, 2)
    need.equal(features, self.in_features, "in_features")
    demand_kind(need, input, REAL)
    return batch


@method(_NAME, "log_prob")
def adaptive_softmax_log_prob(need: Need, self: Fields, input: Tensor) -> Tensor:
    return input.with_shape((_batch(need, self, input), self.n_classes))


@method(_NAME, "predict")
def adaptive_softmax_predict(need: Need, self: Fields, input: Tensor) -> Tensor:
    return Tensor((_batch(need, self, input),), "int64", device=input.device)
