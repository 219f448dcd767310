"""The way of a tensor through layers: what a residual connection adds to what it went around."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from modlint.diagnostics import Text
from modlint.rulekit.candidates import ancestry, same_function
from modlint.rulekit.phrases import class_name
from modlint.values import Instance, Tensor


def layers_between(end: Tensor, start: Tensor) -> list[Instance]:
    """The layers on the way from ``start`` to ``end``, in the order of the calls; empty when there is no way."""
    before = {id(tensor) for tensor in ancestry(start)}
    found = [tensor for tensor in ancestry(end) if id(tensor) not in before]
    layers = [tensor.origin.layer for tensor in reversed(found) if tensor.origin and tensor.origin.layer]
    return list({id(layer): layer for layer in layers}.values())


def convolutions(layers: list[Instance]) -> list[Instance]:
    """The convolutions among layers."""
    return [layer for layer in layers if class_name(layer).startswith("Conv")]


def common_start(one: Tensor, other: Tensor) -> Tensor | None:
    """The nearest tensor that both were made from."""
    of_one = {id(tensor) for tensor in ancestry(one)}
    return next((tensor for tensor in ancestry(other) if id(tensor) in of_one), None)


def shrinking(layers: list[Instance]) -> Iterator[tuple[Instance, str]]:
    """Convolutions that lose a border, with the padding that would keep the size, as their author would write it."""
    for layer in convolutions(layers):
        kernel, padding = layer.attrs.get("kernel_size"), layer.attrs.get("padding")
        dilation = layer.attrs.get("dilation", (1,))
        if _plain(kernel) and _plain(padding) and _plain(dilation) and len(set(kernel)) == 1 and kernel[0] % 2:
            keeping = dilation[0] * (kernel[0] - 1) // 2
            if padding[0] < keeping:
                yield layer, _half_of_kernel(layer, keeping) or str(keeping)


def _half_of_kernel(layer: Instance, padding: int) -> str | None:
    """``kernel_size // 2``, when the kernel has a name and this is the padding."""
    given = layer.arguments.get("kernel_size")
    is_name = given is not None and isinstance(given.node, (ast.Name, ast.Attribute)) and isinstance(given.value, int)
    return (
        f"{ast.unparse(given.node)} // 2" if given and given.node and is_name and given.value // 2 == padding else None
    )


def strided(layers: list[Instance]) -> list[Instance]:
    """The convolutions that skip positions."""
    return [layer for layer in convolutions(layers) if _stride(layer) not in (1, None)]


def _stride(layer: Instance) -> int | None:
    stride = layer.attrs.get("stride")
    return stride[0] if _plain(stride) else None


def total_stride(layers: list[Instance]) -> int:
    """The product of the strides."""
    total = 1
    for layer in convolutions(layers):
        total *= _stride(layer) or 1
    return total


def culprits(one: Tensor, other: Tensor) -> Iterator[tuple[Instance, str, str, Text]]:
    """The convolutions that make two ways around a residual block end in different sizes, with the argument to set."""
    start = common_start(one, other)
    if start is None:
        return
    ways = layers_between(one, start), layers_between(other, start)
    for way in ways:
        for layer, padding in shrinking(way):
            yield layer, "padding", padding, Text("loses a border", "丢失边缘")
    short, long = sorted(ways, key=total_stride)
    excess = total_stride(long) // max(total_stride(short), 1)
    for layer in reversed(strided(long)[1:]):
        if excess > 1:
            yield layer, "stride", "1", Text("strides once more", "又做了一次步幅")
            excess //= layer.attrs["stride"][0]
    shortcut = convolutions(short)
    if excess > 1 and len(shortcut) == 1 and _stride(shortcut[0]) == 1:
        stride = _own_stride(strided(long)[0], shortcut[0]) or str(excess)
        yield shortcut[0], "stride", stride, Text("does not stride as the other way does", "没有像另一条路径那样做步幅")


def _own_stride(strided: Instance, beside: Instance) -> str | None:
    """The name of the stride of a layer, where ``beside`` may use it, too."""
    given = strided.arguments.get("stride")
    is_name = given is not None and isinstance(given.node, ast.Name)
    return ast.unparse(given.node) if given and given.node and is_name and same_function(strided, beside) else None


def _plain(sizes: object) -> TypeGuard[tuple[int, ...]]:
    return isinstance(sizes, tuple) and bool(sizes) and all(isinstance(size, int) for size in sizes)
