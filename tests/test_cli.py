"""The command line as people and programs use it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import re
import runpy
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from modlint import __version__, executor, session
from modlint.cli import main
from modlint.executor import Failure, Source
from modlint.verify.protocol import ModelReport, Verdict
from modlint.writing import ChangedError, replace_contents

ROOT = Path(__file__).parent.parent
NEEDS_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="models cannot run without torch")
CLEAN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""
BROKEN = CLEAN.replace("        super().__init__()\n", "")
UNSIZED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(64, 2)

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))
"""
MANY = 12

Modlint = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def modlint(folder: Path) -> Modlint:
    """Run a command in the folder; files are given by name, text as text."""

    def run(*arguments: str, input: str | None = None, **files: str) -> Result:
        for name, text in files.items():
            (folder / f"{name}.py").write_text(text)
        return CliRunner().invoke(main, arguments, input=input)

    return run


def codes(result: Result) -> list[str]:
    return [one["code"] for one in json.loads(result.stdout)["diagnostics"]]


def check_json(modlint: Modlint, *arguments: str, **files: str) -> Any:
    return json.loads(modlint("check", *arguments, "--output-format", "json", **files).stdout)


# --------------------------------------------------------------------------------------------------------- check


def test_check_ends_with_0_when_there_is_nothing(modlint: Modlint) -> None:
    result = modlint("check", "clean.py", clean=CLEAN)
    assert result.exit_code == 0
    assert re.fullmatch(r"Nothing found in 1 file \(\d+\.\d\d s\)\.\n", result.stdout)


def test_check_ends_with_1_and_shows_the_place(modlint: Modlint) -> None:
    result = modlint("check", broken=BROKEN)
    assert result.exit_code == 1
    assert "broken.py:7:9: error ML101 missing-super-init\n" in result.stdout
    assert "     6 |     def __init__(self):\n" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "nowhere.py"], "nowhere.py does not exist"),
        (["check", "a.py", "nowhere.py"], "nowhere.py does not exist"),
        (["check", "--select", "ML9999"], "unknown rule `ML9999`"),
        (["check", "--ignore", "missing-sper-init"], "did you mean `missing-super-init`?"),
        (["check", "--input", "8*3"], "`8*3` is no input"),
        (["check", "--input", "8x3:flaot32"], "did you mean `float32`?"),
        (["check", "--output-format", "xml"], "'xml' is not one of"),
        (["check", "--jobs", "0"], "--jobs"),
        (["check", "-", "a.py"], "`-` stands alone"),
        (["chek"], "No such command 'chek'"),
        (["check", "--colour"], "No such option"),
        (["explain", "nonsense"], "unknown rule `nonsense`"),
        (["shapes", "nowhere.py"], "nowhere.py"),
        (["shapes", "a.py", "--model", "Nte()"], "Nte"),
        (["shapes", "a.txt"], ".txt"),
        (["fix", "nowhere.py"], "nowhere.py does not exist"),
        (["fix", "-", "--interactive"], "standard input"),
        (["verify", "nowhere.py"], "nowhere.py does not exist"),
    ],
    ids=" ".join,
)
def test_misuse_is_one_line_and_ends_with_2(arguments: list[str], told: str, modlint: Modlint, folder: Path) -> None:
    (folder / "a.txt").write_text("x")
    result = modlint(*arguments, a=CLEAN)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


UNREADABLE = {
    "latin.py": b"x = '\xe9'\n",
    "page.ipynb": b"{not json",
    "notes.txt": b"text",
    "wrong.py": b"# -*- coding: utf-9 -*-\nx = 1\n",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_spoils_nothing_else(name: str, modlint: Modlint, folder: Path) -> None:
    (folder / name).write_bytes(UNREADABLE[name])
    result = modlint("check", "broken.py", name, broken=BROKEN)
    assert result.exit_code == 2
    assert "ML101" in result.stdout
    assert re.fullmatch(rf"{name}: failed: [^\n]+\n", result.stderr)


def test_a_defect_of_modlint_is_one_line_too(modlint: Modlint, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_check(*_: object) -> session.Checked:
        raise KeyError("lost\nkey")

    monkeypatch.setattr(session, "check", broken_check)
    result = modlint("check", "clean.py", clean=CLEAN)
    assert result.exit_code == 2
    assert re.fullmatch(r"clean.py: failed: internal error: KeyError: .* please report this .*\n", result.stderr)


def test_json_holds_everything_that_was_agreed(modlint: Modlint) -> None:
    data = check_json(modlint, broken=BROKEN, clean=CLEAN)
    (found,) = data.pop("diagnostics")
    assert data == {"version": 1, "files": 2}
    assert (found["file"], found["line"], found["column"], found["cell"]) == ("broken.py", 7, 9, None)
    (edit,) = found["fix"]["edits"]
    assert BROKEN[: edit["start"]] + edit["text"] + BROKEN[edit["end"] :] == CLEAN


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--select", "ML101"], True),
        (["--select", "ML2"], False),
        (["--select", "ML2,missing-super-init"], True),
        (["--select", "ML2", "--select", "ML1"], True),
        (["--ignore", "ML1"], False),
        (["--ignore", "norm-rank"], True),
        (["--exclude", "bro*"], False),
        (["--fail-on", "error"], True),
    ],
)
def test_rules_and_files_are_selected(arguments: list[str], found: bool, modlint: Modlint) -> None:
    result = modlint("check", *arguments, broken=BROKEN)
    assert (result.exit_code == 1) is found
    assert ("ML101" in result.stdout) is found


def test_the_input_decides_about_sizes(modlint: Modlint) -> None:
    wrong = modlint("check", "net.py", "--input", "8x3x32x32", "--output-format", "json", net=UNSIZED)
    assert codes(wrong) == ["ML201"]
    assert codes(modlint("check", "net.py", "--input", "8x3x6x6", "--output-format", "json")) == []


def test_the_configuration_holds_unless_the_command_line_differs(modlint: Modlint, folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.modlint]\nignore = ["ML1"]\noutput-format = "concise"\n')
    assert modlint("check", broken=BROKEN).stdout == ""
    assert modlint("check", "--ignore", "ML2").stdout == ""
    told = modlint("check", "--select", "ML1").stdout
    assert re.fullmatch(r"broken.py:7:9: error ML101 .*\n", told)
    (folder / "pyproject.toml").write_text("[tool.modlint]\nignroe = []\n")
    result = modlint("check")
    assert result.exit_code == 2
    assert "did you mean `ignore`?" in result.stderr


def test_every_package_has_its_own_settings(modlint: Modlint, folder: Path) -> None:
    for package, settings in {"a": 'exclude = ["/old.py"]', "b": 'ignore = ["ML101"]', "c": ""}.items():
        (folder / package).mkdir()
        (folder / package / "modlint.toml").write_text(settings)
        for name in ("old.py", "new.py"):
            (folder / package / name).write_text(BROKEN)
    told = modlint("check", "--output-format", "concise", "--force-exclude", ".", "a/old.py").stdout
    assert re.findall(r"^(.*?):.* ML101", told, re.MULTILINE) == ["a/new.py", "c/new.py", "c/old.py"]
    told = modlint("check", "--output-format", "concise", "a/old.py").stdout
    assert told.startswith("a/old.py:")
    told = modlint("check", "--isolated", "--output-format", "concise").stdout
    assert told.count("ML101") == 6
    (folder / "modlint.toml").write_text('exclude = ["a/"]')
    assert modlint("check", "--show-files").stdout == "b/new.py\nb/old.py\nc/new.py\nc/old.py\n"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ('per-file-ignores = {"broken.py" = ["ML1"]}', None),
        ('per-file-ignores = {"*.md" = ["ML1"]}', "error"),
        ('per-file-ignores = {"broken.py" = ["ML1"]}\nextend-select = ["ML101"]', None),
        ('severity = {ML101 = "warning"}', "warning"),
        ('severity = {ML1 = "info"}', "info"),
        ('severity = {ML2 = "info"}', "error"),
        ('exclude = ["broken.py"]\nforce-exclude = true', None),
        ('exclude = ["broken.py"]', "error"),
    ],
)
def test_settings_hold_for_a_file(settings: str, found: str | None, modlint: Modlint, folder: Path) -> None:
    (folder / "modlint.toml").write_text(settings)
    data = check_json(modlint, "broken.py", broken=BROKEN)
    assert [one["severity"] for one in data["diagnostics"]] == ([found] if found else [])


def test_what_is_milder_than_its_rule_stays_so(modlint: Modlint) -> None:
    likely = UNSIZED.replace("Conv2d(3", "Conv2d(1") + "\n\nimages = torchvision.datasets.MNIST('.')\n"
    for wanted, told in {"error": "warning", "info": "info"}.items():
        arguments = ["--select", "ML201", "--config", f'severity.ML201="{wanted}"', "net.py"]
        data = check_json(modlint, *arguments, net=f"import torchvision\n{likely}")
        assert [one["severity"] for one in data["diagnostics"]] == [told]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--config", 'selct = ["ML1"]'], "did you mean `select`?"),
        (["--config", 'per-file-ignores = {"a.py" = ["ML999"]}'], "unknown rule `ML999`"),
        (["--config", 'severity = {missing-super-int = "info"}'], "did you mean `missing-super-init`?"),
        (["--config", "nowhere.toml"], "KEY=VALUE"),
        (["--extend-select", "ML999"], "unknown rule `ML999`"),
        (["--output-file", "no/where.txt"], "no/where.txt"),
    ],
)
def test_wrong_settings_are_misuse(arguments: list[str], told: str, modlint: Modlint) -> None:
    result = modlint("check", *arguments, a=CLEAN)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_the_report_goes_to_a_file_without_colour(modlint: Modlint, folder: Path) -> None:
    told = modlint("check", "--output-format", "concise", broken=BROKEN).stdout
    result = modlint("check", "--output-format", "concise", "--output-file", "report.txt")
    assert (result.exit_code, result.stdout) == (1, "")
    assert (folder / "report.txt").read_text() == told


def test_exit_zero_is_for_findings_and_not_for_failures(modlint: Modlint, folder: Path) -> None:
    assert modlint("check", "--exit-zero", broken=BROKEN).exit_code == 0
    (folder / "latin.py").write_bytes(UNREADABLE["latin.py"])
    assert modlint("check", "--exit-zero").exit_code == 2


def test_statistics_take_the_place_of_the_findings(modlint: Modlint) -> None:
    result = modlint("check", "--statistics", "--quiet", a=BROKEN, b=BROKEN)
    assert (result.exit_code, result.stdout) == (1, "     2  ML101  missing-super-init\n")
    told = modlint("check", "--statistics", "--output-format", "json").stdout
    assert json.loads(told) == [{"code": "ML101", "name": "missing-super-init", "count": 2}]


def test_quiet_leaves_the_findings_alone(modlint: Modlint) -> None:
    assert modlint("check", "--quiet", clean=CLEAN).output == ""
    told = modlint("check", "--quiet", broken=BROKEN).stdout
    assert "ML101" in told and "Found" not in told
    assert modlint("fix", "--quiet", "clean.py").output == ""


def test_verbose_names_settings_and_files(modlint: Modlint, folder: Path) -> None:
    assert "No configuration file.\nFiles to read: 1.\n" in modlint("check", "-v", clean=CLEAN).stderr
    (folder / "modlint.toml").write_text("")
    assert f"Settings from {folder / 'modlint.toml'}.\n" in modlint("check", "-v").stderr


def test_files_and_settings_are_shown(modlint: Modlint, folder: Path) -> None:
    (folder / "modlint.toml").write_text('exclude = ["old.py"]\nselect = ["ML20"]\nignore = ["ML204"]')
    assert modlint("check", "--show-files", new=CLEAN, old=CLEAN).stdout == "new.py\n"
    told = modlint("check", "--show-settings").stdout
    assert told.startswith("# new.py\n")
    assert f'exclude = ["{folder}/: old.py"]\n' in told
    assert 'fail-on = "warning"\n' in told
    assert f'files = ["{folder}/modlint.toml"]\n' in told
    assert 'rules = ["ML201", "ML202", "ML203", "ML205", ' in told


def test_standard_input_has_the_name_that_it_is_given(modlint: Modlint) -> None:
    result = modlint("check", "-", "--stdin-filename", "net/model.py", "--output-format", "concise", input=BROKEN)
    assert result.exit_code == 1
    assert result.stdout.startswith("net/model.py:7:9: error ML101")
    page = f"Text\n\n```python\n{BROKEN}```\n"
    result = modlint("check", "-", "--stdin-filename", "page.md", "--output-format", "concise", input=page)
    assert result.stdout.startswith("page.md:10:9: error ML101")


def test_messages_are_chinese_on_request(modlint: Modlint) -> None:
    assert "没有调用" in modlint("check", "--lang", "zh", broken=BROKEN).stdout


@pytest.mark.parametrize(("variable", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_colour_is_for_terminals_that_want_it(variable: dict[str, str], coloured: bool, folder: Path) -> None:
    (folder / "broken.py").write_text(BROKEN)
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | variable
    assert ("\x1b[" in _on_a_terminal("check", "broken.py", environment=environment)) is coloured


def test_a_pipe_gets_no_colour(modlint: Modlint) -> None:
    assert "\x1b" not in modlint("check", broken=BROKEN).stdout


def _on_a_terminal(*arguments: str, environment: dict[str, str]) -> str:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "modlint", *arguments], stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        told = b""
        while chunk := _read(ours):
            told += chunk
        process.wait()
    os.close(ours)
    return told.decode()


def _read(channel: int) -> bytes:
    try:
        return os.read(channel, 1 << 16)
    except OSError:  # Linux says so when the other side of a terminal has gone
        return b""


def test_a_reader_that_leaves_is_no_failure_with_a_traceback(folder: Path) -> None:
    (folder / "broken.py").write_text(BROKEN)
    command = f"{sys.executable} -m modlint check broken.py | true"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_any_output_can_hold_any_message(folder: Path) -> None:
    (folder / "broken.py").write_text(BROKEN)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "modlint", "check", "--lang", "zh", "broken.py"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (1, "")
    assert "ML101" in done.stdout


# ----------------------------------------------------------------------------------------------------------- fix


def test_fix_shows_a_patch_and_writes_nothing(modlint: Modlint, folder: Path) -> None:
    result = modlint("fix", "broken.py", broken=BROKEN)
    assert result.exit_code == 1
    assert "+        super().__init__()\n" in result.stdout
    assert result.stderr == "Would make 1 fix in 1 file. Run with --write to make them.\n"
    assert (folder / "broken.py").read_text() == BROKEN


def test_fix_has_nothing_to_do_on_clean_code(modlint: Modlint) -> None:
    result = modlint("fix", "clean.py", clean=CLEAN)
    assert (result.exit_code, result.stdout) == (0, "")


def test_fix_writes_and_then_finds_nothing_more(modlint: Modlint, folder: Path) -> None:
    result = modlint("fix", "--write", "--no-verify", broken=BROKEN)
    assert result.exit_code == 0
    assert "broken.py:7: ML101 missing-super-init: fix (safe): call `super().__init__()` first\n" in result.stdout
    assert (folder / "broken.py").read_text() == CLEAN
    assert modlint("fix", "broken.py").exit_code == 0
    assert modlint("check", "broken.py").exit_code == 0


def test_a_hook_that_fixes_may_stop_the_commit(modlint: Modlint) -> None:
    arguments = ["fix", "--write", "--no-verify", "--exit-non-zero-on-fix", "broken.py"]
    assert modlint(*arguments, broken=BROKEN).exit_code == 1
    assert modlint(*arguments).exit_code == 0


def test_fix_shows_the_patch_on_request_when_it_writes(modlint: Modlint) -> None:
    assert "+        super()" not in modlint("fix", "--write", "--no-verify", a=BROKEN).stdout
    assert "+        super()" in modlint("fix", "--write", "--no-verify", "--diff", b=BROKEN).stdout


def test_fix_gives_standard_input_back(modlint: Modlint) -> None:
    assert modlint("fix", "-", "--write", input=BROKEN).stdout == CLEAN
    assert modlint("fix", "-", "--write", input=CLEAN).stdout == CLEAN
    assert modlint("fix", "-", input=BROKEN).exit_code == 1


@pytest.mark.parametrize(("answer", "written"), [("y\n", CLEAN), ("n\n", BROKEN)])
def test_fix_asks_about_what_is_only_suggested(
    answer: str, written: str, modlint: Modlint, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modlint.commands.fix._trusted", lambda wishes: frozenset())
    result = modlint("fix", "--write", "--interactive", "--no-verify", "a.py", a=BROKEN, input=answer)
    assert "fix (safe): call `super().__init__()` first [y/N]" in result.stdout
    assert (folder / "a.py").read_text() == written


def test_fix_keeps_the_mode_and_writes_through_links(modlint: Modlint, folder: Path) -> None:
    target = folder / "real.py"
    target.write_text(BROKEN)
    target.chmod(0o750)
    (folder / "link.py").symlink_to(target)
    assert modlint("fix", "--write", "--no-verify", "link.py").exit_code == 0
    assert (folder / "link.py").is_symlink()
    assert target.read_text() == CLEAN
    assert stat.S_IMODE(target.stat().st_mode) == 0o750


def test_a_read_only_file_stays(modlint: Modlint, folder: Path) -> None:
    file = folder / "a.py"
    file.write_text(BROKEN)
    file.chmod(0o444)
    result = modlint("fix", "--write", "--no-verify", "a.py")
    assert (result.exit_code, file.read_text()) == (2, BROKEN)
    assert "a.py is read-only" in result.stderr
    assert "Made" not in result.stderr
    assert list(folder.iterdir()) == [file]


def test_killed_runs_leave_every_file_whole() -> None:
    command = [sys.executable, str(ROOT / "tools" / "kill_fix.py"), "5"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stdout.startswith("5 runs killed, "), ended.stderr
    assert ended.stdout.endswith("; 0 files torn, missing or left behind\n")


def test_fixes_of_real_files_are_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "fix_real_files.py"))
    for name, text in (("broken", BROKEN), ("clean", CLEAN), ("unknown", UNKNOWN_SIZE)):
        (tmp_path / f"{name}.py").write_text(text)
    assert tool["main"](str(tmp_path), None) == 0
    told, counts = capsys.readouterr().out.splitlines()
    assert (told, sorted(counts.split(", "))) == (f"{tmp_path}/broken.py: fixed", ["1 clean", "1 fixed", "1 unfixed"])
    flipping = iter([BROKEN, CLEAN] * 4)
    monkeypatch.setattr("modlint.session.apply_edits", lambda text, edits: next(flipping))
    assert tool["main"](str(tmp_path), 1) == 1
    assert (tmp_path / "broken.py").read_text() == BROKEN


def test_without_files_that_have_no_name_files_are_replaced_as_well(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    file = folder / "a.py"
    file.write_bytes(b"before")
    replace_contents("a.py", b"before", b"after")
    assert file.read_bytes() == b"after"
    assert list(folder.iterdir()) == [file]


def test_a_file_that_was_changed_meanwhile_stays(folder: Path) -> None:
    file = folder / "a.py"
    file.write_bytes(b"theirs")
    with pytest.raises(ChangedError):
        replace_contents("a.py", b"read", b"ours")
    assert file.read_bytes() == b"theirs"
    assert list(folder.iterdir()) == [file]


def test_a_write_that_fails_leaves_everything_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    file = folder / "a.py"
    file.write_bytes(b"before")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        replace_contents("a.py", b"before", b"after")
    assert file.read_bytes() == b"before"
    assert list(folder.iterdir()) == [file]


def test_fix_says_which_names_of_a_file_it_cannot_reach(modlint: Modlint, folder: Path) -> None:
    other = folder / "other.py"
    (folder / "a.py").write_text(BROKEN)
    other.hardlink_to(folder / "a.py")
    result = modlint("fix", "--write", "--no-verify", "a.py")
    assert result.stderr.splitlines()[0] == "a.py: has 1 other name (hard links): what they name stays as it was"
    assert ((folder / "a.py").read_text(), other.read_text()) == (CLEAN, BROKEN)
    assert "hard links" not in modlint("fix", "--write", "--no-verify", "b.py", b=BROKEN).stderr


UNKNOWN_SIZE = CLEAN.replace("self.fc(x)", "self.fc(x).view(7, 7)")


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        pytest.param(CLEAN, (), 0, id="nothing to do"),
        pytest.param(BROKEN, (), 1, id="something would change"),
        pytest.param(BROKEN, ("--write",), 0, id="all is fixed"),
        pytest.param(UNKNOWN_SIZE, (), 0, id="nothing would change"),
        pytest.param(UNKNOWN_SIZE, ("--write",), 1, id="something is left"),
        pytest.param(UNKNOWN_SIZE, ("--write", "--ignore", "ML209"), 0, id="nothing is left that was asked for"),
        pytest.param(b"\xff\xfe\x00", ("--write",), 2, id="no text"),
    ],
)
def test_exit_codes_of_fix(
    text: str | bytes, arguments: tuple[str, ...], code: int, modlint: Modlint, folder: Path
) -> None:
    (folder / "a.py").write_bytes(text.encode() if isinstance(text, str) else text)
    assert modlint("fix", "--no-verify", *arguments, "a.py").exit_code == code


def test_fix_tells_programs_what_was_done_and_what_is_left(modlint: Modlint, folder: Path) -> None:
    both = UNKNOWN_SIZE.replace("        super().__init__()\n", "")
    result = modlint(
        "fix", "--write", "--no-verify", "--output-format", "json", "a.py", "clean.py", a=both, clean=CLEAN
    )
    data = json.loads(result.stdout)
    assert (data["version"], data["files"], data["written"]) == (1, 2, True)
    (told,) = data["found"]
    assert (told["file"], told["changed"]) == ("a.py", True)
    assert [(one["code"], one["line"], one["fix"]["applicability"]) for one in told["fixes"]] == [("ML101", 7, "safe")]
    assert [one["code"] for one in told["left"]] == ["ML209"]
    assert "+        super().__init__()\n" in told["diff"]
    assert (told["taken_back"], told["models"]) == ([], [])


def test_programs_are_told_of_fixes_that_a_run_refutes(modlint: Modlint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modlint.commands.confirming.verify", verdicts(Verdict.FAILED, Verdict.RAN))
    result = modlint("fix", "--write", "--output-format", "json", "a.py", a=BROKEN)
    (told,) = json.loads(result.stdout)["found"]
    assert (told["changed"], told["fixes"], told["diff"]) == (False, [], "")
    assert [one["code"] for one in told["taken_back"]] == ["ML101"]
    assert [model["verdict"] for model in told["models"]] == ["failed"]


def test_json_leaves_no_room_for_questions(modlint: Modlint) -> None:
    assert modlint("fix", "--output-format", "json", "--interactive", "a.py", a=BROKEN).exit_code == 2
    assert modlint("fix", "--output-format", "json", "--write", "-", input=BROKEN).exit_code == 2


def test_what_was_done_and_why_is_said_once_where_it_is_the_same(modlint: Modlint) -> None:
    result = modlint(
        "fix", "--write", "--no-verify", "a.py", a=CLEAN.replace("def forward(self, x):", "def forward(self, x)")
    )
    (line,) = result.stdout.splitlines()
    assert "`:`" in line


@NEEDS_TORCH
@pytest.mark.xdist_group("runs models")
def test_fixed_models_are_run(modlint: Modlint) -> None:
    result = modlint("fix", "--write", "broken.py", broken=BROKEN)
    assert result.exit_code == 0
    assert "broken.py:5: ran Net\n" in result.stdout


def verdicts(*of: Verdict) -> Callable[..., list[ModelReport]]:
    """Stands for the verifier: the models of each call end in the next verdict."""
    coming = iter(of)

    def verify(jobs: Sequence[Any], _: object) -> list[ModelReport]:
        verdict = next(coming)
        return [ModelReport(job.file, 5, "Net", verdict, "forward", message="boom") for job in jobs]

    return verify


@pytest.mark.parametrize(
    ("after", "before", "taken_back"),
    [
        (Verdict.FAILED, Verdict.RAN, True),
        (Verdict.TIMEOUT, Verdict.META_ONLY, True),
        (Verdict.FAILED, Verdict.FAILED, False),
        (Verdict.FAILED, Verdict.ENV_ERROR, False),
        (Verdict.RAN, Verdict.FAILED, False),
        (Verdict.ENV_ERROR, Verdict.RAN, False),
        (Verdict.NO_INPUTS, Verdict.RAN, False),
    ],
)
def test_a_fix_that_a_run_refutes_is_taken_back(
    after: Verdict,
    before: Verdict,
    taken_back: bool,
    modlint: Modlint,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("modlint.commands.confirming.verify", verdicts(after, before))
    result = modlint("fix", "--write", "a.py", a=BROKEN)
    assert (folder / "a.py").read_text() == (BROKEN if taken_back else CLEAN)
    assert ("a.py: taken back: `Net` ran before the fix and fails after it: boom" in result.stderr) is taken_back
    assert result.exit_code == int(taken_back)


TWICE = CLEAN.replace("        super().__init__()\n", "").replace("self.fc(x)", "self.fc(torch.relU(x))")


def failing_on(text: str) -> Callable[..., list[ModelReport]]:
    """Stands for the verifier: models fail in files that hold some text."""

    def verify(jobs: Sequence[Any], _: object) -> list[ModelReport]:
        ends = {job.file: any(text in segment.text for segment in job.segments) for job in jobs}
        verdicts = {file: Verdict.FAILED if fails else Verdict.RAN for file, fails in ends.items()}
        return [ModelReport(job.file, 5, "Net", verdicts[job.file], "forward", message="boom") for job in jobs]

    return verify


@pytest.mark.parametrize(
    ("culprit", "kept"),
    [
        ("super().__init__()", TWICE.replace("relU", "relu")),
        ("torch.relu", TWICE.replace("        self.fc =", "        super().__init__()\n        self.fc =")),
    ],
)
def test_only_the_fix_that_a_run_refutes_is_taken_back(
    culprit: str, kept: str, modlint: Modlint, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modlint.commands.confirming.verify", failing_on(culprit))
    result = modlint("fix", "--write", "a.py", a=TWICE)
    assert (folder / "a.py").read_text() == kept
    assert result.stderr.count("taken back") == 1
    assert result.exit_code == 1


def test_fixes_stay_where_nothing_can_be_run(modlint: Modlint, folder: Path) -> None:
    result = modlint("fix", "--write", "--python", str(folder / "no-python"), "a.py", a=BROKEN)
    assert result.exit_code == 0
    assert re.search(r"^not run: .+", result.stderr, re.MULTILINE)
    assert (folder / "a.py").read_text() == CLEAN


# ----------------------------------------------------------------------------------------- verify, shapes, rules


@NEEDS_TORCH
@pytest.mark.xdist_group("runs models")
def test_verify_runs_the_models_of_files(modlint: Modlint) -> None:
    result = modlint("verify", "clean.py", "broken.py", "--output-format", "json", clean=CLEAN, broken=BROKEN)
    data = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {(model["file"], model["name"], model["verdict"]) for model in data["models"]} == {
        ("clean.py", "Net", "ran"),
        ("broken.py", "Net", "failed"),
    }


@NEEDS_TORCH
@pytest.mark.xdist_group("runs models")
def test_verify_runs_the_model_that_is_asked_for(modlint: Modlint) -> None:
    result = modlint("verify", "net.py", "--model", "Net()", "--input", "8x3x6x6", net=UNSIZED)
    assert result.exit_code == 0
    assert "output [8, 2]" in result.stdout
    assert modlint("verify", "net.py", "--model", "Net()", "--input", "8x3x9x9").exit_code == 1


@NEEDS_TORCH
@pytest.mark.xdist_group("runs models")
def test_verify_says_what_is_not_executed(modlint: Modlint) -> None:
    result = modlint("verify", "a.py", a=f"{CLEAN}\nprint('training')\n")
    assert result.exit_code == 0
    assert re.match(r"a\.py: not executed: .*line \d+ \(it calls print\)\n", result.stdout)
    assert "training" not in result.stdout


def test_verify_ends_with_2_when_there_is_nothing_to_run(modlint: Modlint) -> None:
    assert modlint("verify", "empty.py", empty="x = 1\n").exit_code == 2


def test_shapes_are_told_as_json(modlint: Modlint) -> None:
    arguments = ["--model", "Net()", "--input", "8x3x6x6", "--output-format", "json"]
    data = json.loads(modlint("shapes", "net.py", *arguments, net=UNSIZED).stdout)
    conv = {"cls": "Conv2d", "in": [[8, 3, 6, 6]], "out": [8, 4, 4, 4], "line": 8}
    assert data["modules"]["conv"] == conv
    assert data["lines"] == {"12:<return>": [[8, 2]]}


def test_shapes_stand_beside_the_source(modlint: Modlint) -> None:
    told = modlint("shapes", "net.py", "--model", "Net()", "--input", "8x3x6x6", net=UNSIZED).stdout
    assert re.search(r"return self\.fc\(self\.conv\(x\)\.flatten\(1\)\) +# return: \[8, 2\]\n", told)


def test_rules_are_listed_and_explained(modlint: Modlint, folder: Path) -> None:
    assert re.search(r"^ML101 +error +missing-super-init ", modlint("rules").stdout, re.MULTILINE)
    listed = json.loads(modlint("rules", "--output-format", "json").stdout)["rules"]
    assert {"code", "name", "severity", "title"} <= listed[0].keys()
    assert "AttributeError" in modlint("explain", "ml101").stdout
    assert "如何修复" in modlint("explain", "missing-super-init", "--lang", "zh").stdout
    (folder / "modlint.toml").write_text('language = "zh"')
    assert "如何修复" in modlint("explain", "missing-super-init").stdout


def test_the_version_is_told(modlint: Modlint) -> None:
    assert modlint("--version").stdout == f"modlint, version {__version__}\n"


@pytest.mark.parametrize("command", ["check", "fix", "verify", "shapes", "explain", "baseline"])
def test_help_teaches_by_example(command: str, modlint: Modlint) -> None:
    result = modlint(command, "--help")
    assert result.exit_code == 0
    assert f"modlint {command} " in result.stdout


# ----------------------------------------------------------------------------------------------------- processes


def length(path: str, data: bytes, _: object) -> tuple[str, int]:
    if b"die" in data:
        os._exit(3)
    if b"raise" in data:
        raise ValueError("no\ngood")
    return path, len(data)


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_come_in_order_from_any_number_of_processes(jobs: int) -> None:
    sources = [Source(str(number), b"x" * number) for number in range(MANY)]
    assert list(executor.run(length, sources, jobs)) == [(str(number), number) for number in range(MANY)]


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_failure_is_its_own_files_alone(jobs: int) -> None:
    sources = [Source(str(number), b"raise" if number == 4 else b"") for number in range(MANY)]
    results = list(executor.run(length, sources, jobs))
    failures = [result for result in results if isinstance(result, Failure)]
    assert [failure.path for failure in failures] == ["4"]
    assert "ValueError: no good" in failures[0].message
    assert len(results) == MANY


def test_the_death_of_a_process_costs_its_own_file_alone() -> None:
    sources = [Source(str(number), b"die" if number in (2, 9) else b"") for number in range(MANY)]
    results = list(executor.run(length, sources, 3))
    assert [result.path for result in results if isinstance(result, Failure)] == ["2", "9"]
    assert len(results) == MANY


def test_many_files_give_what_one_process_gives(modlint: Modlint, folder: Path) -> None:
    names = [f"m{number}" for number in range(MANY)]
    files = {name: BROKEN if number % 3 else CLEAN for number, name in enumerate(names)}
    told = modlint("check", "--quiet", "--jobs", "1", **files).stdout
    assert told == modlint("check", "--quiet", "--jobs", "3").stdout
    assert told.count("ML101") == MANY - MANY // 3


def test_tasks_and_results_can_be_sent_to_another_process(folder: Path) -> None:
    import pickle

    task = pickle.loads(pickle.dumps(partial(session.check, options=session.Options())))
    found = pickle.loads(pickle.dumps(task("a.py", BROKEN.encode())))
    assert [one.code for one in found.diagnostics] == ["ML101"]


# ---------------------------------------------------------------------------------------------------------- help


@pytest.mark.parametrize("name", main.commands)
def test_help_is_sentences(name: str) -> None:
    command = main.commands[name]
    texts = [(command.help or "").split("\n\n")[0]]
    texts += [one.help or "" for one in command.params if isinstance(one, click.Option)]
    assert [text for text in texts if not re.match("[A-Z]", text) or text.rstrip("'")[-1] not in '."'] == []
    assert [text for text in texts if re.search(r"\b(?:please|sorry|oops|error:)|!", text, re.IGNORECASE)] == []
