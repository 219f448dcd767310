"""Kill ``modlint fix --write`` again and again while it writes a folder: no file may be torn, none left behind.

python tools/kill_fix.py [RUNS [SEED]]
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

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
_GLANCE = 0.001
_NAMES = {f"model{number}.py" for number in range(_FILES)}


def started(folder: Path) -> subprocess.Popen[bytes]:
    """A run that fixes a folder of broken files."""
    for name in _NAMES:
        (folder / name).write_text(_BROKEN)
    command = [sys.executable, "-m", "modlint", "fix", "--write", "--no-verify", "--jobs", "1", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def until_it_writes(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until a run changes the folder, or ends."""
    before = folder.stat().st_mtime_ns
    while folder.stat().st_mtime_ns == before and process.poll() is None:
        time.sleep(_GLANCE)


def killed_after(folder: Path, seconds: float) -> dict[str, str]:
    """What is in the folder after a run that was killed some seconds after it began to write."""
    process = started(folder)
    until_it_writes(folder, process)
    time.sleep(seconds)
    process.kill()
    process.wait()
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix != ".pyc"}


def writing_time(folder: Path) -> float:
    """How long a run writes that nobody kills; raises RuntimeError when it does not fix every file."""
    process = started(folder)
    until_it_writes(folder, process)
    start = time.monotonic()
    process.wait()
    if any((folder / name).read_text() != _FIXED for name in _NAMES):
        raise RuntimeError("modlint does not fix the files")
    return time.monotonic() - start


def odd_ones(found: Mapping[str, str]) -> list[str]:
    """Files that are torn, missing or left behind."""
    torn = [name for name, text in found.items() if text not in (_BROKEN, _FIXED)]
    return sorted({*torn, *(set(found) ^ _NAMES)})


def main(runs: int = 1_000, seed: int = 0) -> int:
    """0 when every run left every file whole; ``seed`` decides when each is killed."""
    chance = random.Random(seed)
    odd: list[str] = []
    halfway = 0
    with tempfile.TemporaryDirectory() as first:
        latest = writing_time(Path(first))
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            found = killed_after(Path(folder), chance.uniform(0.0, latest))
            odd += odd_ones(found)
            halfway += len(set(found.values())) > 1
    print(
        f"{runs} runs killed, {halfway} of them halfway; {len(odd)} files torn, missing or left behind", *odd, sep="\n"
    )
    return int(bool(odd))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
