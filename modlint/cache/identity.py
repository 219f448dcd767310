"""Who checks: what findings depend on besides the file, its imports and the options."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from modlint import __version__
from modlint.locating import digest


def identity() -> str:
    """Stands for modlint, its rules, those of installed packs, and Python: their versions and their files.

    The contents of the files count, so that who works on a rule never sees what an earlier state of it has found.
    """
    packs = sorted(entry_points(group="modlint.rules"), key=lambda pack: pack.value)
    versions = [__version__, sys.version, *map(_version, packs)]
    names = ["modlint", "modlint.rules", *(pack.value.partition(".")[0] for pack in packs)]
    return digest("\n".join([*versions, *map(_files_of, names)]).encode())


def _version(pack: EntryPoint) -> str:
    return f"{pack.value} {pack.dist.version if pack.dist else ''}"


def _files_of(package: str) -> str:
    """Stands for the files of a package, which is not imported for it."""
    spec = find_spec(package)
    total = hashlib.sha256()
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for file in _files(folder):
            total.update(f"{file.relative_to(folder)} {digest(file.read_bytes())}\n".encode())
    return total.hexdigest()


def _files(folder: str) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - {"__pycache__"})
        yield from (Path(parent, file) for file in sorted(files))
