"""Landlock: what a process may open, decided for good by the process itself (Linux 5.13 and later).

The numbers are those of ``linux/landlock.h``; docs.kernel.org/userspace-api/landlock.html describes each version.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR

from modlint.verify.linux import syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_QUERY = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEVICE = 1 << 14, 1 << 15
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
_RIGHTS_BY_VERSION = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
_FIRST_WITH_NETWORK, _BIND_AND_CONNECT_TCP = 4, 3
_FIRST_WITH_SCOPES, _SOCKETS_AND_SIGNALS = 6, 3

LIST = _READ_DIR
READ = _EXECUTE | _READ_FILE | _READ_DIR
WRITE = _WRITE_FILE
DEVICE = _READ_FILE | _WRITE_FILE | _IOCTL_DEVICE | _READ_DIR
EVERYTHING = 0xFFFF


class Ruleset:
    """Everything that is not granted is denied once ``restrict`` was called. Raises OSError without Landlock."""

    def __init__(self) -> None:
        version = syscall(_CREATE_RULESET, None, 0, _VERSION_QUERY)
        self._rights = _RIGHTS_BY_VERSION.get(version, 0xFFFF)
        network = _BIND_AND_CONNECT_TCP if version >= _FIRST_WITH_NETWORK else 0
        scopes = _SOCKETS_AND_SIGNALS if version >= _FIRST_WITH_SCOPES else 0
        size = 24 if scopes else 16 if network else 8
        attributes = struct.pack("=QQQ", self._rights, network, scopes)[:size]
        self._fd = syscall(_CREATE_RULESET, attributes, size, 0)

    def grant(self, paths: Iterable[Path], rights: int) -> None:
        """Allow the rights on the paths and below; paths that do not exist are passed over."""
        for path in paths:
            with suppress(OSError):
                self._grant(path, rights)

    def restrict(self) -> None:
        """Bind this process, for good. It must have given up new privileges before."""
        syscall(_RESTRICT_SELF, self._fd, 0)
        os.close(self._fd)

    def _grant(self, path: Path, rights: int) -> None:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            kind = self._rights if S_ISDIR(os.fstat(fd).st_mode) else self._rights & _FILE_RIGHTS
            syscall(_ADD_RULE, self._fd, _PATH_BENEATH, struct.pack("=Qi", rights & kind, fd), 0)
        finally:
            os.close(fd)
