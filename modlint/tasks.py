"""What there is to do: the files that paths stand for, and how each is treated by its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from modlint.config import Config, Configuration, Selection
from modlint.contract import Options
from modlint.diagnostics import Severity
from modlint.sources.discovery import discover


def files(paths: Sequence[str], configuration: Configuration) -> list[str]:
    """The files that ``paths`` stand for; raises MisuseError."""
    named = [path for path in paths if not _is_forced_out(path, configuration)]
    return list(
        discover(
            named,
            exclude=lambda path: _around(path, configuration).excludes(path),
            include=lambda path: _around(path, configuration).includes(path),
        )
    )


def _is_forced_out(path: str, configuration: Configuration) -> bool:
    place = Path(path)
    real = place.resolve().as_posix() + ("/" if place.is_dir() else "")
    config = _around(real, configuration)
    return config.force_exclude and config.excludes(real)


def _around(path: str, configuration: Configuration) -> Config:
    """The settings of the folder that a file or folder stands in: they decide whether it is looked at."""
    return configuration.of(path.rstrip("/"))


def options(path: str, configuration: Configuration, wishes: Options) -> Options:
    """``wishes`` with what the settings of a file say; raises UnknownRuleError."""
    config = configuration.of(path)
    absolute = Path(path).resolve().as_posix()
    ignored = config.ignored_in(absolute)
    selections = (*config.selections, Selection(ignore=ignored)) if ignored else config.selections
    codes, graded = _by_rule(selections, config.severity)
    return replace(
        wishes,
        codes=codes,
        severities=graded,
        inputs=config.asked_input,
        class_inputs=config.inputs_in(absolute),
        usual_inputs=config.input,
    )


@cache
def _by_rule(
    selections: Sequence[Selection], severity: Sequence[tuple[str, Severity]]
) -> tuple[frozenset[str] | None, dict[str, Severity]]:
    """What selectors stand for. The rules, which are many, are loaded only where there is a selector."""
    if not selections and not severity:
        return None, {}
    from modlint.rule import load_rules
    from modlint.selection import selected_codes, severities

    rules = load_rules()
    return selected_codes(rules, selections), severities(rules, severity)
