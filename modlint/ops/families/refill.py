"""Methods that give all elements of a tensor new values."""

from __future__ import annotations

from modlint.ops.arguments import Anything
from modlint.ops.names import methods
from modlint.ops.need import Need
from modlint.ops.registry import op
from modlint.values import Tensor


def _refilled(input: Tensor) -> Tensor:
    input.data = None
    return input


@op(
    *methods("normal_", "log_normal_"),
    cases=[
        "torch.empty(2, 3).normal_()",
        "torch.empty(2, 3).normal_(0.0, 0.02)",
        "torch.empty(2).normal_(mean=0, std=1)",
    ],
)
def normal(need: Need, input: Tensor, mean: Anything = 0, std: Anything = 1, *, generator: Anything = None) -> Tensor:
    return _refilled(input)


@op(*methods("cauchy_"), cases=["torch.empty(2, 3).cauchy_()"])
def cauchy(
    need: Need, input: Tensor, median: Anything = 0, sigma: Anything = 1, *, generator: Anything = None
) -> Tensor:
    return _refilled(input)


@op(*methods("uniform_"), cases=["torch.empty(2, 3).uniform_(-1, 1)", "torch.empty(2, 3).uniform_(1, -1)"])
def uniform(need: Need, input: Tensor, low: Anything = 0, to: Anything = 1, *, generator: Anything = None) -> Tensor:
    if isinstance(low, (int, float)) and isinstance(to, (int, float)) and low > to:
        need.fail("value", "low <= high", (low, to), "to")
    return _refilled(input)


@op(
    *methods("random_"),
    cases=["torch.empty(2, 3).random_(0, 10)", "torch.empty(2, 3).random_(5)", "torch.empty(2, 3).random_(3, 3)"],
)
def random(need: Need, input: Tensor, low: Anything = 0, to: Anything = None, *, generator: Anything = None) -> Tensor:
    if isinstance(low, int) and isinstance(to, int) and low >= to:
        need.fail("value", "low < high", (low, to), "to")
    return _refilled(input)


@op(*methods("bernoulli_"), cases=["torch.empty(2, 3).bernoulli_(0.5)", "torch.empty(2, 3).bernoulli_()"])
def bernoulli(need: Need, input: Tensor, p: Anything = 0.5, *, generator: Anything = None) -> Tensor:
    return _refilled(input)


@op(*methods("exponential_"), cases=["torch.empty(2, 3).exponential_()", "torch.empty(2, 3).exponential_(lambd=2)"])
def exponential(need: Need, input: Tensor, lambd: Anything = 1, *, generator: Anything = None) -> Tensor:
    return _refilled(input)


@op(*methods("geometric_"), cases=["torch.empty(2, 3).geometric_(0.5)"])
def geometric(need: Need, input: Tensor, p: Anything, *, generator: Anything = None) -> Tensor:
    return _refilled(input)


@op(*methods("fill_"), cases=["torch.empty(2, 3).fill_(1)", "torch.empty(2).fill_(value=torch.tensor(0.5))"])
def fill(need: Need, input: Tensor, value: Anything) -> Tensor:
    return _refilled(input)


@op(*methods("zero_"), cases=["torch.empty(2, 3).zero_()"])
def zero(need: Need, input: Tensor) -> Tensor:
    return _refilled(input)
