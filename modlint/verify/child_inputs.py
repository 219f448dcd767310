"""Inputs that a module may take, by the layers that it has: a last resort where the analysis found none that fits."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isqrt
from typing import Any

from torch import nn

from modlint.verify.protocol import InputSpec

_BATCH = 2
_LENGTH = 7
_SIDES = (56, 224, 32, 28)
_MOST_LAYERS = 4
_MOST_COLOURS = 4
_CLASSES = 4
_OF_LOSSES = 2
_TARGETS = tuple(
    (InputSpec((_BATCH, _CLASSES, *sides)), InputSpec((_BATCH, *sides), "int64", _CLASSES)) for sides in ((), (16, 16))
)
_VARIADIC = frozenset({inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD})


def required_inputs(module: nn.Module) -> int:
    """How many arguments ``forward`` cannot do without."""
    parameters = inspect.signature(module.forward).parameters.values()
    return sum(item.default is item.empty and item.kind not in _VARIADIC for item in parameters)


def proposed_inputs(module: nn.Module) -> Iterator[tuple[InputSpec, ...]]:
    """What each of the first layers, or a weight of its own, would take; the same for every argument of ``forward``.

    For two arguments also scores and classes, as losses take them.
    """
    count = required_inputs(module)
    tables = (layer for layer in module.modules() if isinstance(layer, nn.Embedding))
    rows = min((table.num_embeddings for table in tables), default=0)
    specs = (*_by_layers(module), *_by_weights(module))
    yield from ((_within(spec, rows),) * count for spec in dict.fromkeys(specs))
    if count == _OF_LOSSES:
        yield from _TARGETS


def _within(spec: InputSpec, rows: int) -> InputSpec:
    """Indices that the smallest table has: nobody knows which table an argument is for."""
    return replace(spec, high=min(spec.high, rows)) if rows else spec


def _by_layers(module: nn.Module) -> Iterator[InputSpec]:
    for layer in _first_layers(module):
        for kind, propose in _PROPOSALS.items():
            if isinstance(layer, kind):
                yield from propose(layer)


def _by_weights(module: nn.Module) -> Iterator[InputSpec]:
    for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
        yield from _vectors(tensor.shape[-1]) if tensor.ndim else ()


def _first_layers(module: nn.Module) -> Iterator[nn.Module]:
    """The first layers of different kinds."""
    seen: set[type] = set()
    for layer in module.modules():
        if isinstance(layer, tuple(_PROPOSALS)) and type(layer) not in seen and len(seen) < _MOST_LAYERS:
            seen.add(type(layer))
            yield layer


def _vectors(size: int) -> Iterator[InputSpec]:
    yield InputSpec((_BATCH, size))
    yield InputSpec((_BATCH, _LENGTH, size))


def _of_linear(layer: Any) -> Iterator[InputSpec]:
    """Vectors, or the square images that have as many numbers."""
    yield from _vectors(layer.in_features)
    for channels in (1, 3):
        side = isqrt(layer.in_features // channels)
        if channels * side * side == layer.in_features:
            yield InputSpec((_BATCH, channels, side, side))


def _of_convolution(axes: int) -> Callable[[Any], Iterator[InputSpec]]:
    def propose(layer: Any) -> Iterator[InputSpec]:
        for side in (1, *_SIDES) if layer.transposed else _SIDES:
            yield InputSpec((_BATCH, layer.in_channels, *(side,) * axes))

    return propose


def _of_video(layer: Any) -> Iterator[InputSpec]:
    frames, side = (16, 112) if layer.in_channels <= _MOST_COLOURS else (8, 14)
    yield InputSpec((_BATCH, layer.in_channels, frames, side, side))
    yield InputSpec((_BATCH, layer.in_channels, 32, 32, 32))


def _of_table(layer: Any) -> Iterator[InputSpec]:
    yield InputSpec((_BATCH, _LENGTH), "int64", layer.num_embeddings)
    yield InputSpec((_BATCH,), "int64", layer.num_embeddings)


def _of_recurrence(layer: Any) -> Iterator[InputSpec]:
    yield InputSpec((_BATCH, _LENGTH, layer.input_size))
    yield InputSpec((_BATCH, layer.input_size))


_PROPOSALS: dict[type[nn.Module], Callable[[Any], Iterator[InputSpec]]] = {
    nn.Conv1d: _of_convolution(1),
    nn.Conv2d: _of_convolution(2),
    nn.Conv3d: _of_video,
    nn.ConvTranspose1d: _of_convolution(1),
    nn.ConvTranspose2d: _of_convolution(2),
    nn.ConvTranspose3d: _of_video,
    nn.Linear: _of_linear,
    nn.Embedding: _of_table,
    nn.RNNBase: _of_recurrence,
    nn.RNNCellBase: _of_recurrence,
    nn.MultiheadAttention: lambda layer: _vectors(layer.embed_dim),
}
