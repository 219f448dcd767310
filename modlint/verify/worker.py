"""Runs one file's models in a confined process: user code runs here and nowhere else."""

from __future__ import annotations

import faulthandler
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from modlint.verify import child, sandbox
from modlint.verify.protocol import Assignment, ModelReport, frame, report_to_json

Send = Callable[[dict[str, Any]], None]


def work(
    assignment: Assignment, namespaces: sandbox.Namespaces, home: Path, memory: int, results: int, output: int
) -> None:
    """Confine this process, run the models and send what they show as framed events; never returns to user code."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    _redirect(output, results)
    send = _sender(assignment.nonce, results)
    job, options = assignment.job, assignment.options
    confinement = sandbox.Confinement(namespaces, home, memory, options, job.search_path)
    tier = sandbox.confine(confinement)
    if tier is sandbox.Tier.NONE and options.sandbox_required:
        send({"unavailable": sandbox.NO_SANDBOX})
        return
    _run(assignment, memory, tier, send)
    send({"end": True})


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
    """The functions that it needs are bound here, before user code can put others in their place."""
    write, encode = os.write, frame

    def send(event: dict[str, Any]) -> None:
        data = encode(nonce, event)
        while data:
            data = data[write(results, data) :]

    return send
