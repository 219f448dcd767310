"""What the child says of tensors and modules: their shapes, sizes and contents, and random ones to start with."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from modlint.verify.protocol import InputSpec, describe_inputs

_INTEGER_DTYPES = frozenset({"uint8", "int8", "int16", "int32", "int64"})


def random_tensor(spec: InputSpec, device: torch.device) -> Tensor:
    """Numbers from 0 to 1, which logarithms, roots, losses of probabilities and tables of indices take as well."""
    dtype: torch.dtype = getattr(torch, spec.dtype)
    drawn_on = device if device.type == "meta" else torch.device("cpu")
    if spec.dtype == "bool" or spec.dtype in _INTEGER_DTYPES:
        return torch.randint(spec.low, spec.high, spec.shape, device=drawn_on).to(device, dtype)
    return torch.rand(spec.shape, device=drawn_on).to(device, dtype)


def with_batch(specs: Sequence[InputSpec], batch: int) -> list[InputSpec]:
    """The inputs with another batch; a lone axis is one where it is as long as that of another input."""
    sizes = {spec.shape[spec.batch_axis] for spec in specs if spec.batch_axis is not None and len(spec.shape) > 1}
    return [_resized(spec, batch) if _has_batch(spec, sizes) else spec for spec in specs]


def with_sides(spec: InputSpec, side: int) -> InputSpec:
    """The input with no axis after the channels that is longer than ``side``."""
    return replace(spec, shape=(*spec.shape[:2], *(min(size, side) for size in spec.shape[2:])))


def _has_batch(spec: InputSpec, sizes: Container[int]) -> bool:
    return spec.batch_axis is not None and (len(spec.shape) > 1 or any(size in sizes for size in spec.shape))


def _resized(spec: InputSpec, batch: int) -> InputSpec:
    axis = spec.batch_axis or 0
    return replace(spec, shape=(*spec.shape[:axis], batch, *spec.shape[axis + 1 :]))


def state_of(module: nn.Module) -> Iterator[Tensor]:
    yield from module.parameters()
    yield from module.buffers()


def count_parameters(module: nn.Module) -> int:
    lazy = nn.parameter.UninitializedParameter
    return sum(weight.numel() for weight in module.parameters() if not isinstance(weight, lazy))


def bytes_of_weights(module: nn.Module) -> int:
    """Parameters with their gradients, and buffers."""
    return sum(2 * tensor.nbytes if tensor.requires_grad else tensor.nbytes for tensor in state_of(module))


def tensors_in(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from (tensor for item in value.values() for tensor in tensors_in(item))
    elif isinstance(value, tuple | list):
        yield from (tensor for item in value for tensor in tensors_in(item))
    elif is_dataclass(value):
        yield from tensors_in(_field_values(value))


def describe_tensors(values: Iterable[Any]) -> str:
    """The tensors among the values as people write inputs."""
    found = (value for value in values if isinstance(value, Tensor))
    return describe_inputs(tuple(InputSpec(tuple(one.shape), str(one.dtype).removeprefix("torch.")) for one in found))


def shapes_of(value: Any) -> Any:
    """Shapes and dtypes as a JSON value."""
    if isinstance(value, Tensor):
        return {"shape": list(value.shape), "dtype": str(value.dtype).removeprefix("torch.")}
    if isinstance(value, Mapping):
        return {"dict": {str(key): shapes_of(item) for key, item in value.items()}}
    if isinstance(value, tuple | list):
        return {"tuple" if isinstance(value, tuple) else "list": [shapes_of(item) for item in value]}
    if is_dataclass(value):
        return shapes_of(_field_values(value))
    return None if value is None else {"py": repr(value)[:200]}


def _field_values(value: Any) -> dict[str, Any]:
    return {item.name: getattr(value, item.name) for item in fields(value)}


def is_finite(output: Any) -> bool | None:
    floats = [tensor for tensor in tensors_in(output) if tensor.is_floating_point() or tensor.is_complex()]
    return all(bool(tensor.isfinite().all()) for tensor in floats) if floats else None
