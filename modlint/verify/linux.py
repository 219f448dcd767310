"""The Linux calls that Python has no function for. Each raises OSError when the kernel refuses."""

from __future__ import annotations

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_MS_NOSUID_NODEV_NOEXEC = 2 | 4 | 8
_MS_REC_BIND = 0x4000 | 0x1000
_MS_REC_PRIVATE = 0x4000 | 0x40000
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags))


def prctl(option: int, argument: int, pointer: ctypes.Array[ctypes.c_char] | None = None) -> None:
    unused = ctypes.c_ulong(0)
    third = ctypes.addressof(pointer) if pointer is not None else 0
    _check(_libc.prctl(option, ctypes.c_ulong(argument), ctypes.c_ulong(third), unused, unused))


def syscall(number: int, *arguments: int | bytes | None) -> int:
    values = [ctypes.c_long(item) if isinstance(item, int) else ctypes.c_char_p(item) for item in arguments]
    return _check(_libc.syscall(ctypes.c_long(number), *values))


def keep_mounts_private() -> None:
    """What this mount namespace mounts from now on is seen nowhere else."""
    _check(_libc.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC_PRIVATE), None))


def mount_tmpfs(folder: str, options: str) -> None:
    flags = ctypes.c_ulong(_MS_NOSUID_NODEV_NOEXEC)
    _check(_libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, options.encode()))


def bind(source: str, folder: str) -> None:
    """Show what is at ``source`` at ``folder`` as well."""
    _check(_libc.mount(os.fsencode(source), os.fsencode(folder), None, ctypes.c_ulong(_MS_REC_BIND), None))


def drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(_libc.capset(header, nothing))


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
