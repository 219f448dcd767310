"""The documentation says what is so: its commands, settings and programs exist, and its links lead somewhere."""

from __future__ import annotations

import json
import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from nets import BROKEN

import modlint
from modlint.choices import OUTPUT_FORMATS
from modlint.cli import main
from modlint.config import Configuration
from modlint.rule import load_rules

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_GENERATED = re.compile(r"(?:zh/)?rules/(?:index|ML\d{3})\.md|screens/\w+\.(?:en|zh)\.svg")


def blocks(page: Path, language: str) -> list[str]:
    return [text for tag, text in _FENCE.findall(page.read_text(encoding="utf-8")) if tag == language]


def commands(page: Path) -> Iterator[list[str]]:
    """The arguments of every command line of modlint on a page."""
    text = page.read_text(encoding="utf-8")
    lines = [line.strip().removeprefix("$ ") for block in blocks(page, "sh") for line in block.splitlines()]
    for line in [*lines, *re.findall(r"`(modlint [^`]+)`", text)]:
        words = shlex.split(line.split("<")[0], comments=True)
        if line.startswith("modlint ") and words[1][0] != "-":
            yield words[1:]


def parse(arguments: list[str]) -> None:
    """Parse a command line as modlint would; raises UsageError for what it does not know."""
    name, *rest = arguments
    command = main.commands[name]
    if not rest:
        return
    placeholders = {"FORMAT": "full", "CODE": "ML204"}
    with click.Context(command, info_name=name) as context:
        command.parse_args(context, [placeholders.get(word, word) for word in rest])


ALL_COMMANDS = sorted({tuple(arguments) for page in PAGES for arguments in commands(page)})


@pytest.mark.parametrize("arguments", ALL_COMMANDS, ids=" ".join)
def test_commands_exist(arguments: tuple[str, ...]) -> None:
    parse(list(arguments))


@pytest.mark.parametrize(
    "arguments", [["check", "--colour"], ["check", "--output-format", "xml"], ["shapes", "--model", "Net()"]]
)
def test_commands_that_do_not_exist_would_be_found(arguments: list[str]) -> None:
    with pytest.raises(click.UsageError):
        parse(arguments)


COMPARED = [arguments for arguments in commands(DOCS / "comparison.md") if not {"verify", "--watch"} & {*arguments}]


@pytest.mark.parametrize("arguments", COMPARED, ids=" ".join)
def test_what_is_compared_is_there(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cell = {"cell_type": "code", "source": BROKEN}
    Path("model.py").write_text(BROKEN)
    Path("model.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4}))
    Path("README.md").write_text(f"```python\n{BROKEN}```\n")
    result = CliRunner().invoke(main, [*arguments, *(["--no-verify"] if arguments[0] == "fix" else [])], input="n\n")
    assert result.exit_code in (0, 1), result.output
    assert result.stdout + result.stderr


@each_page
def test_settings_exist(page: Path, tmp_path: Path) -> None:
    for text in blocks(page, "toml"):
        (tmp_path / "modlint.toml").touch()
        folder = tmp_path / "package"
        folder.mkdir()
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
        assert str(folder / "pyproject.toml") in Configuration({}).of(str(folder / "model.py")).files


@each_page
def test_programs_are_python(page: Path) -> None:
    for text in blocks(page, "python"):
        compile(text if not text.startswith("@") else f"{text}    pass\n", page.name, "exec")


@each_page
def test_links_lead_to_files(page: Path) -> None:
    links = [link.partition("#")[0] for link in _LINK.findall(page.read_text(encoding="utf-8"))]
    local = {link for link in links if link and "://" not in link and not _GENERATED.fullmatch(link)}
    assert [link for link in local if not (page.parent / link).is_file()] == []


def test_every_page_stands_in_the_contents() -> None:
    listed = set(re.findall(r": ([\w-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    assert {page.name for page in DOCS.glob("*.md")} == listed


def test_every_format_is_described() -> None:
    text = (DOCS / "formats.md").read_text(encoding="utf-8")
    assert [name for name in OUTPUT_FORMATS if f"`{name}`" not in text] == []


def test_everything_that_programs_may_use_is_described() -> None:
    text = (DOCS / "python.md").read_text(encoding="utf-8")
    functions = [name for name in modlint.__all__ if name[0].islower()]
    assert [name for name in functions if f"modlint.{name}(" not in text] == []


def test_the_changes_name_this_version() -> None:
    assert f"\n## {modlint.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_rule_has_a_page_and_every_screen_shows_a_run(language: str) -> None:
    pytest.importorskip("mkdocs")
    pytest.importorskip("rich")
    made = runpy.run_path(str(ROOT / "tools" / "docs_pages.py"))
    folder, pages = made["LANGUAGES"][language], dict(made["rule_pages"]())
    assert [code for code in (rule.meta.code for rule in load_rules()) if f"{folder}rules/{code}.md" not in pages] == []
    shown = {name: text for name, text in made["screens"]() if name.endswith(f".{language}.svg")}
    assert len(shown) == len(made["SCREENS"])
    assert "ML204" in shown[f"screens/check.{language}.svg"]
