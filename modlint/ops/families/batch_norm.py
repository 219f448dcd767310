"""Norms with statistics of channels: docs.pytorch.org/docs/stable/nn.html#normalization-layers."""

from __future__ import annotations

from collections.abc import Sequence

from modlint.dims import Dim, product
from modlint.ops.arguments import Anything, Flag, Number
from modlint.ops.demands import REAL, demand_kind, demand_weight_dtype, like
from modlint.ops.dtypes import chosen, is_floating
from modlint.ops.fields import Fields, buffer, parameter
from modlint.ops.need import Impossible, Need
from modlint.ops.registry import layer, method, op
from modlint.ops.shapes import copied_order
from modlint.values import Open, Tensor, Value

Attributes = dict[str, Value]

_BATCH_RANKS = {1: (3, 2), 2: (4,), 3: (5,)}
_BATCH_CASES = {
    1: [
        "nn.BatchNorm1d(4)(torch.randn(2, 4))",
        "nn.BatchNorm1d(4)(torch.randn(2, 4, 5))",
        "nn.BatchNorm1d(4)(torch.randn(2, 4, 5, 5))",
        "nn.BatchNorm1d(4)(torch.randn(2, 5))",
        "nn.BatchNorm1d(4)(torch.randn(1, 4))",
        "nn.BatchNorm1d(4).eval()(torch.randn(1, 4))",
        "nn.BatchNorm1d(4)(torch.arange(8).view(2, 4))",
        "nn.BatchNorm1d(4, affine=False, track_running_stats=False)(torch.randn(2, 5))",
    ],
    2: [
        "nn.BatchNorm2d(4)(torch.randn(2, 4, 5, 5))",
        "nn.BatchNorm2d(4)(torch.randn(2, 3, 5, 5))",
        "nn.BatchNorm2d(4)(torch.randn(2, 4, 5))",
        "nn.BatchNorm2d(4).running_mean",
        "nn.BatchNorm2d(4, dtype=torch.float64)",
    ],
    3: ["nn.BatchNorm3d(4)(torch.randn(2, 4, 5, 5, 3))", "nn.BatchNorm3d(4)(torch.randn(2, 4, 5, 5))"],
}


def same(need: Need, input: Tensor) -> Tensor:
    """A fresh tensor of the input's shape."""
    return Tensor(input.shape, input.dtype, order=copied_order(need, input), device=input.device)


def fits_rank(need: Need, input: Tensor, *allowed: int) -> tuple[Dim, ...] | None:
    """The dims, or None when their number is wrong: then the norm of the right rank would keep the shape."""
    shape = need.shape(input)
    if isinstance(shape, Open) or len(shape) in allowed:
        return need.rank(input, *allowed)
    need.fail("rank", tuple(sorted(allowed)), shape, "input")
    return None


def demand_several(need: Need, input: Tensor, sizes: tuple[Dim, ...]) -> None:
    """A variance needs more than one value; of an open rank there may be more ``sizes``."""
    if all(size == 1 for size in sizes) and not isinstance(need.shape(input), Open):
        need.fail("several", 2, product(sizes), "input")


def stats_fields(need: Need, num_features: Dim, affine: bool, bias: bool, track: bool, dtype: Value) -> Attributes:
    """The parameters and buffers of a norm of channels."""
    if affine or track:
        need.at_least(num_features, 0, "num_features", "num_features")
    element = chosen(need, dtype, "float32")
    return {
        "num_features": num_features,
        "affine": affine,
        "track_running_stats": track,
        "weight": parameter(num_features, dtype=element) if affine else None,
        "bias": parameter(num_features, dtype=element) if affine and bias else None,
        "running_mean": buffer(num_features, dtype=element) if track else None,
        "running_var": buffer(num_features, dtype=element) if track else None,
        "num_batches_tracked": buffer(dtype="int64") if track else None,
    }


def _batch_norm(name: str, ranks: tuple[int, ...], cases: list[str]) -> None:
    parents = ("torch.nn.modules.batchnorm._BatchNorm", "torch.nn.modules.batchnorm._NormBase")

    @layer(name, parents=parents, cases=cases)
    def batch_norm_layer(
        need: Need,
        num_features: Dim,
        eps: Number = 1e-5,
        momentum: Number | None = 0.1,
        affine: Flag = True,
        track_running_stats: Flag = True,
        device: Anything = None,
        dtype: Anything = None,
        *,
        bias: Flag = True,
    ) -> Attributes:
        fields = stats_fields(need, num_features, affine, bias, track_running_stats, dtype)
        return {**fields, "eps": eps, "momentum": momentum}

    batch_norm_method(name, ranks)


def batch_norm_method(name: str, ranks: tuple[int, ...], lazy: bool = False) -> None:
    """Register the forward method of a batch norm for inputs of these numbers of dims.

    A ``lazy`` one takes its number of features from the first input, whatever that holds.
    """

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        dims = _leading_dims(need, input) if len(ranks) > 1 else None
        dims = dims or fits_rank(need, input, *ranks)
        if dims is None:
            return same(need, input)
        if lazy:
            need.facts.assume_equal(dims[1], self.num_features)
        if self.get("training") is True:
            demand_several(need, input, (dims[0], *dims[2:]))
        _check_scale(need, input, self.known("weight"), self.num_features)
        held = self.known("running_mean") or self.known("weight")
        return _normalised(need, input, dims, [] if held is None else [self.num_features])


def _leading_dims(need: Need, input: Tensor) -> tuple[Dim, ...] | None:
    """The batch and the features of an input of which nothing says how many dims there are; None for others."""
    shape = need.shape(input)
    return (need.size(input, 0), need.size(input, 1)) if isinstance(shape, Open) and not shape.tail else None


def _check_scale(need: Need, input: Tensor, weight: Tensor | None, count: Dim) -> None:
    """``input`` is of the type of the weights; an empty one is scaled by the first of them, which must be there."""
    if weight is None:
        return
    if not need.is_empty(input):
        demand_weight_dtype(need, input, weight)
    elif need.facts.resolve(count) == 0:
        need.fail("num_features", 1, 0, "num_features")


def _normalised(need: Need, input: Tensor, dims: tuple[Dim, ...], features: list[Dim]) -> Tensor:
    """``input`` (N, C, …) with C of the ``features``; an empty one is not looked at."""
    if need.is_empty(input):
        return like(input, input.dtype if is_floating(input.dtype) else None)
    demand_kind(need, input, REAL)
    for held in features:
        need.equal(dims[1], held, "num_features")
    return same(need, input)


for _axes, _ranks in _BATCH_RANKS.items():
    _batch_norm(f"torch.nn.BatchNorm{_axes}d", _ranks, _BATCH_CASES[_axes])


@layer(
    "torch.nn.SyncBatchNorm",
    parents=("torch.nn.modules.batchnorm._BatchNorm", "torch.nn.modules.batchnorm._NormBase"),
    cases=["nn.SyncBatchNorm(4)(torch.randn(2, 4, 5))", "nn.SyncBatchNorm(4)(torch.randn(2, 5, 4))"],
)
def sync_batch_norm_layer(
    need: Need,
    num_features: Dim,
    eps: Number = 1e-5,
    momentum: Number | None = 0.1,
    affine: Flag = True,
    track_running_stats: Flag = True,
    process_group: Anything = None,
    device: Anything = None,
    dtype: Anything = None,
    *,
    bias: Flag = True,
) -> Attributes:
    """``nn.SyncBatchNorm``."""
    fields = stats_fields(need, num_features, affine, bias, track_running_stats, dtype)
    return {**fields, "eps": eps, "momentum": momentum}


@method("torch.nn.SyncBatchNorm", "forward")
def sync_batch_norm_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """On one device it is a batch norm for any number of sizes."""
    dims = _channelled(need, input)
    need.at_least(dims[1], 1, "num_features")
    if self.get("training") is True:
        demand_several(need, input, (dims[0], *dims[2:]))
    held = self.known("running_mean") or self.known("weight")
    return _normalised(need, input, dims, [] if held is None else [self.num_features])


def _instance_norm(axes: int) -> None:
    name = f"torch.nn.InstanceNorm{axes}d"
    shape = ", ".join("456"[:axes])

    @layer(
        name,
        parents=("torch.nn.modules.instancenorm._InstanceNorm", "torch.nn.modules.batchnorm._NormBase"),
        cases=[
            f"nn.InstanceNorm{axes}d(3)(torch.randn(2, 3, {shape}))",
            f"nn.InstanceNorm{axes}d(3, track_running_stats=True)(torch.randn(2, 3, {shape}))",
            f"nn.InstanceNorm{axes}d(3, track_running_stats=True)(torch.randn(0, 1, {shape}))",
            f"nn.InstanceNorm{axes}d(3, affine=True)(torch.randn(2, 7, {shape}))",
            f"nn.InstanceNorm{axes}d(3, affine=True)(torch.randn(3, {shape}))",
            f"nn.InstanceNorm{axes}d(3)(torch.randn(2, 3{', 1' * axes}))",
        ],
    )
    def instance_norm_layer(
        need: Need,
        num_features: Dim,
        eps: Number = 1e-5,
        momentum: Number = 0.1,
        affine: Flag = False,
        track_running_stats: Flag = False,
        device: Anything = None,
        dtype: Anything = None,
        *,
        bias: Flag = True,
    ) -> Attributes:
        fields = stats_fields(need, num_features, affine, bias, track_running_stats, dtype)
        return {**fields, "eps": eps, "momentum": momentum}

    instance_norm_method(name, axes)


def instance_norm_method(name: str, axes: int, lazy: bool = False) -> None:
    """Register the forward method of an instance norm over that many axes.

    A ``lazy`` one takes its number of features from the second dim of the first input, batched or not.
    """

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        dims = fits_rank(need, input, axes + 1, axes + 2)
        if dims is None:
            return same(need, input)
        if lazy:
            need.facts.assume_equal(dims[1], self.num_features)
        if self.get("training") is True or not self.track_running_stats:
            demand_several(need, input, dims[-axes:])
        batched = (1,) * (axes + 2 - len(dims)) + dims
        no_samples = len(dims) == axes + 2 and dims[0] == 0
        if self.affine or (self.track_running_stats and not no_samples):
            need.equal(dims[-axes - 1], self.num_features, "num_features")
        _check_scale(need, input, self.known("weight"), batched[0] * self.num_features)
        return _normalised(need, input, batched, [])


for _axes in (1, 2, 3):
    _instance_norm(_axes)


def _features(need: Need, input: Tensor, running: Sequence[Tensor | None], *affine: Tensor | None) -> list[Dim]:
    """How many channels the statistics and parameters have; the statistics are vectors."""
    for tensor in running:
        if tensor is not None and not need.is_empty(input):
            need.rank(tensor, 1, operand="running_mean")
    return [product(need.dims(tensor)) for tensor in (*running, *affine) if tensor is not None]


def _channelled(need: Need, input: Tensor) -> tuple[Dim, ...]:
    """The dims of an input (N, C, …); of an open rank the first two."""
    shape = need.shape(input)
    if isinstance(shape, Open):
        return need.size(input, 0), need.size(input, 1), *shape.tail
    if len(shape) < 2:
        need.fail("rank", 2, shape, "input")
        raise Impossible
    return shape


@op(
    "torch.nn.functional.batch_norm",
    cases=[
        "F.batch_norm(torch.randn(2, 4, 5), torch.zeros(4), torch.ones(4))",
        "F.batch_norm(torch.randn(2, 4, 5), torch.zeros(3), torch.ones(3))",
        "F.batch_norm(torch.randn(2, 4, 5), None, None, torch.ones(4), torch.ones(4), True)",
        "F.batch_norm(torch.randn(1, 4), torch.zeros(4), torch.ones(4), training=True)",
        "F.batch_norm(torch.randn(2, 4, 5), None, None)",
    ],
)
def batch_norm(
    need: Need,
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: Anything = False,
    momentum: Anything = 0.1,
    eps: Anything = 1e-5,
) -> Tensor:
    """``input`` (N, C, …)."""
    dims = _channelled(need, input)
    if training is True:
        demand_several(need, input, (dims[0], *dims[2:]))
    elif training is False and None in (running_mean, running_var) and not need.is_empty(input):
        need.fail("type", "Tensor", None, "running_mean")
    return _normalised(need, input, dims, _features(need, input, (running_mean, running_var), weight, bias))


@op(
    "torch.batch_norm",
    cases=[
        "torch.batch_norm(torch.randn(2, 4), None, None, torch.ones(4), torch.ones(4), False, 0.1, 1e-5, False)",
        "torch.batch_norm(torch.randn(2, 4), None, None, torch.zeros(4), torch.ones(4), True, 0.1, 1e-5, False)",
    ],
)
def plain_batch_norm(
    need: Need,
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: Anything,
    momentum: Anything,
    eps: Anything,
    cudnn_enabled: Anything,
) -> Tensor:
    """What ``F.batch_norm`` calls, with the parameters in another order."""
    if training is False and None in (running_mean, running_var) and not need.is_empty(input):
        need.fail("type", "Tensor", None, "running_mean")
    return _normalised(
        need, input, _channelled(need, input), _features(need, input, (running_mean, running_var), weight, bias)
    )


@op(
    "torch.nn.functional.instance_norm",
    cases=[
        "F.instance_norm(torch.randn(2, 3, 4, 5))",
        "F.instance_norm(torch.randn(2, 3, 4, 5), None, None, torch.ones(3), torch.ones(3))",
        "F.instance_norm(torch.randn(2, 3, 4), torch.zeros(2), torch.ones(2))",
        "F.instance_norm(torch.randn(2, 3, 1, 1))",
        "F.instance_norm(torch.randn(2, 3, 4), torch.zeros(3), torch.ones(3), use_input_stats=False)",
        "F.instance_norm(torch.randn(2, 3, 4), use_input_stats=False)",
    ],
)
def instance_norm(
    need: Need,
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: Anything = True,
    momentum: Anything = 0.1,
    eps: Anything = 1e-5,
) -> Tensor:
    """``input`` (N, C, *sizes)."""
    dims = _channelled(need, input)
    if use_input_stats is True:
        demand_several(need, input, dims[2:])
    elif use_input_stats is False and None in (running_mean, running_var):
        need.fail("type", "Tensor", None, "running_mean")
    return _normalised(need, input, dims, _features(need, input, (running_mean, running_var), weight, bias))
