"""One warden at work on one file, as the supervisor sees it: what it says, its deadline, and how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from modlint.verify.launcher import Zygote
from modlint.verify.protocol import (
    Assignment,
    FileJob,
    ModelJob,
    ModelReport,
    Unframer,
    Verdict,
    VerifyOptions,
    assignment_to_json,
    describe_inputs,
    report_from_json,
)

_KILL_SECONDS = 0.3
_HANDOVER_SECONDS = 5.0
_KEPT_OUTPUT = 8192
_LIMIT_SIGNALS = frozenset({"SIGKILL", "SIGXCPU"})  # by name: some systems have none of them


class Run:
    """Starts with its construction. Raises OSError when the zygote is gone."""

    def __init__(self, job: FileJob, options: VerifyOptions, zygote: Zygote, folder: str) -> None:
        self.job = job
        self.over = False
        self.deadline = time.monotonic() + options.timeout
        self._timeout = options.timeout
        self._torch = zygote.torch
        self._reports = 0
        self._stage = "import"
        self._sandbox = "none"
        self._warden: int | None = None
        self._status: int | None = None
        self._orderly = False
        self._timed_out = False
        self._said = b""
        self._measures: deque[Callable[[], None]] = deque([self._hang_up, self._kill_warden, self._give_up])
        nonce = secrets.token_hex(16)
        self._unframer = Unframer(nonce)
        self._link, self._results, self._output = _hand_over(zygote, Assignment(job, options, folder, nonce))

    @property
    def channels(self) -> tuple[int, ...]:
        """The descriptors to listen to."""
        return self._link.fileno(), self._results, self._output

    @property
    def lost(self) -> bool:
        """Whether it ended without a word of the warden, for no reason that the models gave."""
        return self.over and self._status is None and not self._timed_out

    @property
    def remaining(self) -> tuple[ModelJob, ...]:
        """The models without a report."""
        return self.job.models[self._reports :]

    def hear(self, channel: int, data: bytes) -> Iterator[ModelReport]:
        """Take in what a channel gave, empty at its end."""
        if channel == self._results:
            yield from self._hear_results(data)
        elif channel == self._output:
            self._said = (self._said + data)[-_KEPT_OUTPUT:]
        elif data:
            self._hear_warden(data)
        else:
            self.over = True

    def enforce_deadline(self, now: float) -> None:
        """Past the limit the warden is asked to end everything; when it does not, it is killed itself."""
        if now >= self.deadline and self._measures:
            self.deadline = now + _KILL_SECONDS
            self._measures.popleft()()

    def obituaries(self) -> Iterator[ModelReport]:
        """A report for each model that the worker's death took away: one, or all when it died before the first."""
        if self._orderly:
            return
        for model in self.remaining[: None if self._stage == "import" else 1]:
            self._reports += 1
            yield self._obituary(model)

    def close(self) -> None:
        self._link.close()
        os.close(self._results)
        os.close(self._output)

    def _hear_results(self, data: bytes) -> Iterator[ModelReport]:
        for event in self._unframer.feed(data):
            match event:
                case {"stage": str() as stage, "sandbox": str() as sandbox}:
                    self._enter(stage, sandbox)
                case {"report": dict() as report} if self.remaining:
                    self._reports += 1
                    yield report_from_json(report)
                case {"end": True}:
                    self._orderly = True

    def _enter(self, stage: str, sandbox: str) -> None:
        self._stage, self._sandbox = stage, sandbox
        if stage == "import" and not self._timed_out:
            self.deadline = time.monotonic() + self._timeout

    def _hear_warden(self, data: bytes) -> None:
        for line in data.splitlines():
            match json.loads(line):
                case {"warden": int() as pid}:
                    self._warden = pid
                case {"status": int() as status}:
                    self._status = status

    def _hang_up(self) -> None:
        self._timed_out = True
        self._link.shutdown(socket.SHUT_WR)

    def _kill_warden(self) -> None:
        if self._warden is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._warden, signal.SIGKILL)

    def _give_up(self) -> None:
        self.over = True

    def _obituary(self, model: ModelJob) -> ModelReport:
        verdict, message = self._cause_of_death()
        text = self._said.decode(errors="replace")
        found = re.search(rf'File "{re.escape(self.job.file)}", line (\d+)', text)
        line = int(found[1]) if found else None
        report = ModelReport(
            file=self.job.file,
            line=model.line,
            name=model.name,
            verdict=verdict,
            stage=self._stage,
            message="\n".join(filter(None, (message, _last_words(text)))),
            failed_line=line,
            input=describe_inputs(model.trials[0].inputs) if model.trials else "",
            input_source=model.input_source,
            seconds=float(self._timeout) if self._timed_out else 0.0,
            sandbox=self._sandbox,
            torch=self._torch,
        )
        return replace(report, message=f"{report.message}\n{self.job.quote(line)}") if line else report

    def _cause_of_death(self) -> tuple[Verdict, str]:
        if self._timed_out:
            return Verdict.TIMEOUT, f"not done after {self._timeout:g} seconds"
        if self._status is None:
            return Verdict.CRASHED, "the process that guards the model was lost"
        if not os.WIFSIGNALED(self._status):
            code = os.waitstatus_to_exitcode(self._status)
            return Verdict.CRASHED, f"the process ended with exit code {code} before the model was done"
        number = signal.Signals(os.WTERMSIG(self._status))
        verdict = Verdict.KILLED if number.name in _LIMIT_SIGNALS else Verdict.CRASHED
        return verdict, f"the process was ended by {number.name}"


def _hand_over(zygote: Zygote, assignment: Assignment) -> tuple[socket.socket, int, int]:
    """Start a warden: the link to it, and the reading ends of the worker's results and output."""
    link, their_link = socket.socketpair()
    results, their_results = os.pipe()
    output, their_output = os.pipe()
    try:
        zygote.launch(their_link.fileno(), their_results, their_output)
    except OSError:
        link.close()
        os.close(results)
        os.close(output)
        raise
    finally:
        their_link.close()
        os.close(their_results)
        os.close(their_output)
    link.settimeout(_HANDOVER_SECONDS)
    with contextlib.suppress(OSError):
        link.sendall(json.dumps(assignment_to_json(assignment)).encode() + b"\n")
    for channel in (link.fileno(), results, output):
        os.set_blocking(channel, False)
    return link, results, output


def _last_words(text: str) -> str:
    """The last thing that the process printed, apart from Python's own report of where it was."""
    said = re.split(r"^(?:Fatal Python error|Timeout \()", text, maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return "".join(filter(str.isprintable, lines[-1][:200])) if lines else ""
