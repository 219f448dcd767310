"""Which Python a project uses: modlint may live apart from it, and from its torch."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path


def find_python(paths: Sequence[str]) -> str:
    """The first interpreter with torch among the active environment's, the project's ``.venv`` and modlint's own."""
    return next(
        (str(python) for python in _candidates(paths[0] if paths else ".") if _packages(python)), sys.executable
    )


def find_packages(folder: str) -> Path | None:
    """The ``site-packages`` with torch of the interpreter that a file in ``folder`` runs on; None where torch is
    missing."""
    return next(filter(None, map(_packages, _candidates(folder))), None)


def _candidates(start: str) -> Iterator[Path]:
    if active := os.environ.get("VIRTUAL_ENV"):
        yield Path(active, "bin", "python")
    folder = Path(start).resolve()
    yield from (parent / ".venv" / "bin" / "python" for parent in (folder, *folder.parents))
    yield Path(sys.executable)


def _packages(python: Path) -> Path | None:
    """The folder with an interpreter's packages, if torch is one of them."""
    try:
        found = python.parent.parent.glob("lib/python3*/site-packages/torch/__init__.py") if python.is_file() else ()
        return next((path.parent.parent for path in found), None)
    except OSError:
        return None
