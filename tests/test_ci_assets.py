"""What continuous integration is given: the action, the hooks, and the examples of the documentation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from nets import BROKEN

import modlint
from modlint.cli import main

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "docs" / "examples"
ACTION = ROOT / "action.yml"


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def strings(data: Any) -> list[str]:
    """Every string in a document."""
    if isinstance(data, dict):
        return [text for value in data.values() for text in strings(value)]
    if isinstance(data, list):
        return [text for value in data for text in strings(value)]
    return [data] if isinstance(data, str) else []


def used_actions(path: Path) -> list[str]:
    return re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [ACTION, EXAMPLES / "github.yml"], ids=lambda path: path.name)
def test_actions_of_others_are_pinned_to_a_commit(path: Path) -> None:
    others = [action for action in used_actions(path) if not action.startswith("OWNER/modlint@")]
    assert others
    assert [action for action in others if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)] == []


def test_no_input_of_the_action_is_shell_code() -> None:
    steps = loaded(ACTION)["runs"]["steps"]
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []


def test_the_examples_use_inputs_that_the_action_has() -> None:
    offered = set(loaded(ACTION)["inputs"])
    jobs = loaded(EXAMPLES / "github.yml")["jobs"].values()
    steps = [step for job in jobs for step in job["steps"] if step["uses"].startswith("OWNER/modlint@")]
    assert len(steps) == 2
    assert [set(step["with"]) - offered for step in steps] == [set(), set()]


def run_action(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The last step of the action with the modlint that is tested."""
    action = loaded(ACTION)
    step = action["runs"]["steps"][-1]
    values = {name: setting["default"] for name, setting in action["inputs"].items()}
    values |= {name.replace("_", "-"): value for name, value in inputs.items()}
    variables = {
        name: values[re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text)[1]]  # type: ignore[index]
        for name, text in step["env"].items()
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = ["bash", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **variables, "PATH": path}, capture_output=True, text=True
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "net.py").write_text(BROKEN)
    return tmp_path


def test_the_action_annotates_and_fails(folder: Path) -> None:
    done = run_action(folder, paths="src")
    assert done.returncode == 1
    assert done.stdout.startswith("::error title=ML101 missing-super-init,file=src/net.py,line=7,")


def test_the_action_writes_a_report(folder: Path) -> None:
    done = run_action(folder, arguments="--exit-zero", output_format="sarif", output_file="out file.sarif")
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads((folder / "out file.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "ML101"


@pytest.mark.parametrize("hostile", ["$(touch pwned)", "; touch pwned", "`touch pwned`", "--help; touch pwned"])
def test_the_action_runs_no_input(hostile: str, folder: Path) -> None:
    for name in ("paths", "arguments", "output_format", "output_file"):
        run_action(folder, **{name: hostile})
    assert not (folder / "pwned").exists()


def commands() -> list[list[str]]:
    lines = [line for name in ("gitlab.yml", "github.yml") for line in strings(loaded(EXAMPLES / name))]
    return [line.split()[1:] for line in lines if line.startswith("modlint ")]


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_commands_of_the_examples_do_what_they_say(
    arguments: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == (0 if "--exit-zero" in arguments else 1)
    assert "ML101" in (folder / arguments[arguments.index("--output-file") + 1]).read_text()


def test_hooks_are_commands_of_modlint() -> None:
    hooks = loaded(ROOT / ".pre-commit-hooks.yaml")
    assert [hook["id"] for hook in hooks] == ["modlint-check", "modlint-fix"]
    for hook in hooks:
        program, *arguments = hook["entry"].split()
        assert program == "modlint"
        assert CliRunner().invoke(main, [*arguments, "--help"]).exit_code == 0
        assert "--no-verify" in arguments or arguments[0] == "check"


def test_examples_name_hooks_that_exist() -> None:
    offered = {hook["id"] for hook in loaded(ROOT / ".pre-commit-hooks.yaml")}
    (repository,) = loaded(EXAMPLES / "pre-commit.yaml")["repos"]
    assert {hook["id"] for hook in repository["hooks"]} == offered


@pytest.mark.parametrize("path", ["README.md", "docs/examples/github.yml", "docs/examples/pre-commit.yaml"])
def test_the_version_is_that_of_the_package(path: str) -> None:
    told = re.findall(r"(?:rev: v|modlint@v)([\d.]+)", (ROOT / path).read_text(encoding="utf-8"))
    assert set(told) == {modlint.__version__}
