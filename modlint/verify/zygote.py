"""The warm process: it has imported torch, and for every file it forks a warden. It never runs user code."""

from __future__ import annotations

import gc
import json
import os
import socket

from modlint.verify import child, sandbox
from modlint.verify.protocol import assignment_from_json
from modlint.verify.warden import fork, guard


def main(control_fd: int) -> None:
    """Serve until the supervisor hangs up: every request carries a link, a pipe for results and one for output."""
    control = socket.socket(fileno=control_fd)
    child.warm_up()
    isolation = sandbox.best_isolation(lambda action: os.waitpid(fork(action), 0)[1] == 0)
    gc.freeze()
    control.sendall(json.dumps({"torch": child.VERSION}).encode())
    while True:
        data, fds, _, _ = socket.recv_fds(control, 1, 3)
        if not data:
            return
        _launch(control, isolation, *fds)


def _launch(control: socket.socket, isolation: sandbox.Isolation, link_fd: int, results: int, output: int) -> None:
    """Fork the warden through a process that ends at once, so that nobody has to reap the warden."""

    def start() -> None:
        control.close()
        _start_warden(isolation, socket.socket(fileno=link_fd), results, output)

    os.waitpid(fork(start), 0)
    for fd in (link_fd, results, output):
        os.close(fd)


def _start_warden(isolation: sandbox.Isolation, link: socket.socket, results: int, output: int) -> None:
    with link.makefile("rb") as reader:
        assignment = assignment_from_json(json.loads(reader.readline()))
    os.setsid()
    isolation.enter()
    pid = fork(lambda: guard(assignment, isolation, link, results, output))
    link.sendall(json.dumps({"warden": pid}).encode() + b"\n")
