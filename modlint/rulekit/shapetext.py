"""Comparing a shape as somebody wrote it with the shape that was computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from modlint.dims import Dim
from modlint.values import Open, Shape

_BATCH = frozenset({"b", "bs", "n", "batch", "batch_size", "batchsize", "bsz"})


def agrees(items: Sequence[str], shape: Shape) -> bool:
    """Whether what is written may mean ``shape``: with or without its batch, in any order of the axes.

    Names stand for any size, the batch is that of the author's example, a number stands for itself or for a size that
    is symbolic. What has fewer axes is a part of the shape, unless it begins with the batch.
    """
    if isinstance(shape, Open):
        return True
    dims = _described(items, shape)
    if dims is None:
        return items[0].lower() not in _BATCH
    return not any(_differs(item, dim) for item, dim in zip(items, dims)) or _reordered(items, dims)


def corrected(items: Sequence[str], shape: Shape) -> tuple[str, ...] | None:
    """The items with those numbers replaced that contradict ``shape``; None when it has another number of axes."""
    dims = None if isinstance(shape, Open) else _described(items, shape)
    if dims is None:
        return None
    return tuple(str(dim) if _differs(item, dim) else item for item, dim in zip(items, dims))


def _described(items: Sequence[str], shape: Sequence[Dim]) -> tuple[Dim | None, ...] | None:
    """The dim that each item is about, None for the batch; None when the number of axes is another."""
    if len(items) == len(shape):
        return (None, *shape[1:])
    if len(items) == len(shape) - 1 and items[0].lower() not in _BATCH:
        return tuple(shape[1:])
    return None


def _differs(item: str, dim: Dim | None) -> bool:
    return item.isdigit() and isinstance(dim, int) and int(item) != dim


def _reordered(items: Sequence[str], dims: Sequence[Dim | None]) -> bool:
    """The same sizes in another order: another layout, not another shape."""
    written = Counter(int(item) for item in items[1:] if item.isdigit())
    return not written - Counter(dim for dim in dims if isinstance(dim, int))
