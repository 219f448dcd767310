"""Confines a worker as far as the system lets it, and says how far.

``full``: no file outside Python, its libraries, the project and a temporary folder can be opened, none outside that
folder can be written, there is no network, and it is not root, whose processes no limit counts. ``basic``: limits on
resources, a session of its own, no privileges.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import secrets
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from modlint.verify import environment, landlock, linux, seccomp

_HOME_BYTES = 256 << 20
_HOME_FILES = 8192
_FILE_BYTES = 64 << 20
_OPEN_FILES = 1024
_PROCESSES = 128
_LINKS_OF_A_FOLDER = 2
_EVERYBODY_ELSE = -1
_ROOT = 0
_FIRST_UID = 2_000_000_000
_ADDRESSES_OF_THREADS = 4 << 30
_DRIVER_BYTES = 8 << 30
_OWN_HOME = Path(os.path.expanduser("~"))  # noqa: PTH111  (Path.expanduser raises where there is no home)


class Tier(Enum):
    """How far a worker is confined."""

    FULL = "full"
    BASIC = "basic"
    NONE = "none"


class Isolation(Enum):
    """The kernel's namespaces that a warden can have for itself."""

    PRIVILEGED = linux.CLONE_NEWNET | linux.CLONE_NEWPID | linux.CLONE_NEWNS | linux.CLONE_NEWIPC
    USER = PRIVILEGED | linux.CLONE_NEWUSER
    NONE = 0

    def enter(self) -> None:
        """Enter new namespaces; the next child that is forked is the first process in them."""
        if self is Isolation.NONE:
            return
        uid, gid = os.getuid(), os.getgid()
        linux.unshare(self.value)
        if self is Isolation.USER:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
            Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
        linux.keep_mounts_private()


@dataclass(frozen=True)
class Bounds:
    """What a worker may use: ``memory`` in bytes, ``cpu_seconds`` over all its threads, folders it may read."""

    memory: int
    cpu_seconds: int
    readable: tuple[str, ...]


def best_isolation(works: Callable[[Callable[[], None]], bool]) -> Isolation:
    """The strongest isolation that this process may enter. ``works`` tries an action in a process of its own."""
    if sys.platform == "linux":
        for isolation in (Isolation.PRIVILEGED, Isolation.USER):
            if works(isolation.enter):
                return isolation
    return Isolation.NONE


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own."""
    if sys.platform == "linux":
        linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)


def open_ways(isolation: Isolation, readable: tuple[str, ...]) -> None:
    """Let every user reach the interpreter and the code, also those in a folder that is closed, such as root's home.

    Done by mounts that nobody else sees: an empty folder covers the closed one and shows what is needed of it.
    """
    if isolation is not Isolation.PRIVILEGED:
        return
    needed: dict[Path, list[Path]] = {}
    paths = {Path(item).resolve() for item in (sys.prefix, sys.base_prefix, *sys.path, *readable) if item}
    for path in sorted(filter(Path.exists, paths)):
        closed = next(filter(_is_closed, (*reversed(path.parents), path)), None)
        if closed and not any(path.is_relative_to(other) for other in needed.get(closed, ())):
            needed.setdefault(closed, []).extend(_visible(path) if _is_closed(path) else [path])
    for closed, shown in needed.items():
        _cover(closed, shown)


@contextlib.contextmanager
def home(folder: Path, isolation: Isolation) -> Iterator[Path]:
    """A temporary folder for one worker; of limited size where mounts are isolated."""
    path = Path(tempfile.mkdtemp(dir=folder))
    if isolation is not Isolation.NONE:
        linux.mount_tmpfs(str(path), f"size={_HOME_BYTES},nr_inodes={_HOME_FILES},mode=700")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def kill_all(worker: int, isolation: Isolation) -> int:
    """Kill the worker, which nobody has waited for yet, and everything that it started; the worker's wait status."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(worker, signal.SIGKILL)
    status = 0
    while True:
        _kill_children(isolation)
        try:
            pid, ended = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if pid == worker:
            status = ended
        elif pid == 0:
            time.sleep(0.001)


def confine(folder: Path, isolation: Isolation, bounds: Bounds) -> Tier:
    """Bind this process, for good, to the folder and the bounds; how far that went."""
    os.chdir(folder)
    libraries = tuple(filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(":")))
    kept = environment.for_models(os.environ)
    os.environ.clear()
    os.environ.update(kept, HOME=str(folder), TMPDIR=str(folder), USER="modlint", LANG="C.UTF-8", PATH="/usr/bin:/bin")
    tempfile.tempdir = None
    if sys.platform != "linux":
        return Tier.NONE
    rules = _rules(folder, (*bounds.readable, *libraries))
    own_uid = _drop_root(folder, bounds.readable)
    _limit_resources(bounds, alone=own_uid or isolation is Isolation.USER)
    linux.drop_capabilities()
    linux.prctl(linux.PR_SET_DUMPABLE, 1)
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    if rules:
        rules.restrict()
    filtered = _filter_calls(isolation)
    offline = filtered or isolation is not Isolation.NONE
    return Tier.FULL if rules and offline and os.geteuid() != _ROOT else Tier.BASIC


def available_memory() -> int:
    """The bytes that can still be taken, by the machine's count and by its control group's."""
    return min(_machine_memory(), *_group_memory())


def _is_closed(path: Path) -> bool:
    return path.is_dir() and not path.stat().st_mode & stat.S_IXOTH


def _cover(closed: Path, shown: list[Path]) -> None:
    handles = [(path, os.open(path, os.O_PATH)) for path in shown if path.exists()]
    linux.mount_tmpfs(str(closed), "mode=755")
    for path, handle in handles:
        if os.path.isdir(handle):  # noqa: PTH112  (a descriptor is no path)
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        linux.bind(f"/proc/self/fd/{handle}", str(path))
        os.close(handle)


_SYSTEM = (
    "/usr /lib /lib32 /lib64 /bin /sbin /opt/rocm /nix/store /etc/ld.so.cache /etc/localtime /etc/alternatives "
    "/sys/devices /sys/bus /sys/class /sys/module /proc/self /proc/cpuinfo /proc/meminfo /proc/stat /proc/devices "
    "/proc/filesystems /proc/sys/vm /proc/sys/kernel /proc/driver /run/nvidia-persistenced"
)
_DEVICES = ("null", "zero", "full", "random", "urandom", "nvidia*", "nvidia-caps/*", "kfd", "dri/*", "dxg")


def _rules(folder: Path, readable: tuple[str, ...]) -> landlock.Ruleset | None:
    try:
        rules = landlock.Ruleset()
    except OSError:
        return None
    installed = [*map(Path, _SYSTEM.split()), Path(sys.prefix), Path(sys.base_prefix)]
    rules.grant(installed, landlock.READ)
    code = map(Path, (*readable, *sys.path))
    for path in (path for path in code if not any(path.is_relative_to(other) for other in installed)):
        rules.grant([path], landlock.LIST)
        rules.grant(_visible(path), landlock.READ)
    rules.grant((path for pattern in _DEVICES for path in Path("/dev").glob(pattern)), landlock.DEVICE)
    if _has_gpu():
        rules.grant([Path("/proc/self/task")], landlock.WRITE)  # the driver gives its threads names
    rules.grant([folder], landlock.EVERYTHING)
    return rules


def _visible(folder: Path) -> list[Path]:
    """The entries of a folder of code that are not hidden, since keys and tokens are; none above the home.

    No links: what they lead to inside of the folder is there under its own name.
    """
    if folder.is_dir() and (folder == _OWN_HOME or not _OWN_HOME.is_relative_to(folder)):
        return [entry for entry in folder.iterdir() if not (entry.name.startswith(".") or entry.is_symlink())]
    return [folder] if folder.is_file() else []


def _drop_root(folder: Path, readable: tuple[str, ...]) -> bool:
    """Become a user that nobody else is, if that user could still read the code that it has to import."""
    if os.geteuid() != _ROOT:
        return False
    uid = _FIRST_UID + secrets.randbelow(100_000_000)
    try:
        code = [Path(sys.prefix), *map(Path, (*readable, *sys.path))]
        if not _can_read(uid, [*code, *(entry for folder in map(Path, readable) for entry in _visible(folder))]):
            return False
        os.chown(folder, uid, uid)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError:
        return False
    return True


def _can_read(uid: int, paths: Iterable[Path]) -> bool:
    existing = [path for path in paths if path.exists()]
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(uid)
    os.seteuid(uid)
    try:
        return all(os.access(path, os.R_OK, effective_ids=True) for path in existing)
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def _limit_resources(bounds: Bounds, *, alone: bool) -> None:
    """``alone`` says that no thread outside the sandbox counts against this user's number of processes."""
    page = resource.getpagesize()
    size, _, _, _, _, data, _ = (int(item) * page for item in Path("/proc/self/statm").read_text().split())
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: bounds.cpu_seconds,
        resource.RLIMIT_FSIZE: _FILE_BYTES,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_NPROC: _PROCESSES + 4 * (os.cpu_count() or 1) + (0 if alone else _threads_of_user()),
        resource.RLIMIT_DATA: data + bounds.memory,
        resource.RLIMIT_AS: size + bounds.memory + _ADDRESSES_OF_THREADS,
    }
    if _has_gpu():
        limits[resource.RLIMIT_DATA] += _DRIVER_BYTES
        del limits[resource.RLIMIT_AS]
    for limit, value in limits.items():
        _, hard = resource.getrlimit(limit)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (most, most))


def _threads_of_user() -> int:
    return sum(_threads(path / "task") for path in Path("/proc").iterdir() if path.name.isdigit())


def _threads(tasks: Path) -> int:
    """How many threads there are, by the links of their folder; none of other users or of what has ended by now."""
    try:
        status = tasks.stat()
    except OSError:
        return 0
    return status.st_nlink - _LINKS_OF_A_FOLDER if status.st_uid == os.getuid() else 0


def _has_gpu() -> bool:
    """Whether a driver may reserve more addresses than there is memory."""
    return any(Path("/dev", name).exists() for name in ("nvidiactl", "kfd", "dxg"))


def _filter_calls(isolation: Isolation) -> bool:
    try:
        seccomp.restrict(own_signals_only=isolation is Isolation.NONE, may_listen=_has_gpu())
    except OSError:
        return False
    return True


def _kill_children(isolation: Isolation) -> None:
    """Kill all in the namespace, or those that nobody has waited for: the numbers of others may be reused."""
    for child in _children() if isolation is Isolation.NONE else [_EVERYBODY_ELSE]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _children() -> list[int]:
    try:
        return [int(pid) for pid in Path("/proc/thread-self/children").read_text().split()]
    except OSError:
        return []


def _machine_memory() -> int:
    try:
        found = re.search(r"MemAvailable:\s*(\d+) kB", Path("/proc/meminfo").read_text())
    except OSError:
        found = None
    return int(found[1]) * 1024 if found else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _group_memory() -> Iterator[int]:
    """What is left below the limit, by either version of the control groups."""
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        with contextlib.suppress(OSError, ValueError):
            group = Path("/sys/fs/cgroup")
            yield int((group / limit).read_text()) - int((group / used).read_text())
    yield sys.maxsize
