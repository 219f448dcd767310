"""How far a long check has come, on a line that is gone when something else is written."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar("T")
_FEW = 20
_WIDTH = 24
_ERASE = "\r\x1b[K"


def shown(outcomes: Iterable[T], total: int, stream: TextIO | None = None) -> Iterator[T]:
    """The same outcomes, while a bar on a terminal counts them; files, pipes and short work have none."""
    stream = stream or sys.stderr
    if total < _FEW or not stream.isatty():
        yield from outcomes
        return
    try:
        for done, outcome in enumerate(outcomes, 1):
            _draw(stream, _ERASE)
            yield outcome
            _draw(stream, bar(done, total))
    finally:
        _draw(stream, _ERASE)


def bar(done: int, total: int) -> str:
    """``[######------] 12/24 files``."""
    filled = _WIDTH * done // total
    return f"[{'#' * filled}{'-' * (_WIDTH - filled)}] {done}/{total} files"


def _draw(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()
