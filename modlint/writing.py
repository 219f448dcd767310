"""Putting new contents in a file's place, wholly or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path


class ChangedError(OSError):
    """Somebody else wrote the file meanwhile."""


def replace_contents(path: str, before: bytes, after: bytes) -> None:
    """Write ``after`` where ``before`` stands: through links, keeping the mode, in one step.

    Raises ChangedError when the file does not hold ``before``, and OSError; the file is as it was then.
    """
    target = Path(path).resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target, name)
        if target.read_bytes() != before:
            raise ChangedError(f"{path} was changed meanwhile; run modlint again.")
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
