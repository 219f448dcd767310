"""Which file an import leads to, by path alone: of the project, or of an installed library that is built on torch."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from modlint.environments import find_packages

_TABLED = frozenset({"torch", "lightning", "pytorch_lightning"})
"""Libraries that tables know: they are not read."""
_NEEDS_TORCH = re.compile(r"^Requires-Dist: torch\b(?![-.])[^;\n]*$", re.MULTILINE)


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
    """The file of a module that a file in ``folder`` imports: beside that file, in the folders above it, or in a library
    that needs torch (other libraries make no layers, and reading them leads nowhere)."""
    parts = module.split(".") if module else []
    if not level and parts[0] in sys.stdlib_module_names and (Path(folder) / "__init__.py").exists():
        return None  # a file of a package is not found by its bare name, unlike one beside a script
    roots = [_above(Path(folder), level - 1)] if level else _roots(Path(folder))
    found = next(filter(None, (_module_file(root, parts) for root in roots)), None)
    if found is not None or level:
        return found
    library = _library(folder, os.environ.get("VIRTUAL_ENV", ""), parts[0])
    return None if library is None else _module_file(library, parts)


def digest(data: bytes) -> str:
    """What stands for some contents: equal for equal contents, and for no others."""
    return hashlib.sha256(data).hexdigest()


def _above(folder: Path, levels: int) -> Path:
    for _ in range(levels):
        folder = folder.parent
    return folder


def _roots(folder: Path) -> Iterator[Path]:
    """The folder itself, and those above it up to the first that is in no package; installed packages stand apart."""
    yield folder
    while (folder / "__init__.py").exists() and folder.parent != folder and folder.parent.name != "site-packages":
        folder = folder.parent
        yield folder


@lru_cache(maxsize=4096)
def _library(folder: str, active: str, name: str) -> Path | None:
    """The folder in which a library is installed that needs torch; ``active``: the environment that is active."""
    packages = None if name in _TABLED or name in sys.stdlib_module_names else find_packages(folder)
    if packages is None or _module_file(packages, [name]) is None:
        return None
    metadata = packages.glob(f"{name}-*.dist-info/METADATA")
    needs_torch = any(_NEEDS_TORCH.search(path.read_text(encoding="utf-8", errors="replace")) for path in metadata)
    return packages if needs_torch else None


def _module_file(root: Path, parts: list[str]) -> str | None:
    base = root.joinpath(*parts)
    for candidate in (base / "__init__.py", base.with_suffix(".py") if parts else base):
        if candidate.is_file():
            return str(candidate)
    return None
