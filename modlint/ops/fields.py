"""The attributes of a layer, as its constructor makes them and its methods read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modlint.dims import Dim
from modlint.ops.need import Undecided
from modlint.values import Tensor, Unknown, Value, opened


class Fields:
    """Read access to the attributes of a layer; one that is Unknown or missing ends the op."""

    __slots__ = ("_attrs",)

    def __init__(self, attrs: Mapping[str, Value]) -> None:
        self._attrs = attrs

    def __getattr__(self, name: str) -> Any:
        value = self.get(name)
        if isinstance(value, Unknown):
            raise Undecided(value.why)
        return value

    def get(self, name: str) -> Value:
        """The attribute as it is, Unknown included."""
        return opened(self._attrs.get(name, Unknown(f"{name} is not set")))

    def known(self, name: str) -> Value:
        """The attribute, None when it is Unknown: for those that an op checks but can do without."""
        value = self.get(name)
        return None if isinstance(value, Unknown) else value


def parameter(*shape: Dim, dtype: str | None = "float32") -> Tensor:
    """An ``nn.Parameter`` of that shape."""
    return Tensor(shape, dtype, parameter=True, requires_grad=True)


def buffer(*shape: Dim, dtype: str | None = "float32") -> Tensor:
    """A tensor that a layer registers as a buffer."""
    return Tensor(shape, dtype)


def per_axis(sizes: Dim | tuple[Dim, ...], axes: int) -> tuple[Dim, ...]:
    """``kernel_size=3`` means 3 along each of the ``axes``."""
    return sizes if isinstance(sizes, tuple) else (sizes,) * axes
