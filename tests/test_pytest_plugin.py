"""modlint in the tests of other projects."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from nets import BROKEN, CLEAN

from modlint import session
from modlint.cli import main
from modlint.testing import assert_model_runs
from modlint.verify.protocol import Verdict

pytest_plugins = ["pytester"]
NEEDS_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="models cannot run without torch")
TWO = CLEAN + CLEAN.partition("\n\n\n")[2].replace("Net", "Other")
HALF = TWO.replace("        super().__init__()\n", "", 1)
HOSTILE = CLEAN + "\nraise SystemExit('this file was run')\n"


@pytest.fixture(scope="module", autouse=True)
def rules() -> None:
    """Loaded once: each run of pytest forgets what it has imported itself."""
    session.warm()


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    """A project with a model that is broken, one that is not, and a test."""
    for name, text in {"broken.py": BROKEN, "clean.py": HOSTILE, "test_it.py": "def test_it():\n    pass\n"}.items():
        (pytester.path / name).write_text(text)
    return pytester.path


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments)


def test_every_collected_file_is_a_test(pytester: pytest.Pytester, project: Path) -> None:
    result = run(pytester, "--modlint")
    assert result.parseoutcomes() == {"failed": 1, "passed": 3}
    result.stdout.fnmatch_lines(
        ["*broken.py: modlint*", "broken.py:7:9: error ML101 missing-super-init", "*fix (safe): *super().__init__*"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*\x1b[[]*")


def test_nothing_is_checked_unless_asked_for(pytester: pytest.Pytester, project: Path) -> None:
    assert run(pytester).parseoutcomes() == {"passed": 1}


@pytest.mark.parametrize(
    ("settings", "failed"),
    [
        ("", 1),
        ('ignore = ["ML101"]', 0),
        ('exclude = ["broken.py"]', 0),
        ('exclude = ["clean.py"]', 1),
        ('[per-file-ignores]\n"broken.py" = ["ML1"]', 0),
        ('fail-on = "info"', 1),
        ('severity = {ML101 = "info"}', 0),
        ('severity = {ML101 = "info"}\nfail-on = "info"', 1),
    ],
)
def test_the_settings_of_the_project_hold(settings: str, failed: int, pytester: pytest.Pytester, project: Path) -> None:
    (project / "modlint.toml").write_text(settings)
    assert run(pytester, "--modlint").parseoutcomes().get("failed", 0) == failed


def test_known_and_suppressed_findings_do_not_fail(pytester: pytest.Pytester, project: Path) -> None:
    (project / "modlint.toml").write_text('baseline = "known.json"')
    assert CliRunner().invoke(main, ["baseline", "--output", "known.json"]).exit_code == 0
    assert run(pytester, "--modlint").parseoutcomes() == {"passed": 4}
    (project / "other.py").write_text(BROKEN)
    assert run(pytester, "--modlint").parseoutcomes() == {"failed": 1, "passed": 4}
    (project / "other.py").write_text("# modlint: file-ignore[ML101] on purpose\n" + BROKEN)
    assert run(pytester, "--modlint").parseoutcomes() == {"passed": 5}


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("latin.py", b"x = '\xe9'\n", "*save it as UTF-8*"),
        ("page.ipynb", b"{not json", "*not a JSON notebook*"),
    ],
)
def test_a_file_that_cannot_be_read_fails_in_one_line(
    name: str, data: bytes, told: str, pytester: pytest.Pytester
) -> None:
    (pytester.path / name).write_bytes(data)
    result = run(pytester, "--modlint")
    assert result.parseoutcomes() == {"failed": 1}
    result.stdout.fnmatch_lines([told])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize("name", ["notes.txt", "page.md", "data.json"])
def test_other_files_are_left_alone(name: str, pytester: pytest.Pytester) -> None:
    (pytester.path / name).write_text(f"```python\n{BROKEN}```\n")
    assert run(pytester, "--modlint").parseoutcomes() == {}


@NEEDS_TORCH
@pytest.mark.xdist_group("runs models")
@pytest.mark.parametrize(
    ("text", "model", "given", "sizes"),
    [
        (CLEAN, "Net(width=7)", "5x4", [(5, 7)]),
        (HALF, "Other()", "3x4", [(3, 4)]),
    ],
)
def test_models_that_run_are_reported(
    text: str, model: str | None, given: str | None, sizes: list[tuple[int, ...]], tmp_path: Path
) -> None:
    file = tmp_path / "net.py"
    file.write_text(text)
    reports = assert_model_runs(file, model, given, timeout=300, sandbox=False)
    assert {report.verdict for report in reports} == {Verdict.RAN}
    assert [tuple(report.output["shape"]) for report in reports if isinstance(report.output, dict)] == sizes


@NEEDS_TORCH
@pytest.mark.xdist_group("runs models")
@pytest.mark.parametrize(
    ("text", "model", "given", "told"),
    [
        (BROKEN, None, None, "cannot assign module before Module.__init__"),
        (CLEAN, "Net()", "2x5", "mat1 and mat2 shapes cannot be multiplied"),
        ("x = 1\n", None, None, "no model to run"),
    ],
)
def test_models_that_do_not_run_fail_the_test(
    text: str, model: str | None, given: str | None, told: str, tmp_path: Path
) -> None:
    file = tmp_path / "net.py"
    file.write_text(text)
    with pytest.raises(AssertionError, match=told):
        assert_model_runs(str(file), model, given, timeout=300, sandbox=False)
