"""Kill ``modlint fix --write`` again and again while it writes a folder: no file may be torn, none left behind.

python tools/kill_fix.py [RUNS [SEED]]
"""

from __future__ import annotations

import random
import shutil
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
_FILES = 40
_LATEST = 2.0


def killed_once(folder: Path, seconds: float) -> list[str]:
    """Fix a folder of broken files, kill the run after some seconds, and say what is neither as before nor as after."""
    names = {f"model{number}.py" for number in range(_FILES)}
    for name in names:
        (folder / name).write_text(_BROKEN)
    command = [sys.executable, "-m", "modlint", "fix", "--write", "--no-verify", "--jobs", "1", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.kill()
    process.wait()
    return odd_ones({path.name: path.read_text() for path in folder.iterdir() if path.suffix != ".pyc"}, names)


def odd_ones(found: Mapping[str, str], names: set[str]) -> list[str]:
    """Files that are torn, missing or left behind."""
    torn = [name for name, text in found.items() if text not in (_BROKEN, _FIXED)]
    return sorted({*torn, *(set(found) ^ names)})


def main(runs: int = 1_000, seed: int = 0) -> int:
    """0 when every run left every file whole; ``seed`` decides when each is killed."""
    chance = random.Random(seed)
    odd: list[str] = []
    for _ in range(runs):
        folder = Path(tempfile.mkdtemp())
        try:
            odd += killed_once(folder, chance.uniform(0.0, _LATEST))
        finally:
            shutil.rmtree(folder)
    print(f"{runs} runs killed, {len(odd)} files torn, missing or left behind", *odd, sep="\n")
    return int(bool(odd))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
