"""modlint for programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nets import BROKEN, CLEAN

import modlint
from modlint.interpret.reading import NoModelError
from modlint.misuse import MisuseError
from modlint.session import Options
from modlint.sources import UnreadableError

UNSIZED = CLEAN.replace("Linear(4, width)", "Linear(64, 2)").replace("self.fc(x)", "self.fc(x.flatten(1))")
PAGE = f"# Text\n\n```python\n{BROKEN}```\n"


def codes(*args: Any, **options: Any) -> list[str]:
    found = modlint.check(*args, **options)
    return [one.code for one in found if one.severity is not modlint.Severity.INFO]


def test_a_source_is_text_bytes_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(BROKEN)
    assert codes("") == codes(b"") == []
    for source in (BROKEN, BROKEN.replace("\n", "\r"), BROKEN.encode(), file, str(file)):
        assert codes(source) == ["ML101"]
    assert {one.file for one in modlint.check(file)} == {str(file)}
    assert {one.file for one in modlint.check(BROKEN, name="a/net.py")} == {"a/net.py"}


def test_a_folder_is_all_its_files(tmp_path: Path) -> None:
    for name, text in {"a.py": BROKEN, "b.py": CLEAN, "c/d.py": BROKEN}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = [one for one in modlint.check(tmp_path) if one.code == "ML101"]
    assert [Path(one.file).relative_to(tmp_path).as_posix() for one in found] == ["a.py", "c/d.py"]
    assert codes(str(tmp_path)) == ["ML101", "ML101"]


def test_the_name_says_what_text_is() -> None:
    (found,) = [one for one in modlint.check(PAGE, name="page.md") if one.code == "ML101"]
    assert (found.cell, found.span.start.line) == (0, 10)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["ML101"]),
        ({"select": ["ML1"]}, ["ML101"]),
        ({"select": ["missing-super-init"]}, ["ML101"]),
        ({"select": ["ML2"]}, []),
        ({"ignore": ["ML101"]}, []),
        ({"select": []}, []),
        ({"fixes": False}, ["ML101"]),
    ],
)
def test_rules_are_selected(options: dict[str, Any], found: list[str]) -> None:
    assert codes(BROKEN, **options) == found


def test_the_input_decides_about_sizes() -> None:
    assert codes(UNSIZED) == []
    assert codes(UNSIZED, input="8x3x32x32") == ["ML201"]
    assert codes(UNSIZED, input="8x4x4x4") == []


def test_settings_of_the_project_hold_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modlint.toml").write_text('ignore = ["ML101"]\nexclude = ["other.py"]')
    for name in ("net.py", "other.py"):
        (tmp_path / name).write_text(BROKEN)
    assert codes(tmp_path) == ["ML101", "ML101"]
    assert codes(tmp_path, isolated=False) == []
    assert codes("other.py", isolated=False, select=["ML101"]) == ["ML101"]
    assert modlint.fix("net.py", isolated=False).after_text == BROKEN
    assert modlint.shapes(CLEAN, input="5x4", isolated=False).modules["Net.fc"]["out"] == [5, 4]
    (tmp_path / "modlint.toml").write_text('input = "8x3x32x32"')
    assert codes(UNSIZED, isolated=False) == ["ML201"]


def test_no_fixes_are_looked_for_unless_wanted() -> None:
    assert [one.fix is None for one in modlint.check(BROKEN, select=["ML101"])] == [False]
    assert [one.fix is None for one in modlint.check(BROKEN, select=["ML101"], fixes=False)] == [True]


def test_fixing_gives_the_contents_and_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_bytes(BROKEN.replace("\n", "\r\n").encode())
    fixed = modlint.fix(file)
    assert fixed.after == CLEAN.replace("\n", "\r\n").encode()
    assert fixed.after_text.replace("\r\n", "\n") == CLEAN
    assert [change.diagnostic.code for change in fixed.changes] == ["ML101"]
    assert file.read_bytes() == fixed.before
    assert modlint.fix(BROKEN, ignore=["ML101"]).after_text == BROKEN


def test_unsafe_fixes_are_made_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = []

    def fix_file(path: str, data: bytes, options: Options) -> None:
        trusted.append({one.value for one in options.trusted})

    monkeypatch.setattr("modlint.session.fix_file", fix_file)
    modlint.fix(BROKEN)
    modlint.fix(BROKEN, unsafe=True)
    assert trusted == [{"safe"}, {"safe", "unsafe"}]


def test_shapes_are_told_of_a_model() -> None:
    told = modlint.shapes(CLEAN, model="Net(width=7)", input="5x4")
    assert told.modules["fc"]["out"] == [5, 7]
    assert modlint.shapes(CLEAN).modules["Net.fc"]["out"][-1] == 4


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: modlint.check(BROKEN, select=["ML9999"]), MisuseError),
        (lambda: modlint.check(BROKEN, ignore=["missing-sper-init"]), MisuseError),
        (lambda: modlint.check(BROKEN, input="8*3"), MisuseError),
        (lambda: modlint.check(BROKEN, name="notes.txt"), UnreadableError),
        (lambda: modlint.check(b"x = '\xe9'\n"), UnreadableError),
        (lambda: modlint.check("nowhere.py"), FileNotFoundError),
        (lambda: modlint.fix(Path("nowhere.py")), FileNotFoundError),
        (lambda: modlint.fix("x = 1"), FileNotFoundError),
        (lambda: modlint.shapes(CLEAN, model="Nte()"), NoModelError),
        (lambda: modlint.shapes(Path("nowhere.py")), FileNotFoundError),
        (lambda: getattr(modlint, "chekc"), AttributeError),  # noqa: B009
    ],
)
def test_misuse_is_raised(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call()


def test_importing_modlint_loads_nothing_before_it_is_asked() -> None:
    script = "import sys; before = set(sys.modules); import modlint; print(sorted(set(sys.modules) - before))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "['modlint']"


@pytest.mark.parametrize("name", modlint.__all__)
def test_everything_that_is_offered_is_documented(name: str) -> None:
    assert (getattr(modlint, name).__doc__ or "").strip()
