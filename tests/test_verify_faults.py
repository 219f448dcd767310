"""Hostile and broken models: each gets its verdict, nothing outlives it, and nothing outside is read or changed."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from verify_support import ORDINARY_USER, Timed, job, model, processes_with, run, run_as, why_not_as

from modlint.verify.protocol import FileJob, Verdict, VerifyOptions

torch = pytest.importorskip("torch", reason="models cannot run without torch")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="there is no sandbox outside Linux"),
    pytest.mark.xdist_group("runs models"),  # what the bombs take away, other models would miss
]

MARK = f"9876{secrets.randbelow(10**8):08}"
LIMIT = 0.8
MEMORY = 1 << 29
RAN, FAILED, KILLED, CRASHED = Verdict.RAN, Verdict.FAILED, Verdict.KILLED, Verdict.CRASHED


def refused(attempt: str) -> str:
    """A forward that says whether the attempt raised OSError."""
    return f"""
    import ctypes, glob, os, pathlib, socket
    try:
        {attempt}
    except OSError:
        raise RuntimeError('refused')
    raise RuntimeError('allowed')
    """


NATIVE_CALL = "if ctypes.CDLL(None, use_errno=True).{call} != 0: raise OSError(ctypes.get_errno())"

FAULTS = {
    "exception": ("raise KeyError('k')", {FAILED}, "KeyError: 'k'"),
    "long message": ("raise ValueError('x' * 10_000_000)", {FAILED}, "(10000000 characters)"),
    "hostile message": (
        "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E", {FAILED, CRASHED}, ""),
    "SystemExit": ("raise SystemExit(0)", {FAILED}, "SystemExit: 0"),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", {FAILED}, "KeyboardInterrupt"),
    "recursion": ("f = lambda: f()\nf()", {FAILED}, "RecursionError"),
    "os._exit": ("import os; os._exit(0)", {CRASHED}, "exit code 0"),
    "segfault": ("import ctypes; ctypes.string_at(0)", {CRASHED}, "SIGSEGV\nline 9: import ctypes"),
    "abort": ("import os; os.abort()", {CRASHED}, "SIGABRT\nline 9: import os"),
    "own kill": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", {KILLED}, "SIGKILL"),
    "native stack overflow": (
        "import sys; sys.setrecursionlimit(10 ** 9)\nx = []\nfor _ in range(10 ** 6): x = [x]\nrepr(x)",
        {CRASHED, FAILED}, ""),
    "huge allocation": ("torch.empty(2 ** 50)", {Verdict.META_ONLY, FAILED}, ""),
    "slow allocation": ("kept = []\nwhile True: kept.append(b'x' * (1 << 26))", {FAILED, KILLED}, ""),
    "shared allocation": ("import mmap\nkept = []\nwhile True: kept.append(mmap.mmap(-1, 1 << 36))", {FAILED}, ""),
    "output": ("for _ in range(1000): print('x' * 100_000)", {RAN}, ""),
    "input": ("input()", {FAILED}, "EOFError"),
    "fork bomb": ("import os\nwhile True: os.fork()", {FAILED}, "BlockingIOError"),
    "fork that returns": ("import os\nos.fork()", {RAN}, ""),
    "thread bomb": (
        "import threading, time\n"
        "for _ in range(10 ** 6): threading.Thread(target=time.sleep, args=(99,)).start()", {FAILED}, "can't start"),
    "lingering thread": ("import threading, time; threading.Thread(target=time.sleep, args=(99,)).start()", {RAN}, ""),
    "atexit": ("import atexit, time; atexit.register(time.sleep, 99)", {RAN}, ""),
    "daemon": (
        f"import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        os.execv('/bin/sh', ['sh', '-c', 'while true; do sleep {MARK}; done'])\n    os._exit(0)", {RAN}, ""),
    "subprocess": (f"import subprocess; subprocess.Popen(['sleep', '{MARK}'])", {RAN}, ""),
    "patched json": (
        "import json; json.dumps = json.loads = lambda *a, **k: 1/0; json.JSONEncoder.encode = None",
        {RAN, FAILED, CRASHED}, ""),
    "patched torch": ("torch.nn.Module.__call__ = torch.randn = lambda *a, **k: 1/0", {FAILED}, "ZeroDivisionError"),
    "closed descriptors": ("import os; os.closerange(0, 4096)", {CRASHED, FAILED}, ""),
    "forged result": (
        "import json, os\n"
        "r = dict(file='a.py', line=1, name='Model()', verdict='ran', stage='eval', parameters_without_gradient=[])\n"
        "for fd in range(3, 4096):\n"
        "    for text in (json.dumps({'report': r}), json.dumps({'end': True}), json.dumps({'status': 0})):\n"
        "        try: os.write(fd, f'\\n{text}\\n'.encode())\n"
        "        except OSError: pass\n"
        "os._exit(0)", {CRASHED}, "exit code 0"),
    "results flood": (
        "import os\nfor fd in range(3, 4096):\n    try:\n        for _ in range(1000): os.write(fd, b'x' * 65536)\n"
        "    except OSError: pass", {RAN}, ""),
    "kill of parent": ("import os\ntry: os.kill(os.getppid(), 9)\nexcept OSError: pass", {RAN}, ""),
    "kill of all": ("import os\ntry: os.kill(-1, 9)\nexcept OSError: pass", {RAN}, ""),
    "many files": ("for n in range(20_000): open(f'{n}', 'w').close()", {FAILED}, "OSError"),
    "large file": ("f = open('f', 'wb')\nfor _ in range(1024): f.write(bytes(1 << 20))", {FAILED}, "OSError"),
    "temporary file": ("import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'x')", {RAN}, ""),
    "environment": (
        "import os\nnames = {'HOME', 'TMPDIR', 'USER', 'LANG', 'PATH', 'CUDA_LAUNCH_BLOCKING', 'CUDA_VISIBLE_DEVICES'}\n"
        "assert set(os.environ) <= names, set(os.environ) - names", {RAN}, ""),
}  # fmt: skip

REFUSED = {
    "tcp": "socket.create_connection(('127.0.0.1', 9))",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "dns": "socket.getaddrinfo('example.org', 80)",
    "unix socket": "socket.socket(socket.AF_UNIX)",
    "datagrams by a pair": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "connection of a pair": "socket.socketpair()[0].connect('/dev/log')",
    "write to the sources": "open('{folder}/project/model.py', 'a')",
    "write beside the sources": "open('{folder}/project/new.py', 'w')",
    "removal": "os.remove('{folder}/project/model.py')",
    "write to /etc": "open('/etc/modlint-test', 'w')",
    "write to the home": "open('{home}/modlint-test', 'w')",
    "write to /dev/shm": "open('/dev/shm/modlint-test', 'w')",
    "read of ~/.ssh": "open('{folder}/.ssh/id')",
    "read of a key in the project": "open('{folder}/project/.ssh/id')",
    "read beside the project": "open('{folder}/secret')",
    "read by a link of the project": "open('{folder}/project/link')",
    "list by a link of the project": "os.listdir('{folder}/project/keys')",
    "read of /etc/shadow": "open('/etc/shadow')",
    "read by a detour": "open('/proc/self/root/etc/shadow')",
    "list of the home": "os.listdir('{home}')",
    "environment of others": (
        "[open(p).read() for p in glob.glob('/proc/[0-9]*/environ') if p.split('/')[2] != os.readlink('/proc/self')]"
        " or open('/proc/1/environ')"
    ),
    "memory of the parent": "open(f'/proc/{{os.getppid()}}/mem')",
    "ptrace": NATIVE_CALL.format(call="ptrace(16, os.getppid(), 0, 0)"),
    "mount": NATIVE_CALL.format(call="mount(b'none', b'/tmp', b'tmpfs', 0, None)"),
    "namespaces": NATIVE_CALL.format(call="unshare(0x10000000)"),
    "chroot": "os.chroot('.')",
    "root": "os.setuid(0) if os.getuid() else os.chown('.', 1, 1)",
}

FILES = [".ssh/id", "project/.ssh/id", "project/model.py", "secret"]
LINKS = {"project/keys": "../.ssh", "project/link": "../secret"}

ENDLESS = {
    "endless loop": ("while True: pass", "line 9: while True: pass"),
    "ignored signals": (
        "import signal\nfor n in set(signal.valid_signals()) - {9, 19, 32, 33}: signal.signal(n, signal.SIG_IGN)\n"
        "while True: pass", ""),
    "call that holds the lock": ("sum(range(10 ** 12))", "line 9: sum(range(10 ** 12))"),
    "sleep": ("import time; time.sleep(99)", "line 9: import time; time.sleep(99)"),
    "output flood": ("while True: print('x' * 100_000)", ""),
    "stopped": ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", ""),
    "busy threads": (
        "import threading\ndef f():\n    while True: pass\nfor _ in range(9): threading.Thread(target=f).start()\nf()",
        ""),
    "fork bomb without end": (
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", ""),
    "watchdog off": ("import faulthandler; faulthandler.cancel_dump_traceback_later()\nwhile True: pass", ""),
}  # fmt: skip


def named(name: str, forward: str, *search_path: str) -> FileJob:
    return job(model(forward), file=name, search_path=search_path)


@pytest.fixture(scope="module", params=["whoever runs the tests", "an ordinary user"])
def uid(request: pytest.FixtureRequest) -> int:
    if request.param == "whoever runs the tests":
        return os.geteuid()
    if reason := why_not_as(ORDINARY_USER):
        pytest.skip(reason)
    return ORDINARY_USER


@pytest.fixture(scope="module", autouse=True)
def marked() -> Iterator[None]:
    """Every process that comes of the tests carries the mark in its environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"LC_{MARK}", "1")
        yield


@pytest.fixture(scope="module")
def folder(uid: int) -> Iterator[Path]:
    """A home with keys, a secret and a project that has sources and a key; all that belongs to the user.

    It lies where no other run of pytest closes the folders above it.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in FILES:
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("mine")
        for file, target in LINKS.items():
            (folder / file).symlink_to(target)
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, uid, -1)
        yield folder
        left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or path.is_file()}
    assert left == {*FILES, *LINKS}


def by_file(timed: list[Timed]) -> dict[str, Timed]:
    return {item.report.file: item for item in timed}


def run_as_user(uid: int, jobs: list[FileJob], options: VerifyOptions) -> dict[str, Timed]:
    return by_file(run(jobs, options) if uid == os.geteuid() else run_as(uid, jobs, options))


@pytest.fixture(scope="module")
def outcomes(uid: int, folder: Path) -> dict[str, Timed]:
    places = {"folder": str(folder), "home": str(Path.home())}
    project = str(folder / "project")
    jobs = [named(name, forward, project) for name, (forward, _, _) in FAULTS.items()]
    jobs += [named(name, refused(attempt.format(**places)), project) for name, attempt in REFUSED.items()]
    return run_as_user(uid, jobs, VerifyOptions(timeout=30, memory=MEMORY, jobs=2))


@pytest.fixture(scope="module")
def endless(uid: int) -> dict[str, Timed]:
    jobs = [named("first", "pass"), *(named(name, forward) for name, (forward, _) in ENDLESS.items())]
    return run_as_user(uid, jobs, VerifyOptions(timeout=LIMIT, memory=MEMORY))


@pytest.mark.parametrize("name", FAULTS)
def test_fault(outcomes: dict[str, Timed], name: str) -> None:
    _, verdicts, message = FAULTS[name]
    report = outcomes[name].report
    assert report.verdict in verdicts, report.message
    assert message in report.message
    assert len(report.message) < 5000


@pytest.mark.parametrize("name", REFUSED)
def test_refused(outcomes: dict[str, Timed], name: str) -> None:
    report = outcomes[name].report
    if report.sandbox != "full":
        pytest.skip(f"the sandbox here is only {report.sandbox}")
    assert (report.verdict, report.message.splitlines()[0]) == (FAILED, "RuntimeError: refused")


@pytest.mark.parametrize("name", ENDLESS)
def test_limit_is_kept(endless: dict[str, Timed], name: str) -> None:
    report, seconds = endless[name]
    assert report.verdict is Verdict.TIMEOUT, report.message
    assert "not done after 0.8 seconds" in report.message
    assert report.message.endswith(ENDLESS[name][1])
    assert LIMIT <= seconds < LIMIT + 0.5


def test_nothing_is_left(outcomes: dict[str, Timed], endless: dict[str, Timed]) -> None:
    assert {**outcomes, **endless}.keys() == {"first", *FAULTS, *REFUSED, *ENDLESS}
    assert processes_with(MARK) == []


def test_tier_is_reported_in_every_report(outcomes: dict[str, Timed]) -> None:
    (tier,) = {timed.report.sandbox for timed in outcomes.values()}
    assert tier in ("full", "basic")


def test_the_project_can_be_read(uid: int, folder: Path) -> None:
    item = named("read", f"assert open('{folder}/project/model.py').read() == 'mine'", str(folder / "project"))
    assert run_as_user(uid, [item], VerifyOptions(timeout=30, memory=MEMORY))["read"].report.verdict is RAN
