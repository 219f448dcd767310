"""Guards one worker: outlives it, leaves nothing of it behind, and tells the supervisor how it ended."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from modlint.verify import sandbox, worker
from modlint.verify.protocol import Assignment


def guard(assignment: Assignment, isolation: sandbox.Isolation, link: socket.socket, results: int, output: int) -> None:
    """Fork the worker, wait until it ends or the supervisor hangs up, kill what is left, and say how it ended."""
    sandbox.adopt_orphans()
    options, readable = assignment.options, assignment.job.search_path
    memory = options.memory or sandbox.available_memory() // (2 * options.jobs)
    wake = _wake_on_child()
    sandbox.open_ways(isolation, (*readable, assignment.folder))
    with sandbox.home(Path(assignment.folder), isolation) as home:
        surroundings = worker.Surroundings(isolation, home, memory)

        def work() -> None:
            link.close()
            worker.work(assignment, surroundings, results, output)

        pid = fork(work)
        os.close(results)
        os.close(output)
        _wait(pid, link, wake)
        status = sandbox.kill_all(pid, isolation)
    link.sendall(json.dumps({"status": status}).encode() + b"\n")


def fork(action: Callable[[], None]) -> int:
    """Fork a process that does nothing but the action; the pid of that process."""
    pid = os.fork()
    if pid == 0:
        _exit_after(action)
    return pid


def _exit_after(action: Callable[[], None]) -> NoReturn:
    status = 70
    try:
        action()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _wake_on_child() -> int:
    """A descriptor that becomes readable when a child ends."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer)
    return reader


def _wait(pid: int, link: socket.socket, wake: int) -> None:
    """Return when the process has ended, without reaping it, or when the supervisor hangs up."""
    while not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
        readable, _, _ = select.select([link.fileno(), wake], [], [])
        if link.fileno() in readable:
            return
        os.read(wake, 512)
