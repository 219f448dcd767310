"""A baseline hides what was found when it was written, wherever its lines have gone, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from modlint import session
from modlint.baseline import Known
from modlint.cli import main

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(5, 2)

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""
KNOWN = Known("ML201", "Net.__init__", "self.fc = nn.Linear(5, 2)")
SECOND = NET + NET.split("nn\n", 1)[1].replace("Net", "Other")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


def modlint(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def new(code: str, known: dict[Known, int], name: str = "net.py") -> tuple[list[str], int]:
    checked = session.check(name, code.encode(), session.Options(known=known))
    return [one.code for one in checked.diagnostics], checked.hidden


def test_a_finding_is_known_by_rule_scope_and_line() -> None:
    assert session.known("net.py", NET.encode()) == (KNOWN,)


@pytest.mark.parametrize(
    "code",
    [
        NET,
        f"# a\n\n# b\n{NET}",
        NET.replace("        super", "        print()\n        super"),
        NET.replace("= nn.Linear(5, 2)", "=  nn.Linear(5,  2)  ").replace(",  2", ", 2"),
        NET.replace("    def forward", "    def other(self):\n        return 1\n\n    def forward"),
    ],
)
def test_a_known_finding_stays_hidden_when_lines_move(code: str) -> None:
    assert new(code, {KNOWN: 1}) == ([], 1)


@pytest.mark.parametrize(
    ("code", "codes", "hidden"),
    [
        (NET.replace("Linear(5", "Linear(6"), ["ML201"], 0),
        (NET.replace("Net", "Other"), ["ML201"], 0),
        (SECOND, ["ML201"], 1),
        (f"{NET}\nclass Outer:\n    pass\n".replace("nn.Linear(5, 2)", "nn.Linear(5, 3)"), ["ML201"], 0),
    ],
)
def test_everything_else_is_new(code: str, codes: list[str], hidden: int) -> None:
    assert new(code, {KNOWN: 1}) == (codes, hidden)


def test_as_many_are_hidden_as_there_were() -> None:
    twice = NET.replace("nn.Linear(5, 2)\n", "nn.Linear(5, 2)\n        self.fc2 = nn.Linear(5, 2)\n").replace(
        "self.fc(x)", "self.fc(x), self.fc2(x)"
    )
    twice = twice.replace("self.fc2 = nn.Linear(5, 2)", "self.fc, self.fc2 = self.fc, nn.Linear(5, 2)")
    names = session.known("net.py", twice.encode())
    assert len(names) == 2
    assert new(twice, dict.fromkeys(names, 1)) == ([], 2)
    assert new(twice, {names[0]: 1}) == (["ML201"], 1)
    assert new(NET, {KNOWN: 3}) == ([], 1)


@pytest.mark.parametrize("listed", [False, True])
def test_notebooks_are_known_by_the_lines_of_their_cells(listed: bool) -> None:
    source = NET.splitlines(keepends=True) if listed else NET
    cell: dict[str, object] = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": source,
    }
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    assert session.known("a.ipynb", text.encode()) == (KNOWN,)


def test_what_cannot_be_read_as_python_is_known_too() -> None:
    code = b"class lambda in:\n    return for\n"
    names = session.known("a.py", code)
    assert [(one.code, one.scope) for one in names] == [("ML001", "")]
    assert new(code.decode(), dict.fromkeys(names, 1), "a.py") == ([], 1)


def test_a_gate_fails_on_new_findings_only(folder: Path) -> None:
    assert modlint("check").exit_code == 1
    recorded = modlint("baseline")
    assert (recorded.exit_code, recorded.stdout) == (0, "Recorded 1 finding in modlint-baseline.json.\n")
    arguments = ["check", "--baseline", "modlint-baseline.json", "--output-format", "concise"]
    checked = modlint(*arguments)
    assert (checked.exit_code, checked.stdout) == (0, "")
    assert checked.stderr == "Not shown: 1 finding of the baseline.\n"
    (folder / "net.py").write_text(f"# moved\n{SECOND}")
    checked = modlint(*arguments, "--quiet")
    assert (checked.exit_code, checked.stdout.count("ML201"), checked.stderr) == (1, 1, "")
    assert "基线中的 1 个问题" in modlint(*arguments, "--lang", "zh").stderr


def test_the_configuration_names_the_baseline(folder: Path) -> None:
    (folder / "modlint.toml").write_text('baseline = "ci/known.json"')
    (folder / "ci").mkdir()
    (folder / "src").mkdir()
    (folder / "net.py").rename(folder / "src" / "net.py")
    assert modlint("baseline").exit_code == 0
    assert list(json.loads((folder / "ci" / "known.json").read_text())["files"]) == ["../src/net.py"]
    assert modlint("check", "src").exit_code == 0
    assert modlint("check", "--isolated", "src").exit_code == 1
    assert modlint("baseline").exit_code == 0
    assert modlint("check", "src").exit_code == 0


def test_fix_repairs_what_is_known(folder: Path) -> None:
    assert modlint("baseline", "--output", "known.json").exit_code == 0
    arguments = ["fix", "--unsafe", "--config", 'baseline="known.json"']
    assert "nn.Linear(4, 2)" in modlint(*arguments).stdout


@pytest.mark.parametrize(
    "text", [None, "", "[]", "{}", '{"files": []}', '{"files": {"net.py": [{"code": "ML201"}]}}', '{"files": {"a": 1}}']
)
def test_what_is_no_baseline_is_misuse(text: str | None, folder: Path) -> None:
    if text is not None:
        (folder / "known.json").write_text(text)
    result = modlint("check", "--baseline", "known.json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "write it with `modlint baseline`" in result.stderr


def test_nothing_is_recorded_when_a_file_cannot_be_read(folder: Path) -> None:
    (folder / "latin.py").write_bytes(b"x = '\xe9'\n")
    assert modlint("baseline").exit_code == 2
    assert not (folder / "modlint-baseline.json").exists()
    assert modlint("baseline", "-").exit_code == 2
