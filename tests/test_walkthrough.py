"""A new user's first day, with a real installation, real git and real pre-commit, step by step."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from jsonschema import Draft4Validator

ROOT = Path(__file__).parent.parent
SHIPPED = ("modlint", "rules", "pyproject.toml", "README.md", "LICENSE")
SCHEMA = Path(__file__).parent / "data" / "schemas" / "sarif-2.1.0.json"
LEGACY = """\
from torch import nn


class Old(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)
"""
BLOCKS = """\
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.conv(x)).relu()
"""
MODEL = """\
import torch
from torch import nn

from nets.blocks import Block


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block(3, 8)
        self.fc = nn.Linear(8 * 16 * 16, 10)

    def forward(self, x):
        return self.fc(self.block(x).flatten(1))


if __name__ == "__main__":
    Net()(torch.randn(2, 3, 16, 16))
"""
CELL = """\
class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(8)

    def forward(self, x):
        return self.norm(x)"""
PAGE = """\
# Nets

```python
import torch
from torch import nn

layer = nn.Linear(16, 4)
y = layer(torch.randn(2, 16))
```

That is *all*.
"""
SETTINGS = """\
[project]
name = "nets"

[tool.modlint]
include = ["*.md"]
exclude = ["generated/"]
baseline = "modlint-baseline.json"
"""


def notebook() -> str:
    """A notebook with outputs, ids and metadata, as Jupyter writes it."""
    output = nbformat.v4.new_output("stream", name="stdout", text="0.5\n")
    cells = [
        nbformat.v4.new_markdown_cell("# Demo", id="title"),
        nbformat.v4.new_code_cell("%matplotlib inline\nimport torch\nfrom torch import nn", id="setup"),
        nbformat.v4.new_code_cell(CELL, id="model", outputs=[output], execution_count=3),
        nbformat.v4.new_code_cell("Head()(torch.randn(2, 8, 5, 5))", id="run"),
    ]
    text: str = nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata={"tags": ["µ"]}))
    return text + "\n"


FILES = {
    "nets/__init__.py": "",
    "nets/legacy.py": LEGACY,
    "nets/blocks.py": BLOCKS,
    "nets/model.py": MODEL,
    "export/__init__.py": "",
    "export/onnx.py": "from nets.model import Net\n\n\ndef export():\n    return Net().eval()\n",
    "generated/net.py": LEGACY,
    "notebooks/demo.ipynb": notebook(),
    "README.md": PAGE,
    "pyproject.toml": '[project]\nname = "nets"\n',
}
MISTAKES = {
    "nets/model.py": ("8 * 16 * 16", "8 * 15 * 15"),
    "notebooks/demo.ipynb": ("BatchNorm2d", "BatchNorm1d"),
    "README.md": ("nn.Linear(16, 4)", "nn.Linear(12, 4)"),
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that has modlint from a wheel, and the libraries of this one."""
    folder = tmp_path_factory.mktemp("installation")
    wheel = _wheel(folder)
    venv.create(folder / "env", with_pip=False)
    programs = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    (libraries,) = _output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).split()
    Path(libraries, "libraries.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    _output([sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel])
    return programs


def _wheel(folder: Path) -> Path:
    source = folder / "source"
    source.mkdir()
    for name in SHIPPED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    _output([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, source])
    (wheel,) = folder.glob("*.whl")
    return wheel


def _output(command: Sequence[str | Path]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@dataclass
class Person:
    """Somebody at a terminal in a repository."""

    folder: Path
    programs: Path

    def types(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.pathsep.join([str(self.programs), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(self.folder.parent),
            "PRE_COMMIT_HOME": str(self.folder.parent / "pre-commit"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C.UTF-8",
            **{f"GIT_{who}_{what}": "person@example.com" for who in ("AUTHOR", "COMMITTER") for what in _NAMES},
        }
        return subprocess.run(words, cwd=self.folder, env=environment, capture_output=True, text=True)

    def modlint(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.types(self.programs / "modlint", *words)

    def git(self, *words: str) -> str:
        done = self.types("git", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commits(self, message: str) -> subprocess.CompletedProcess[str]:
        self.git("add", "-A")
        return self.types("git", "commit", "-q", "-m", message)

    def writes(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text, encoding="utf-8", newline="")

    def reads(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode()


_NAMES = ("NAME", "EMAIL")


@pytest.fixture
def person(tmp_path: Path, installed: Path) -> Person:
    (tmp_path / "repository").mkdir()
    someone = Person(tmp_path / "repository", installed)
    someone.writes(FILES)
    someone.git("init", "-q", "-b", "main")
    return someone


def hooks() -> str:
    """The configuration of pre-commit with modlint's own check hook, run by the modlint that is installed."""
    (check,) = [hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()) if "check" in hook["id"]]
    text: str = yaml.safe_dump({"repos": [{"repo": "local", "hooks": [{**check, "language": "system"}]}]})
    return text


def found(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str]]:
    data: Any = json.loads(done.stdout)
    return [(one["file"], one["code"]) for one in data["diagnostics"] if one["severity"] != "info"]


def test_from_installation_to_a_clean_commit(person: Person) -> None:
    assert person.modlint("--version").stdout.startswith("modlint, version ")

    done = person.modlint("check", "--output-format", "json")
    assert (done.returncode, done.stderr) == (1, "")
    assert found(done) == [("generated/net.py", "ML101"), ("nets/legacy.py", "ML101")]

    person.writes({"pyproject.toml": SETTINGS.replace('baseline = "modlint-baseline.json"\n', "")})
    read = person.modlint("check", "--show-files").stdout.splitlines()
    assert {"README.md", "notebooks/demo.ipynb", "nets/model.py"} <= set(read)
    assert "generated/net.py" not in read
    assert found(person.modlint("check", "--output-format", "json")) == [("nets/legacy.py", "ML101")]

    assert person.modlint("baseline").returncode == 0
    person.writes({"pyproject.toml": SETTINGS})
    assert person.modlint("check").returncode == 0

    person.writes({".pre-commit-config.yaml": hooks()})
    assert person.types("pre-commit", "install").returncode == 0
    done = person.commits("Begin")
    assert done.returncode == 0, done.stdout + done.stderr
    begin = person.git("rev-parse", "HEAD")
    right = {name: person.reads(name) for name in MISTAKES}

    person.writes({name: right[name].replace(was, becomes) for name, (was, becomes) in MISTAKES.items()})
    person.writes({"nets/legacy.py": "# moved\n\n" + LEGACY})
    done = person.commits("Break")
    assert done.returncode == 1
    told = done.stdout + done.stderr
    assert "nets/model.py:11:19: error ML201 linear-in-features" in told
    assert "notebooks/demo.ipynb:cell 2:4:21: error ML204 norm-rank" in told
    assert "README.md:7:9: error ML201 linear-in-features" in told
    assert "legacy.py" not in told
    assert person.git("rev-parse", "HEAD") == begin

    done = person.modlint("fix", "--write", "--no-verify", "nets/model.py", "notebooks", "README.md")
    assert done.returncode == 0, done.stderr
    assert person.reads("notebooks/demo.ipynb") == right["notebooks/demo.ipynb"]
    assert person.reads("README.md") == right["README.md"]
    assert _changed(right["nets/model.py"], person.reads("nets/model.py")) <= {11}
    nbformat.validate(nbformat.reads(person.reads("notebooks/demo.ipynb"), as_version=4))

    done = person.commits("Go on")
    assert done.returncode == 0, done.stdout + done.stderr
    assert person.git("status", "--porcelain") == ""

    done = person.modlint("check", "--isolated", "--output-format", "sarif", "--output-file", "out.sarif")
    log = json.loads(person.reads("out.sarif"))
    assert [error.message for error in Draft4Validator(json.loads(SCHEMA.read_text())).iter_errors(log)] == []
    assert {result["ruleId"] for result in log["runs"][0]["results"]} == {"ML101"}


def _changed(before: str, after: str) -> set[int]:
    """The numbers of the lines that differ."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return {number for number, (old, new) in enumerate(pairs, 1) if old != new}


@pytest.mark.parametrize(
    "command",
    [
        ("explain", "ML204", "--lang", "zh"),
        ("rules", "--output-format", "json"),
        ("new-rule", "QX101", "no-docstring", "pack"),
        ("shapes", "nets/model.py", "--input", "2x3x16x16"),
        ("check", "--show-settings", "nets/model.py"),
        ("fix", "nets/model.py"),
    ],
    ids=" ".join,
)
def test_the_wheel_has_what_every_command_needs(command: tuple[str, ...], person: Person) -> None:
    done = person.modlint(*command)
    assert (done.returncode, "internal error" in done.stderr) == (0, False), done.stderr
    assert done.stdout + done.stderr


def test_the_wheel_has_the_plugin_and_the_functions(person: Person) -> None:
    done = person.types(person.programs / "python", "-m", "pytest", "--modlint", "-q", "nets", "-p", "no:cacheprovider")
    assert "1 failed, 3 passed" in done.stdout
    script = "import modlint; print([one.code for one in modlint.check('nets/legacy.py')], modlint.__file__)"
    told = person.types(person.programs / "python", "-c", script).stdout
    assert told.startswith("['ML101'] ") and str(person.programs.parent) in told
