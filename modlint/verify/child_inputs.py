"""Inputs that a module may take, by its layers and by what its parameters are called: where the analysis found none."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from math import isqrt
from typing import Any

from torch import Tensor, nn

from modlint.verify.protocol import InputSpec

_BATCH = 2
_LENGTH = 7
_SIDE = 16
_SIDES = (56, 224, 32, 28, 112, 64, 128, 256)
_MOST_LAYERS = 4
_MOST_COLOURS = 4
_MOST_SIZES = 8
_LARGEST_SIZE = 1 << 16
_CLASSES = 4
_VARIADIC = frozenset({inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD})


def required_inputs(module: nn.Module) -> list[str]:
    """The arguments that ``forward`` cannot do without."""
    parameters = inspect.signature(module.forward).parameters.values()
    return [item.name for item in parameters if item.default is item.empty and item.kind not in _VARIADIC]


def proposed_inputs(module: nn.Module, name: str) -> list[InputSpec]:
    """What an argument of that name may be: what its name says, then what one of the layers or weights would take."""
    rows = min(
        (table.num_embeddings for table in module.modules() if isinstance(table, nn.Embedding)), default=_CLASSES
    )
    named = [spec for pattern, specs in _BY_NAME.items() if pattern.fullmatch(name) for spec in specs]
    general = (*_by_layers(module), *_by_tensors(module), *_by_sizes(_sizes(module)), *_NUMBERS, *_MASKS, *_SCALARS)
    return [_within(spec, rows) for spec in dict.fromkeys((*named, *general))]


def _within(spec: InputSpec, rows: int) -> InputSpec:
    """Indices that the smallest table has: nobody knows which table an argument is for."""
    return spec if spec.low else replace(spec, high=min(spec.high, rows))


def _by_layers(module: nn.Module) -> Iterator[InputSpec]:
    for layer in _first_layers(module):
        for kind, propose in _PROPOSALS.items():
            if isinstance(layer, kind):
                yield from propose(layer)


def _first_layers(module: nn.Module) -> Iterator[nn.Module]:
    """The first layers of different kinds."""
    seen: set[type] = set()
    for layer in module.modules():
        if isinstance(layer, tuple(_PROPOSALS)) and type(layer) not in seen and len(seen) < _MOST_LAYERS:
            seen.add(type(layer))
            yield layer


def _sizes(module: nn.Module) -> list[int]:
    """The sizes that the module speaks of: its own numbers, and the last dims of weights."""
    own = (value for value in vars(module).values() if type(value) is int)
    weights = (size for tensor in (*_own_tensors(module), *module.parameters()) for size in reversed(tensor.shape[:2]))
    sizes = (size for size in (*own, *weights) if 1 < size <= _LARGEST_SIZE)
    return list(islice(dict.fromkeys((*sizes, _CLASSES)), _MOST_SIZES))


def _own_tensors(module: nn.Module) -> list[Tensor]:
    plain = (value for value in vars(module).values() if isinstance(value, Tensor))
    return [*module.parameters(recurse=False), *module.buffers(recurse=False), *plain]


def _by_tensors(module: nn.Module) -> Iterator[InputSpec]:
    """What may be added to a tensor of the module, or multiplied by it."""
    for tensor in _own_tensors(module):
        if tensor.ndim:
            yield InputSpec((_BATCH, *tensor.shape))
            yield InputSpec((_BATCH, *tensor.shape[1:]))


def _by_sizes(sizes: list[int]) -> Iterator[InputSpec]:
    for shape in _SHAPES:
        yield from map(shape, sizes)


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
    """Sequences, and the states of such a layer."""
    yield InputSpec((_BATCH, _LENGTH, layer.input_size))
    yield InputSpec((_BATCH, layer.input_size))
    states = layer.num_layers * (1 + layer.bidirectional)
    yield InputSpec((states, _BATCH, layer.hidden_size), batch_axis=1)
    yield InputSpec((states, 1, layer.hidden_size), batch_axis=None)


def _of_cell(layer: Any) -> Iterator[InputSpec]:
    yield InputSpec((_BATCH, layer.input_size))
    yield InputSpec((_BATCH, layer.hidden_size))


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
    nn.RNNCellBase: _of_cell,
    nn.MultiheadAttention: lambda layer: _vectors(layer.embed_dim),
}
_SHAPES: tuple[Callable[[int], InputSpec], ...] = (
    lambda size: InputSpec((_BATCH, size)),
    lambda size: InputSpec((_BATCH, _LENGTH, size)),
    lambda size: InputSpec((1, _BATCH, size), batch_axis=1),
    lambda size: InputSpec((_LENGTH, _BATCH, size), batch_axis=1),
    lambda size: InputSpec((_BATCH, size, _LENGTH)),
    lambda size: InputSpec((_BATCH, size, _SIDE, _SIDE)),
    lambda size: InputSpec((_BATCH, _SIDE, _SIDE, size)),
    lambda size: InputSpec((_BATCH, size, _LENGTH, _SIDE, _SIDE)),
)
_MANY = 1 << 30
_LENGTHS = (InputSpec((_BATCH,), "int64", _LENGTH + 1, low=_LENGTH),)
_CLASS = (InputSpec((_BATCH,), "int64", _MANY),)
_TOKENS = (
    InputSpec((_BATCH, _LENGTH), "int64", _MANY),
    InputSpec((_LENGTH, _BATCH), "int64", _MANY, batch_axis=1),
)
_PAIRS = InputSpec((_BATCH, _BATCH, _LENGTH), "int64", _MANY, batch_axis=1)
_MAPS = InputSpec((_BATCH, _SIDE, _SIDE), "int64", _MANY)
_NUMBERS = (*_TOKENS, *_CLASS, _MAPS, _PAIRS, *_LENGTHS)
_MASKS = (
    InputSpec((_BATCH, _LENGTH), "bool"),
    InputSpec((_BATCH, 1, _LENGTH, _LENGTH), "bool"),
    InputSpec((_BATCH, 1, 1, _LENGTH), "bool"),
    InputSpec((_LENGTH, _LENGTH), "bool", batch_axis=None),
)
_GRAPHS = (InputSpec((_BATCH, _BATCH)), InputSpec((_BATCH, _LENGTH, _LENGTH)))
_SCALARS = (InputSpec((), batch_axis=None), InputSpec((), "int64", _MANY, batch_axis=None))
_BY_NAME = {
    re.compile(r".*mask.*|.*pad.*"): _MASKS,
    re.compile(r".*len(gth)?s?"): _LENGTHS,
    re.compile(r"t|.*time_?steps?|step|.*(label|target|class|index|idx|position)s?|y"): _CLASS,
    re.compile(r".*(token|word|text|sentence|ids|seq|src|trg|tgt|captions?).*"): _TOKENS,
    re.compile(r".*(adj|graph).*"): _GRAPHS,
}
