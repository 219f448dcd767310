"""Every broken template is reported as its comments say, becomes its fixed text, and torch agrees with both."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

from modlint import session, textual
from modlint.diagnostics import Severity
from modlint.edits import Applicability
from modlint.sources import load

FIXTURES = Path(__file__).parent.parent / "fixtures"
FOLDERS = [pytest.param(folder, id=folder.name) for folder in sorted(FIXTURES.iterdir()) if folder.is_dir()]
UNHURRIED = session.Options(seconds=60.0, trusted=frozenset({Applicability.SAFE, Applicability.UNSAFE}))
SILENT = "runs, and is wrong"
each_template = pytest.mark.parametrize("folder", FOLDERS)


def broken(folder: Path) -> Path:
    return next(folder.glob("broken.*"))


def fixed(folder: Path) -> Path:
    return next(folder.glob("fixed.*"))


def expected(text: str) -> list[tuple[int, str]]:
    """Lines and codes of ``# expect: ML101, ML204`` comments."""
    return sorted(
        (number, code)
        for number, line in enumerate(text.splitlines(), 1)
        for codes in re.findall(r"expect: (ML\d+(?:, ML\d+)*)", line)
        for code in codes.split(", ")
    )


def execute(path: Path) -> None:
    """Run the Python of a file as its readers would: the cells of a document in one namespace."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for unit in textual.prepare(load(str(path), path.read_bytes())).units:
            exec(compile(unit.cell.text, str(path), "exec"), namespace)


@each_template
def test_what_is_reported_is_what_the_comments_expect(folder: Path) -> None:
    path = broken(folder)
    found = session.check(str(path), path.read_bytes()).diagnostics
    wanted = expected(path.read_text(encoding="utf-8"))
    told = [(one.span.start.line, one.code) for one in found]
    above_info = [(one.span.start.line, one.code) for one in found if one.severity is not Severity.INFO]
    assert wanted
    assert set(above_info) <= set(wanted) <= set(told)


@each_template
def test_fixing_gives_the_fixed_text(folder: Path) -> None:
    path = broken(folder)
    assert session.fix_file(str(path), path.read_bytes(), UNHURRIED).after == fixed(folder).read_bytes()


@each_template
def test_the_fixed_text_has_no_error_and_stays_as_it_is(folder: Path) -> None:
    path = fixed(folder)
    again = session.fix_file(str(path), path.read_bytes(), UNHURRIED)
    assert again.after == again.before
    assert [one for one in again.left if one.severity is Severity.ERROR] == []


@each_template
def test_torch_agrees(folder: Path) -> None:
    pytest.importorskip("torch")
    if SILENT in broken(folder).read_text(encoding="utf-8"):
        execute(broken(folder))
    else:
        with pytest.raises((RuntimeError, ValueError, TypeError, AttributeError, NameError, SyntaxError)):
            execute(broken(folder))
    execute(fixed(folder))
