"""Runs jobs in the children of one warm process; loads no torch and is never blocked by what it runs."""

from __future__ import annotations

import os
import selectors
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from modlint.verify.launcher import UnavailableError, Zygote
from modlint.verify.protocol import FileJob, ModelReport, VerifyOptions
from modlint.verify.run import Run

__all__ = ["UnavailableError", "VerifyOptions", "verify"]

_READ = 1 << 16
_LAST_READS = 4
_TOLERATED_LOSSES = 3


def verify(jobs: Sequence[FileJob], options: VerifyOptions) -> Iterator[ModelReport]:
    """Run every model and give a report for each: the files as they end, the models of a file in their order.

    Raises UnavailableError when nothing can be run.
    """
    work = [job for job in jobs if job.models]
    if work:
        if reason := _why_impossible(options):
            raise UnavailableError(reason)
        with _Supervisor(replace(options, jobs=min(options.jobs, len(work)))) as supervisor:
            yield from supervisor.verify(work)


def _why_impossible(options: VerifyOptions) -> str:
    """Why this system cannot run models as they are to be run, empty when it can."""
    if sys.platform == "win32":
        return "models cannot be run on Windows; Linux inside of it (WSL) can run them"
    if options.sandbox_required and sys.platform != "linux":
        return f"{sys.platform} offers no sandbox to run models in; --no-sandbox runs them without one"
    return ""


class _Supervisor:
    """Keeps at most ``options.jobs`` runs going, and the zygote alive."""

    def __init__(self, options: VerifyOptions) -> None:
        self._options = options
        self._zygote = Zygote(options.python)
        self._folder = tempfile.mkdtemp(prefix="modlint-")
        self._selector = selectors.DefaultSelector()
        self._active: list[Run] = []
        self._waiting: deque[FileJob] = deque()
        self._losses = 0

    def __enter__(self) -> _Supervisor:
        Path(self._folder).chmod(0o711)
        return self

    def __exit__(self, *_: object) -> None:
        for run in self._active:
            run.close()
        self._selector.close()
        self._zygote.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def verify(self, jobs: Sequence[FileJob]) -> Iterator[ModelReport]:
        self._waiting.extend(jobs)
        while self._waiting or self._active:
            while self._waiting and len(self._active) < self._options.jobs:
                self._launch(self._waiting.popleft())
            yield from self._listen()
            for run in [run for run in self._active if run.over]:
                yield from self._finish(run)

    def _launch(self, job: FileJob) -> None:
        run = self._start(job)
        self._active.append(run)
        for channel in run.channels:
            self._selector.register(channel, selectors.EVENT_READ, run)

    def _start(self, job: FileJob) -> Run:
        try:
            return Run(job, self._options, self._zygote, self._folder)
        except OSError:
            self._zygote.close()
            self._zygote = Zygote(self._options.python)
            return Run(job, self._options, self._zygote, self._folder)

    def _listen(self) -> Iterator[ModelReport]:
        """Hear whoever speaks before the next deadline, then enforce the deadlines."""
        wait = max(0.0, min(run.deadline for run in self._active) - time.monotonic())
        for key, _ in self._selector.select(wait):
            yield from self._hear(key.data, key.fd)
        now = time.monotonic()
        for run in self._active:
            run.enforce_deadline(now)

    def _hear(self, run: Run, channel: int) -> Iterator[ModelReport]:
        data = _read(channel)
        if data == b"":
            self._selector.unregister(channel)
        if data is not None:
            yield from run.hear(channel, data)

    def _finish(self, run: Run) -> Iterator[ModelReport]:
        """Hear what is still in the pipes, report who died, and queue the models that can go on without them."""
        self._active.remove(run)
        for channel in self._registered(run):
            for _ in range(_LAST_READS):
                if data := _read(channel):
                    yield from run.hear(channel, data)
            self._selector.unregister(channel)
        if run.lost and self._losses < _TOLERATED_LOSSES:
            self._losses += 1
        else:
            yield from run.obituaries()
        run.close()
        if run.remaining:
            self._waiting.appendleft(replace(run.job, models=run.remaining))

    def _registered(self, run: Run) -> list[int]:
        return [key.fd for key in self._selector.get_map().values() if key.data is run]


def _read(channel: int) -> bytes | None:
    """What there is to read, empty at the end, None when there is nothing now."""
    try:
        return os.read(channel, _READ)
    except BlockingIOError:
        return None
    except ConnectionResetError:
        return b""
