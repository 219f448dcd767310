"""One task for every file: in this process for a few files, in one process a core for many."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from pathlib import Path, PurePath
from typing import Any, TypeAlias, TypeVar

from modlint.sources import UnreadableError

T = TypeVar("T")
Task: TypeAlias = Callable[[str, bytes, Any], T]
"""Path, contents and options in, a picklable result out."""

_FEW = 8
_PACKAGE = PurePath(__file__).parent


@dataclass(frozen=True)
class Source:
    """A file to read, or contents under the name that they go by, and how the task is to be done for it."""

    path: str
    data: bytes | None = None
    options: Any = None

    def read(self) -> bytes:
        """The contents; raises OSError."""
        return Path(self.path).read_bytes() if self.data is None else self.data


@dataclass(frozen=True)
class Failure:
    """Why there is no result for a file, in one line."""

    path: str
    message: str


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(task: Task[T], sources: Sequence[Source], jobs: int) -> Iterator[T | Failure]:
    """Yield the result for each file, in the order of ``sources``, as soon as it is known.

    What goes wrong with one file, even the death of the process that works on it, is a Failure for that file alone.
    ``task`` and the options of each file must be picklable.
    """
    if jobs < 2 or len(sources) < _FEW:
        collect_rarely()
        return (guarded(task, source) for source in sources)
    return _parallel(task, sources, jobs)


def collect_rarely() -> None:
    """Syntax trees are large and live as long as their file is worked on: looking for garbage in them is in vain."""
    gc.set_threshold(3_000_000, 20, 100)


def guarded(task: Task[T], source: Source) -> T | Failure:
    """The result for one file, whatever happens."""
    try:
        return task(source.path, source.read(), source.options)
    except UnreadableError as error:
        return Failure(source.path, str(error))
    except OSError as error:
        return Failure(source.path, f"cannot be read: {error.strerror or error}")
    except Exception as error:
        return Failure(source.path, internal_error(error))


def internal_error(error: Exception) -> str:
    """One line that names the place in modlint where an exception was raised and asks to report it."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if PurePath(frame.filename).is_relative_to(_PACKAGE)]
    place = f" at {PurePath(ours[-1].filename).relative_to(_PACKAGE.parent)}:{ours[-1].lineno}" if ours else ""
    told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"internal error: {told}{place}; this is a defect of modlint, please report this line with the file"


def _parallel(task: Task[T], sources: Sequence[Source], jobs: int) -> Iterator[T | Failure]:
    pool = ProcessPoolExecutor(min(jobs, len(sources)), mp_context=_context(), initializer=collect_rarely)
    try:
        futures = [pool.submit(guarded, task, source) for source in sources]
        for source, future in zip(sources, futures):
            try:
                yield future.result()
            except BrokenProcessPool:  # noqa: PERF203  (each file has its own result)
                yield _alone(task, source)
    finally:
        pool.shutdown(cancel_futures=True)


def _alone(task: Task[T], source: Source) -> T | Failure:
    """The result from a process of its own: another file may have brought down the shared ones."""
    with ProcessPoolExecutor(1, mp_context=_context()) as pool:
        try:
            return pool.submit(guarded, task, source).result()
        except BrokenProcessPool:
            return Failure(source.path, "internal error: the analysis died; please report the file")


def _context() -> BaseContext:
    """Forking starts at once, and is sound on Linux while there is only one thread."""
    fork = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if fork else "spawn")
