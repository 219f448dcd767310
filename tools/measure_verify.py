"""How fast models are run: from a cold start, by a warm process, without memory and on the device.

Usage: ``python tools/measure_verify.py [FILE…]``, on a machine that does nothing else. The files' models are run on
what is known of them; without files, a small convolutional net is run over and over. ``tools/verify_zoo.py`` measures
the models of a manifest.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from modlint import session
from modlint.executor import cores
from modlint.verify.protocol import FileJob, VerifyOptions
from modlint.verify.supervisor import verify

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1)
        self.norm = nn.BatchNorm2d(16)
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        return self.head(self.norm(self.conv(x)).relu().mean((2, 3)))


Net()(torch.randn(2, 3, 32, 32))
"""
REPETITIONS = 100
STARTS = 3


def main(paths: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        net = Path(folder, "net.py")
        net.write_text(NET)
        single, huge = (session.verify_jobs(str(net), text.encode()) for text in (NET, NET.replace("10)", "10**12)")))
        jobs = [session.verify_jobs(path, Path(path).read_bytes()) for path in paths] or [single] * REPETITIONS
        compare_starts(net, single)
    measure_device(single)
    measure_rate("meta device", [huge] * REPETITIONS)
    measure_rate("all stages", jobs)


def compare_starts(net: Path, job: FileJob) -> None:
    """The first verdict of the program against an import of torch, and a cold process against a warm child."""
    imported = quickest(lambda: subprocess.run([sys.executable, "-c", "import torch"], check=True))
    verdict = quickest(lambda: run_program(net))
    print(f"import torch: {imported:.2f} s; first verdict: {verdict:.2f} s, {verdict / imported:.1f} times as long")
    cold = quickest(lambda: run([job], VerifyOptions()))
    warm = (quickest(lambda: run([job] * REPETITIONS, VerifyOptions())) - cold) / (REPETITIONS - 1)
    print(f"cold process: {cold:.2f} s a model; warm child: {warm * 1000:.0f} ms; ratio {cold / warm:.0f}")


def measure_device(job: FileJob) -> None:
    """What the first use of the device costs a child, next to the CPU."""
    seconds = {}
    for device in (None, "cpu"):
        reports = list(verify([job] * STARTS, VerifyOptions(device=device)))
        seconds[reports[0].device] = min(report.seconds for report in reports)
    print("one model: " + "; ".join(f"{least:.2f} s on {device}" for device, least in seconds.items()))


def measure_rate(name: str, jobs: Sequence[FileJob]) -> None:
    """Models a second, on all cores."""
    started = time.perf_counter()
    verdicts = run(jobs, VerifyOptions(jobs=cores()))
    seconds = time.perf_counter() - started
    told = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    print(f"{name}: {verdicts.total() / seconds:.1f} models a second ({told} in {seconds:.1f} s)")


def run(jobs: Sequence[FileJob], options: VerifyOptions) -> Counter[str]:
    return Counter(report.verdict.value for report in verify(jobs, options))


def run_program(path: Path) -> None:
    subprocess.run([sys.executable, "-m", "modlint", "verify", path], check=True, stdout=subprocess.DEVNULL)


def quickest(action: Callable[[], object]) -> float:
    """The least seconds that the action takes in a few attempts."""
    seconds = []
    for _ in range(STARTS):
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
