"""Norms of last dims, groups and neighbours: docs.pytorch.org/docs/stable/nn.html#normalization-layers."""

from __future__ import annotations

from collections.abc import Sequence

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Axes, Flag, Sizes
from modlint.ops.demands import REAL, REAL_OR_COMPLEX, demand_kind, demand_shape, demand_weight_dtype, like
from modlint.ops.dtypes import chosen, floating
from modlint.ops.families.batch_norm import demand_several, same
from modlint.ops.fields import Fields, parameter
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import layer, method, op
from modlint.ops.shapes import unique
from modlint.values import Open, Tensor, Unknown, Value


def _check_trailing(need: Need, input: Tensor, normalized: tuple[Dim, ...]) -> Tensor:
    """The last dims of the input equal ``normalized_shape``."""
    if not normalized:
        need.fail("normalized_shape", "at least one size", normalized, "normalized_shape")
    shape = need.shape(input)
    if isinstance(shape, Open):
        for axis in range(1, len(normalized) + 1):
            need.equal(need.size(input, -axis), normalized[-axis], "normalized_shape")
        return same(need, input)
    if len(shape) < len(normalized):
        need.fail("normalized_shape", normalized, shape, "input")
        return same(need, input)
    for found, wanted in zip(shape[len(shape) - len(normalized) :], normalized):
        need.equal(found, wanted, "normalized_shape")
    return same(need, input)


def _listed_sizes(need: Need, sizes: Dim | tuple[Dim, ...]) -> tuple[Dim, ...]:
    """The functions, unlike the layers, take no single size."""
    if isinstance(sizes, tuple):
        return sizes
    need.fail("type", "a tuple of ints", sizes, "normalized_shape")
    return (sizes,)


def _check_affine(need: Need, shape: tuple[Dim, ...], weight: Tensor | None, bias: Tensor | None) -> None:
    for name, held in (("weight", weight), ("bias", bias)):
        if held is not None:
            demand_shape(need, held, shape, "normalized_shape", name)


@op(
    "torch.nn.functional.layer_norm",
    cases=[
        "F.layer_norm(torch.randn(2, 4, 5), (5,))",
        "F.layer_norm(torch.randn(2, 4, 5), (4, 5))",
        "F.layer_norm(torch.randn(2, 4, 5), (4,))",
        "F.layer_norm(torch.randn(2, 4, 5), 5)",
        "F.layer_norm(torch.randn(2, 4, 5), [5], torch.ones(5), torch.ones(5))",
        "F.layer_norm(torch.randn(2, 4, 5), [5], torch.ones(4))",
        "F.layer_norm(torch.arange(6), [6])",
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
    shape = _listed_sizes(need, normalized_shape)
    _check_affine(need, shape, weight, bias)
    demand_kind(need, input, REAL)
    return _check_trailing(need, input, shape)


@op(
    "torch.layer_norm", cases=["torch.layer_norm(torch.randn(2, 4, 5), (5,), torch.ones(5), torch.ones(5), 1e-5, True)"]
)
def plain_layer_norm(
    need: Need,
    input: Tensor,
    normalized_shape: Sizes,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: Anything = 1e-5,
    cudnn_enable: Anything = True,
) -> Tensor:
    """``F.layer_norm`` with one more option."""
    return layer_norm(need, input, normalized_shape, weight, bias, eps)


@op(
    "torch.nn.functional.rms_norm",
    "torch.rms_norm",
    cases=[
        "F.rms_norm(torch.randn(2, 4, 5), (5,))",
        "F.rms_norm(torch.randn(2, 4, 5), (4, 5), torch.ones(4, 5), 1e-5)",
        "F.rms_norm(torch.randn(2, 4, 5), (5,), torch.ones(1, 5))",
    ],
)
def rms_norm(
    need: Need, input: Tensor, normalized_shape: Sizes, weight: Tensor | None = None, eps: Anything = None
) -> Tensor:
    """The shape of ``input``."""
    shape = _listed_sizes(need, normalized_shape)
    _check_affine(need, shape, weight, None)
    demand_kind(need, input, REAL_OR_COMPLEX)
    return _check_trailing(need, input, shape)


def _layer_sizes(need: Need, normalized_shape: Sizes) -> tuple[Dim, ...]:
    shape = normalized_shape if isinstance(normalized_shape, tuple) else (normalized_shape,)
    for size in shape:
        need.at_least(size, 0, "normalized_shape", "normalized_shape")
    return shape


@layer(
    "torch.nn.LayerNorm",
    cases=[
        "nn.LayerNorm(5)(torch.randn(2, 4, 5))",
        "nn.LayerNorm((4, 5))(torch.randn(2, 4, 5))",
        "nn.LayerNorm(4)(torch.randn(2, 4, 5))",
        "nn.LayerNorm([4, 5], bias=False, dtype=torch.float64)",
        "nn.LayerNorm(5)(torch.arange(5))",
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
    shape = _layer_sizes(need, normalized_shape)
    element = chosen(need, dtype, "float32")
    return {
        "normalized_shape": shape,
        "eps": eps,
        "elementwise_affine": elementwise_affine,
        "weight": parameter(*shape, dtype=element) if elementwise_affine else None,
        "bias": parameter(*shape, dtype=element) if elementwise_affine and bias else None,
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
    shape = _layer_sizes(need, normalized_shape)
    weight = parameter(*shape, dtype=chosen(need, dtype, "float32")) if elementwise_affine else None
    return {"normalized_shape": shape, "eps": eps, "elementwise_affine": elementwise_affine, "weight": weight}


@method("torch.nn.LayerNorm", "forward")
def layer_norm_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """The shape of ``input``."""
    demand_kind(need, input, REAL)
    weight = self.known("weight")
    if weight is not None:
        demand_weight_dtype(need, input, weight)
    return _check_trailing(need, input, self.normalized_shape)


@method("torch.nn.RMSNorm", "forward")
def rms_norm_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """The shape of ``input``."""
    demand_kind(need, input, REAL_OR_COMPLEX)
    return _check_trailing(need, input, self.normalized_shape)


def _grouped(need: Need, input: Tensor, num_groups: Dim, held: Sequence[tuple[str, Dim]]) -> Tensor:
    """``input`` (N, C, …) with C a multiple of ``num_groups``; ``held`` are the channels of the parameters."""
    demand_kind(need, input, REAL)
    shape = need.shape(input)
    if not isinstance(shape, Open) and len(shape) < 2:
        need.fail("rank", 2, shape, "input")
        raise Impossible
    channels = need.size(input, 1)
    need.at_least(num_groups, 1, "groups", "num_groups")
    for name, size in held:
        need.equal(channels, size, "num_channels", "input" if name == "num_channels" else name)
    if not held:
        need.divisible(channels, num_groups, "groups")
    return same(need, input)


@op(
    "torch.nn.functional.group_norm",
    cases=[
        "F.group_norm(torch.randn(2, 6, 5), 3)",
        "F.group_norm(torch.randn(2, 6, 5), 4)",
        "F.group_norm(torch.randn(2, 6, 5), 3, torch.ones(6), torch.ones(6))",
        "F.group_norm(torch.randn(2, 6, 5), 3, torch.ones(5))",
        "F.group_norm(torch.randn(1, 6), 6)",
        "F.group_norm(torch.randn(6), 3)",
    ],
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
    _check_group_size(need, input, num_groups)
    return plain_group_norm(need, input, num_groups, weight, bias, eps)


def _check_group_size(need: Need, input: Tensor, num_groups: Dim) -> None:
    """The batch and a group of channels hold several values together."""
    shape = need.shape(input)
    if not isinstance(shape, Open) and len(shape) > 1 and isinstance(num_groups, int) and num_groups > 0:
        demand_several(need, input, (shape[0] * shape[1] // num_groups, *shape[2:]))


@op(
    "torch.group_norm",
    cases=[
        "torch.group_norm(torch.randn(1, 6), 6)",
        "torch.group_norm(torch.randn(2, 6, 5), 3, None, None, 1e-5, True)",
    ],
)
def plain_group_norm(
    need: Need,
    input: Tensor,
    num_groups: Dim,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: Anything = 1e-5,
    cudnn_enabled: Anything = True,
) -> Tensor:
    """``F.group_norm`` without a look at the size of the groups."""
    result = _grouped(need, input, num_groups, ())
    for name, held in (("weight", weight), ("bias", bias)):
        if held is not None:
            demand_shape(need, held, (need.size(input, 1),), "num_channels", name)
    return result


@layer(
    "torch.nn.GroupNorm",
    cases=[
        "nn.GroupNorm(3, 6)(torch.randn(2, 6, 5))",
        "nn.GroupNorm(3, 6)(torch.randn(2, 9, 5))",
        "nn.GroupNorm(3, 6, affine=False)(torch.randn(2, 9, 5))",
        "nn.GroupNorm(3, -3, affine=False)(torch.randn(2, 9, 5))",
        "nn.GroupNorm(3, -3)",
        "nn.GroupNorm(6, 6)(torch.randn(1, 6))",
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
    *,
    bias: Flag = True,
) -> dict[str, Value]:
    """``nn.GroupNorm``."""
    if affine:
        need.at_least(num_channels, 0, "num_channels", "num_channels")
    need.divisible(num_channels, num_groups, "groups", "num_channels")
    element = chosen(need, dtype, "float32")
    return {
        "num_groups": num_groups,
        "num_channels": num_channels,
        "eps": eps,
        "affine": affine,
        "weight": parameter(num_channels, dtype=element) if affine else None,
        "bias": parameter(num_channels, dtype=element) if affine and bias else None,
    }


@method("torch.nn.GroupNorm", "forward")
def group_norm_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """The shape of ``input``."""
    _check_group_size(need, input, self.num_groups)
    weight = self.known("weight")
    if weight is not None:
        demand_weight_dtype(need, input, weight)
    held = [] if weight is None else [("num_channels", self.num_channels)]
    return _grouped(need, input, self.num_groups, held)


@op(
    "torch.nn.functional.normalize",
    cases=[
        "F.normalize(torch.randn(2, 3), dim=-1)",
        "F.normalize(torch.randn(2, 3), 2.0, (0, 1), 1e-5)",
        "F.normalize(torch.randn(3))",
        "F.normalize(torch.arange(3), dim=0)",
    ],
)
def normalize(
    need: Need, input: Tensor, p: Anything = 2.0, dim: Axes | None = 1, eps: Anything = 1e-12, out: Anything = None
) -> Tensor:
    """The shape of ``input``."""
    demand_kind(need, input, REAL_OR_COMPLEX)
    shape = need.shape(input)
    if not isinstance(shape, Open):
        axes = dim if isinstance(dim, tuple) else () if dim is None else (dim,)
        unique(need, [need.axis(axis, len(shape)) for axis in axes])
    return like(input, input.dtype)


def _check_neighbours(need: Need, input: Tensor, size: Value) -> Tensor:
    """``input`` (N, C, *sizes), averaged over ``size`` channels."""
    shape = need.shape(input)
    if not isinstance(shape, Open) and len(shape) < 3:
        need.fail("rank", 3, shape, "input")
        raise Impossible
    if isinstance(size, Unknown):
        raise Undecided(size.why)
    if need.is_empty(input):
        return same(need, input)
    need.at_least(size, 1, "kernel_size", "size")
    return like(input, floating(input.dtype))


@op(
    "torch.nn.functional.local_response_norm",
    cases=["F.local_response_norm(torch.randn(2, 4, 5), 2)", "F.local_response_norm(torch.randn(2, 4), 2)"],
)
def local_response_norm(
    need: Need, input: Tensor, size: Dim, alpha: Anything = 1e-4, beta: Anything = 0.75, k: Anything = 1.0
) -> Tensor:
    """The shape of ``input``."""
    return _check_neighbours(need, input, size)


@layer(
    "torch.nn.LocalResponseNorm",
    "torch.nn.CrossMapLRN2d",
    cases=["nn.LocalResponseNorm(2)(torch.randn(2, 4, 5, 5))", "nn.LocalResponseNorm(2)(torch.randn(2, 4))"],
)
def local_response_norm_layer(
    need: Need, size: Dim, alpha: Anything = 1e-4, beta: Anything = 0.75, k: Anything = 1.0
) -> dict[str, Value]:
    """``nn.LocalResponseNorm``."""
    return {"size": size, "alpha": alpha, "beta": beta, "k": k}


@method("torch.nn.LocalResponseNorm", "forward")
def local_response_norm_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """The shape of ``input``."""
    return _check_neighbours(need, input, self.size)


@method("torch.nn.CrossMapLRN2d", "forward")
def cross_map_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """``input`` (N, C, H, W)."""
    need.at_least(need.rank(input, 4)[1], 1, "num_channels")
    if self.size == 0:
        need.fail("kernel_size", 1, 0, "size")
    return same(need, input)
