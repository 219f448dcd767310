"""Padding: docs.pytorch.org/docs/stable/nn.html#padding-layers."""

from __future__ import annotations

from collections.abc import Callable

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Name, Sizes
from modlint.ops.demands import demand_kind, demand_one_of
from modlint.ops.dtypes import Kind
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need
from modlint.ops.registry import layer, method, op
from modlint.values import Open, Shape, Tensor, Value

_NUMBERS = (Kind.INTEGER, Kind.FLOAT, Kind.COMPLEX)
_MODES = {"Zero": "constant", "Reflection": "reflect", "Replication": "replicate", "Circular": "circular"}

_Check = Callable[[Need, Dim, Dim, Dim], None]


def padded(need: Need, input: Tensor, pad: tuple[Dim, ...], mode: str) -> Tensor:
    """``pad`` holds two amounts an axis, from the last axis on; negative ones take away."""
    demand_one_of(need, mode, tuple(_CHECKS), "mode")
    if len(pad) % 2:
        need.fail("padding", "an even number of amounts", pad, "pad")
        raise Impossible
    axes = len(pad) // 2
    shape = _constant_shape(need, input, axes) if mode not in _BATCHED else _batched_shape(need, input, axes, mode)
    sizes = list(shape.tail if isinstance(shape, Open) else shape)
    for axis in range(axes):
        before, after = pad[2 * axis], pad[2 * axis + 1]
        _CHECKS.get(mode, _constant)(need, sizes[-1 - axis], before, after)
        sizes[-1 - axis] += before + after
    if mode in ("reflect", "replicate") and not any(sizes[-axes:]):
        need.fail("padding", 1, tuple(sizes[-axes:]), "pad")
    return input.with_shape(Open(shape.rank, tuple(sizes)) if isinstance(shape, Open) else tuple(sizes))


def _constant_shape(need: Need, input: Tensor, axes: int) -> Shape:
    """A constant border goes around any number of the last axes."""
    shape = need.shape(input)
    if isinstance(shape, Open):
        if axes:
            need.size(input, -axes)
        return need.shape(input)
    if axes > len(shape):
        need.fail("padding", 2 * len(shape), 2 * axes, "pad")
        raise Impossible
    return shape


def _batched_shape(need: Need, input: Tensor, axes: int, mode: str) -> Shape:
    """A border made of the values asks for ([N,] C, *sizes), none of them 0 unless it goes around."""
    dims = need.rank(input, axes + 1, axes + 2, aspect="padding") if 1 <= axes <= 3 else ()
    if not dims:
        need.fail("padding", (2, 4, 6), 2 * axes, "pad")
        raise Impossible
    if mode != "circular":
        demand_kind(need, input, _NUMBERS)
        for size in dims[len(dims) - axes - 1 :]:
            need.at_least(size, 1, "padding")
    return dims


def _constant(need: Need, size: Dim, before: Dim, after: Dim) -> None:
    """What is taken away is there."""
    for amount in (before, after):
        if isinstance(amount, int) and amount < 0:
            size = size + amount
            need.at_least(size, 0, "padding")


def _reflects(need: Need, size: Dim, before: Dim, after: Dim) -> None:
    """A reflection is shorter than what it reflects."""
    for amount in dict.fromkeys((before, after)):
        need.at_least(size - amount, 1, "padding")
    need.at_least(size + before + after, 0, "padding")


def _repeats(need: Need, size: Dim, before: Dim, after: Dim) -> None:
    need.at_least(size + before + after, 0, "padding")


def _wraps(need: Need, size: Dim, before: Dim, after: Dim) -> None:
    """Nothing is wrapped around more than once."""
    for amount in dict.fromkeys((before, after)):
        need.at_least(size - amount, 0, "padding")
    need.at_least(size + before + after, 0, "padding")


_BATCHED: dict[str, _Check] = {"reflect": _reflects, "replicate": _repeats, "circular": _wraps}
_CHECKS: dict[str, _Check] = {"constant": _constant, **_BATCHED}


@op(
    "torch.nn.functional.pad",
    cases=[
        "F.pad(torch.randn(2, 3, 4), (1, 2))",
        "F.pad(torch.randn(2, 3, 4, 5), (1, 2, 0, 3), mode='reflect')",
        "F.pad(torch.randn(2, 3, 4, 5), (1, 2, 0, 3), mode='replicate')",
        "F.pad(torch.randn(2, 3, 4), (3, 2), mode='circular')",
        "F.pad(torch.randn(2, 3, 4), (-1, -1, 1, 0), value=1.0)",
        "F.pad(torch.randn(2, 3, 4), (1, 2, 3))",
        "F.pad(torch.randn(2, 3, 4), 1)",
        "F.pad(torch.randn(2, 3), (1, 1, 1, 1, 1, 1))",
        "F.pad(torch.randn(2, 3, 4), (5, 0), mode='reflect')",
        "F.pad(torch.randn(2, 3, 4), (5, 0), mode='mirror')",
        "F.pad(torch.randn(2, 3, 4), (1, 0), mode='reflect', value=2)",
    ],
)
def pad(need: Need, input: Tensor, pad: Sizes, mode: Name = "constant", value: Anything = None) -> Tensor:
    """``F.pad`` (docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html)."""
    if not isinstance(pad, tuple):
        need.fail("type", "a tuple of ints", pad, "pad")
        raise Impossible
    if mode in _BATCHED and isinstance(value, (int, float)) and value != 0:
        need.fail("padding", "no value", value, "value")
    return padded(need, input, pad, mode)


def _layer(kind: str, axes: int) -> None:
    name, shape = f"torch.nn.{kind}Pad{axes}d", ", ".join("5678"[: axes + 2])
    amounts = ", ".join("210210"[: 2 * axes])

    @layer(
        name,
        parents=(f"torch.nn.modules.padding._{kind}PadNd",) if kind != "Zero" else (f"torch.nn.ConstantPad{axes}d",),
        cases=[
            f"nn.{kind}Pad{axes}d(1)(torch.randn({shape}))",
            f"nn.{kind}Pad{axes}d(({amounts}))(torch.randn({shape}))",
        ],
    )
    def pad_layer(need: Need, padding: Sizes) -> dict[str, Value]:
        fields: dict[str, Value] = {"padding": _pairs(padding, axes)}
        return {**fields, "value": 0.0} if kind == "Zero" else fields

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        return padded(need, input, self.padding, _MODES[kind])


def _pairs(padding: Dim | tuple[Dim, ...], axes: int) -> tuple[Dim, ...]:
    return padding if isinstance(padding, tuple) else (padding,) * (2 * axes)


def _constant_layer(axes: int) -> None:
    name, shape = f"torch.nn.ConstantPad{axes}d", ", ".join("5678"[: axes + 2])

    @layer(
        name,
        parents=("torch.nn.modules.padding._ConstantPadNd",),
        cases=[f"nn.ConstantPad{axes}d(1, 1.5)(torch.randn({shape}))", f"nn.ConstantPad{axes}d(1)"],
    )
    def constant_pad_layer(need: Need, padding: Sizes, value: Anything) -> dict[str, Value]:
        return {"padding": _pairs(padding, axes), "value": value}

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        return padded(need, input, self.padding, "constant")


for _axes in (1, 2, 3):
    _constant_layer(_axes)
    for _kind in _MODES:
        _layer(_kind, _axes)
