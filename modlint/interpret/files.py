"""The files that imports lead to, found by path and read as source."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from modlint.locating import Import, digest, folder_of, locate
from modlint.sources import load
from modlint.syntax import Unit, parse


class _Read(NamedTuple):
    """What a file holds; no unit when it cannot be parsed, no digest either when it cannot be read."""

    unit: Unit | None = None
    digest: str | None = None


class Project:
    """Finds modules beside the importing file and in the folders above it; each file is read once."""

    def __init__(self) -> None:
        self._paths: dict[tuple[str, str, int], str | None] = {}
        self._files: dict[str, _Read] = {}

    def find(self, importer: str, module: str, level: int) -> Unit | None:
        """The unit of an imported module of the project, None for what is not a file of it."""
        path = self._locate(folder_of(importer), module, level)
        return None if path is None or path == os.path.abspath(importer) else self._read(path).unit

    def followed(self, folder: str, module: str, level: int) -> Import:
        """What an import from a folder leads to, as ``find`` sees it."""
        path = self._locate(folder, module, level)
        return Import(folder, module, level, path, None if path is None else self._read(path).digest)

    def _locate(self, folder: str, module: str, level: int) -> str | None:
        key = (folder, module, level)
        if key not in self._paths:
            self._paths[key] = locate(*key)
        return self._paths[key]

    def _read(self, path: str) -> _Read:
        if path not in self._files:
            self._files[path] = _read(path)
        return self._files[path]


class Witness:
    """Finds what a project finds, and remembers what it was asked for."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._asked: set[tuple[str, str, int]] = set()

    def find(self, importer: str, module: str, level: int) -> Unit | None:
        """As ``Project.find``."""
        self._asked.add((folder_of(importer), module, level))
        return self._project.find(importer, module, level)

    @property
    def imports(self) -> tuple[Import, ...]:
        """Everything that was asked for, and what it led to."""
        return tuple(self._project.followed(*asked) for asked in sorted(self._asked))


def _read(path: str) -> _Read:
    try:
        data = Path(path).read_bytes()
    except OSError:
        return _Read()
    try:
        return _Read(parse(path, load(path, data).cells[0]), digest(data))
    except (ValueError, SyntaxError, RecursionError):
        return _Read(None, digest(data))
