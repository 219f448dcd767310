"""Libraries: installed ones are read where they are built on torch; of others nothing is known, not even the kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from modlint import session
from modlint.diagnostics import Severity
from modlint.environments import find_packages

NET = """\
from torch import nn
from visionkit import width


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, width)
        self.second = nn.Linear(7, 2)

    def forward(self, x):
        return self.second(self.first(x).relu())
"""
KIT = {
    "visionkit/__init__.py": "import sizes\nfrom .layers import width\nodd = sizes.odd\n",
    "visionkit/layers.py": "import torch\nwidth = 8\ntorch.nn.Linear(2, 3)(torch.ones(5))\n",
    "sizes.py": "odd = 7\n",
}
BLOCK = """\
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, 2)

    def forward(self, x):
        return self.fc(x)
"""
MISMATCH = "takes 7 features, but gets 8"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The packages of an active environment with torch and ``visionkit``."""
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "env"))
    site = tmp_path / "env/lib/python3.12/site-packages"
    write(tmp_path, {"env/bin/python": ""})
    write(site, {"torch/__init__.py": "", **KIT})
    return site


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def require(packages: Path, requirement: str, name: str = "visionkit") -> None:
    write(packages, {f"{name}-1.0.dist-info/METADATA": f"Name: {name}\nRequires-Dist: numpy\n{requirement}\n\nText.\n"})


def found(text: str, tmp_path: Path, mildest: Severity = Severity.WARNING) -> list[str]:
    write(tmp_path, {"project/net.py": text})
    path = tmp_path / "project/net.py"
    findings = session.check(str(path), path.read_bytes(), session.Options()).diagnostics
    return [finding.message.en for finding in findings if not finding.severity.is_milder(mildest)]


@pytest.mark.parametrize("requirement", ["torch", "torch (==2.13.0)", "torch>=2.1", "torch !=2.0,>=1.9"])
def test_a_library_that_needs_torch_is_read(requirement: str, packages: Path, tmp_path: Path) -> None:
    require(packages, f"Requires-Dist: {requirement}")
    messages = found(NET, tmp_path)
    assert len(messages) == 1 and MISMATCH in messages[0]


@pytest.mark.parametrize(
    "requirement",
    [
        "",
        "Requires-Dist: torch ; extra == 'all'",
        'Requires-Dist: torch>=2.4; extra == "torch"',
        "Requires-Dist: torchvision",
        "Requires-Dist: torch-geometric>=2",
        "Requires-Dist: torch.kit",
        "Provides-Extra: torch",
        "Summary: what requires Requires-Dist: torch",
    ],
)
def test_other_libraries_are_not_read(requirement: str, packages: Path, tmp_path: Path) -> None:
    require(packages, requirement)
    assert found(NET, tmp_path) == []


def test_a_library_without_a_description_is_not_read(packages: Path, tmp_path: Path) -> None:
    assert found(NET, tmp_path) == []


@pytest.mark.parametrize(
    ("use", "told"),
    [
        ("Block(3)(torch.ones(2, 3))", []),
        ("Block(3)(torch.ones(2, 4))", ["takes 3 features, but gets 4"]),
        ("Block(3, drop=0.1)", ["has no parameter `drop`"]),
        ("Block(3).width", ["has no attribute `width`"]),
        ("Block('3')", ["takes int for `in_features`"]),
    ],
)
def test_what_an_installed_version_does_not_take_is_a_warning(
    use: str, told: list[str], packages: Path, tmp_path: Path
) -> None:
    """The code may be meant for another version than the one that is installed here."""
    require(packages, "Requires-Dist: torch")
    write(packages, {"visionkit/__init__.py": BLOCK})
    text = f"import torch\nfrom visionkit import Block\n\nprint({use})\n"
    assert found(text, tmp_path, Severity.ERROR) == []
    messages = found(text, tmp_path)
    assert len(messages) == len(told) and all(part in message for part, message in zip(told, messages))


def test_what_a_library_makes_is_told_with_its_file(packages: Path, tmp_path: Path) -> None:
    require(packages, "Requires-Dist: torch")
    body = BLOCK.replace("self.fc(x)", "self.fc(torch.relu(x))").replace("from torch", "import torch\nfrom torch")
    write(packages, {"visionkit/__init__.py": body})
    text = "import torch\nfrom torch import nn\nfrom visionkit import Block\n\nblock = Block(3)\n"
    path = tmp_path / "net.py"
    path.write_text(text + "block.fc = nn.Linear(4, 2)\nblock(torch.ones(2, 3))\n", encoding="utf-8")
    (finding,) = session.check(str(path), path.read_bytes(), session.Options()).diagnostics
    assert "`relu` (__init__.py, line 11) gives [2, 3]" in finding.message.en
    assert finding.span.start.line == 6 and finding.why == ()


@pytest.mark.parametrize("name", ["torch", "lightning", "pytorch_lightning"])
def test_a_library_that_tables_know_is_not_read(name: str, packages: Path, tmp_path: Path) -> None:
    write(packages, {f"{name}/sizes.py": "width = 8\n", f"{name}/__init__.py": ""})
    require(packages, "Requires-Dist: torch", name)
    assert found(NET.replace("from visionkit", f"from {name}.sizes"), tmp_path) == []


def test_a_library_reads_what_is_installed_beside_it_by_the_same_law(packages: Path, tmp_path: Path) -> None:
    """Neither torch nor a library of another kind is read because a library that is read stands in the same folder."""
    require(packages, "Requires-Dist: torch")
    write(packages, {"torch/nn/__init__.py": "Linear = None\n"})
    assert found(NET.replace("width", "odd"), tmp_path) == []
    assert len(found(NET, tmp_path)) == 1


def test_the_files_of_the_project_come_first(packages: Path, tmp_path: Path) -> None:
    require(packages, "Requires-Dist: torch")
    write(tmp_path, {"project/visionkit.py": "width = 7\n"})
    assert found(NET, tmp_path) == []


def test_the_environment_beside_the_project_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setattr("sys.executable", str(tmp_path / "elsewhere/bin/python"))
    write(tmp_path, {"project/.venv/bin/python": "", "elsewhere/bin/python": ""})
    assert find_packages(str(tmp_path / "project/models")) is None
    for folder in ("elsewhere", "project/.venv"):
        site = tmp_path / folder / "lib/python3.12/site-packages"
        write(site, {"torch/__init__.py": ""})
        assert find_packages(str(tmp_path / "project/models")) == site


HEAD = """\
import math, string, sys
import numpy as np
import torch
from torch import nn
import settings as cfg
from config import Block, flag, names, size, sizes
from tools.shapes import *


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {init}

    def forward(self, x):
        {forward}
        return x
"""
OF_UNREAD_LIBRARIES = [
    ("self.fc = nn.Linear(4, size)", "x = self.fc(x)"),
    ("self.fc = nn.Linear(cfg.IN, cfg.net.OUT)", "x = self.fc(x)"),
    ("self.fc = nn.Linear(size * 2, cfg.OUT + 1)", "x = self.fc(x)"),
    ("self.conv = nn.Conv2d(3, cfg.C, kernel_size=size, stride=sizes, padding=(size, size))", "x = self.conv(x)"),
    ("self.norm = nn.BatchNorm2d(cfg.C)", "x = self.norm(x)"),
    ("self.rnn = nn.LSTM(size, cfg.H, cfg.N, dropout=cfg.P, batch_first=flag)", "x, _ = self.rnn(x)"),
    ("self.drop = nn.Dropout(cfg.P)", "x = self.drop(x)"),
    ("self.embed = nn.Embedding(len(names), size)", "x = self.embed(x)"),
    ("self.weight = nn.Parameter(torch.zeros(size, cfg.OUT))", "x = x @ self.weight"),
    ("self.layers = nn.Sequential(*names)", "x = self.layers(x)"),
    ("self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in sizes])", "x = self.layers[0](x)"),
    ("self.block = Block(3)", "x = self.block(x)[0].view(-1, size)"),
    ("a, b = sizes; self.fc = nn.Linear(a, b)", "x = self.fc(x)"),
    ("self.fc = nn.Linear(sizes[0], sizes[-1])", "x = self.fc(x)"),
    ("self.count = len(sizes) + sum(sizes) + max(sizes) + int(size) - -size", "x = x[:, :self.count]"),
    ("assert isinstance(size, int) and size is not None", "x = x.reshape(sizes).permute(*sizes)"),
    ("assert size == 3 or size > 4", "x = x.sum(dim=cfg.DIM)"),
    ("self.scale = cfg.SCALE", "x = x * self.scale + torch.zeros(size, device=cfg.DEVICE, dtype=cfg.TYPE)"),
    ("self.fc = nn.Linear(3, 3) if flag else None", "x = x if self.fc is None else self.fc(x)"),
    ("self.fc = None if size is None else nn.Linear(3, size)", "x = self.fc(x)"),
    ("self.fc = {3: nn.Linear(3, 3)}[3] if size in {3: 4} else nn.Linear(4, 4)", "x = self.fc(x.view(-1, 4))"),
    (
        "self.extra = nn.ModuleList([Block(i) for i in range(2)]); self.n = 64 if self.extra else 32",
        "x = torch.ones(2, self.n) @ torch.ones(64, 3)",
    ),
    (
        "self.extra = nn.ModuleList([]); self.extra.append(Block(3)); self.n = 64 if self.extra else 32",
        "x = torch.ones(2, self.n) @ torch.ones(64, 3)",
    ),
    ("self.scale = math.tau", "x = x * self.scale + sys.maxsize * sys.float_info.max"),
    ("self.letters = nn.Embedding(len(string.printable), 8)", "x = self.letters(x)"),
    ("pass", "x = x[:, np.newaxis].squeeze(1)"),
    ("pass", "x = torch.softmax(torch.cat([x, x], cfg.DIM), dim=size)"),
]


@pytest.mark.parametrize(("init", "forward"), OF_UNREAD_LIBRARIES)
def test_what_an_unread_library_gives_may_be_anything(init: str, forward: str, tmp_path: Path) -> None:
    assert found(HEAD.format(init=init, forward=forward), tmp_path, Severity.ERROR) == []


BRANCHES = """\
from torch import nn
from config import {name}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.second = nn.Linear(5, 6) if {condition} else nn.Linear(4, 6)

    def forward(self, x):
        return self.second(self.first(x).relu())
"""


@pytest.mark.parametrize(
    "condition",
    ["wide", "wide is not None", "wide != 3", "wide not in (1, 2)", "isinstance(wide, type(len))", "callable(wide)"],
)
def test_no_condition_on_an_unread_library_is_decided(condition: str, tmp_path: Path) -> None:
    assert found(BRANCHES.format(name="wide", condition=condition), tmp_path, Severity.ERROR) == []


@pytest.mark.parametrize("value", ["torch.relu", "len", "nn.ReLU", "torch.nn"])
def test_a_class_or_function_that_is_known_is_no_number(value: str, tmp_path: Path) -> None:
    text = HEAD.format(init=f"self.fc = nn.Linear(4, {value})", forward="x = self.fc(x)")
    assert [message for message in found(text, tmp_path, Severity.ERROR) if "takes int for `out_features`" in message]
