"""A seccomp filter: system calls that a model has no use for are refused (see seccomp(2), bpf in linux/filter.h)."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
from collections.abc import Iterator, Sequence

from modlint.verify.linux import PR_SET_PDEATHSIG, PR_SET_SECCOMP, prctl

_Instruction = tuple[int, int, int, int]

_MODE_FILTER = 2
_LOAD, _AND, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
_KIND_OF_SOCKET = 0xF
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32_BIT = 0x40000000
_NEW_NAMESPACES = 0x7E020000

_AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CALLS = {
    "x86_64": {
        "socket": 41, "connect": 42, "socketpair": 53, "clone": 56, "kill": 62, "ptrace": 101, "prctl": 157, "rt_sigqueueinfo": 129, "pivot_root": 155,
        "chroot": 161, "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168,
        "reboot": 169, "sethostname": 170, "setdomainname": 171, "init_module": 175, "delete_module": 176,
        "quotactl": 179, "tkill": 200, "clock_settime": 227, "tgkill": 234, "kexec_load": 246, "add_key": 248,
        "request_key": 249, "keyctl": 250, "unshare": 272, "rt_tgsigqueueinfo": 297, "perf_event_open": 298,
        "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310,
        "process_vm_writev": 311, "finit_module": 313, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
    },
    "aarch64": {
        "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60, "acct": 89, "unshare": 97,
        "kexec_load": 104, "init_module": 105, "delete_module": 106, "clock_settime": 112, "ptrace": 117, "kill": 129,
        "tkill": 130, "tgkill": 131, "rt_sigqueueinfo": 138, "reboot": 142, "sethostname": 161, "setdomainname": 162,
        "prctl": 167, "settimeofday": 170, "socket": 198, "socketpair": 199, "connect": 203, "add_key": 217, "request_key": 218, "keyctl": 219,
        "clone": 220, "swapon": 224, "swapoff": 225, "rt_tgsigqueueinfo": 240, "perf_event_open": 241,
        "name_to_handle_at": 264, "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270,
        "process_vm_writev": 271, "finit_module": 273, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
    },
}  # fmt: skip
_CALLS_EVERYWHERE = {
    "pidfd_send_signal": 424, "io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "fsconfig": 431, "fsmount": 432, "fspick": 433, "clone3": 435, "pidfd_getfd": 438, "mount_setattr": 442,
}  # fmt: skip
_JUDGED_ALONE = frozenset({"clone", "clone3", "connect", "prctl", "socket", "socketpair"})
_SIGNALS_BY_PROCESS = frozenset({"kill", "tgkill"})
_SIGNALS_OTHERWISE = frozenset({"tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"})


def restrict(*, own_signals_only: bool, may_listen: bool) -> None:
    """Bind this process, for good; with ``own_signals_only`` it can signal none but itself.

    With ``may_listen`` it can open sockets that other processes of the machine would have to connect to, as the driver
    of a GPU does when it starts; it can connect to none.

    It must have given up new privileges before. Raises OSError where there is no filter for the machine.
    """
    program = b"".join(
        struct.pack("=HBBI", *item) for item in _program(platform.machine(), own_signals_only, may_listen)
    )
    instructions = ctypes.create_string_buffer(program)
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(instructions))
    prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(header))


def _program(machine: str, own_signals_only: bool, may_listen: bool) -> Iterator[_Instruction]:
    if machine not in _CALLS:
        raise OSError(errno.ENOSYS, f"no filter for {machine}")
    calls = {**_CALLS[machine], **_CALLS_EVERYWHERE}
    signals = _SIGNALS_BY_PROCESS | _SIGNALS_OTHERWISE
    yield from ((_LOAD, 0, 0, _ARCHITECTURE), (_JUMP_EQUAL, 1, 0, _AUDIT_ARCHITECTURE[machine]), (_RETURN, 0, 0, _KILL))
    yield _LOAD, 0, 0, _NUMBER
    if machine == "x86_64":
        yield from ((_JUMP_GREATER_EQUAL, 0, 1, _X32_BIT), _refuse(errno.EPERM))
    for name in sorted(calls.keys() - _JUDGED_ALONE - signals):
        yield from _refuse_call(calls[name])
    yield from _refuse_call(calls["clone3"], errno.ENOSYS)
    yield from _refuse_call(calls["connect"], errno.ECONNREFUSED)
    yield from _allow_sockets(calls["socket"], [socket.SOCK_SEQPACKET] if may_listen else [])
    yield from _allow_sockets(calls["socketpair"], [socket.SOCK_STREAM, socket.SOCK_SEQPACKET])
    if own_signals_only:
        for name in sorted(_SIGNALS_OTHERWISE):
            yield from _refuse_call(calls[name])
        for name in sorted(_SIGNALS_BY_PROCESS):
            yield from _refuse_argument(calls[name], (_JUMP_EQUAL, 1, 0, os.getpid()))
    yield from _refuse_argument(calls["clone"], (_JUMP_ANY_BIT, 0, 1, _NEW_NAMESPACES))
    yield from _refuse_argument(calls["prctl"], (_JUMP_EQUAL, 0, 1, PR_SET_PDEATHSIG))
    yield _RETURN, 0, 0, _ALLOW


def _refuse(number: int) -> _Instruction:
    return _RETURN, 0, 0, _REFUSE | number


def _refuse_call(call: int, number: int = errno.EPERM) -> Iterator[_Instruction]:
    yield from ((_JUMP_EQUAL, 0, 1, call), _refuse(number))


def _allow_sockets(call: int, kinds: Sequence[int]) -> Iterator[_Instruction]:
    """Refuse the call but for local sockets of these kinds, which cannot send to an address of their choice."""
    count = len(kinds)
    yield from ((_JUMP_EQUAL, 0, count + 6, call), (_LOAD, 0, 0, _FIRST_ARGUMENT))
    yield from ((_JUMP_EQUAL, 0, count + 2, socket.AF_UNIX), (_LOAD, 0, 0, _SECOND_ARGUMENT))
    yield _AND, 0, 0, _KIND_OF_SOCKET
    yield from ((_JUMP_EQUAL, count - index, 0, kind) for index, kind in enumerate(kinds))
    yield from (_refuse(errno.EPERM), (_LOAD, 0, 0, _NUMBER))


def _refuse_argument(call: int, test: _Instruction) -> Iterator[_Instruction]:
    """Refuse the call when ``test`` falls through on its first argument; the call's number is loaded again after it."""
    yield from ((_JUMP_EQUAL, 0, 4, call), (_LOAD, 0, 0, _FIRST_ARGUMENT), test, _refuse(errno.EPERM))
    yield _LOAD, 0, 0, _NUMBER
