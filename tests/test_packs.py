"""Rules of one's own: the scaffold, and the pack that it makes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from modlint import rule as rule_module
from modlint.cli import main
from modlint.rule import Rule, load_rules
from modlint.testing import assert_examples_hold


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A pack with one rule, as the scaffold writes it, registered as its installation would."""
    monkeypatch.chdir(tmp_path)
    assert new_rule("ZQ101", "no-docstring", "pack").exit_code == 0
    entry = EntryPoint("zq_rules", "zq_rules", "modlint.rules")
    monkeypatch.setattr(rule_module, "entry_points", lambda group: [entry] if group == entry.group else [])
    monkeypatch.syspath_prepend(str(tmp_path / "pack"))
    load_rules.cache_clear()
    yield tmp_path / "pack"
    load_rules.cache_clear()
    for name in [name for name in sys.modules if name.startswith("zq_rules")]:
        del sys.modules[name]


def new_rule(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["new-rule", *arguments])


def rule() -> Rule:
    return next(one for one in load_rules() if one.meta.code == "ZQ101")


def test_the_scaffold_makes_a_whole_project(pack: Path) -> None:
    files = sorted(path.relative_to(pack).as_posix() for path in pack.rglob("*") if path.is_file())
    assert files == ["pyproject.toml", "tests/test_rules.py", "zq_rules/__init__.py", "zq_rules/zq101_no_docstring.py"]
    assert 'zq_rules = "zq_rules"' in (pack / "pyproject.toml").read_text()


def test_the_rule_of_the_scaffold_holds_its_examples(pack: Path) -> None:
    assert_examples_hold(rule())
    (pack / "net.py").write_text(rule().invalid[0].code)
    result = CliRunner().invoke(main, ["check", str(pack / "net.py"), "--select", "ZQ", "--output-format", "concise"])
    assert "net.py:4:1: warning ZQ101 `Double` has no docstring" in result.stdout


@pytest.mark.parametrize(
    ("wrong", "right"), [("(4,)", "(5,)"), ("raises=False", 'fixed="x = 1\\n"'), ("Valid(_RIGHT)", "Valid(_WRONG)")]
)
def test_examples_that_do_not_hold_are_told(wrong: str, right: str, pack: Path) -> None:
    file = pack / "zq_rules" / "zq101_no_docstring.py"
    file.write_text(file.read_text().replace(wrong, right))
    with pytest.raises(AssertionError, match="ZQ101"):
        assert_examples_hold(rule())


def test_what_is_written_is_clean(pack: Path) -> None:
    style = ["--isolated", "--line-length", "120"]
    for task in (["check", "--select", "E,F,I,B,UP"], ["format", "--check"]):
        subprocess.run([sys.executable, "-m", "ruff", *task, *style, "zq_rules"], cwd=pack, check=True)


def test_one_more_rule_changes_no_other_file(pack: Path) -> None:
    before = {path: path.read_bytes() for path in pack.rglob("*.*") if path.is_file()}
    assert new_rule("ZQ102", "short-name", "pack").exit_code == 0
    assert {path: path.read_bytes() for path in before} == before
    assert (pack / "zq_rules" / "zq102_short_name.py").is_file()


def test_a_project_of_ones_own_is_left_alone_and_told_what_to_register(pack: Path) -> None:
    (pack / "pyproject.toml").write_text("[project]\n")
    result = new_rule("ZQ102", "short-name", "pack")
    assert (pack / "pyproject.toml").read_text() == "[project]\n"
    assert '[project.entry-points."modlint.rules"]\nzq_rules = "zq_rules"\n' in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("zq101", "no-docstring"), "`zq101` is no code"),
        (("ZQ1", "no-docstring"), "`ZQ1` is no code"),
        (("ZQ1012", "no-docstring"), "`ZQ1012` is no code"),
        (("../ZQ101", "no-docstring"), "is no code"),
        (("ZQ103", "NoDocstring"), "`NoDocstring` is no name"),
        (("ZQ103", "no_docstring"), "`no_docstring` is no name"),
        (("ZQ103", "../x"), "`../x` is no name"),
        (("ML101", "other"), "a rule `ML101`"),
        (("ZQ103", "missing-super-init"), "`missing-super-init` already"),
        (("ZQ101", "other"), "a rule `ZQ101`"),
        (("ZQ103",), "Missing argument 'NAME'"),
    ],
)
def test_misuse_is_told_and_writes_nothing(arguments: tuple[str, ...], told: str, pack: Path) -> None:
    before = sorted(pack.parent.rglob("*.py"))
    result = new_rule(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert sorted(pack.parent.rglob("*.py")) == before
