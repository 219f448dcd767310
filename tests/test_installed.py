"""Installed libraries are read where they are built on torch, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from modlint import session
from modlint.interpreters import find_packages

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


def found(text: str, tmp_path: Path) -> list[str]:
    write(tmp_path, {"project/net.py": text})
    path = tmp_path / "project/net.py"
    return [
        finding.message.en for finding in session.check(str(path), path.read_bytes(), session.Options()).diagnostics
    ]


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
    site = tmp_path / "project/.venv/lib/python3.12/site-packages"
    write(site, {"torch/__init__.py": ""})
    assert find_packages(str(tmp_path / "project/models")) == site
