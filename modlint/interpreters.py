"""Which Python runs the models: modlint may live apart from the torch that a project uses."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path


def find_python(paths: Sequence[str]) -> str:
    """The first interpreter with torch among the active environment's, the project's ``.venv`` and modlint's own."""
    return next((str(python) for python in _candidates(paths) if _has_torch(python)), sys.executable)


def _candidates(paths: Sequence[str]) -> Iterator[Path]:
    if active := os.environ.get("VIRTUAL_ENV"):
        yield Path(active, "bin", "python")
    yield Path(sys.executable)
    start = Path(paths[0] if paths else ".").resolve()
    yield from (folder / ".venv" / "bin" / "python" for folder in (start, *start.parents))


def _has_torch(python: Path) -> bool:
    return python.is_file() and any(python.parent.parent.glob("lib/python3*/site-packages/torch/__init__.py"))
