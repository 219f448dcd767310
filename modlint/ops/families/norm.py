"""Normalisation layers: docs.pytorch.org/docs/stable/nn.html#normalization-layers."""

from __future__ import annotations

from modlint.dims import Dim, product
from modlint.ops.arguments import Anything, Flag, Number, Sizes
from modlint.ops.fields import Fields, buffer, parameter
from modlint.ops.need import Need
from modlint.ops.registry import layer, method, op
from modlint.values import CONTIGUOUS, Open, Tensor, Value

_BATCH = {1: (3, 2), 2: (4,), 3: (5,)}
_BATCH_CASES = {
    1: ["nn.BatchNorm1d(4)(torch.randn(2, 4))", "nn.BatchNorm1d(4)(torch.randn(2, 4, 5))",
        "nn.BatchNorm1d(4)(torch.randn(2, 4, 5, 5))", "nn.BatchNorm1d(4)(torch.randn(2, 5))"],
    2: ["nn.BatchNorm2d(4)(torch.randn(2, 4, 5, 5))", "nn.BatchNorm2d(4)(torch.randn(2, 3, 5, 5))",
        "nn.BatchNorm2d(4)(torch.randn(2, 4, 5))", "nn.BatchNorm2d(4).running_mean"],
    3: ["nn.BatchNorm3d(4)(torch.randn(2, 4, 5, 5, 3))", "nn.BatchNorm3d(4)(torch.randn(2, 4, 5, 5))"],
}  # fmt: skip


def _same(input: Tensor) -> Tensor:
    """A fresh tensor of the input's shape."""
    return Tensor(input.shape, input.dtype, order=input.order or CONTIGUOUS, device=input.device)


def _fits_rank(need: Need, input: Tensor, *allowed: int) -> tuple[Dim, ...] | None:
    """The dims, or None when their number is wrong: then the norm of the right rank would keep the shape."""
    shape = need.shape(input)
    if not isinstance(shape, Open):
        if len(shape) in allowed:
            return shape
        need.fail("rank", tuple(sorted(allowed)), shape, "input")
        return None
    return need.rank(input, *allowed)


def _batch_fields(need: Need, num_features: Dim, affine: bool, track: bool) -> dict[str, Value]:
    return {
        "num_features": num_features,
        "affine": affine,
        "track_running_stats": track,
        "weight": parameter(num_features) if affine else None,
        "bias": parameter(num_features) if affine else None,
        "running_mean": buffer(num_features) if track else None,
        "running_var": buffer(num_features) if track else None,
        "num_batches_tracked": buffer(dtype="int64") if track else None,
    }


def _batch_norm(axes: int, name: str, ranks: tuple[int, ...], cases: list[str]) -> None:
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
    ) -> dict[str, Value]:
        fields = _batch_fields(need, num_features, affine, track_running_stats)
        return {**fields, "eps": eps, "momentum": momentum}

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        dims = _fits_rank(need, input, *ranks)
        held = self.running_mean or self.weight
        if dims is not None and held is not None:
            need.equal(dims[1], self.num_features, "num_features")
        return _same(input)


for _axes, _ranks in _BATCH.items():
    _batch_norm(_axes, f"torch.nn.BatchNorm{_axes}d", _ranks, _BATCH_CASES[_axes])
_batch_norm(2, "torch.nn.SyncBatchNorm", (2, 3, 4, 5), [])


def _instance_norm(axes: int) -> None:
    name = f"torch.nn.InstanceNorm{axes}d"
    shape = ", ".join("456"[:axes])

    @layer(
        name,
        parents=("torch.nn.modules.instancenorm._InstanceNorm",),
        cases=[
            f"nn.InstanceNorm{axes}d(3)(torch.randn(2, 3, {shape}))",
            f"nn.InstanceNorm{axes}d(3, affine=True)(torch.randn(2, 7, {shape}))",
            f"nn.InstanceNorm{axes}d(3, affine=True)(torch.randn(3, {shape}))",
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
    ) -> dict[str, Value]:
        fields = _batch_fields(need, num_features, affine, track_running_stats)
        return {**fields, "eps": eps, "momentum": momentum}

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        dims = _fits_rank(need, input, axes + 1, axes + 2)
        if dims is not None and self.affine:
            need.equal(dims[-axes - 1], self.num_features, "num_features")
        return _same(input)


for _axes in (1, 2, 3):
    _instance_norm(_axes)


@op(
    "torch.nn.functional.batch_norm",
    "torch.batch_norm",
    cases=[
        "F.batch_norm(torch.randn(2, 4, 5), torch.zeros(4), torch.ones(4))",
        "F.batch_norm(torch.randn(2, 4, 5), torch.zeros(3), torch.ones(3))",
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
    channels = need.size(input, 1)
    for held in (running_mean, running_var, weight, bias):
        if held is not None:
            need.equal(channels, product(need.dims(held)), "num_features")
    return _same(input)


@op("torch.nn.functional.instance_norm", cases=["F.instance_norm(torch.randn(2, 3, 4, 5))"])
def instance_norm(
    need: Need,
    input: Tensor,
    running_mean: Anything = None,
    running_var: Anything = None,
    weight: Anything = None,
    bias: Anything = None,
    use_input_stats: Anything = True,
    momentum: Anything = 0.1,
    eps: Anything = 1e-5,
) -> Tensor:
    """The shape of ``input``."""
    return _same(input)


def _check_trailing(need: Need, input: Tensor, normalized: tuple[Dim, ...]) -> Tensor:
    """The last dims of the input equal ``normalized_shape``."""
    shape = need.shape(input)
    if isinstance(shape, Open):
        for axis in range(1, len(normalized) + 1):
            need.equal(need.size(input, -axis), normalized[-axis], "normalized_shape")
        return _same(input)
    if len(shape) < len(normalized):
        need.fail("normalized_shape", normalized, shape, "input")
        return _same(input)
    for found, wanted in zip(shape[len(shape) - len(normalized) :], normalized):
        need.equal(found, wanted, "normalized_shape")
    return _same(input)


def _as_shape(sizes: Dim | tuple[Dim, ...]) -> tuple[Dim, ...]:
    return sizes if isinstance(sizes, tuple) else (sizes,)


@op(
    "torch.nn.functional.layer_norm",
    "torch.layer_norm",
    cases=[
        "F.layer_norm(torch.randn(2, 4, 5), (5,))",
        "F.layer_norm(torch.randn(2, 4, 5), (4, 5))",
        "F.layer_norm(torch.randn(2, 4, 5), (4,))",
    ],
)
def layer_norm(
    need: Need,
    input: Tensor,
    normalized_shape: Sizes,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: Anything = 1e-5,
) -> Tensor:
    """The shape of ``input``."""
    return _check_trailing(need, input, _as_shape(normalized_shape))


@op("torch.nn.functional.rms_norm", "torch.rms_norm", cases=["F.rms_norm(torch.randn(2, 4, 5), (5,))"])
def rms_norm(
    need: Need, input: Tensor, normalized_shape: Sizes, weight: Tensor | None = None, eps: Anything = None
) -> Tensor:
    """The shape of ``input``."""
    return _check_trailing(need, input, _as_shape(normalized_shape))


@layer(
    "torch.nn.LayerNorm",
    cases=[
        "nn.LayerNorm(5)(torch.randn(2, 4, 5))",
        "nn.LayerNorm((4, 5))(torch.randn(2, 4, 5))",
        "nn.LayerNorm(4)(torch.randn(2, 4, 5))",
    ],
)
def layer_norm_layer(
    need: Need,
    normalized_shape: Sizes,
    eps: Anything = 1e-5,
    elementwise_affine: Flag = True,
    bias: Flag = True,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    """``nn.LayerNorm``."""
    shape = _as_shape(normalized_shape)
    return {
        "normalized_shape": shape,
        "eps": eps,
        "elementwise_affine": elementwise_affine,
        "weight": parameter(*shape) if elementwise_affine else None,
        "bias": parameter(*shape) if elementwise_affine and bias else None,
    }


@layer("torch.nn.RMSNorm", cases=["nn.RMSNorm(5)(torch.randn(2, 4, 5))", "nn.RMSNorm(4)(torch.randn(2, 4, 5))"])
def rms_norm_layer(
    need: Need,
    normalized_shape: Sizes,
    eps: Anything = None,
    elementwise_affine: Flag = True,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    """``nn.RMSNorm``."""
    shape = _as_shape(normalized_shape)
    weight = parameter(*shape) if elementwise_affine else None
    return {"normalized_shape": shape, "eps": eps, "elementwise_affine": elementwise_affine, "weight": weight}


@method(("torch.nn.LayerNorm", "torch.nn.RMSNorm"), "forward")
def trailing_norm_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """The shape of ``input``."""
    return _check_trailing(need, input, self.normalized_shape)


@op(
    "torch.nn.functional.group_norm",
    "torch.group_norm",
    cases=["F.group_norm(torch.randn(2, 6, 5), 3)", "F.group_norm(torch.randn(2, 6, 5), 4)"],
)
def group_norm(
    need: Need,
    input: Tensor,
    num_groups: Dim,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: Anything = 1e-5,
) -> Tensor:
    """``input`` (N, C, …) with C a multiple of ``num_groups``."""
    channels = need.size(input, 1)
    need.divisible(channels, num_groups, "groups")
    for held in (weight, bias):
        if held is not None:
            need.equal(channels, product(need.dims(held)), "num_channels")
    return _same(input)


@layer(
    "torch.nn.GroupNorm",
    cases=[
        "nn.GroupNorm(3, 6)(torch.randn(2, 6, 5))",
        "nn.GroupNorm(3, 6)(torch.randn(2, 9, 5))",
        "nn.GroupNorm(4, 6)",
    ],
)
def group_norm_layer(
    need: Need,
    num_groups: Dim,
    num_channels: Dim,
    eps: Anything = 1e-5,
    affine: Flag = True,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    """``nn.GroupNorm``."""
    need.divisible(num_channels, num_groups, "groups", "num_channels")
    return {
        "num_groups": num_groups,
        "num_channels": num_channels,
        "eps": eps,
        "affine": affine,
        "weight": parameter(num_channels) if affine else None,
        "bias": parameter(num_channels) if affine else None,
    }


@method("torch.nn.GroupNorm", "forward")
def group_norm_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """The shape of ``input``."""
    channels = need.size(input, 1)
    if self.weight is not None:
        need.equal(channels, self.num_channels, "num_channels")
    else:
        need.divisible(channels, self.num_groups, "groups")
    return _same(input)


@op(
    "torch.nn.functional.normalize",
    "torch.nn.functional.local_response_norm",
    cases=["F.normalize(torch.randn(2, 3), dim=-1)"],
)
def normalize(need: Need, input: Tensor, *rest: Anything, **options: Anything) -> Tensor:
    """The shape of ``input``."""
    return _same(input)


@layer("torch.nn.LocalResponseNorm", cases=["nn.LocalResponseNorm(2)(torch.randn(2, 4, 5, 5))"])
def local_response_norm_layer(
    need: Need, size: Dim, alpha: Anything = 1e-4, beta: Anything = 0.75, k: Anything = 1.0
) -> dict[str, Value]:
    """``nn.LocalResponseNorm``."""
    return {"size": size, "alpha": alpha, "beta": beta, "k": k}


@method("torch.nn.LocalResponseNorm", "forward")
def local_response_norm_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """The shape of ``input``."""
    return _same(input)
