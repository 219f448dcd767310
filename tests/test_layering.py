"""Imports run one way, torch stays in the verifier's child, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
FILES = sorted(path for folder in ("modlint", "rules") for path in (ROOT / folder).rglob("*.py"))
RULES = sorted((ROOT / "rules").glob("ml*.py"))
LAYERS = """
    choices dims edits environments likeness misuse verify
    diagnostics inputs locating patterns progressions writing
    config repair solving sources
    executor facts syntax
    baseline directives rewrite values
    contract pragmas signature
    cache ops
    interpret
    rule
    rulekit selection
    rules suppression elsewhere
    judge
    weighing
    fixing ignoring planning shaping textual
    session
    tasks
    api
    __init__ report
    commands
    cli pytest_plugin testing
    __main__
"""
RANKS = {room: rank for rank, layer in enumerate(LAYERS.split("\n")) for room in layer.split()}
HEAVY = {"torch", "numpy", "torchvision"}
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


@cache
def imports(path: Path) -> tuple[str, ...]:
    """The dotted names that a file imports, wherever in it."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(found)


def room(path: Path) -> str:
    """The top-level module or package of modlint that a file belongs to."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0] if parts[0] == "rules" else parts[1]


def rooms_used(path: Path) -> Iterator[str]:
    for name in imports(path):
        package, _, rest = name.partition(".")
        used = rest.split(".")[0]
        if package == "modlint" and used not in ("__version__", room(path)):
            yield used


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=label)
def test_imports_run_one_way(path: Path) -> None:
    against = [used for used in rooms_used(path) if RANKS[used] >= RANKS[room(path)]]
    assert against == []


@pytest.mark.parametrize("package", ["interpret", "rulekit", "verify"])
def test_no_file_of_a_package_leads_back_to_itself(package: str) -> None:
    graph: dict[str, set[str]] = {}
    for path in (ROOT / "modlint" / package).rglob("*.py"):
        here = path.relative_to(ROOT / "modlint" / package).with_suffix("").parts[0]
        used = {name.split(".")[2] for name in imports(path) if name.startswith(f"modlint.{package}.")}
        graph.setdefault(here, set()).update(used - {here})
    assert len(list(TopologicalSorter(graph).static_order())) >= len(graph) > 5


@pytest.mark.parametrize("path", FILES, ids=label)
def test_only_the_verifiers_child_imports_torch(path: Path) -> None:
    heavy = {name.split(".")[0] for name in imports(path)} & HEAVY
    assert heavy <= ({"torch"} if label(path).startswith("modlint/verify/child") else set())


@pytest.mark.parametrize("path", RULES, ids=label)
def test_a_rule_imports_modlint_and_the_standard_library_alone(path: Path) -> None:
    packages = {name.split(".")[0] for name in imports(path)}
    assert packages - sys.stdlib_module_names <= {"modlint"}
    assert not any(name.startswith(("modlint.rules", "rules")) for name in imports(path))


def loaded_by(*arguments: str, cwd: Path) -> set[str]:
    """The top-level modules that a run of modlint has loaded when it ends."""
    script = textwrap.dedent(
        """
        import atexit, sys
        atexit.register(lambda: print(*sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr))
        from modlint.cli import main
        main(prog_name="modlint")
        """
    )
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["check", "--help"], ["fix", "--help"]])
def test_help_loads_nothing_but_click(arguments: list[str], tmp_path: Path) -> None:
    unwanted = {"torch", "libcst", "numpy", "markdown_it", "pathspec", "tomllib"}
    assert loaded_by(*arguments, cwd=tmp_path) & unwanted == set()


def test_checking_a_file_without_findings_loads_neither_torch_nor_libcst(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(CLEAN)
    loaded = loaded_by("check", "model.py", cwd=tmp_path)
    assert "modlint" in loaded
    assert loaded & {"torch", "numpy", "libcst", "markdown_it"} == set()


def test_every_package_is_shipped() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    there = {path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in FILES if path.name == "__init__.py"}
    shipped = {name.removeprefix("modlint.") if name == "modlint.rules" else name for name in _packages(project)}
    assert shipped == there


def _packages(project: dict[str, dict[str, dict[str, list[str]]]]) -> list[str]:
    return project["tool"]["setuptools"]["packages"]
