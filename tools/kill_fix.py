"""Kill ``modlint fix --write`` again and again while it writes a folder: no file may be torn, none left behind.

python tools/kill_fix.py [RUNS [SEED]]

Every run is forked from this process, which has loaded modlint, so that nearly all of its time goes into the files.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import libcst  # noqa: F401 - what every run needs is loaded before the first

from modlint import session
from modlint.cli import main as modlint

_BROKEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""
_FIXED = _BROKEN.replace("        self.fc =", "        super().__init__()\n        self.fc =")
_FILES = 20
_GLANCE = 0.0005
_A_FILE = 0.03
_NAMES = {f"model{number}.py" for number in range(_FILES)}


class Run(NamedTuple):
    """A process that fixes a folder; ``alive`` ends when it and all that it started have ended."""

    process: int
    alive: int

    def is_over(self) -> bool:
        """Whether the process has ended."""
        return os.waitid(os.P_PID, self.process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def wait(self) -> None:
        """Wait until nothing of the run is left."""
        os.waitpid(self.process, 0)
        os.read(self.alive, 1)
        os.close(self.alive)


def started(folder: Path) -> Run:
    """A run that fixes a folder of broken files."""
    for name in _NAMES:
        (folder / name).write_text(_BROKEN)
    alive, held = os.pipe()
    process = os.fork()
    if not process:
        _fix(folder)
    os.close(held)
    return Run(process, alive)


def _fix(folder: Path) -> None:
    """Fix the folder and end this process, in silence."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, sys.stdout.fileno())
    os.dup2(silence, sys.stderr.fileno())
    try:
        modlint(["fix", "--write", "--no-verify", "--jobs", "1", str(folder)])
    finally:
        os._exit(0)


def until_it_has_written(file: Path, run: Run) -> None:
    """Wait until a run has fixed a file, or is over."""
    while file.stat().st_size == len(_BROKEN) and not run.is_over():
        time.sleep(_GLANCE)


def killed_after(folder: Path, name: str, seconds: float) -> dict[str, str]:
    """What is in the folder after a run that was killed some seconds after it wrote a file."""
    run = started(folder)
    until_it_has_written(folder / name, run)
    time.sleep(seconds)
    os.kill(run.process, signal.SIGKILL)
    run.wait()
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix != ".pyc"}


def check_what_is_fixed(folder: Path) -> None:
    """Raise RuntimeError when a run that nobody kills does not fix every file."""
    started(folder).wait()
    if any((folder / name).read_text() != _FIXED for name in _NAMES):
        raise RuntimeError("modlint does not fix the files")


def odd_ones(found: Mapping[str, str]) -> list[str]:
    """Files that are torn, missing or left behind."""
    torn = [name for name, text in found.items() if text not in (_BROKEN, _FIXED)]
    return sorted({*torn, *(set(found) ^ _NAMES)})


def main(runs: int = 1_000, seed: int = 0) -> int:
    """0 when every run left every file whole; ``seed`` decides when each is killed."""
    chance = random.Random(seed)
    odd: list[str] = []
    halfway = 0
    session.warm()
    with tempfile.TemporaryDirectory() as first:
        check_what_is_fixed(Path(first))
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            found = killed_after(Path(folder), chance.choice(sorted(_NAMES)), chance.uniform(0.0, _A_FILE))
            odd += odd_ones(found)
            halfway += len(set(found.values())) > 1
    print(
        f"{runs} runs killed, {halfway} of them halfway; {len(odd)} files torn, missing or left behind", *odd, sep="\n"
    )
    return int(bool(odd))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
