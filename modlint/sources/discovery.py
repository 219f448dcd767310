"""Which files to read: those named, and those of the folders named that are the project's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import TypeAlias

from modlint.patterns import Patterns, valid_lines
from modlint.sources.document import SUFFIXES, Kind

Choice: TypeAlias = Callable[[str], bool]
"""Says yes or no to an absolute path; that of a folder ends in a slash."""

_WALKED_SUFFIXES = frozenset({".py", ".ipynb"})
_FOREIGN_FOLDERS = frozenset(
    {
        ".eggs",
        ".git",
        ".hg",
        ".modlint_cache",
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


def _none(_: str) -> bool:
    return False


def discover(paths: Sequence[str], *, exclude: Choice = _none, include: Choice = _none) -> Iterator[str]:
    """Yield each file once, spelled as the path that led to it, in the order of ``paths`` and sorted within a folder.

    A file that is named is taken as it is. A folder gives its Python files and notebooks, those ending in a suffix that
    modlint reads and that ``include`` wants, and, where there is none of either, its Markdown pages. It does not give
    what ``exclude``, .gitignore files or custom (``build``, ``.venv``) rule out; links to folders are not followed.

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
    ignored: tuple[Patterns, ...]
    excluded: Choice

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

    def _rules_out(self, path: str, ignored: Sequence[Patterns]) -> bool:
        if self.excluded(path):
            return True
        verdicts = (patterns.verdict(path) for patterns in reversed(ignored))
        return next((verdict for verdict in verdicts if verdict is not None), False)


def _files_of(path: str, exclude: Choice, include: Choice) -> Iterator[_File]:
    real = _real(path).rstrip("/") + "/"
    shown = "" if path == "." else path if path.endswith("/") else path + "/"
    root = _Folder(shown, real, tuple(_inherited_patterns(real)), exclude)
    pages: list[_File] = []
    found = False
    for file in _walk(root):
        if file.suffix in _WALKED_SUFFIXES or include(file.real):
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


def _inherited_patterns(real: str) -> Iterable[Patterns]:
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


def _gitignore(folder: str) -> Patterns:
    text = Path(folder, ".gitignore").read_text(encoding="utf-8", errors="replace")
    return Patterns(folder, valid_lines(text.splitlines()))


def _real(path: str) -> str:
    return Path(path).resolve().as_posix()
