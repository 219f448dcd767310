"""Putting new contents in a file's place, wholly or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
from pathlib import Path

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_PRIVATE = stat.S_IRUSR | stat.S_IWUSR


class ChangedError(OSError):
    """Somebody else wrote the file meanwhile."""


class ReadOnlyError(OSError):
    """Nobody may write the file."""


def other_names(path: str) -> int:
    """How many hard links besides ``path`` a file has; 0 where that cannot be told."""
    try:
        return Path(path).stat().st_nlink - 1
    except OSError:
        return 0


def replace_contents(path: str, before: bytes, after: bytes) -> None:
    """Write ``after`` where ``before`` stands: through symbolic links, keeping mode and owner, in one step.

    Other names of the file, which are hard links, keep ``before``: nothing can change both names in one step.

    Raises ReadOnlyError, ChangedError when the file does not hold ``before``, and OSError; the file is as it was then.
    """
    target = Path(path).resolve()
    if not target.stat().st_mode & _WRITABLE:
        raise ReadOnlyError(f"{path} is read-only.")
    written = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        _write(written, after)
        _take_after(target, written)
        if target.read_bytes() != before:
            raise ChangedError(f"{path} was changed meanwhile; run modlint again.")
        written.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            written.unlink()
        raise


def _write(new: Path, contents: bytes) -> None:
    """Make a file that is on the disk when this returns.

    Where the system allows it, it has no name before it is complete: a process that is killed leaves nothing behind.
    """
    unnamed = _open_unnamed(new.parent)
    named = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    with os.fdopen(os.open(new, named, _PRIVATE) if unnamed is None else unnamed, "wb") as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())
        if unnamed is not None:
            os.link(f"/proc/self/fd/{unnamed}", new, src_dir_fd=unnamed, follow_symlinks=True)


def _open_unnamed(folder: Path) -> int | None:
    try:
        return os.open(folder, os.O_TMPFILE | os.O_WRONLY, _PRIVATE)
    except (AttributeError, OSError):
        return None


def _take_after(target: Path, written: Path) -> None:
    """Give a file the owner, as far as that is allowed, and the mode of another one."""
    owner = target.stat()
    with contextlib.suppress(OSError, AttributeError):
        os.chown(written, owner.st_uid, owner.st_gid)
    shutil.copymode(target, written)
