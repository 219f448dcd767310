"""``torch.nn.init``: functions that fill a tensor and return it; docs.pytorch.org/docs/stable/nn.init.html."""

from __future__ import annotations

import math

from modlint.ops.arguments import Anything, Name, Number
from modlint.ops.demands import REAL, REAL_OR_COMPLEX, demand_kind, demand_one_of, demand_within
from modlint.ops.dtypes import Kind
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.values import Open, Tensor, Unknown, Value

_LINEAR = (
    "linear",
    "sigmoid",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
)
_GAINS = {**dict.fromkeys(_LINEAR, 1), "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}


def _names(*names: str) -> list[str]:
    """The functions under their names of today and of old, which lack the underscore."""
    return [f"torch.nn.init.{name}{end}" for name in names for end in ("_", "")]


def _filled(need: Need, tensor: Value) -> Tensor | None:
    """The tensor that is overwritten; None when it is not known."""
    if isinstance(tensor, Unknown):
        return None
    if not isinstance(tensor, Tensor):
        need.fail("type", "Tensor", tensor, "tensor")
        raise Impossible
    tensor.data = None
    return tensor


def _demand_rank(need: Need, tensor: Value, low: int, high: int | None = None) -> Tensor | None:
    target = _filled(need, tensor)
    if target is None:
        return None
    shape = need.shape(target)
    if not isinstance(shape, Open) and (len(shape) < low or (high is not None and len(shape) > high)):
        need.fail("rank", low, shape, "tensor")
    return target


def _random(need: Need, tensor: Value, kinds: tuple[Kind, ...] = REAL_OR_COMPLEX) -> Value:
    target = _filled(need, tensor)
    if target is not None and not need.is_empty(target):
        demand_kind(need, target, kinds, "tensor")
    return tensor


@op(
    *_names("uniform"),
    cases=[
        "nn.init.uniform_(torch.empty(3, 5), -0.1, 0.1)",
        "nn.init.uniform_(torch.empty(3), 2, 1)",
        "nn.init.uniform_(torch.zeros(3).long())",
        "nn.init.uniform_(None)",
    ],
)
def uniform(need: Need, tensor: Anything, a: Number = 0.0, b: Number = 1.0, generator: Anything = None) -> Value:
    if isinstance(a, (int, float)) and isinstance(b, (int, float)) and a > b:
        need.fail("range", b, a, "a")
    target = _filled(need, tensor)
    if target is not None:
        demand_kind(need, target, REAL_OR_COMPLEX, "tensor")
    return tensor


@op(
    *_names("normal"),
    cases=[
        "nn.init.normal_(torch.empty(3, 5), std=0.02)",
        "nn.init.normal_(nn.Linear(5, 3).weight)",
        "nn.init.normal_(torch.empty(3), 0, -1)",
        "nn.init.normal_(torch.zeros(3).long())",
    ],
)
def normal(need: Need, tensor: Anything, mean: Number = 0.0, std: Number = 1.0, generator: Anything = None) -> Value:
    if isinstance(std, (int, float)) and std < 0:
        need.fail("range", 0, std, "std")
    return _random(need, tensor)


@op(
    "torch.nn.init.trunc_normal_",
    cases=["nn.init.trunc_normal_(torch.empty(3, 5), std=0.02)", "nn.init.trunc_normal_(torch.empty(3, 5).cfloat())"],
)
def trunc_normal(
    need: Need,
    tensor: Anything,
    mean: Number = 0.0,
    std: Number = 1.0,
    a: Number = -2.0,
    b: Number = 2.0,
    generator: Anything = None,
) -> Value:
    return _random(need, tensor, REAL)


@op(*_names("constant"), cases=["nn.init.constant_(torch.empty(3), 0.5)", "nn.init.constant_(torch.empty(3))"])
def constant(need: Need, tensor: Anything, val: Anything) -> Value:
    _filled(need, tensor)
    return tensor


@op(
    "torch.nn.init.ones_",
    "torch.nn.init.zeros_",
    cases=["nn.init.zeros_(torch.empty(3))", "nn.init.ones_(torch.zeros(3).long())", "nn.init.zeros_(None)"],
)
def ones(need: Need, tensor: Anything) -> Value:
    _filled(need, tensor)
    return tensor


@op(*_names("eye"), cases=["nn.init.eye_(torch.empty(3, 5))", "nn.init.eye_(torch.empty(3))"])
def eye(need: Need, tensor: Anything) -> Value:
    _demand_rank(need, tensor, 2, 2)
    return tensor


@op(
    *_names("dirac"),
    cases=[
        "nn.init.dirac_(torch.empty(4, 4, 5), 2)",
        "nn.init.dirac_(torch.empty(3, 4, 5), groups=2)",
        "nn.init.dirac_(torch.empty(3, 4))",
    ],
)
def dirac(need: Need, tensor: Anything, groups: int = 1) -> Value:
    target = _demand_rank(need, tensor, 3, 5)
    if target is not None:
        need.divisible(need.size(target, 0), groups, "groups", "tensor")
        if need.is_empty(target):
            raise Undecided("which elements are filled depends on all sizes")
    return tensor


@op(
    *_names("xavier_uniform", "xavier_normal"),
    cases=[
        "nn.init.xavier_uniform_(torch.empty(3, 5))",
        "nn.init.xavier_normal_(nn.Linear(5, 3).weight, gain=2)",
        "nn.init.xavier_uniform_(nn.Linear(5, 3).bias)",
        "nn.init.xavier_uniform_(nn.Linear(5, 3, bias=False).bias)",
    ],
)
def xavier(need: Need, tensor: Anything, gain: Number = 1.0, generator: Anything = None) -> Value:
    """The fans of a weight need two dims, which a bias does not have."""
    demand_within(need, gain, 0, math.inf, "gain")
    target = _demand_rank(need, tensor, 2)
    if target is not None and need.is_empty(target):
        raise Undecided("the fans of an empty weight may be 0")
    return _random(need, tensor)


@op(
    *_names("kaiming_uniform", "kaiming_normal"),
    cases=[
        "nn.init.kaiming_normal_(torch.empty(3, 5, 2), mode='fan_out', nonlinearity='relu')",
        "nn.init.kaiming_uniform_(torch.empty(3, 5), a=5)",
        "nn.init.kaiming_normal_(torch.empty(0))",
        "nn.init.kaiming_normal_(torch.empty(3))",
        "nn.init.kaiming_normal_(torch.empty(3, 5), mode='fan')",
        "nn.init.kaiming_normal_(torch.empty(3, 5), nonlinearity='gelu')",
    ],
)
def kaiming(
    need: Need,
    tensor: Anything,
    a: Number = 0,
    mode: Name = "fan_in",
    nonlinearity: Name = "leaky_relu",
    generator: Anything = None,
) -> Value:
    target = _filled(need, tensor)
    if target is not None and need.is_empty(target):
        return tensor
    demand_one_of(need, mode.lower(), ("fan_in", "fan_out"), "mode")
    demand_one_of(need, nonlinearity, (*_GAINS, "leaky_relu"), "nonlinearity")
    _demand_rank(need, tensor, 2)
    return _random(need, tensor)


@op(
    *_names("orthogonal"),
    cases=[
        "nn.init.orthogonal_(torch.empty(3, 4, 5), gain=2)",
        "nn.init.orthogonal_(torch.empty(3))",
        "nn.init.orthogonal_(torch.empty(3, 4).cfloat())",
    ],
)
def orthogonal(need: Need, tensor: Anything, gain: Number = 1, generator: Anything = None) -> Value:
    _demand_rank(need, tensor, 2)
    return _random(need, tensor, REAL)


@op(
    *_names("sparse"),
    cases=["nn.init.sparse_(torch.empty(4, 4), 0.1)", "nn.init.sparse_(torch.empty(4, 4, 5), sparsity=0.1)"],
)
def sparse(need: Need, tensor: Anything, sparsity: Number, std: Number = 0.01, generator: Anything = None) -> Value:
    _demand_rank(need, tensor, 2, 2)
    return _random(need, tensor)


@op(
    "torch.nn.init.calculate_gain",
    cases=[
        "nn.init.calculate_gain('relu')",
        "nn.init.calculate_gain('leaky_relu', 0.2)",
        "nn.init.calculate_gain('tanh')",
        "nn.init.calculate_gain('gelu')",
    ],
)
def calculate_gain(need: Need, nonlinearity: Name, param: Number | None = None) -> float:
    if nonlinearity == "leaky_relu":
        slope = param if isinstance(param, (int, float)) else 0.01
        return math.sqrt(2 / (1 + slope**2))
    demand_one_of(need, nonlinearity, tuple(_GAINS), "nonlinearity")
    return _GAINS.get(nonlinearity, 1)
