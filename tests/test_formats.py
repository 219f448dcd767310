"""The formats for other programs, held to their own schemas and readers."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft4Validator
from junitparser import JUnitXml

from modlint import session
from modlint.choices import OUTPUT_FORMATS
from modlint.diagnostics import Diagnostic, Position, Reason, Severity, Span, Text
from modlint.edits import Applicability, Edit, Fix
from modlint.report import formats
from modlint.report.page import Page
from modlint.sources import load

ROOT = Path(__file__).parent.parent
SCHEMAS = Path(__file__).parent / "data" / "schemas"
MARK = "\N{BUG}"
SOURCE = f"import torch\nnorm = '{MARK}', nn.BatchNorm1d(16)\nnorm = 1, nn.BatchNorm1d(16)\n"
HOSTILE = Text('a\x1b[31m & <b>\ud800 ]]> "quoted" ::error::\n100%', "坏\x00的 <消息>")


def finding(line: int, column: int, message: Text = HOSTILE, fix: Fix | None = None, **more: Any) -> Diagnostic:
    span = Span(Position(line, column), Position(line, column + 2))
    return Diagnostic(
        "ML204", "norm-rank", Severity.ERROR, "a b/模型.py", None, span, message, (Reason(1, HOSTILE, 3),), fix, **more
    )


ONE_EDIT = Fix(Applicability.SAFE, "use `BatchNorm2d`", "改用", (Edit(27, 30, "x"),))
TWO_EDITS = Fix(Applicability.UNSAFE, "do both", "改用", (Edit(0, 1, "x"), Edit(15, 16, "y")))
PAGES = [
    Page("clean.py", "", ()),
    Page("a b/模型.py", SOURCE, (finding(2, 13, fix=ONE_EDIT), finding(2, 13, fix=TWO_EDITS), finding(3, 11))),
]
BROKEN = sorted((ROOT / "fixtures").glob("*/broken.*"))


def rendered(name: str, pages: Sequence[Page] = PAGES, language: str = "en") -> str:
    return click.unstyle("".join(formats.report(name)(pages, language)))


def checked(path: Path) -> Page:
    data = path.read_bytes()
    document = load(path.name, data)
    return Page.of(document, session.check(path.name, data, session.Options(seconds=0.2)).diagnostics)


@pytest.fixture(scope="module")
def real_pages() -> list[Page]:
    """What is found in every second broken template."""
    return [checked(path) for path in BROKEN[::2]]


def assert_valid(schema: str, text: str) -> None:
    content = json.loads((SCHEMAS / schema).read_text(encoding="utf-8"))
    problems = [error.message for error in Draft4Validator(content).iter_errors(json.loads(text))]
    assert problems == []


@pytest.mark.parametrize("name", OUTPUT_FORMATS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_format_tells_every_finding_in_every_language(name: str, language: str) -> None:
    assert rendered(name, language=language).count("ML204") >= 3
    assert isinstance(rendered(name, PAGES[:1], language), str)


@pytest.mark.parametrize(
    ("name", "schema"),
    [("sarif", "sarif-2.1.0.json"), ("rdjson", "rdjson.json")],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_has_a_schema_is_valid(name: str, schema: str, language: str, real_pages: list[Page]) -> None:
    for pages in (PAGES, PAGES[:1], [], real_pages):
        assert_valid(schema, rendered(name, pages, language))


@pytest.mark.parametrize("key", ["version", "runs"])
def test_the_schema_would_tell(key: str) -> None:
    log = json.loads(rendered("sarif"))
    del log[key]
    with pytest.raises(AssertionError):
        assert_valid("sarif-2.1.0.json", json.dumps(log))


def test_sarif_explains_its_rules_and_names_its_results() -> None:
    (run,) = json.loads(rendered("sarif"))["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert "expected 2D or 3D input" in rule["help"]["text"]
    assert "```python\nimport torch\n" in rule["help"]["markdown"]
    assert "## What torch says\n\n```text\n" in rule["help"]["markdown"]
    names = [result["partialFingerprints"]["modlintLine/v1"] for result in run["results"]]
    assert len(set(names)) == 3
    moved = [Page("a b/模型.py", "\n" + SOURCE, (finding(3, 13), finding(3, 13), finding(4, 11)))]
    (later,) = json.loads(rendered("sarif", moved))["runs"]
    assert [result["partialFingerprints"]["modlintLine/v1"] for result in later["results"]] == names


@pytest.mark.parametrize("language", ["en", "zh"])
def test_junit_is_read_by_its_readers(language: str, real_pages: list[Page]) -> None:
    for pages in (PAGES, real_pages, []):
        suites = JUnitXml.fromstring(rendered("junit", pages, language).encode())
        assert len(list(suites)) == len(pages)
        assert sum(suite.failures for suite in suites) == sum(len(page.diagnostics) for page in pages)
        assert sum(suite.tests for suite in suites) == sum(max(1, len(page.diagnostics)) for page in pages)


def test_junit_names_the_place_and_says_why() -> None:
    clean, broken = JUnitXml.fromstring(rendered("junit").encode())
    (case,) = clean
    assert (case.is_passed, case.classname) == (True, "clean")
    first = next(iter(broken))
    assert (first.name, first.classname) == ("ML204 norm-rank", "a b.模型")
    (failure,) = first.result
    assert (failure.type, failure.message) == ("error", 'a\\x1b[31m & <b>\\ud800 ]]> "quoted" ::error::\\n100%')
    place, reason = failure.text.splitlines()
    assert place.startswith("a b/模型.py:2:13: a\\x1b")
    assert reason.startswith("1:3: a\\x1b")


def test_rdjson_counts_columns_in_bytes_and_suggests_only_whole_fixes() -> None:
    one, two, plain = json.loads(rendered("rdjson"))["diagnostics"]
    assert one["location"]["range"]["start"] == {"line": 2, "column": 13 + len(MARK.encode()) - 1}
    assert plain["location"]["range"]["start"] == {"line": 3, "column": 11}
    assert [len(each["suggestions"]) for each in (one, two, plain)] == [1, 0, 0]
    assert one["suggestions"][0]["text"] == "x"
    assert one["related_locations"][0]["location"]["range"]["start"] == {"line": 1, "column": 3}


def test_gitlab_gets_what_it_requires() -> None:
    issues = json.loads(rendered("gitlab"))
    assert [issue["location"] for issue in issues] == [
        {"path": "a b/模型.py", "lines": {"begin": line, "end": line}} for line in (2, 2, 3)
    ]
    assert {issue["severity"] for issue in issues} <= {"info", "minor", "major", "critical", "blocker"}
    assert all(issue["check_name"] == "ML204" and issue["description"] for issue in issues)
    assert len({issue["fingerprint"] for issue in issues}) == 3


@pytest.mark.parametrize(("file", "told"), [("net.py", "net.py"), ("/elsewhere/net.py", "/elsewhere/net.py")])
def test_gitlab_gets_paths_from_the_root(file: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (file, tmp_path / file):
        (issue,) = json.loads(rendered("gitlab", [Page(str(path), SOURCE, (replace(finding(2, 13), file=str(path)),))]))
        assert issue["location"]["path"] == told


def test_json_lines_are_the_list_of_json(real_pages: list[Page]) -> None:
    lines = rendered("json-lines", real_pages).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(rendered("json", real_pages))["diagnostics"]


_ANNOTATION = re.compile(r"::(?:error|warning|notice) (?:\w+=[^,:\r\n]*)(?:,\w+=[^,:\r\n]*)*::[^\r\n]*")


def test_github_gets_one_command_a_line(real_pages: list[Page]) -> None:
    for pages in (PAGES, real_pages):
        commands = rendered("github", pages).splitlines()
        assert len(commands) == sum(len(page.diagnostics) for page in pages)
        assert [line for line in commands if not _ANNOTATION.fullmatch(line)] == []


_PYLINT = re.compile(r"(?P<path>[^:]+):(?P<line>\d+): \[(?P<code>[A-Z]+\d+)\] (?P<message>.+)")


def test_pylint_lines_have_path_line_code_and_message(real_pages: list[Page]) -> None:
    for pages in (PAGES, real_pages):
        lines = rendered("pylint", pages).splitlines()
        told = [match and (match["path"], int(match["line"]), match["code"]) for match in map(_PYLINT.fullmatch, lines)]
        assert told == [(one.file, one.span.start.line, one.code) for page in pages for one in page.diagnostics]


def test_grouped_names_each_file_once() -> None:
    told = rendered("grouped").splitlines()
    assert told[0] == "a b/模型.py"
    assert told[1].startswith("  2:13  error    ML204  a\\x1b")
    assert told[3].startswith("  3:11  error    ML204  ")
    assert told[4:] == [""]


@pytest.mark.parametrize("name", ["full", "concise", "grouped", "json-lines", "junit", "github", "pylint"])
def test_findings_are_told_as_they_come(name: str) -> None:
    def pages() -> Any:
        yield PAGES[1]
        raise AssertionError("asked for more before telling the first")

    told = io.StringIO()
    with pytest.raises(AssertionError, match="asked for more"):
        for piece in formats.report(name)(pages(), "en"):
            told.write(piece)
    assert "ML204" in told.getvalue()
