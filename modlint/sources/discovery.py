"""Which files to read: those named, and those of the folders named that are the project's own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from modlint.sources.document import SUFFIXES, Kind

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_WALKED_SUFFIXES = frozenset({".py", ".ipynb"})
_FOREIGN_FOLDERS = frozenset(
    {
        ".eggs",
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".ruff_cache",
        ".tox",
        ".venv",
        "__pycache__",
        "build",
        "dist",
        "node_modules",
        "site-packages",
        "venv",
    }
)


class MissingPathError(ValueError):
    """A path was named that does not exist."""


def discover(paths: Sequence[str], *, exclude: Sequence[str] = (), include: Sequence[str] = ()) -> Iterator[str]:
    """Yield each file once, spelled as the path that led to it, in the order of ``paths`` and sorted within a folder.

    A file that is named is taken as it is. A folder gives its Python files and notebooks, those ending in a suffix that
    modlint reads and matching ``include``, and, where there is none of either, its Markdown pages. It does not give
    what ``exclude``, .gitignore files or custom (``build``, ``.venv``) rule out; links to folders are not followed.
    ``exclude`` and ``include`` are gitignore patterns relative to each folder.

    Raises MissingPathError, before it yields anything, when a path does not exist.
    """
    missing = [path for path in paths if not Path(path).exists()]
    if missing:
        raise MissingPathError(f"{missing[0]} does not exist; check the spelling.")
    seen: set[str] = set()
    for path in paths:
        named_folder = Path(path).is_dir()
        for file in _files_of(path, exclude, include) if named_folder else [_File(path, _real(path))]:
            if file.real not in seen:
                seen.add(file.real)
                yield file.shown


@dataclass(frozen=True)
class _Patterns:
    """Gitignore patterns that hold below ``folder``, an absolute path that ends in a slash."""

    folder: str
    spec: GitIgnoreSpec

    def verdict(self, path: str) -> bool | None:
        """True for a match, False for a match of a ``!`` pattern, None for none; folders end in a slash."""
        return self.spec.check_file(path[len(self.folder) :]).include


@dataclass(frozen=True)
class _File:
    """A file under the name that the user sees and under the only one that it really has."""

    shown: str
    real: str

    @property
    def suffix(self) -> str:
        return PurePath(self.shown).suffix.lower()


@dataclass(frozen=True)
class _Folder:
    """A folder to look into; both names end in a slash, and the shown one is empty for ``.``."""

    shown: str
    real: str
    ignored: tuple[_Patterns, ...]
    excluded: _Patterns

    def children(self) -> Iterator[_Folder | _File]:
        """The files of suffixes that modlint reads and the folders which nothing rules out, sorted by name."""
        entries = _entries(self.shown or ".")
        ignored = self.ignored
        if any(entry.name == ".gitignore" and entry.is_file() for entry in entries):
            ignored = (*ignored, _gitignore(self.real))
        for entry in entries:
            shown, real = self.shown + entry.name, self.real + entry.name
            if entry.is_dir(follow_symlinks=False):
                if not _is_foreign(entry.name) and not self._rules_out(real + "/", ignored):
                    yield _Folder(shown + "/", real + "/", ignored, self.excluded)
            elif PurePath(shown).suffix.lower() in SUFFIXES and entry.is_file() and not self._rules_out(real, ignored):
                yield _File(shown, _real(shown) if entry.is_symlink() else real)

    def _rules_out(self, path: str, ignored: Sequence[_Patterns]) -> bool:
        if self.excluded.verdict(path):
            return True
        verdicts = (patterns.verdict(path) for patterns in reversed(ignored))
        return next((verdict for verdict in verdicts if verdict is not None), False)


def _files_of(path: str, exclude: Sequence[str], include: Sequence[str]) -> Iterator[_File]:
    real = _real(path).rstrip("/") + "/"
    shown = "" if path == "." else path if path.endswith("/") else path + "/"
    included = _Patterns(real, _spec(include))
    root = _Folder(shown, real, tuple(_inherited_patterns(real)), _Patterns(real, _spec(exclude)))
    pages: list[_File] = []
    found = False
    for file in _walk(root):
        if file.suffix in _WALKED_SUFFIXES or included.verdict(file.real):
            found = True
            yield file
        elif not found and SUFFIXES[file.suffix] is Kind.MARKDOWN:
            pages.append(file)
    if not found:
        yield from pages


def _walk(root: _Folder) -> Iterator[_File]:
    pending: list[_Folder | _File] = [root]
    while pending:
        place = pending.pop()
        if isinstance(place, _File):
            yield place
        else:
            pending += reversed(list(place.children()))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """The entries by name; none for a folder that may not be read or has gone meanwhile."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_foreign(name: str) -> bool:
    return name in _FOREIGN_FOLDERS or fnmatch(name, "*.egg-info")


def _inherited_patterns(real: str) -> Iterable[_Patterns]:
    """The .gitignore files above a folder, up to the root of its repository, outermost first.

    One that ignores the folder itself says nothing here: the folder was named.
    """
    folder = Path(real)
    above = [parent for parent in [folder, *folder.parents] if (parent / ".git").exists()]
    if not above:
        return
    parents = [parent for parent in folder.parents if parent.is_relative_to(above[0])]
    for parent in reversed(parents):
        if (parent / ".gitignore").is_file():
            patterns = _gitignore(parent.as_posix().rstrip("/") + "/")
            if not patterns.verdict(real):
                yield patterns


def _gitignore(folder: str) -> _Patterns:
    text = Path(folder, ".gitignore").read_text(encoding="utf-8", errors="replace")
    return _Patterns(folder, _spec(line for line in text.splitlines() if _is_pattern(line)))


def _is_pattern(line: str) -> bool:
    """Git passes over a line that is no pattern."""
    try:
        _spec([line])
    except ValueError:
        return False
    return True


def _spec(patterns: Iterable[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


def _real(path: str) -> str:
    return Path(path).resolve().as_posix()
