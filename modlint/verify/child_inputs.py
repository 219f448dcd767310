"""Inputs that a module may take, by the layers that it has: a last resort where the analysis found none that fits."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from math import isqrt
from typing import Any

from torch import nn

from modlint.verify.protocol import InputSpec

_BATCH = 2
_LENGTH = 7
_SIDES = (56, 224, 32, 28)
_MOST_LAYERS = 4
_VARIADIC = frozenset({inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD})


def required_inputs(module: nn.Module) -> int:
    """How many arguments ``forward`` cannot do without."""
    parameters = inspect.signature(module.forward).parameters.values()
    return sum(item.default is item.empty and item.kind not in _VARIADIC for item in parameters)


def proposed_inputs(module: nn.Module) -> Iterator[tuple[InputSpec, ...]]:
    """What each of the first layers would take; the same for every argument of ``forward``."""
    count = required_inputs(module)
    for layer in _first_layers(module):
        for kind, propose in _PROPOSALS.items():
            if isinstance(layer, kind):
                yield from ((spec,) * count for spec in propose(layer))


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
    yield InputSpec((_BATCH, layer.in_channels, 16, 112, 112))
    yield from _of_convolution(3)(layer)


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
