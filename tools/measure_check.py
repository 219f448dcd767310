"""How fast files are checked, against what a user waits for anyway; every pair is measured in turns, in one run.

Usage: ``python tools/measure_check.py PATH…``, on a machine that does nothing else: files and folders to check, the
first file being the one whose whole check is compared with ``import torch``. Prints the seconds and the ratios.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from modlint import session
from modlint.diagnostics import Severity
from modlint.executor import collect_rarely

TURNS = 5
PARSE = """\
import sys, libcst
for path in sys.argv[1:]:
    libcst.parse_module(open(path, encoding="utf-8").read())
"""
MODLINT = (sys.executable, "-m", "modlint")


def main(paths: Sequence[str]) -> None:
    files = sorted(str(file) for path in map(Path, paths) for file in (path.rglob("*.py") if path.is_dir() else [path]))
    first = next(path for path in [*paths, *files] if Path(path).is_file())
    compare("modlint --version", (*MODLINT, "--version"), "import click", python("import click"))
    compare(f"check {Path(first).name}", check(first), "import torch", python("import torch"))
    compare(f"check {len(files)} files", check(*paths), "libcst.parse_module", python(PARSE, *files))
    in_process(files)


def check(*paths: str) -> tuple[str, ...]:
    return (*MODLINT, "check", "--no-cache", "--exit-zero", "--output-format", "json", *paths)


def python(program: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program, *arguments)


def compare(ours: str, our_command: Sequence[str], theirs: str, their_command: Sequence[str]) -> None:
    """The medians of two commands that are run in turns, and their ratio."""
    turns = [(seconds(run(our_command)), seconds(run(their_command))) for _ in range(TURNS)]
    our, their = (median(column) for column in zip(*turns))
    print(f"{ours}: {our:.2f} s; {theirs}: {their:.2f} s; ratio {our / their:.2f}")


def run(command: Sequence[str]) -> Callable[[], object]:
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    started = clock()
    work()
    return clock() - started


def in_process(files: Sequence[str]) -> None:
    """The median over the files of what one process needs for each, the second time that it checks it."""
    collect_rarely()
    session.warm()
    options = session.Options(mildest=Severity.WARNING)
    texts = {path: Path(path).read_bytes() for path in files}

    def check_all() -> list[float]:
        return [seconds(partial(session.check, path, text, options), time.process_time) for path, text in texts.items()]

    check_all()
    needed = [min(pair) for pair in zip(check_all(), check_all())]
    print(f"in one process, CPU: median {median(needed) * 1000:.0f} ms a file, {sum(needed):.1f} s together")


if __name__ == "__main__":
    main(sys.argv[1:])
