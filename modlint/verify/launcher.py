"""Starts the zygote in the user's interpreter and asks it for wardens."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from modlint.verify import environment

_BOOTSTRAP = (
    "import sys; sys.path[0] = sys.argv[1]; from modlint.verify import zygote; del sys.path[0]; "
    "zygote.main(int(sys.argv[2]))"
)
_ROOT = str(Path(__file__).resolve().parents[2])
_START_SECONDS = 180.0


class UnavailableError(RuntimeError):
    """Nothing can be run here: no torch in the interpreter, or no sandbox. The message says what to do."""


class Zygote:
    """The warm process. Raises UnavailableError when the interpreter cannot become one."""

    def __init__(self, python: str) -> None:
        ours, theirs = socket.socketpair()
        with contextlib.ExitStack() as on_failure, tempfile.TemporaryFile() as errors:
            on_failure.enter_context(ours)
            with theirs:
                self._process = _start(python, theirs.fileno(), errors)
            self._control = ours
            self.torch = self._greeting(python, errors)
            on_failure.pop_all()

    @property
    def pid(self) -> int:
        return self._process.pid

    def launch(self, link: int, results: int, output: int) -> None:
        """Ask for a warden that holds the descriptors. Raises OSError when the zygote is gone."""
        socket.send_fds(self._control, [b"f"], [link, results, output])

    def close(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()

    def _greeting(self, python: str, errors: IO[bytes]) -> str:
        self._control.settimeout(_START_SECONDS)
        try:
            greeting = self._control.recv(4096)
        except OSError:
            greeting = b""
        if not greeting:
            self.close()
            errors.seek(0)
            raise UnavailableError(_why_unavailable(python, errors.read().decode(errors="replace")))
        self._control.settimeout(None)
        return str(json.loads(greeting)["torch"])


def _start(python: str, control: int, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [python, "-c", _BOOTSTRAP, _ROOT, str(control)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd="/",
            env=environment.for_torch(os.environ),
            pass_fds=[control],
            start_new_session=True,
        )
    except OSError as error:
        raise UnavailableError(f"{python} cannot be started: {error.strerror}; choose another with --python") from error


def _why_unavailable(python: str, errors: str) -> str:
    last_line = (errors.strip().splitlines() or ["it gave no answer"])[-1]
    if "No module named 'torch'" in last_line:
        return f"{python} has no torch: install it there, or choose another interpreter with --python"
    return f"{python} cannot run models: {last_line}"
