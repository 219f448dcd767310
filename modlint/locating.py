"""Which file of the project an import leads to, by path alone."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Import(NamedTuple):
    """An import from a folder, the file that it leads to and the digest of what that holds; None where there is none."""

    folder: str
    module: str
    level: int
    path: str | None
    digest: str | None


def folder_of(file: str) -> str:
    """The absolute path of the folder that a file is in."""
    return os.path.dirname(os.path.abspath(file))


def locate(folder: str, module: str, level: int) -> str | None:
    """The file of a module that a file in ``folder`` imports: beside that file, or in the folders above it."""
    parts = module.split(".") if module else []
    if not level and parts[0] in sys.stdlib_module_names and (Path(folder) / "__init__.py").exists():
        return None  # a file of a package is not found by its bare name, unlike one beside a script
    roots = [_above(Path(folder), level - 1)] if level else _roots(Path(folder))
    return next(filter(None, (_module_file(root, parts) for root in roots)), None)


def digest(data: bytes) -> str:
    """What stands for some contents: equal for equal contents, and for no others."""
    return hashlib.sha256(data).hexdigest()


def _above(folder: Path, levels: int) -> Path:
    for _ in range(levels):
        folder = folder.parent
    return folder


def _roots(folder: Path) -> Iterator[Path]:
    """The folder itself, and those above it up to the first that is in no package."""
    yield folder
    while (folder / "__init__.py").exists() and folder.parent != folder:
        folder = folder.parent
        yield folder


def _module_file(root: Path, parts: list[str]) -> str | None:
    base = root.joinpath(*parts)
    for candidate in (base / "__init__.py", base.with_suffix(".py") if parts else base):
        if candidate.is_file():
            return str(candidate)
    return None
