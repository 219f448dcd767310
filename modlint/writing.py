"""Putting new contents in a file's place, wholly or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

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
    new = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with _unnamed_or(new) as file:
            file.write(after)
            _take_after(target, file.fileno())
            file.flush()
            os.fsync(file.fileno())
            if target.read_bytes() != before:
                raise ChangedError(f"{path} was changed meanwhile; run modlint again.")
            if not new.exists():
                return _outliving_this_process(partial(_put, file.fileno(), new, target))
        new.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def _unnamed_or(new: Path) -> BinaryIO:
    """A file to write, which where the system allows it has no name before it is complete. Elsewhere that is ``new``."""
    try:
        unnamed = os.open(new.parent, os.O_TMPFILE | os.O_WRONLY, _PRIVATE)
    except (AttributeError, OSError):
        unnamed = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE)
    return os.fdopen(unnamed, "wb")


def _take_after(target: Path, descriptor: int) -> None:
    """Give an open file the owner, as far as that is allowed, and the mode of another one."""
    like = target.stat()
    with contextlib.suppress(OSError, AttributeError):
        os.fchown(descriptor, like.st_uid, like.st_gid)
    with contextlib.suppress(AttributeError):
        os.fchmod(descriptor, stat.S_IMODE(like.st_mode))


def _put(unnamed: int, new: Path, target: Path) -> None:
    """Let a file without a name take the place of another one, for a moment as ``new``: no system does it in one step."""
    os.link(f"/proc/self/fd/{unnamed}", new, src_dir_fd=unnamed, follow_symlinks=True)
    new.replace(target)


def _outliving_this_process(step: Callable[[], None]) -> None:
    """Do something to the end, though this process be killed: another one does it. Raises OSError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads do not matter to so short a life
        child = os.fork()
    if not child:
        os._exit(_number_of_error(step))
    error = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if error:
        raise OSError(abs(error), os.strerror(abs(error)))


def _number_of_error(step: Callable[[], None]) -> int:
    """Why a step failed, 0 when it did not."""
    try:
        step()
    except OSError as error:
        return error.errno or errno.EIO
    except BaseException:
        return errno.EINTR
    return 0
