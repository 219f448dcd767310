"""Which file an import leads to, by path alone: of the project, or of an installed library that is built on torch."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from modlint.environments import find_packages

_TABLED = frozenset({"torch", "lightning", "pytorch_lightning"})
"""Libraries that tables know: they are not read."""
_INSTALLED = "site-packages"
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
    """The file of a module that a file in ``folder`` imports: beside that file, in the folders above it, where the
    program may be started, or in a library that needs torch (other libraries make no layers, and reading them leads
    nowhere)."""
    parts = module.split(".") if module else []
    if level:
        return _module_file(_above(Path(folder), level - 1), parts)
    if parts[0] in sys.stdlib_module_names and (Path(folder) / "__init__.py").exists():
        return None  # a file of a package is not found by its bare name, unlike one beside a script
    return next(filter(None, (_module_file(root, parts) for root in _roots(Path(folder), parts[0]))), None)


def is_installed(path: str) -> bool:
    """Whether a file belongs to an installed library."""
    return _INSTALLED in Path(path).parts


def digest(data: bytes) -> str:
    """What stands for some contents: equal for equal contents, and for no others."""
    return hashlib.sha256(data).hexdigest()


def _above(folder: Path, levels: int) -> Path:
    for _ in range(levels):
        folder = folder.parent
    return folder


def _roots(folder: Path, name: str) -> Iterator[Path]:
    """The folders that may hold the module that ``name`` begins with."""
    yield from _packages(folder)
    if name not in _TABLED and name not in sys.stdlib_module_names:
        yield from _starts(folder, name)
        library = _library(folder, os.environ.get("VIRTUAL_ENV", ""), name)
        yield from [library] if library is not None else []


def _packages(folder: Path) -> Iterator[Path]:
    """The folder itself, and those above it up to the first that is in no package; installed packages stand apart."""
    yield folder
    while (folder / "__init__.py").exists() and folder.parent != folder and folder.parent.name != _INSTALLED:
        folder = folder.parent
        yield folder


def _starts(folder: Path, name: str) -> Iterator[Path]:
    """Where a program may be started that holds ``folder``: beside the folder above that an import begins with."""
    for above in takewhile(lambda parent: parent.name != _INSTALLED, (folder, *folder.parents)):
        if above.name == name:
            yield above.parent


@lru_cache(maxsize=4096)
def _library(folder: Path, active: str, name: str) -> Path | None:
    """The folder in which a library is installed that needs torch; ``active``: the environment that is active."""
    packages = find_packages(str(folder))
    if packages is None or _module_file(packages, [name]) is None:
        return None
    metadata = packages.glob(f"{name}-*.dist-info/METADATA")
    return packages if any(map(_needs_torch, metadata)) else None


def _needs_torch(metadata: Path) -> bool:
    try:
        return _NEEDS_TORCH.search(metadata.read_text(encoding="utf-8", errors="replace")) is not None
    except OSError:
        return False


def _module_file(root: Path, parts: list[str]) -> str | None:
    base = root.joinpath(*parts)
    for candidate in (base / "__init__.py", base.with_suffix(".py") if parts else base):
        if os.path.isfile(candidate):  # noqa: PTH113  (Path.is_file raises where a folder may not be read)
            return str(candidate)
    return None
