"""What the processes that run models are given, and which calls they are refused."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from verify_support import job, model, run

from modlint.verify import environment
from modlint.verify.protocol import ModelReport, Verdict, VerifyOptions
from modlint.verify.supervisor import verify

SECRETS = {"NVIDIA_API_KEY": "k", "CUDA_TOKEN": "t", "HF_TOKEN": "h", "HIP_KEY": "x", "HOME": "/root"}
NEEDS_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="models cannot run without torch")
OPTIONS = VerifyOptions(timeout=30)
NEEDED = {"CUDA_VISIBLE_DEVICES": "1", "LD_LIBRARY_PATH": "/opt/lib", "LC_ALL": "C"}


def test_torch_is_given_no_secrets() -> None:
    given = environment.for_torch({**SECRETS, **NEEDED})
    assert given.items() >= NEEDED.items()
    assert given.keys().isdisjoint(SECRETS)


def test_models_are_given_the_choice_of_devices_alone() -> None:
    assert environment.for_models({**SECRETS, **NEEDED}) == {"CUDA_VISIBLE_DEVICES": "1"}
    assert environment.for_torch({"CUDA_LAUNCH_BLOCKING": "0"})["CUDA_LAUNCH_BLOCKING"] == "0"


@NEEDS_TORCH
@pytest.mark.xdist_group("runs models")
def test_the_choice_of_devices_reaches_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("NVIDIA_API_KEY", "k")
    forward = (
        "import os, pathlib\nassert os.environ['CUDA_VISIBLE_DEVICES'] == ''\n"
        "assert b'NVIDIA_API_KEY' not in pathlib.Path('/proc/self/environ').read_bytes()"
    )
    ((report, _),) = run([job(model(forward))], OPTIONS)
    assert report.verdict is Verdict.RAN, report.message


@pytest.mark.skipif(sys.platform != "linux", reason="there is no filter of calls outside Linux")
@pytest.mark.parametrize(
    ("call", "listening", "allowed"),
    [
        ("socket(AF_UNIX, SOCK_SEQPACKET).bind('\\0modlint-test')", True, True),
        ("socket(AF_UNIX, SOCK_SEQPACKET)", False, False),
        ("socket(AF_UNIX, SOCK_SEQPACKET).connect('/dev/log')", True, False),
        ("socket(AF_UNIX, SOCK_STREAM)", True, False),
        ("socket(AF_UNIX, SOCK_DGRAM)", True, False),
        ("socket(AF_INET, SOCK_STREAM)", True, False),
        ("socketpair()", False, True),
        ("socketpair(AF_UNIX, SOCK_DGRAM)", True, False),
        ("socketpair(AF_UNIX, SOCK_RAW)", False, False),
        ("socketpair(AF_UNIX, SOCK_STREAM)[0].connect('/dev/log')", True, False),
    ],
)
def test_sockets(call: str, listening: bool, allowed: bool) -> None:
    program = (
        "from socket import *\nfrom modlint.verify import linux, seccomp\n"
        f"linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)\n"
        f"seccomp.restrict(own_signals_only=False, may_listen={listening})\n{call}"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode == 0) is allowed, done.stderr
    assert allowed or "Operation not permitted" in done.stderr or "Connection refused" in done.stderr


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder of code that only its owner may enter."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    (folder / "sibling.py").write_text("WIDTH = 4\n")
    return folder


def run_in(folder: Path, forward: str, times: int = 1) -> list[ModelReport]:
    jobs = [job(model(forward), file=f"{number}.py", search_path=(str(folder),)) for number in range(times)]
    return [report for report, _ in run(jobs, OPTIONS)]


@NEEDS_TORCH
@pytest.mark.xdist_group("runs models")
@pytest.mark.parametrize("variables", [{}, {"TMPDIR": "{closed}/.tmp", "PYTHONPATH": "/nowhere/at/all"}])
def test_no_model_runs_as_root_where_its_code_is_closed(
    closed: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    (closed / ".tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(closed=closed))
    (report,) = run_in(closed, "import os, sibling\nassert os.getuid() and sibling.WIDTH == 4")
    assert report.verdict is Verdict.RAN, report.message


@NEEDS_TORCH
@pytest.mark.skipif(os.geteuid() != 0, reason="only root could be left with its rights")
@pytest.mark.xdist_group("runs models")
def test_code_that_root_alone_can_read_runs_in_less_than_the_full_sandbox(closed: Path) -> None:
    (closed / "sibling.py").chmod(0o600)
    (report,) = run_in(closed, "import sibling")
    assert (report.verdict, report.sandbox) == (Verdict.RAN, "basic"), report.message


@contextmanager
def coming_and_going() -> Iterator[None]:
    """Meanwhile processes start and end all the time."""
    with subprocess.Popen(["sh", "-c", "while /bin/true; do :; done"]) as shell:
        yield
        shell.kill()


@NEEDS_TORCH
@pytest.mark.xdist_group("runs models")
def test_processes_of_others_may_end_at_any_time(closed: Path) -> None:
    (closed / "sibling.py").chmod(0o600)
    with coming_and_going():
        reports = run_in(closed, "pass", times=12)
    assert [report.verdict for report in reports] == [Verdict.RAN] * 12, [report.message for report in reports]


@NEEDS_TORCH
@pytest.mark.xdist_group("runs models")
def test_what_kills_all_that_it_can_reaches_no_model_of_another_run() -> None:
    hostile = (
        "import os, signal\n"
        "for kill, whom in [(os.kill, -1), (os.killpg, 0), (os.kill, os.getppid())]:\n"
        "    try: kill(whom, signal.SIGKILL)\n"
        "    except OSError: pass"
    )
    runs = (verify([job(model(forward))] * 5, OPTIONS) for forward in (hostile, "import time; time.sleep(0.2)"))
    assert {quiet.verdict for _, quiet in zip(*runs, strict=True)} == {Verdict.RAN}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals on Windows")
def test_a_number_gets_no_signal_once_its_process_was_waited_for() -> None:
    program = """
import os, signal, time
from modlint.verify import sandbox
waited, late = set(), []
def noting(wait):
    def waiting(*args):
        pid, status = wait(*args)
        waited.add(pid)
        return pid, status
    return waiting
def watched(kill):
    def killing(pid, number):
        late.extend({pid} & waited)
        kill(pid, number)
    return killing
os.waitpid, os.kill, os.killpg = noting(os.waitpid), watched(os.kill), watched(os.killpg)
sandbox.adopt_orphans()
worker = os.fork()
if worker == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        time.sleep(99)
    os._exit(7)
os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
assert os.waitstatus_to_exitcode(sandbox.kill_all(worker, sandbox.Isolation.NONE)) == 7
assert not late, late
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
