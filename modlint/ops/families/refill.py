"""Methods that give all elements of a tensor new values."""

from __future__ import annotations

from modlint.ops.arguments import Anything
from modlint.ops.demands import ORDERED, REAL, REAL_OR_COMPLEX, REAL_OR_INTEGER, demand_kind, demand_ordered
from modlint.ops.dtypes import Kind, is_complex
from modlint.ops.names import everywhere, methods
from modlint.ops.need import Need
from modlint.ops.registry import op
from modlint.values import Tensor


def _refilled(input: Tensor) -> Tensor:
    input.data = None
    return input


def _drawn(need: Need, input: Tensor, kinds: tuple[Kind, ...]) -> Tensor:
    """Filled from a distribution that has values of these kinds."""
    demand_kind(need, input, kinds)
    return _refilled(input)


@op(
    *methods("normal_"),
    cases=[
        "torch.empty(2, 3).normal_()",
        "torch.empty(2, 3).long().normal_()",
        "torch.empty(2, 3).normal_(0.0, 0.02)",
        "torch.empty(2).normal_(mean=0, std=1)",
        "torch.empty(2).normal_(0, -1)",
    ],
)
def normal(need: Need, input: Tensor, mean: Anything = 0, std: Anything = 1, *, generator: Anything = None) -> Tensor:
    demand_ordered(need, 0, std, "std")
    return _drawn(need, input, REAL_OR_COMPLEX)


@op(
    *methods("log_normal_"),
    cases=["torch.empty(2, 3).log_normal_(0.0, 0.02)", "torch.empty(2).log_normal_(mean=0, std=0)"],
)
def log_normal(
    need: Need, input: Tensor, mean: Anything = 1, std: Anything = 2, *, generator: Anything = None
) -> Tensor:
    demand_ordered(need, 0, std, "std", strictly=True)
    return _drawn(need, input, REAL)


@op(*methods("cauchy_"), cases=["torch.empty(2, 3).cauchy_()", "torch.empty(2, 3).long().cauchy_()"])
def cauchy(
    need: Need, input: Tensor, median: Anything = 0, sigma: Anything = 1, *, generator: Anything = None
) -> Tensor:
    return _drawn(need, input, REAL)


@op(
    *methods("uniform_"),
    cases=[
        "torch.empty(2, 3).uniform_(-1, 1)",
        "torch.empty(2, 3).uniform_(1, -1)",
        "torch.empty(2, 0).cfloat().uniform_(1, -1)",
        "torch.empty(2, 3).cfloat().uniform_()",
    ],
)
def uniform(need: Need, input: Tensor, low: Anything = 0, to: Anything = 1, *, generator: Anything = None) -> Tensor:
    if not (need.is_empty(input) and is_complex(input.dtype)):
        demand_ordered(need, low, to, "to")
    return _drawn(need, input, REAL_OR_COMPLEX)


@op(
    *methods("random_"),
    cases=[
        "torch.empty(2, 3).random_(0, 10)",
        "torch.empty(2, 3).random_(5)",
        "torch.empty(2, 3).random_(3, 3)",
        "torch.empty(2, 3).cfloat().random_()",
    ],
)
def random(need: Need, input: Tensor, low: Anything = 0, to: Anything = None, *, generator: Anything = None) -> Tensor:
    start, end = (0, low) if to is None and low != 0 else (low, to)
    demand_ordered(need, start, end, "to", strictly=True)
    return _drawn(need, input, ORDERED)


@op(
    *methods("bernoulli_"),
    cases=[
        "torch.empty(2, 3).bernoulli_(0.5)",
        "torch.empty(2, 3).bernoulli_()",
        "torch.empty(2, 3).cfloat().bernoulli_()",
    ],
)
def bernoulli(need: Need, input: Tensor, p: Anything = 0.5, *, generator: Anything = None) -> Tensor:
    return _drawn(need, input, ORDERED)


@op(
    *methods("exponential_"),
    cases=[
        "torch.empty(2, 3).exponential_()",
        "torch.empty(2, 3).exponential_(lambd=2)",
        "torch.empty(2, 3).bool().exponential_()",
    ],
)
def exponential(need: Need, input: Tensor, lambd: Anything = 1, *, generator: Anything = None) -> Tensor:
    demand_ordered(need, 0, lambd, "lambd", strictly=True)
    return _drawn(need, input, REAL)


@op(*methods("geometric_"), cases=["torch.empty(2, 3).geometric_(0.5)", "torch.empty(2, 3).bool().geometric_(0.5)"])
def geometric(need: Need, input: Tensor, p: Anything, *, generator: Anything = None) -> Tensor:
    return _drawn(need, input, REAL_OR_INTEGER)


@op(*everywhere("fill_"), cases=["torch.empty(2, 3).fill_(1)", "torch.empty(2).fill_(value=torch.tensor(0.5))"])
def fill(need: Need, input: Tensor, value: Anything) -> Tensor:
    return _refilled(input)


@op(*everywhere("zero_"), cases=["torch.empty(2, 3).zero_()"])
def zero(need: Need, input: Tensor) -> Tensor:
    return _refilled(input)
