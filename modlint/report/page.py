"""What every report on findings is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from modlint.diagnostics import Diagnostic


@dataclass(frozen=True)
class Page:
    """The findings of one file, and its text to quote from."""

    path: str
    text: str
    diagnostics: tuple[Diagnostic, ...]


Report: TypeAlias = Callable[[Iterable[Page], str], Iterator[str]]
"""Pages and a language in; pieces of the report out, as soon as they are known."""
