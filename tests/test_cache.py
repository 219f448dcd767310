"""Findings are remembered as long as nothing that they depend on has changed, and never longer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from modlint import cache, session
from modlint.cache import Cache, Present, Store, identity
from modlint.cache.codec import decode, encode
from modlint.cli import main
from modlint.contract import Checked, Options
from modlint.diagnostics import Diagnostic, Position, Severity, Span, Text
from modlint.edits import Applicability, Edit, Fix
from modlint.interpret.files import Project
from modlint.locating import Import, locate
from modlint.rule import Rule, load_rules

NET = """\
import torch
from torch import nn

from layers import Block


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
        self.head = nn.Linear(5, 2)

    def forward(self, x):
        return self.head(self.block(x))


Net()(torch.randn(2, 4))
"""
BLOCK = """\
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)
"""
FITTING = BLOCK.replace("4, 3", "4, 5")
NOTEBOOK = json.dumps(
    {
        "cells": [
            {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["import torch\n", "x = torch.ones(2)"]}
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
)
Run = Callable[..., "Told"]


class Told:
    """What a run printed, and which files it had to check."""

    def __init__(self, result: Result, checked: Sequence[str]) -> None:
        assert result.exit_code in (0, 1), result.output
        self.text = result.output.splitlines()
        self.checked = sorted(checked)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "modlint.toml").touch()
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "layers.py").write_text(BLOCK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODLINT_CACHE_DIR", raising=False)
    return tmp_path


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `modlint check` as a new process would, with everything that it knows from files."""
    really = session.check

    def run(*arguments: str, input: str | None = None) -> Told:
        checked: list[str] = []

        def spied(path: str, data: bytes, options: Options | None = None) -> Checked:
            checked.append(path)
            return really(path, data, options)

        monkeypatch.setattr(session, "_PROJECTS", [])
        monkeypatch.setattr(session, "check", spied)
        return Told(CliRunner().invoke(main, ["check", "-q", *arguments], input=input), checked)

    return run


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob("??/*.json"))


def test_an_unchanged_tree_is_not_checked_again(project: Path, check: Run) -> None:
    (project / "page.md").write_text(f"```python\n{BLOCK}```\n")
    (project / "book.ipynb").write_text(NOTEBOOK)
    paths = ("net.py", "layers.py", "page.md", "book.ipynb")
    first, second = check(*paths), check(*paths)
    assert first.checked == sorted(paths)
    assert second.checked == []
    assert second.text == first.text
    assert any("ML201" in line for line in second.text)


def test_findings_of_notebooks_and_pages_are_told_at_their_places(project: Path, check: Run) -> None:
    code = NET.replace("from layers import Block\n", BLOCK)
    (project / "page.md").write_text(f"# Model\n\n```python\n{code}```\n")
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": code}
    (project / "book.ipynb").write_text(json.dumps({**json.loads(NOTEBOOK), "cells": [cell]}))
    first, second = check("page.md", "book.ipynb"), check("page.md", "book.ipynb")
    assert sum("ML201" in line for line in first.text) == 2
    assert (second.text, second.checked) == (first.text, [])


def _append(path: Path) -> None:
    path.write_text(path.read_text() + "# more\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)


CHANGES: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "the file": (lambda root: _append(root / "net.py"), ["net.py"]),
    "a file that it imports": (lambda root: _append(root / "layers.py"), ["layers.py", "net.py"]),
    "a module goes": (lambda root: (root / "layers.py").unlink(), ["net.py"]),
    "a package goes before a module": (
        lambda root: _write(root / "layers" / "__init__.py", FITTING),
        ["layers/__init__.py", "net.py"],
    ),
    "a file of the name of a library": (lambda root: (root / "torch.py").touch(), ["layers.py", "net.py", "torch.py"]),
    "a file that nobody imports": (lambda root: (root / "other.py").touch(), ["other.py"]),
    "the time of a file alone": (lambda root: (root / "net.py").touch(), []),
}


@pytest.mark.parametrize("change, expected", CHANGES.values(), ids=CHANGES)
def test_what_depends_on_a_change_is_checked_again(
    change: Callable[[Path], None], expected: list[str], project: Path, check: Run
) -> None:
    check()
    change(project)
    told = check()
    assert told.checked == expected
    assert told.text == check("--no-cache").text
    assert check().checked == []


def test_a_file_that_is_imported_by_way_of_another_counts(project: Path, check: Run) -> None:
    (project / "layers.py").write_text("from deeper import Block\n")
    (project / "deeper.py").write_text(BLOCK)
    assert any("ML201" in line for line in check("net.py").text)
    (project / "deeper.py").write_text(FITTING)
    told = check("net.py")
    assert told.checked == ["net.py"]
    assert not any("ML201" in line for line in told.text)


def test_a_module_in_a_nearer_folder_shadows_the_one_above(project: Path, check: Run) -> None:
    package = project / "models"
    package.mkdir()
    (package / "__init__.py").touch()
    (project / "net.py").rename(package / "net.py")
    assert any("ML201" in line for line in check("models/net.py").text)
    (package / "layers.py").write_text(FITTING)
    assert not any("ML201" in line for line in check("models/net.py").text)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--select", "ML2"],
        ["--ignore", "ML201"],
        ["--no-fixes"],
        ["--input", "2x4"],
        ["--config", 'severity={ML201="info"}'],
        ["--show-info"],
        ["--output-format", "json"],
    ],
    ids=" ".join,
)
def test_other_options_are_another_question(arguments: list[str], project: Path, check: Run) -> None:
    check("net.py")
    assert check("net.py", *arguments).checked == ["net.py"]
    assert check("net.py", *arguments).checked == []
    assert check("net.py").checked == []


@pytest.mark.parametrize("arguments", [["--lang", "zh"], ["--output-format", "github"]], ids=" ".join)
def test_how_findings_look_is_no_other_question(arguments: list[str], project: Path, check: Run) -> None:
    check("net.py")
    told = check("net.py", *arguments)
    assert told.checked == []
    assert told.text == check("net.py", *arguments, "--no-cache").text


def test_a_baseline_is_another_question(project: Path, check: Run) -> None:
    check("net.py")
    assert CliRunner().invoke(main, ["baseline", "net.py"]).exit_code == 0
    first = check("net.py", "--baseline", "modlint-baseline.json")
    second = check("net.py", "--baseline", "modlint-baseline.json")
    assert (first.checked, second.checked) == (["net.py"], [])
    assert first.text == second.text
    assert not any("ML201" in line for line in second.text)


def test_the_same_file_by_another_name_is_another_entry(project: Path, check: Run) -> None:
    check("net.py")
    told = check("./net.py")
    assert told.checked == ["./net.py"]


@pytest.mark.parametrize(
    "command", [["check", "-"], ["fix", "net.py", "--no-verify"], ["check", "--no-cache", "net.py"]]
)
def test_some_commands_leave_no_trace(command: list[str], project: Path) -> None:
    CliRunner().invoke(main, command, input=NET)
    assert not (project / cache.FOLDER).exists()


def test_no_cache_checks_what_is_remembered(project: Path, check: Run) -> None:
    check("net.py")
    assert check("net.py", "--no-cache").checked == ["net.py"]


DAMAGES: dict[str, Callable[[Any], Any]] = {
    "no list": lambda entry: {},
    "nothing": lambda entry: None,
    "too short": lambda entry: entry[:1],
    "of other rules": lambda entry: [["0" * 64, entry[0][1]], entry[1]],
    "of other contents": lambda entry: [[entry[0][0], "0" * 64], entry[1]],
    "no findings": lambda entry: [entry[0], None],
    "a field less": lambda entry: [entry[0], entry[1][:-1]],
    "a field of another type": lambda entry: [entry[0], [*entry[1][:-1], "yes"]],
    "an unknown severity": lambda entry: json.loads(json.dumps(entry).replace('"error"', '"grave"')),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_written_anew(damage: Callable[[Any], Any], project: Path, check: Run) -> None:
    first = check("net.py")
    (entry,) = entries(project / cache.FOLDER)
    whole = entry.read_text()
    entry.write_text(json.dumps(damage(json.loads(whole))))
    second = check("net.py")
    assert (second.checked, second.text) == (["net.py"], first.text)
    assert entry.read_text() == whole


@pytest.mark.parametrize(
    "text", ["", "[", "[" * 100_000, "\udcff".encode("utf-8", "surrogateescape").decode("latin-1")]
)
def test_an_entry_that_is_no_json_is_written_anew(text: str, project: Path, check: Run) -> None:
    check("net.py")
    (entry,) = entries(project / cache.FOLDER)
    entry.write_bytes(text.encode("latin-1"))
    assert check("net.py").checked == ["net.py"]
    assert check("net.py").checked == []


def test_the_folder_is_marked_and_ignored(project: Path, check: Run) -> None:
    check("net.py")
    tag = (project / cache.FOLDER / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    assert "*" in (project / cache.FOLDER / ".gitignore").read_text().splitlines()


def test_the_folder_stands_at_the_root_of_the_project(project: Path, check: Run) -> None:
    below = project / "deep" / "below"
    below.mkdir(parents=True)
    (below / "net.py").write_text(NET)
    check("deep/below/net.py")
    assert entries(project / cache.FOLDER) != []


@pytest.mark.parametrize("name", [".git", "pyproject.toml", "modlint.toml"])
def test_the_root_is_where_a_repository_or_a_configuration_is(name: str, project: Path, check: Run) -> None:
    inner = project / "inner"
    inner.mkdir()
    (inner / name).touch()
    (inner / "net.py").write_text(NET)
    check("inner/net.py")
    assert entries(inner / cache.FOLDER) != []
    assert not (project / cache.FOLDER).exists()


def test_the_folder_can_be_chosen(project: Path, check: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "modlint.toml").write_text('cache-dir = "configured"\n')
    check("net.py")
    monkeypatch.setenv("MODLINT_CACHE_DIR", "of/the/environment")
    check("net.py")
    check("net.py", "--cache-dir", "given")
    found = [entries(project / name) != [] for name in ("configured", "of/the/environment", "given", cache.FOLDER)]
    assert found == [True, True, True, False]


def test_clean_removes_the_cache_alone(project: Path, check: Run) -> None:
    check()
    result = CliRunner().invoke(main, ["clean"])
    assert (result.exit_code, result.output) == (0, f"Removed {project / cache.FOLDER}\n")
    assert sorted(path.name for path in project.iterdir()) == ["layers.py", "modlint.toml", "net.py"]
    again = CliRunner().invoke(main, ["clean"])
    assert (again.exit_code, again.output) == (0, f"There is no cache in {project / cache.FOLDER}\n")


def test_a_folder_of_other_things_is_neither_used_nor_removed(project: Path, check: Run) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "thesis.txt").touch()
    assert check("net.py", "--cache-dir", "mine").checked == ["net.py"]
    assert CliRunner().invoke(main, ["clean", "--cache-dir", "mine"]).exit_code == 0
    assert [path.name for path in (project / "mine").iterdir()] == ["thesis.txt"]
    assert not list(project.glob("mine.*"))


def test_where_nothing_can_be_written_nothing_is_said(project: Path, check: Run) -> None:
    (project / "blocked").touch()
    first = check("net.py", "--cache-dir", "blocked/folder")
    assert first.text == check("net.py", "--no-cache").text
    assert check("net.py", "--cache-dir", "blocked/folder").checked == ["net.py"]


def test_a_read_only_folder_still_tells_what_it_holds(
    project: Path, check: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    check("net.py")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    monkeypatch.setattr(Path, "mkdir", refused)
    assert check("net.py").checked == []
    _append(project / "net.py")
    assert check("net.py").checked == ["net.py"]
    assert check("net.py").checked == ["net.py"]


def test_what_was_cut_short_is_not_remembered(project: Path) -> None:
    options = Options(seconds=-1.0)
    found = session.check("net.py", NET.encode(), options)
    assert not found.in_time
    memory = Cache(Store(project / "cache"), "me")
    memory.remember(found, NET.encode(), options)
    assert memory.recall("net.py", NET.encode(), options, Present()) is None


def test_a_search_for_a_repair_that_takes_long_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert session.check("net.py", b"x = (1\n").in_time
    monkeypatch.setattr("modlint.repair.SECONDS", 0.0)
    assert not session.check("net.py", b"x = (1\n").in_time


def test_other_rules_ask_anew(project: Path) -> None:
    found = Checked("net.py", ())
    store = Store(project / "cache")
    Cache(store, "these rules").remember(found, b"", Options())
    assert Cache(store, "these rules").recall("net.py", b"", Options(), Present()) == found
    assert Cache(store, "those rules").recall("net.py", b"", Options(), Present()) is None


OTHERS: dict[str, Any] = {
    "codes": frozenset({"ML201"}),
    "severities": {"ML201": Severity.INFO},
    "mildest": Severity.ERROR,
    "known": {("ML201", "Net", "x"): 1},
    "inputs": (((2, 4), "float32"),),
    "class_inputs": {"Net": (((2, 4), "float32"),)},
    "usual_inputs": (((2, 4), "float32"),),
    "fixes": False,
    "seconds": 3.0,
    "trusted": frozenset({Applicability.UNSAFE}),
    "refused": frozenset({frozenset({(None, 1, 2, "x")})}),
}


def test_every_option_has_an_example_of_another() -> None:
    assert [field.name for field in fields(Options)] == list(OTHERS)


@pytest.mark.parametrize("name", OTHERS)
def test_every_option_is_part_of_the_question(name: str, project: Path) -> None:
    memory = Cache(Store(project / "cache"), "me")
    memory.remember(Checked("net.py", ()), b"", Options())
    assert memory.recall("net.py", b"", replace(Options(), **{name: OTHERS[name]}), Present()) is None


def test_the_order_of_sets_and_tables_is_no_part_of_the_question() -> None:
    one = Options(codes=frozenset("abc"), class_inputs={"A": (), "B": ()})
    other = Options(codes=frozenset("cba"), class_inputs={"B": (), "A": ()})
    assert encode(one) == encode(other)


def test_the_same_name_in_another_folder_is_another_file(
    project: Path, check: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = project / "other"
    other.mkdir()
    (other / "net.py").write_text(NET)
    (other / "layers.py").write_text(FITTING)
    check("net.py", "--cache-dir", str(project / "shared"))
    monkeypatch.chdir(other)
    told = check("net.py", "--cache-dir", str(project / "shared"))
    assert told.checked == ["net.py"]
    assert not any("ML201" in line for line in told.text)


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.meta.code)
def test_findings_survive_the_way_to_the_disk_and_back(rule: Rule) -> None:
    options = Options(codes=frozenset({rule.meta.code}), seconds=0.2)
    for example in rule.invalid[:2]:
        found = session.check("net.py", example.code.encode(), options)
        assert decode(Checked, json.loads(json.dumps(encode(found)))) == found


def test_every_part_of_a_finding_survives() -> None:
    edit = Edit(1, 2, "\udc80\x00")
    fix = Fix(Applicability.UNSAFE, "t", "标题", (edit, edit))
    span = Span(Position(1, 2), Position(3, 4))
    one = Diagnostic("ML201", "name", Severity.INFO, "net.py", 0, span, Text("en", "中文"), (), fix)
    found = Checked("net.py", (one, replace(one, cell=None, fix=None)), 3, (Import("/", "m", 1, None, None),), False)
    assert decode(Checked, json.loads(json.dumps(encode(found)))) == found


@pytest.mark.parametrize(
    "kind, data",
    [
        (int, True),
        (int, "1"),
        (str, None),
        (bool, 1),
        (Severity, "grave"),
        (Severity, []),
        (Text, ["one"]),
        (Text, ["one", "two", "three"]),
        (Text, "ab"),
        (tuple[int, ...], [1, "2"]),
        (tuple[int, str], [1]),
        (Span, [[1, 2], [3]]),
        (Fix | None, 0),
    ],
)
def test_what_is_not_of_the_type_is_refused(kind: Any, data: object) -> None:
    with pytest.raises(ValueError):
        decode(kind, data)


def test_writers_at_once_leave_whole_entries(project: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from modlint.cache import Store; store = Store(Path('cache'));"
        "[store.write(f'{n:064x}', [sys.argv[1]] * 500) for n in range(40)]"
    )
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda who: subprocess.run([sys.executable, "-c", script, who], check=True), "abcd"))
    written = [Store(project / "cache").read(f"{n:064x}") for n in range(40)]
    assert all(entry in [[who] * 500 for who in "abcd"] for entry in written)
    assert len(entries(project / "cache")) == sum(path.is_file() for path in (project / "cache").rglob("*")) - 2
    assert not list(project.glob("cache.*"))


def test_many_processes_remember_and_tell_in_order(project: Path, check: Run) -> None:
    for number in range(10):
        (project / f"net{number}.py").write_text(NET)
    command = [sys.executable, "-m", "modlint", "check", "--jobs", "2", "--output-format", "concise"]
    first, second = (subprocess.run(command, capture_output=True, text=True).stdout for _ in range(2))
    assert first == second
    assert first.count("ML201") == 11
    assert len(entries(project / cache.FOLDER)) == 12
    _append(project / "net4.py")
    assert subprocess.run(command, capture_output=True, text=True).stdout == first


def test_a_run_that_remembers_all_loads_neither_rules_nor_interpreter(project: Path, check: Run) -> None:
    check("net.py", "layers.py")
    script = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        "from modlint.cli import main; main(['check', 'net.py', 'layers.py'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    loaded = set(done.stderr.split())
    assert "ML201" in done.stdout
    assert "modlint.cache" in loaded
    heavy = ("modlint.interpret", "modlint.rule", "modlint.rules", "modlint.ops", "modlint.session", "modlint.repair")
    assert [name for name in loaded if name.startswith(heavy)] == []
    assert loaded & {"libcst", "torch", "markdown_it"} == set()


def test_the_rules_and_their_packs_are_part_of_the_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = identity.identity()
    assert before == identity.identity()
    info = tmp_path / "acme_rules-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[modlint.rules]\nacme = acme_rules\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    states = [before, identity.identity()]
    (tmp_path / "acme_rules").mkdir()
    for text in ("", "x = 1\n"):
        (tmp_path / "acme_rules" / "__init__.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        states.append(identity.identity())
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.1\n")
    states.append(identity.identity())
    assert len(set(states)) == 5
    assert "acme_rules" not in sys.modules


@pytest.mark.parametrize("version", ["__version__", "sys.version"])
def test_versions_are_part_of_the_identity(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = identity.identity()
    monkeypatch.setattr(f"modlint.cache.identity.{version}", "0.0.0")
    assert identity.identity() != before


@pytest.mark.parametrize(
    "module, level, expected",
    [
        ("layers", 0, "layers.py"),
        ("package", 0, "package/__init__.py"),
        ("package.inner", 0, "package/inner.py"),
        ("inner", 0, None),
        ("layers", 1, "layers.py"),
        ("", 1, None),
        ("torch", 0, None),
    ],
)
def test_imports_lead_to_files_by_path(module: str, level: int, expected: str | None, project: Path) -> None:
    (project / "package").mkdir()
    (project / "package" / "__init__.py").touch()
    (project / "package" / "inner.py").touch()
    assert locate(str(project), module, level) == (expected and str(project / expected))


@pytest.mark.parametrize(
    ("folder", "module", "found"),
    [(".", "warnings", True), ("package", "warnings", False), ("package", "layers", True)],
)
def test_a_file_of_a_package_hides_no_module_of_python(folder: str, module: str, found: bool, project: Path) -> None:
    (project / "package").mkdir()
    for name in ("warnings.py", "package/__init__.py", "package/warnings.py", "package/layers.py"):
        (project / name).touch()
    assert (locate(str(project / folder), module, 0) is not None) is found


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("models.parts.attention", "models/parts/attention.py"),
        ("models.layers", "models/layers.py"),
        ("parts.attention", "models/parts/attention.py"),
        ("parts.layers", None),
        ("tools.sizes", None),
        ("warnings", None),
        ("torch", None),
        ("outside", None),
    ],
)
def test_imports_begin_where_a_program_may_be_started(module: str, expected: str | None, tmp_path: Path) -> None:
    """Beside a folder above the file that the import begins with; what else lies about may be meant for others."""
    files = ["models/parts/net.py", "models/parts/attention.py", "models/layers.py", "tools/sizes.py", "warnings.py",
             "torch.py", "../outside.py", ".git"]  # fmt: skip
    for file in files:
        path = tmp_path / "repository" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = locate(str(tmp_path / "repository/models/parts"), module, 0)
    assert found == (expected and str(tmp_path / "repository" / expected))


def test_what_a_project_has_read_is_what_an_entry_says(project: Path) -> None:
    files = Project()
    before = files.followed(str(project), "layers", 0)
    _append(project / "layers.py")
    assert files.followed(str(project), "layers", 0) == before
    assert not Present().holds(before)
    assert Present().holds(Project().followed(str(project), "layers", 0))
