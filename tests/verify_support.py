"""Makes jobs for the verify tests; as a program it runs jobs from stdin as a user."""

from __future__ import annotations

import ast
import os
import pickle
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from modlint.verify import linux, sandbox
from modlint.verify.plan import executable
from modlint.verify.protocol import FileJob, InputSpec, ModelJob, ModelReport, Trial, VerifyOptions
from modlint.verify.supervisor import verify

INPUT = (InputSpec((2, 4)),)
HEADER = "import torch\nfrom torch import nn\n"
ORDINARY_USER = 65534


class Timed(NamedTuple):
    """A report and the seconds since the one before."""

    report: ModelReport
    seconds: float


def job(
    source: str,
    *expressions: str,
    inputs: tuple[InputSpec, ...] = INPUT,
    file: str = "model.py",
    module: str = "",
    search_path: tuple[str, ...] = (),
) -> FileJob:
    """One file of one segment, planned as the program would, with a model for each expression."""
    source = HEADER + textwrap.dedent(source)
    models = tuple(model_job(item, Trial(item, inputs)) for item in expressions or ("Model()",))
    return FileJob(file, (executable(ast.parse(source), source),), models, module, search_path)


def model_job(
    name: str, *trials: Trial, upto: int = 1, arguments_guessed: bool = False, inputs_guessed: bool = False
) -> ModelJob:
    """A model of the first line, which the test knows how to build."""
    return ModelJob(name, 1, upto, trials, "given by the test", arguments_guessed, inputs_guessed)


def model(forward: str, init: str = "pass") -> str:
    """The source of a ``Model`` with a linear layer, whose ``forward`` does something before it calls the layer."""
    return (
        "class Model(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.layer = nn.Linear(4, 2)\n"
        f"{textwrap.indent(textwrap.dedent(init).strip(), ' ' * 8)}\n"
        "    def forward(self, x):\n"
        f"{textwrap.indent(textwrap.dedent(forward).strip(), ' ' * 8)}\n"
        "        return self.layer(x)\n"
    )


def run(jobs: Sequence[FileJob], options: VerifyOptions) -> list[Timed]:
    """The reports, each with the time that it took to come."""
    timed = []
    before = time.monotonic()
    for report in verify(jobs, options):
        now = time.monotonic()
        timed.append(Timed(report, now - before))
        before = now
    return timed


def run_as(uid: int, jobs: Sequence[FileJob], options: VerifyOptions) -> list[Timed]:
    """The same in a process of another user."""
    work = pickle.dumps((list(jobs), options))
    done = subprocess.run([sys.executable, __file__, str(uid)], input=work, stdout=subprocess.PIPE, cwd="/", check=True)
    return [Timed(*item) for item in pickle.loads(done.stdout)]


def why_not_as(uid: int) -> str:
    """Why jobs cannot be run by that user, empty when they can."""
    if os.geteuid() != 0:
        return "only root can become another user"
    command = [sys.executable, __file__, str(uid)]
    nothing = pickle.dumps(([], VerifyOptions()))
    done = subprocess.run(command, input=nothing, capture_output=True, cwd="/")
    return done.stderr.decode().strip().rpartition("\n")[2] if done.returncode else ""


def become(uid: int) -> None:
    """Turn root into another user, who can reach the interpreter and this code even where root's folders are closed.

    Raises OSError where mounts of one's own are not allowed.
    """
    linux.unshare(linux.CLONE_NEWNS)
    linux.keep_mounts_private()
    sandbox.open_ways(sandbox.Isolation.PRIVILEGED, (str(Path(__file__).parent.parent),))
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    subprocess.run([sys.executable, "-c", "import modlint.verify"], check=True)


def processes_with(text: str) -> list[str]:
    """The command lines and environments of running processes that contain the text."""
    found = []
    for path in (*Path("/proc").glob("[0-9]*/cmdline"), *Path("/proc").glob("[0-9]*/environ")):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # noqa: PERF203  (the process has ended, or is another user's)
            continue
    return [line for line in found if text in line]


if __name__ == "__main__":
    become(int(sys.argv[1]))
    given_jobs, given_options = pickle.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(pickle.dumps([tuple(item) for item in run(given_jobs, given_options)]))
