"""The files that imports lead to, found by path and read as source."""

from __future__ import annotations

import os
from pathlib import Path

from modlint.sources import load
from modlint.syntax import Unit, parse


class Project:
    """Finds modules beside the importing file and in the folders above it; each file is parsed once."""

    def __init__(self) -> None:
        self._paths: dict[tuple[str, str, int], str | None] = {}
        self._units: dict[str, Unit | None] = {}

    def find(self, importer: str, module: str, level: int) -> Unit | None:
        """The unit of an imported module of the project, None for what is not a file of it."""
        folder = os.path.dirname(os.path.abspath(importer))
        key = (folder, module, level)
        if key not in self._paths:
            self._paths[key] = self._locate(Path(folder), module, level)
        path = self._paths[key]
        return None if path is None or path == os.path.abspath(importer) else self._read(path)

    def _locate(self, folder: Path, module: str, level: int) -> str | None:
        parts = module.split(".") if module else []
        if level:
            for _ in range(level - 1):
                folder = folder.parent
            return _module_file(folder, parts)
        for root in _roots(folder):
            found = _module_file(root, parts)
            if found is not None:
                return found
        return None

    def _read(self, path: str) -> Unit | None:
        if path not in self._units:
            try:
                document = load(path, Path(path).read_bytes())
                self._units[path] = parse(path, document.cells[0])
            except (OSError, ValueError, SyntaxError, RecursionError):
                self._units[path] = None
        return self._units[path]


def _roots(folder: Path) -> list[Path]:
    """The folder itself, and those above it up to the first that is in no package."""
    roots = [folder]
    while (folder / "__init__.py").exists() and folder.parent != folder:
        folder = folder.parent
        roots.append(folder)
    return roots


def _module_file(root: Path, parts: list[str]) -> str | None:
    base = root.joinpath(*parts)
    for candidate in (base / "__init__.py", base.with_suffix(".py") if parts else base):
        if candidate.is_file():
            return str(candidate)
    return None
