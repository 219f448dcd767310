"""The pages of the documentation that are made when it is built: every rule, and screens of real runs.

A hook of mkdocs; nothing of this is written into the repository, so that none of it can be out of date.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from rich.console import Console
from rich.text import Text

from modlint.cli import main
from modlint.report.catalogue import doc_of, markdown
from modlint.report.words import term
from modlint.rule import Rule, load_rules

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "fixtures" / "photos" / "broken.py"
SCREENS = {
    "check": ("check", "model.py"),
    "fix": ("fix", "model.py"),
    "shapes": ("shapes", "model.py", "--input", "8x3x32x32"),
    "explain": ("explain", "ML204"),
}
LANGUAGES = {"en": "", "zh": "zh/"}
_LOCALES = {"en": "en_US.UTF-8", "zh": "zh_CN.UTF-8"}
_TITLES = {"en": "Rules", "zh": "规则"}
_COLUMNS = {"en": ("Code", "Name", "Severity", "What it finds"), "zh": ("编号", "名称", "级别", "检查什么")}
_FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">
{matrix}
</g>
</g>
</svg>
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and screens to what is built."""
    for path, content in {**dict(rule_pages()), **dict(screens())}.items():
        files.append(File.generated(config, path, content=content))
    return files


def rule_pages() -> Iterator[tuple[str, str]]:
    """Path and text of the page of every rule and of their lists, in every language."""
    rules = load_rules()
    for language, folder in LANGUAGES.items():
        yield f"{folder}rules/index.md", _list(rules, language)
        yield from ((f"{folder}rules/{rule.meta.code}.md", _page(rule, language)) for rule in rules)


def _list(rules: tuple[Rule, ...], language: str) -> str:
    columns = _COLUMNS[language]
    rows = [columns, ("---",) * len(columns), *(_row(rule, language) for rule in rules)]
    return f"# {_TITLES[language]}\n\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(rule: Rule, language: str) -> tuple[str, ...]:
    meta = rule.meta
    title = doc_of(meta, language).title.replace("|", "\\|")
    return f"[{meta.code}]({meta.code}.md)", f"`{meta.name}`", term(meta.severity.value, language), title


def _page(rule: Rule, language: str) -> str:
    meta = rule.meta
    head = f"# {meta.code} {meta.name} ({term(meta.severity.value, language)})"
    return f"{head}\n\n{doc_of(meta, language).title}\n\n{markdown(rule, language)}"


def screens() -> Iterator[tuple[str, str]]:
    """Path and content of the picture of every command, in every language."""
    with _folder():
        Path("model.py").write_text(_without_marks(TEMPLATE.read_text(encoding="utf-8")), encoding="utf-8")
        for language in LANGUAGES:
            for name, arguments in SCREENS.items():
                yield f"screens/{name}.{language}.svg", _screen(f"{name}-{language}", arguments, language)


@contextlib.contextmanager
def _folder() -> Iterator[None]:
    """A folder of one's own to work in."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def _without_marks(text: str) -> str:
    """What the tests expect is not for readers."""
    return "".join(line.split("  # expect")[0].rstrip() + "\n" for line in text.splitlines())


def _screen(name: str, arguments: tuple[str, ...], language: str) -> str:
    shown = CliRunner().invoke(main, arguments, color=True, env={"LC_ALL": _LOCALES[language]}).output
    console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown))
    title = " ".join(("modlint", *arguments))
    return console.export_svg(title=title, code_format=_FRAME, unique_id=name)
