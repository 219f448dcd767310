"""Confines a worker, as far as the system lets it, and says how far."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from modlint.verify.protocol import VerifyOptions

NO_SANDBOX = "this system offers no sandbox to run models in; --no-sandbox runs them without one"


class Tier(Enum):
    FULL = "full"
    BASIC = "basic"
    NONE = "none"


@dataclass(frozen=True)
class Namespaces:
    processes: bool = False


@dataclass(frozen=True)
class Confinement:
    namespaces: Namespaces
    home: Path
    memory: int
    options: VerifyOptions
    readable: tuple[str, ...]


def enter_namespaces() -> Namespaces:
    return Namespaces()


def adopt_orphans() -> None:
    pass


def make_home(folder: Path, namespaces: Namespaces) -> Path:
    return Path(tempfile.mkdtemp(dir=folder))


def remove_home(home: Path, namespaces: Namespaces) -> None:
    shutil.rmtree(home, ignore_errors=True)


def available_memory() -> int:
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def kill_all(pid: int) -> int:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def confine(confinement: Confinement) -> Tier:
    os.chdir(confinement.home)
    return Tier.BASIC
