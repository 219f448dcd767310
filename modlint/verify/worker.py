"""Runs one file's models in a confined process: user code runs here and nowhere else."""

from __future__ import annotations

import faulthandler
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modlint.verify import child, sandbox
from modlint.verify.protocol import Assignment, ModelReport, frame, report_to_json

Send = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Surroundings:
    """What the warden prepared: namespaces, a temporary folder, and the bytes of memory that may be used."""

    isolation: sandbox.Isolation
    home: Path
    memory: int


def work(assignment: Assignment, surroundings: Surroundings, results: int, output: int) -> None:
    """Confine this process, run the models and send what they show as framed events."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    _redirect(output, results)
    send = _sender(assignment.nonce, results)
    tier = sandbox.confine(surroundings.home, surroundings.isolation, _bounds(assignment, surroundings.memory))
    _run(assignment, surroundings.memory, tier, send)
    send({"end": True})


def _bounds(assignment: Assignment, memory: int) -> sandbox.Bounds:
    job = assignment.job
    seconds = assignment.options.timeout * (len(job.models) + 1) * (os.cpu_count() or 1)
    return sandbox.Bounds(memory, int(seconds) + 1, job.search_path)


def _run(assignment: Assignment, memory: int, tier: sandbox.Tier, send: Send) -> None:
    timeout = assignment.options.timeout

    def announce(stage: str) -> None:
        if stage == "import":
            faulthandler.dump_traceback_later(max(timeout * 0.9, timeout - 0.25), file=_STDERR)
        send({"stage": stage, "sandbox": tier.value})

    def report(model_report: ModelReport) -> None:
        send({"report": report_to_json(replace(model_report, sandbox=tier.value))})

    child.run_file(assignment.job, assignment.options, memory, announce, report)


_STDERR = 2


def _redirect(output: int, results: int) -> None:
    """Nothing to read, output to the supervisor, and no other descriptor but the one for results."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, _STDERR)
    os.closerange(3, results)
    os.closerange(results + 1, os.sysconf("SC_OPEN_MAX"))
    faulthandler.enable(file=_STDERR)


def _sender(nonce: str, results: int) -> Send:
    """What sends is bound here, before user code can put others in their place."""
    write, encode, pid, own_pid, leave = os.write, frame, os.getpid, os.getpid(), os._exit

    def send(event: dict[str, Any]) -> None:
        if pid() != own_pid:  # user code forked, and its copy came back here
            leave(1)
        data = encode(nonce, event)
        while data:
            data = data[write(results, data) :]

    return send
