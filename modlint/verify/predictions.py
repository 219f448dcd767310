"""Outputs that the analysis predicted against those that came out, both in the form of ``ModelReport.output``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def contradicts(predicted: Any, output: Any) -> bool:
    """Whether the output is another than predicted; None predicts nothing, and neither does a value of Python's."""
    if predicted is None or "py" in predicted:
        return False
    kind = next(kind for kind in _KINDS if kind in predicted)
    return not isinstance(output, dict) or kind not in output or _KINDS[kind](predicted[kind], output[kind])


def _sizes_differ(expected: list[int | None], sizes: list[int]) -> bool:
    different = (wanted not in (None, size) for wanted, size in zip(expected, sizes))
    return len(expected) != len(sizes) or any(different)


def _items_differ(expected: list[Any], items: list[Any]) -> bool:
    return len(expected) != len(items) or any(map(contradicts, expected, items))


def _entries_differ(expected: dict[str, Any], entries: dict[str, Any]) -> bool:
    return expected.keys() != entries.keys() or _items_differ(
        list(expected.values()), [entries[key] for key in expected]
    )


_KINDS: dict[str, Callable[[Any, Any], bool]] = {
    "shape": _sizes_differ,
    "tuple": _items_differ,
    "list": _items_differ,
    "dict": _entries_differ,
}
