"""Padding: docs.pytorch.org/docs/stable/nn.html#padding-layers."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Name, Sizes, Tensor
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need
from modlint.ops.registry import layer, method, op
from modlint.values import Value

_RANKS = {"reflect": {2: (2, 3), 4: (3, 4), 6: (4, 5)}}
_RANKS["replicate"] = _RANKS["circular"] = _RANKS["reflect"]


def _padded(need: Need, input: Tensor, pad: tuple[Dim, ...], mode: str) -> Tensor:
    """``pad`` holds two amounts an axis, from the last axis on."""
    axes = len(pad) // 2
    ranks = _RANKS.get(mode, {}).get(len(pad))
    dims = need.rank(input, *ranks, aspect="padding") if ranks else need.dims(input)
    if len(pad) % 2 or axes > len(dims):
        need.fail("padding", 2 * len(dims), len(pad), "pad")
        raise Impossible
    sizes = list(dims)
    for axis in range(axes):
        before, after = pad[2 * axis], pad[2 * axis + 1]
        size = sizes[-1 - axis]
        if mode == "reflect":
            _reflects(need, size, before, after)
        sizes[-1 - axis] = size + before + after
        if isinstance(before, int) and isinstance(after, int) and before + after < 0:
            need.at_least(sizes[-1 - axis], 0, "padding")
    return input.with_shape(tuple(sizes))


def _reflects(need: Need, size: Dim, before: Dim, after: Dim) -> None:
    """A reflection is shorter than what it reflects."""
    for amount in (before, after):
        need.at_least(size - amount, 1, "padding")


@op(
    "torch.nn.functional.pad",
    cases=[
        "F.pad(torch.randn(2, 3, 4), (1, 2))",
        "F.pad(torch.randn(2, 3, 4, 5), (1, 2, 0, 3), mode='reflect')",
        "F.pad(torch.randn(2, 3, 4), (-1, -1, 1, 0), value=1.0)",
        "F.pad(torch.randn(2, 3, 4), (1, 2, 3))",
        "F.pad(torch.randn(2, 3), (1, 1, 1, 1, 1, 1))",
        "F.pad(torch.randn(2, 3, 4), (5, 0), mode='reflect')",
    ],
)
def pad(need: Need, input: Tensor, pad: Sizes, mode: Name = "constant", value: Anything = None) -> Tensor:
    """``F.pad`` (docs.pytorch.org/docs/stable/generated/torch.nn.functional.pad.html)."""
    return _padded(need, input, pad if isinstance(pad, tuple) else (pad,), mode)


def _layer(kind: str, axes: int) -> None:
    name = f"torch.nn.{kind}Pad{axes}d"
    mode = {"Reflection": "reflect", "Replication": "replicate", "Circular": "circular"}.get(kind, "constant")
    shape = ", ".join("5678"[: axes + 2])
    value = ", 1.5" if kind == "Constant" else ""

    @layer(name, cases=[f"nn.{kind}Pad{axes}d(1{value})(torch.randn({shape}))"])
    def pad_layer(need: Need, padding: Sizes, value: Anything = None) -> dict[str, Value]:
        return {"padding": padding if isinstance(padding, tuple) else (padding,) * (2 * axes)}

    @method(name, "forward")
    def forward(need: Need, self: Fields, input: Tensor) -> Tensor:
        return _padded(need, input, self.padding, mode)


for _kind in ("Zero", "Constant", "Reflection", "Replication", "Circular"):
    for _axes in (1, 2, 3):
        _layer(_kind, _axes)
