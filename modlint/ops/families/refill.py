"""Methods that give all elements of a tensor new values."""

from __future__ import annotations

from modlint.ops.arguments import Anything
from modlint.ops.demands import demand_ordered
from modlint.ops.names import methods
from modlint.ops.need import Need
from modlint.ops.registry import op
from modlint.values import Tensor


def _refilled(input: Tensor) -> Tensor:
    input.data = None
    return input


@op(
    *methods("normal_"),
    cases=[
        "torch.empty(2, 3).normal_()",
        "torch.empty(2, 3).normal_(0.0, 0.02)",
        "torch.empty(2).normal_(mean=0, std=1)",
        "torch.empty(2).normal_(0, -1)",
    ],
)
def normal(need: Need, input: Tensor, mean: Anything = 0, std: Anything = 1, *, generator: Anything = None) -> Tensor:
    demand_ordered(need, 0, std, "std")
    return _refilled(input)


@op(
    *methods("log_normal_"),
    cases=["torch.empty(2, 3).log_normal_(0.0, 0.02)", "torch.empty(2).log_normal_(mean=0, std=0)"],
)
def log_normal(
    need: Need, input: Tensor, mean: Anything = 1, std: Anything = 2, *, generator: Anything = None
) -> Tensor:
    demand_ordered(need, 0, std, "std", strictly=True)
    return _refilled(input)


@op(*methods("cauchy_"), cases=["torch.empty(2, 3).cauchy_()"])
def cauchy(
    need: Need, input: Tensor, median: Anything = 0, sigma: Anything = 1, *, generator: Anything = None
) -> Tensor:
    return _refilled(input)


@op(*methods("uniform_"), cases=["torch.empty(2, 3).uniform_(-1, 1)", "torch.empty(2, 3).uniform_(1, -1)"])
def uniform(need: Need, input: Tensor, low: Anything = 0, to: Anything = 1, *, generator: Anything = None) -> Tensor:
    demand_ordered(need, low, to, "to")
    return _refilled(input)


@op(
    *methods("random_"),
    cases=["torch.empty(2, 3).random_(0, 10)", "torch.empty(2, 3).random_(5)", "torch.empty(2, 3).random_(3, 3)"],
)
def random(need: Need, input: Tensor, low: Anything = 0, to: Anything = None, *, generator: Anything = None) -> Tensor:
    start, end = (0, low) if to is None and low != 0 else (low, to)
    demand_ordered(need, start, end, "to", strictly=True)
    return _refilled(input)


@op(*methods("bernoulli_"), cases=["torch.empty(2, 3).bernoulli_(0.5)", "torch.empty(2, 3).bernoulli_()"])
def bernoulli(need: Need, input: Tensor, p: Anything = 0.5, *, generator: Anything = None) -> Tensor:
    return _refilled(input)


@op(*methods("exponential_"), cases=["torch.empty(2, 3).exponential_()", "torch.empty(2, 3).exponential_(lambd=2)"])
def exponential(need: Need, input: Tensor, lambd: Anything = 1, *, generator: Anything = None) -> Tensor:
    demand_ordered(need, 0, lambd, "lambd", strictly=True)
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
