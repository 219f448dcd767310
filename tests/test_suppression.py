"""Comments that suppress findings: where they hold, what is said of those that do not, and how they are written."""

from __future__ import annotations

import json
import tokenize
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from modlint import session
from modlint.cli import main
from modlint.diagnostics import Severity
from modlint.edits import Applicability

HEAD = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
"""
TAIL = """\

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""
WRONG = "        self.fc = nn.Linear(5, 2)"


def net(lines: str) -> str:
    return f"{HEAD}{lines}\n{TAIL}"


def found(code: str, name: str = "net.py", options: session.Options | None = None) -> list[str]:
    return [one.code for one in session.check(name, code.encode(), options).diagnostics]


def test_there_is_something_to_suppress() -> None:
    assert found(net(WRONG)) == ["ML201"]


@pytest.mark.parametrize(
    "lines",
    [
        f"{WRONG}  # modlint: ignore[ML201]",
        f"{WRONG}  # modlint: ignore[ML201] to be shown",
        f"{WRONG}  # modlint:ignore[ML201]",
        f"{WRONG}  #modlint: ignore[ ML101 ,ML201 ]".replace("ML101 ,", ""),
        f"{WRONG}  # modlint: ignore[ML2]",
        f"{WRONG}  # modlint: ignore[ml201]",
        f"{WRONG}  # modlint: ignore[linear-in-features]",
        f"{WRONG}  # modlint: ignore",
        f"{WRONG}  # type: ignore  # modlint: ignore[ML201]",
        f"{WRONG}  # modlint: ignore[ML201]  # pragma: no cover",
        f"{WRONG}  # noqa: ML201",
        f"{WRONG}  # NOQA:ML201",
        f"{WRONG}  # noqa: E501, ML201 long",
        f"{WRONG}  # noqa: E501 ML201",
        f"        # modlint: ignore[ML201]\n{WRONG}",
        f"        # modlint: ignore[ML201]\n        # five, as in the paper\n{WRONG}",
        "        self.fc = nn.Linear(  # modlint: ignore[ML201]\n            5, 2\n        )",
        "        self.fc = nn.Linear(\n            5, 2\n        )  # modlint: ignore[ML201]",
        "        # modlint: ignore[ML201]\n        self.fc = (\n            nn.Linear(5, 2)\n        )",
        "        self.fc = (\n            # modlint: ignore[ML201]\n            nn.Linear(5, 2)\n        )",
        "        self.fc = (\n            nn.Linear(5, 2)  # modlint: ignore[ML201]\n            .train()\n        )",
        "        self.fc = \\\n            nn.Linear(5, 2)  # modlint: ignore[ML201]",
        f"{WRONG}\n\n# modlint: file-ignore[ML201]",
        f"{WRONG}  # modlint: file-ignore",
    ],
)
def test_a_comment_suppresses_what_its_statement_does(lines: str) -> None:
    assert found(net(lines)) == []


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (f"{WRONG}  # modlint: ignore[ML202]", ["ML201", "ML502"]),
        (f"{WRONG}  # modlint: ignore[ML201, ML202]", ["ML502"]),
        (f"{WRONG}  # modlint: ignore[]", ["ML201"]),
        (f"{WRONG}  # modlint: ignor[ML201]", ["ML201", "ML503"]),
        (f"{WRONG}  # modlint: ignore[ML201", ["ML201", "ML503"]),
        (f"{WRONG}  # modlint: Ignore[ML201]", ["ML201", "ML503"]),
        (f"{WRONG}  # modlint: ignore[ML209999]", ["ML201", "ML503"]),
        (f"{WRONG}  # the modlint: ignore[ML201]", ["ML201"]),
        (f"{WRONG}  # noqa", ["ML201"]),
        (f"{WRONG}  # noqa: ML2", ["ML201"]),
        (f"{WRONG}  # noqa: linear-in-features", ["ML201"]),
        (f"{WRONG}  # noqa: ML202", ["ML201", "ML502"]),
        (f"        # modlint: ignore[ML201]\n\n{WRONG}", ["ML502", "ML201"]),
        (f"{WRONG}\n        # modlint: ignore[ML201]", ["ML201", "ML502"]),
        (f"        self.a = 1  # modlint: ignore[ML201]\n{WRONG}", ["ML502", "ML201"]),
        ("        self.fc = nn.Linear(\n            5,  # modlint: ignore[ML201]\n            2,\n        )", ["ML201", "ML502"]),
        (f'        self.text = "# modlint: ignore[ML201]"\n{WRONG}', ["ML201"]),
        (f'        self.text = """\n        # modlint: file-ignore\n        """\n{WRONG}', ["ML201"]),
        (f"        # <!-- modlint: file-ignore -->\n{WRONG}", ["ML201"]),
    ],
)  # fmt: skip
def test_nothing_else_is_suppressed(lines: str, codes: list[str]) -> None:
    assert found(net(lines)) == codes


def test_a_comment_above_decorators_speaks_of_the_definition() -> None:
    plain = net("        self.fc = nn.Linear(4, 2)").replace(
        "    def forward(self, x)", "    @torch.no_grad()\n    def forward(x)"
    )
    assert "ML105" in found(plain)
    assert "ML105" not in found(plain.replace("    @torch", "    # modlint: ignore[ML105]\n    @torch"))


@pytest.mark.parametrize("codes", [{"ML201"}, {"ML202"}, {"ML502"}, {"ML201", "ML502"}])
def test_of_what_use_a_comment_is_does_not_depend_on_the_selection(codes: set[str]) -> None:
    options = session.Options(codes=frozenset(codes))
    assert found(net(f"{WRONG}  # modlint: ignore[ML201]"), options=options) == []
    useless = found(net("        self.fc = nn.Linear(4, 2)  # modlint: ignore[ML201]"), options=options)
    assert useless == (["ML502"] if "ML502" in codes else [])


@pytest.mark.parametrize("comment", ["modlint: file-ignore[ML502]", "modlint: ignore[ML502]"])
def test_what_is_said_of_comments_can_be_suppressed(comment: str) -> None:
    assert found(net(f"        # {comment}\n        self.fc = nn.Linear(4, 2)  # modlint: ignore[ML201]")) == []


def test_repairs_are_suppressed_and_not_made() -> None:
    code = 'print "text"  # modlint: ignore[ML030]\n'
    assert found('print "text"\n') == ["ML030"]
    assert found(code) == []
    assert session.fix_file("a.py", code.encode()).after_text == code
    assert found("print('text')  # modlint: ignore[ML030]\n") == []


# ---------------------------------------------------------------------------------------------------- documents


def page(comment: str, code: str = net(WRONG), between: str = "") -> str:
    return f"# Title\n\n{comment}\n{between}```python\n{code}```\n"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (page(""), ["ML201"]),
        (page("<!-- modlint: ignore[ML201] -->"), []),
        (page("<!-- modlint: ignore[ML201] reason -->", between="\n"), []),
        (page("<!-- modlint: ignore[ML201] -->\n<!-- more -->"), []),
        (page("<!-- modlint: file-ignore -->", between="\nText.\n\n"), []),
        (page("<!-- modlint: ignore[ML201] -->", between="\nText.\n\n"), ["ML201"]),
        (page("Write `<!-- modlint: file-ignore -->`."), ["ML201"]),
        (page("> <!-- modlint: file-ignore -->"), []),
        (page("<!-- modlint: ignore[ML202] -->"), ["ML502", "ML201"]),
        (page("<!-- modlint: ignroe[ML201] -->"), ["ML503", "ML201"]),
        (page("", net(f"{WRONG}  # modlint: ignore[ML201]")), []),
        (page("", f'"""\n<!-- modlint: file-ignore -->\n"""\n{net(WRONG)}'), ["ML201"]),
    ],
)
def test_html_comments_speak_of_the_block_below(text: str, codes: list[str]) -> None:
    assert found(text, "page.md") == codes


def notebook(*sources: str | list[str]) -> str:
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


@pytest.mark.parametrize("spell", [str, lambda code: code.splitlines(keepends=True)], ids=["string", "lines"])
def test_comments_hold_in_notebooks(spell: Callable[[str], str | list[str]]) -> None:
    ignored = net(f"{WRONG}  # modlint: ignore[ML201]")
    assert found(notebook(spell(net(WRONG))), "a.ipynb") == ["ML201"]
    assert found(notebook(spell(ignored)), "a.ipynb") == []
    assert found(notebook(spell("# modlint: file-ignore[ML201]"), spell(net(WRONG))), "a.ipynb") == []


# ---------------------------------------------------------------------------------------------------------- fix


def test_what_is_suppressed_is_not_fixed() -> None:
    options = session.Options(trusted=frozenset({Applicability.SAFE, Applicability.UNSAFE}))
    assert session.fix_file("a.py", net(WRONG).encode(), options).after_text != net(WRONG)
    code = net(f"{WRONG}  # modlint: ignore[ML201]")
    assert session.fix_file("a.py", code.encode(), options).after_text == code


def test_a_fix_is_made_although_a_suppression_becomes_useless_by_it() -> None:
    code = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.norm = nn.BatchNorm1d(8)
        self.fc = nn.Linear(99, 2)  # modlint: ignore[ML201]

    def forward(self, x):
        return self.fc(self.norm(self.conv(x)).flatten(1))


Net()(torch.randn(2, 1, 28, 28))
"""
    fixed = session.fix_file("a.py", code.encode())
    assert fixed.after_text == code.replace("BatchNorm1d", "BatchNorm2d")


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("x = 1  # modlint: ignore[ML201] reason", "x = 1"),
        ("x = 1  # modlint: ignore[ML201]  # noqa: E501", "x = 1  # noqa: E501"),
        ("x = 1  # type: ignore # modlint: ignore[ML201]", "x = 1  # type: ignore"),
        ("x = 1  # noqa: E501,ML201,F401", "x = 1  # noqa: E501, F401"),
        ("# modlint: ignore[ML201]\nx = 1", "x = 1"),
        ("x = 1\n# modlint: file-ignore", "x = 1"),
        ("x = 1  # modlint: ignore", "x = 1"),
        ("if True:\n    # modlint: ignore\n    x = 1", "if True:\n    x = 1"),
    ],
)
def test_useless_comments_are_removed(lines: str, wanted: str) -> None:
    assert session.fix_file("a.py", f"{lines}\n".encode()).after_text == f"{wanted}\n"


# --------------------------------------------------------------------------------------------------- add-ignore


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (WRONG, f"{WRONG}  # modlint: ignore[ML201]"),
        (f"{WRONG}   ", f"{WRONG}  # modlint: ignore[ML201]   "),
        (f"{WRONG}  # five", f"{WRONG}  # five  # modlint: ignore[ML201]"),
        (f"{WRONG}  # modlint: ignore[ML101]", f"{WRONG}  # modlint: ignore[ML101, ML201]"),
        (
            "        self.fc = nn.Linear(\n            5, 2\n        )",
            "        self.fc = nn.Linear(  # modlint: ignore[ML201]\n            5, 2\n        )",
        ),
        (
            "        self.fc = \\\n            nn.Linear(5, \\\n            2)",
            "        self.fc = \\\n            nn.Linear(5, \\\n            2)  # modlint: ignore[ML201]",
        ),
    ],
)
def test_suppressions_are_written_where_they_hold(lines: str, wanted: str) -> None:
    written = session.add_ignores("net.py", net(lines).encode())
    assert written.after_text == net(wanted)
    assert "ML201" not in found(written.after_text)
    assert session.add_ignores("net.py", written.after).after == written.after


def test_suppressions_are_written_into_pages_and_notebooks() -> None:
    for name, text in {"page.md": page(""), "a.ipynb": notebook(net(WRONG))}.items():
        written = session.add_ignores(name, text.encode())
        assert written.after_text == text.replace("nn.Linear(5, 2)", "nn.Linear(5, 2)  # modlint: ignore[ML201]")
        assert found(written.after_text, name) == []


def test_blocks_that_are_repaired_are_left_alone() -> None:
    broken = f'print "text"\n{net(WRONG)}'
    whole = net(WRONG).replace("Net", "Whole")
    written = session.add_ignores("page.md", (page("", broken) + page("", whole)).encode())
    assert written.after_text == page("", broken) + page("", whole.replace(WRONG, f"{WRONG}  # modlint: ignore[ML201]"))


def test_what_counts_by_its_severity_is_suppressed() -> None:
    options = session.Options(severities={"ML201": Severity.INFO})
    assert session.add_ignores("net.py", net(WRONG).encode(), options, Severity.WARNING).after_text == net(WRONG)
    assert session.add_ignores("net.py", net(WRONG).encode(), options).after_text != net(WRONG)


def test_the_command_writes_suppressions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(net(WRONG))
    (tmp_path / "clean.py").write_text("x = 1\n")
    result = CliRunner().invoke(main, ["check", "--add-ignore"])
    assert (result.exit_code, result.stdout) == (0, "Suppressed 1 finding in 1 file.\n")
    assert (tmp_path / "net.py").read_text() == net(f"{WRONG}  # modlint: ignore[ML201]")
    assert CliRunner().invoke(main, ["check"]).exit_code == 0
    refused = CliRunner().invoke(main, ["check", "--add-ignore", "-"], input="x = 1\n")
    assert refused.exit_code == 2


def test_a_text_without_the_words_is_not_tokenised(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise AssertionError("tokenised")

    monkeypatch.setattr(tokenize, "generate_tokens", refuse)
    assert found(net(WRONG)) == ["ML201"]
    with pytest.raises(AssertionError, match="tokenised"):
        found(net(f"{WRONG}  # modlint: ignore"))
