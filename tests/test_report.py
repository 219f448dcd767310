"""How findings look in every format."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import click
import pytest

from modlint.diagnostics import Diagnostic, Position, Reason, Severity, Span, Text
from modlint.edits import Applicability, Edit, Fix, apply_edits
from modlint.report import catalogue, concise, diff, full, github, sarif, shapes, statistics, verification
from modlint.report import json as json_report
from modlint.report.page import Page, Report
from modlint.report.quoting import Quotation, visible, width
from modlint.report.words import summary
from modlint.rule import load_rules
from modlint.shaping import Shapes
from modlint.verify.protocol import FileJob, LeftOut, ModelReport, Segment, Verdict

SOURCE = "import torch\nclass Net(nn.Module):\n    norm = nn.BatchNorm1d(16)\n    x = norm(conv)\n"
FIX = Fix(Applicability.SAFE, "use `BatchNorm2d`", "改用 `BatchNorm2d`", (Edit(46, 60, "nn.BatchNorm2d"),))
ERROR = Diagnostic(
    "ML204",
    "norm-rank",
    Severity.ERROR,
    "model.py",
    None,
    Span(Position(3, 12), Position(3, 30)),
    Text("takes 2-D or 3-D input", "需要 2-D 或 3-D 输入"),
    (Reason(4, Text("`conv` gives [8, 16, 4, 4]", "`conv` 输出 [8, 16, 4, 4]")),),
    FIX,
)
NOTE = Diagnostic(
    "ML101",
    "missing-super-init",
    Severity.INFO,
    "a b,c:é.md",
    2,
    Span(Position(1, 1), Position(4, 3)),
    Text("100% sure\nand more", "确定"),
)
PAGES = [Page("clean.py", "", ()), Page("model.py", SOURCE, (ERROR,)), Page("a b,c:é.md", SOURCE, (NOTE,))]


def rendered(report: Report, pages: Iterable[Page] = PAGES, language: str = "en") -> str:
    return click.unstyle("".join(report(pages, language)))


def test_full_underlines_the_place_and_gives_the_reasons() -> None:
    assert rendered(full.render, PAGES[:2]) == (
        "model.py:3:12: error ML204 norm-rank\n"
        "  takes 2-D or 3-D input\n"
        "       |\n"
        "     3 |     norm = nn.BatchNorm1d(16)\n"
        "       |            ^^^^^^^^^^^^^^^^^^\n"
        "     4 |     x = norm(conv)\n"
        "       |     ~ `conv` gives [8, 16, 4, 4]\n"
        "  fix (safe): use `BatchNorm2d`\n"
        "\n"
    )


def test_full_speaks_chinese() -> None:
    told = rendered(full.render, PAGES[:2], "zh")
    assert "错误 ML204 norm-rank\n  需要 2-D 或 3-D 输入\n" in told
    assert "  修复（安全）：改用 `BatchNorm2d`\n" in told


def test_concise_gives_one_line_each() -> None:
    assert rendered(concise.render) == (
        "model.py:3:12: error ML204 takes 2-D or 3-D input\na b,c:é.md:1:1: info ML101 100% sure\\nand more\n"
    )


def test_json_says_everything_and_its_edits_fit_the_text() -> None:
    data = json.loads(rendered(json_report.render))
    assert data["version"] == 1
    assert data["files"] == 3
    assert data["diagnostics"][0] == {
        "code": "ML204",
        "name": "norm-rank",
        "severity": "error",
        "file": "model.py",
        "cell": None,
        "line": 3,
        "column": 12,
        "end_line": 3,
        "end_column": 30,
        "cell_line": None,
        "cell_column": None,
        "message": "takes 2-D or 3-D input",
        "why": [{"line": 4, "message": "`conv` gives [8, 16, 4, 4]"}],
        "fix": {
            "applicability": "safe",
            "title": "use `BatchNorm2d`",
            "edits": [{"start": 46, "end": 60, "text": "nn.BatchNorm2d"}],
        },
    }
    assert data["diagnostics"][1]["cell"] == 2
    assert data["diagnostics"][1]["fix"] is None
    assert "norm = nn.BatchNorm2d(16)" in apply_edits(SOURCE, FIX.edits)


def test_github_escapes_what_its_commands_would_obey() -> None:
    assert rendered(github.render) == (
        "::error title=ML204 norm-rank,file=model.py,line=3,endLine=3,col=12,endColumn=30::"
        "takes 2-D or 3-D input%0Aline 4: `conv` gives [8, 16, 4, 4]\n"
        "::notice title=ML101 missing-super-init,file=a b%2Cc%3Aé.md,line=1,endLine=4::100%25 sure%0Aand more\n"
    )


def test_sarif_holds_rules_places_reasons_and_fixes() -> None:
    data = json.loads(rendered(sarif.render))
    (run,) = data["runs"]
    assert data["version"] == "2.1.0"
    assert run["columnKind"] == "unicodeCodePoints"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["ML101", "ML204"]
    error, note = run["results"]
    assert (error["level"], note["level"]) == ("error", "note")
    region = {"startLine": 3, "startColumn": 12, "endLine": 3, "endColumn": 30}
    assert error["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "model.py"}, "region": region}
    assert error["relatedLocations"][0]["physicalLocation"]["region"] == {"startLine": 4}
    (change,) = error["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 3, "startColumn": 12, "endLine": 3, "endColumn": 26},
            "insertedContent": {"text": "nn.BatchNorm2d"},
        }
    ]
    assert note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b%2Cc%3A%C3%A9.md"


EMPTY: list[tuple[Report, str]] = [
    (full.render, ""),
    (concise.render, ""),
    (github.render, ""),
]


@pytest.mark.parametrize(("report", "told"), EMPTY)
def test_a_clean_project_says_little(report: Report, told: str) -> None:
    assert rendered(report, PAGES[:1]) == told


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x = 1", "x = 1"),
        ("\tx", "    x"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("def f()：", "def f()："),
        ("a\u3000b\u00a0c", "a\\u3000b\\xa0c"),
        ("\u200bx\ufeff", "\\u200bx\\ufeff"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("网络", "网络"),
        ("é🙂", "é🙂"),
        ("\r\n\0", "\\r\\n\\x00"),
    ],
)
def test_nothing_steers_the_terminal(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "columns", "marks"),
    [
        ("x = abc", (5, 8), "    ^^^"),
        ("\tx = abc", (6, 9), "        ^^^"),
        ("网络 = abc", (6, 9), "       ^^^"),
        ("def f(self)：", (12, 13), "           ^^"),
        ("x\u3000= 1", (2, 3), " ^^^^^^"),
        ("x = 1", (3, 3), "  ^"),
        ("", (1, 1), "^"),
        ("x", (9, 12), " ^"),
    ],
)
def test_marks_stand_below_what_they_mark(text: str, columns: tuple[int, int], marks: str) -> None:
    span = Span(Position(1, columns[0]), Position(1, columns[1]))
    quotation = Quotation(text)
    assert quotation.marks(span) == marks
    assert width(quotation.marks(span)) == len(marks)


def test_a_span_of_several_lines_is_marked_on_its_first() -> None:
    quotation = Quotation("class A:\r\n    pass\r\n")
    assert quotation.marks(Span(Position(1, 1), Position(2, 9))) == "^^^^^^^^"
    assert [quotation.line(number) for number in range(4)] == ["", "class A:", "    pass", ""]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("a\nb\n", "a\nc\n", [" a", "-b", "+c"]),
        ("a", "b", ["-a", "\\ No newline at end of file", "+b", "\\ No newline at end of file"]),
        ("a\r\nb\r\n", "a\r\nc\r\n", [" a\r", "-b\r", "+c\r"]),
        ("a\x0cb\n", "a\x0cc\n", ["-a\x0cb", "+a\x0cc"]),
        ("a\n", "a\n", []),
    ],
)
def test_a_diff_is_a_patch(before: str, after: str, lines: list[str]) -> None:
    told = click.unstyle("".join(diff.render("m.py", before, after)))
    assert told.split("\n")[3:-1] == lines
    assert told.startswith("--- m.py\n+++ m.py\n@@ ") or not lines


@pytest.mark.parametrize(
    ("severities", "told", "told_zh"),
    [
        ([], "Nothing found in 3 files (1.50 s).", "3 个文件没有问题（1.50 秒）。"),
        ([Severity.ERROR], "Found 1 error in 3 files (1.50 s).", "3 个文件中有 1 个错误（1.50 秒）。"),
        (
            [Severity.ERROR, Severity.ERROR, Severity.WARNING],
            "Found 2 errors, 1 warning in 3 files (1.50 s).",
            "3 个文件中有 2 个错误、1 个警告（1.50 秒）。",
        ),
        ([Severity.INFO, Severity.INFO], "Found 2 notes in 3 files (1.50 s).", "3 个文件中有 2 个提示（1.50 秒）。"),
    ],
)
def test_the_summary_counts(severities: list[Severity], told: str, told_zh: str) -> None:
    found = [replace(NOTE, severity=severity) for severity in severities]
    assert summary(found, 3, 1.5, "en") == told
    assert summary(found, 3, 1.5, "zh") == told_zh


def test_the_summary_says_what_can_be_fixed() -> None:
    assert summary([ERROR, NOTE], 2, 0, "en").endswith(" `modlint fix --write` makes 1 fix.")
    assert summary([ERROR, NOTE], 2, 0, "zh").endswith("`modlint fix --write` 可修复其中 1 个。")


def test_statistics_count_the_findings_of_every_rule() -> None:
    pages = [replace(page, diagnostics=(*page.diagnostics, NOTE)) for page in PAGES]
    assert rendered(statistics.render, pages) == "     4  ML101  missing-super-init\n     1  ML204  norm-rank\n"
    assert json.loads(rendered(statistics.as_json, pages))[0] == {
        "code": "ML101",
        "name": "missing-super-init",
        "count": 4,
    }
    assert rendered(statistics.render, PAGES[:1]) == ""


def test_rules_are_listed_and_explained() -> None:
    rules = load_rules()
    listed = click.unstyle("".join(catalogue.list_text(rules, "en"))).splitlines()
    assert [line.split()[0] for line in listed] == [rule.meta.code for rule in rules]
    data = json.loads("".join(catalogue.list_json(rules, "zh")))
    assert [rule["title"] for rule in data["rules"]] == [rule.meta.zh.title for rule in rules]


@pytest.mark.parametrize(("language", "heading"), [("en", "What torch says"), ("zh", "torch 的报错")])
def test_an_explanation_has_every_part_and_an_example(language: str, heading: str) -> None:
    rule = next(rule for rule in load_rules() if rule.meta.code == "ML101")
    told = click.unstyle("".join(catalogue.explain(rule, language)))
    assert heading in told
    assert catalogue.doc_of(rule.meta, language).fix in told
    assert "  class Net(nn.Module):\n" in told


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ([8, 3, "H", "W"], "[8, 3, H, W]"),
        ([], "[]"),
        ("?", "?"),
        (None, "None"),
        ({"py": 3}, "3"),
        ({"tuple": [[1], [2, "?"]]}, "([1], [2, ?])"),
        ({"list": [[1], None]}, "[[1], None]"),
        ({"dict": {"logits": [4, 10]}}, "{logits: [4, 10]}"),
        ({"shape": [2, 3], "dtype": "float32"}, "[2, 3]"),
        ({"shape": [2], "dtype": "int64"}, "[2] int64"),
    ],
)
def test_shapes_are_written_as_people_do(shape: Any, told: str) -> None:
    assert shapes.shape_text(shape) == told


SHAPES = Shapes(
    modules={"": {"cls": "Net", "in": [[2, 3]], "out": [2, 5], "line": 1}},
    lines={"2:y": [[2, 3], [4, 3]], "3:<return>": [[2, 5]]},
)


def test_shapes_stand_beside_their_lines() -> None:
    told = click.unstyle(
        "".join(shapes.as_text(Page("net.py", "def forward(x):\n    y = x\n    return y\n", ()), SHAPES))
    ).splitlines()
    assert told[0] == "def forward(x):"
    assert told[1].split("#") == ["    y = x" + " " * 55, " y: [2, 3] or [4, 3]"]
    assert told[2].endswith("# return: [2, 5]")
    assert told[-1] == "(model)  Net  [2, 3]  -> [2, 5]"


def test_shapes_are_told_to_programs() -> None:
    assert json.loads("".join(shapes.as_json(SHAPES))) == {
        "modules": SHAPES.modules,
        "lines": SHAPES.lines,
        "takes": {},
    }


RAN = ModelReport(
    "m.py",
    4,
    "Net",
    Verdict.RAN,
    "eval",
    device="cpu",
    input="2x3",
    input_source="line 9",
    output={"shape": [2, 5], "dtype": "float32"},
    finite=False,
    parameters=12345,
    peak_memory=3 << 20,
    seconds=0.125,
    sandbox="full",
    torch="2.13.0",
)
FAILED = ModelReport("m.py", 7, "Other", Verdict.FAILED, "forward", message="RuntimeError: no\nline 8: x = y(x)")


def test_a_run_is_told_in_full() -> None:
    assert click.unstyle("".join(verification.lines(RAN))) == (
        "m.py:4: ran Net\n"
        "  input  2x3 (line 9)\n"
        "  output [2, 5], not finite\n"
        "  12,345 parameters, 0.12 s on cpu, peak memory 3.0 MiB, torch 2.13.0, sandbox: full\n"
    )
    built = replace(RAN, built="Net(__import__('torch').nn.ReLU())")
    assert "  built  Net(torch.nn.ReLU())\n" in verification.lines(built)
    assert not any("built" in line for line in verification.lines(replace(RAN, built=f"{RAN.name}()")))
    pair = {"tuple": [{"shape": [3, 10], "dtype": "float32"}, {"shape": [3, 9], "dtype": "float32"}]}
    assert "  in evaluation ([3, 10], [3, 9])\n" in verification.lines(replace(RAN, evaluated=pair))
    assert not any("evaluation" in line for line in verification.lines(replace(RAN, evaluated=RAN.output)))
    early = replace(RAN, verdict=Verdict.ENV_ERROR, stage="import")
    assert not any("parameters" in line for line in verification.lines(early))
    assert click.unstyle("".join(verification.lines(FAILED))) == (
        "m.py:7: failed Other (stage: forward)\n  RuntimeError: no\n  line 8: x = y(x)\n"
    )
    assert verification.summary([RAN, FAILED, RAN]) == "3 models: 2 ran, 1 failed\n"


def test_a_refuted_prediction_is_told_as_a_mistake_of_the_analysis() -> None:
    report = replace(RAN, refuted_prediction={"shape": [2, None], "dtype": "float32"})
    told = "modlint predicted [2, ?] instead: that is a mistake of modlint, please report it"
    assert f"  {told}\n" in verification.lines(report)
    assert json.loads("".join(verification.as_json([report])))["models"][0]["message"] == told


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ((), ""),
        ((8,), "m.py: not executed: line 8 (it calls print)\n"),
        ((1, 2, 3, 4, 5, 6), "m.py: not executed: " + ", ".join(f"line {n} (it calls print)" for n in (1, 2, 3, 4))
         + ", 2 more\n"),
    ],
)  # fmt: skip
def test_what_is_not_executed_is_told(lines: tuple[int, ...], told: str) -> None:
    segment = Segment("", tuple(LeftOut(line, (), "it calls print") for line in lines))
    assert "".join(verification.left_out(FileJob("m.py", (segment,), ()))) == told


def test_runs_are_told_to_programs() -> None:
    data = json.loads("".join(verification.as_json([FAILED])))
    assert data["version"] == 1
    what_ran = ["file", "line", "name", "verdict", "stage", "message", "device", "input", "input_source"]
    what_came = ["output", "parameters", "peak_memory", "seconds", "sandbox"]
    assert list(data["models"][0]) == what_ran + what_came
