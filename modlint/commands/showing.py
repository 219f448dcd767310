"""``modlint check --show-files`` and ``--show-settings``: what would be read, and what holds for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from enum import Enum
from typing import Any

from modlint.commands.common import echo
from modlint.config import Config, Configuration
from modlint.patterns import Patterns
from modlint.report.quoting import visible
from modlint.rule import load_rules
from modlint.session import Options
from modlint.tasks import files, options


def show_files(paths: Sequence[str], given: Mapping[str, object]) -> int:
    """The files that a run would read, one a line."""
    echo(f"{visible(path)}\n" for path in files(paths, Configuration(given)))
    return 0


def show_settings(paths: Sequence[str], given: Mapping[str, object]) -> int:
    """The settings of the first file, the files that they come from, and the rules that run."""
    configuration = Configuration(given)
    found = files(paths, configuration)
    path = found[0] if found else paths[0]
    codes = options(path, configuration, Options()).codes
    names = [rule.meta.code for rule in load_rules() if codes is None or rule.meta.code in codes]
    echo([f"# {visible(path)}\n", *_settings(configuration.of(path)), f"rules = {json.dumps(names)}\n"])
    return 0


def overview(paths: Sequence[str], configuration: Configuration) -> Iterator[str]:
    """How many files are read, and the files that say how."""
    said = {file for path in paths for file in configuration.of(path).files}
    yield "".join(f"Settings from {visible(file)}.\n" for file in sorted(said)) or "No configuration file.\n"
    yield f"Files to read: {len(paths)}.\n"


def _settings(config: Config) -> Iterator[str]:
    for one in fields(config):
        yield f"{one.name.replace('_', '-')} = {json.dumps(_plain(getattr(config, one.name)), ensure_ascii=False)}\n"


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Patterns):
        return [f"{value.folder}: {line}" for line in value.lines]
    if hasattr(value, "__dataclass_fields__"):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
