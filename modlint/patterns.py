"""Patterns as in .gitignore, and the folder that they are relative to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(frozen=True)
class Patterns:
    """Gitignore patterns that hold below ``folder``, an absolute path that ends in a slash."""

    folder: str
    lines: tuple[str, ...]

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec.from_lines(self.lines)

    def verdict(self, path: str) -> bool | None:
        """True for a match, False for a match of a ``!`` pattern, None for none.

        ``path`` is absolute; that of a folder ends in a slash. Raises ValueError when a line is no pattern.
        """
        if not self.lines or not path.startswith(self.folder):
            return None
        return self._spec.check_file(path[len(self.folder) :]).include


def valid_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines that are patterns; git passes over the others."""
    return tuple(line for line in lines if is_pattern(line))


def is_pattern(line: str) -> bool:
    """Whether git would understand a line."""
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
