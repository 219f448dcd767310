"""``modlint new-rule``: a pack of rules of one's own, or one more rule in it."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from modlint.misuse import MisuseError
from modlint.rule import load_rules

_CODE = re.compile(r"([A-Z]{2,})\d{3}")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def run(code: str, name: str, folder: str) -> int:
    """0 when the rule's file is written. Raises MisuseError for a code or name that will not do, and OSError."""
    written = _CODE.fullmatch(code)
    if written is None:
        raise MisuseError(f"`{code}` is no code; write two capital letters or more and three digits, as in `AC101`.")
    if not _NAME.fullmatch(name):
        raise MisuseError(f"`{name}` is no name; write small letters and hyphens, as in `no-docstring`.")
    if any(code == rule.meta.code or name == rule.meta.name for rule in load_rules()):
        raise MisuseError(f"there is a rule `{code}` or `{name}` already; `modlint rules` lists them all.")
    package = f"{written[1].lower()}_rules"
    _write(Path(folder), code, name, package)
    return 0


def _write(folder: Path, code: str, name: str, package: str) -> None:
    words = {"code": code, "name": name, "package": package, "project": package.replace("_", "-"), "cls": _class(name)}
    rule = folder / package / f"{code.lower()}_{name.replace('-', '_')}.py"
    if rule.exists():
        raise MisuseError(f"{rule} exists already; remove it first.")
    made = {
        folder / "pyproject.toml": _filled("pyproject", words),
        folder / package / "__init__.py": '"""Rules for modlint."""\n',
        folder / "tests" / "test_rules.py": _filled("tests", words),
        rule: _filled("rule", words),
    }
    for path, text in made.items():
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            click.echo(f"wrote {path}")
    click.echo(_next_steps(folder, package))


def _next_steps(folder: Path, package: str) -> str:
    if "modlint.rules" in (folder / "pyproject.toml").read_text(encoding="utf-8"):
        return f"Next: pip install -e {folder}, pytest {folder / 'tests'}, modlint rules."
    return (
        f"{folder / 'pyproject.toml'} is yours; register the pack in it:\n"
        f'[project.entry-points."modlint.rules"]\n{package} = "{package}"'
    )


def _filled(template: str, words: dict[str, str]) -> str:
    file = files("modlint") / "data" / "pack" / f"{template}.template"
    return Template(file.read_text(encoding="utf-8")).substitute(words)


def _class(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))
