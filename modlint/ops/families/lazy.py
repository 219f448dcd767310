"""Layers that take the number of their input features from the first input.

The number is a symbol until then: the first call makes it known, and later calls are held against it.
"""

from __future__ import annotations

from modlint.dims import Dim, symbol
from modlint.ops.arguments import Anything, Flag, Name, Number, Sizes
from modlint.ops.dtypes import chosen
from modlint.ops.families.batch_norm import batch_norm_method, instance_norm_method, stats_fields
from modlint.ops.families.conv import Filters, conv_fields, layer_convolution
from modlint.ops.families.conv_transpose import Options, conv_transpose_fields, layer_deconvolution
from modlint.ops.families.linear import linear
from modlint.ops.fields import Fields, parameter
from modlint.ops.need import Need
from modlint.ops.registry import layer, method
from modlint.values import Tensor, Value

_INPUTS = {1: "2, 4, 9", 2: "2, 4, 9, 8", 3: "2, 4, 5, 6, 7"}
_BATCH_RANKS = {1: (3, 2), 2: (4,), 3: (5,)}
_LAZY = "torch.nn.modules.lazy.LazyModuleMixin"


@layer(
    "torch.nn.LazyLinear",
    parents=("torch.nn.Linear", _LAZY),
    cases=["nn.LazyLinear(3)(torch.randn(2, 5))", "nn.LazyLinear(3, bias=False)(torch.randn(2, 4, 5))"],
)
def lazy_linear_layer(
    need: Need, out_features: Dim, bias: Flag = True, device: Anything = None, dtype: Anything = None
) -> dict[str, Value]:
    """``nn.LazyLinear``."""
    need.at_least(out_features, 0, "out_features", "out_features")
    in_features, element = symbol("in_features", lower=0), chosen(need, dtype, "float32")
    return {
        "in_features": in_features,
        "out_features": out_features,
        "weight": parameter(out_features, in_features, dtype=element),
        "bias": parameter(out_features, dtype=element) if bias else None,
    }


@method("torch.nn.LazyLinear", "forward")
def lazy_linear_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    """(*, in_features) -> (*, out_features)."""
    return linear(need, input, self.weight, self.known("bias"))


def _conv(axes: int) -> None:
    name = f"torch.nn.LazyConv{axes}d"

    @layer(
        name,
        parents=(f"torch.nn.Conv{axes}d", "torch.nn.modules.conv._ConvNd", _LAZY),
        cases=[
            f"nn.LazyConv{axes}d(6, 3, padding=1)(torch.randn({_INPUTS[axes]}))",
            f"nn.LazyConv{axes}d(6, 3, 2, groups=2)(torch.randn({_INPUTS[axes]}))",
            f"nn.LazyConv{axes}d(6, 3, groups=3)(torch.randn({_INPUTS[axes]}))",
        ],
    )
    def lazy_conv_layer(
        need: Need,
        out_channels: Dim,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Anything = 0,
        dilation: Sizes = 1,
        groups: Dim = 1,
        bias: Flag = True,
        padding_mode: Name = "zeros",
        device: Anything = None,
        dtype: Anything = None,
    ) -> dict[str, Value]:
        return conv_fields(
            need, axes, _shared(need, groups), out_channels, kernel_size, stride, padding, dilation, groups, bias,
            padding_mode, dtype,
        )  # fmt: skip

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        return layer_convolution(need, axes, self, input, Filters(self.weight, self.known("bias"), self.groups))


def _shared(need: Need, groups: Dim) -> Dim:
    """A number of channels that the groups can share."""
    return symbol("in_channels", lower=0) * (groups if isinstance(groups, int) and groups > 0 else 1)


def _conv_transpose(axes: int) -> None:
    name = f"torch.nn.LazyConvTranspose{axes}d"

    @layer(
        name,
        parents=(f"torch.nn.ConvTranspose{axes}d", "torch.nn.modules.conv._ConvTransposeNd", _LAZY),
        cases=[
            f"nn.LazyConvTranspose{axes}d(6, 2, stride=2)(torch.randn({_INPUTS[axes]}))",
            f"nn.LazyConvTranspose{axes}d(6, 3, groups=2)(torch.randn({_INPUTS[axes]}))",
        ],
    )
    def lazy_conv_transpose_layer(
        need: Need,
        out_channels: Dim,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: Dim = 1,
        bias: Flag = True,
        dilation: Sizes = 1,
        padding_mode: Name = "zeros",
        device: Anything = None,
        dtype: Anything = None,
    ) -> dict[str, Value]:
        options = Options(stride, padding, output_padding, dilation)
        channels = _shared(need, groups)
        return conv_transpose_fields(
            need, axes, channels, out_channels, kernel_size, options, groups, bias, padding_mode, dtype
        )

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor, output_size: Anything = None) -> Tensor:
        return layer_deconvolution(need, axes, self, input, output_size)


def _norm(name: str, parent: str, shape: str) -> None:
    @layer(name, parents=(parent, _LAZY), cases=[f"{name.removeprefix('torch.')}()(torch.randn({shape}))"])
    def lazy_norm_layer(
        need: Need,
        eps: Number = 1e-5,
        momentum: Anything = 0.1,
        affine: Flag = True,
        track_running_stats: Flag = True,
        device: Anything = None,
        dtype: Anything = None,
        *,
        bias: Flag = True,
    ) -> dict[str, Value]:
        fields = stats_fields(need, symbol("num_features", lower=0), affine, bias, track_running_stats, dtype)
        return {**fields, "eps": eps, "momentum": momentum}


for _axes in (1, 2, 3):
    _conv(_axes)
    _conv_transpose(_axes)
    _norm(f"torch.nn.LazyBatchNorm{_axes}d", f"torch.nn.BatchNorm{_axes}d", _INPUTS[_axes])
    batch_norm_method(f"torch.nn.LazyBatchNorm{_axes}d", _BATCH_RANKS[_axes], lazy=True)
    _norm(f"torch.nn.LazyInstanceNorm{_axes}d", f"torch.nn.InstanceNorm{_axes}d", _INPUTS[_axes])
    instance_norm_method(f"torch.nn.LazyInstanceNorm{_axes}d", _axes, lazy=True)
