"""What the processes that run models are given, and which calls they are refused."""

from __future__ import annotations

import subprocess
import sys

import pytest
from verify_support import job, model, run

from modlint.verify import environment
from modlint.verify.protocol import Verdict, VerifyOptions

SECRETS = {"NVIDIA_API_KEY": "k", "CUDA_TOKEN": "t", "HF_TOKEN": "h", "HIP_KEY": "x", "HOME": "/root"}
NEEDED = {"CUDA_VISIBLE_DEVICES": "1", "LD_LIBRARY_PATH": "/opt/lib", "LC_ALL": "C"}


def test_torch_is_given_no_secrets() -> None:
    given = environment.for_torch({**SECRETS, **NEEDED})
    assert given.items() >= NEEDED.items()
    assert given.keys().isdisjoint(SECRETS)


def test_models_are_given_the_choice_of_devices_alone() -> None:
    assert environment.for_models({**SECRETS, **NEEDED}) == {"CUDA_VISIBLE_DEVICES": "1"}
    assert environment.for_torch({"CUDA_LAUNCH_BLOCKING": "0"})["CUDA_LAUNCH_BLOCKING"] == "0"


@pytest.mark.xdist_group("runs models")
def test_the_choice_of_devices_reaches_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="models cannot run without torch")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("NVIDIA_API_KEY", "k")
    forward = (
        "import os, pathlib\nassert os.environ['CUDA_VISIBLE_DEVICES'] == ''\n"
        "assert b'NVIDIA_API_KEY' not in pathlib.Path('/proc/self/environ').read_bytes()"
    )
    ((report, _),) = run([job(model(forward))], VerifyOptions(timeout=30))
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
