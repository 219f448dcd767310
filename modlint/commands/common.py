"""What the commands share: which files they read, and how they speak."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar

import click

from modlint.config import Config, Configuration, Selection
from modlint.diagnostics import Severity
from modlint.executor import Failure, Source, internal_error
from modlint.interpret.reading import NoModelError
from modlint.misuse import MisuseError
from modlint.report.quoting import visible
from modlint.rule import MalformedRuleError, Rule, load_rules
from modlint.selection import selected_codes, severities
from modlint.session import Options
from modlint.sources import UnreadableError
from modlint.sources.discovery import MissingPathError, discover
from modlint.verify.launcher import UnavailableError

T = TypeVar("T")
STDIN = "-"
_MISUSE = (MisuseError, MissingPathError, UnreadableError, NoModelError, UnavailableError, MalformedRuleError, OSError)


def complaint(error: Exception) -> str:
    """What to tell people of an exception, in one line."""
    return str(error) if isinstance(error, _MISUSE) else internal_error(error)


def sources(paths: Sequence[str], configuration: Configuration, stdin_filename: str, wishes: Options) -> list[Source]:
    """The files to read, each with ``wishes`` completed by its settings; ``-`` is what standard input gives.

    Raises MisuseError.
    """
    if STDIN in paths:
        return [Source(stdin_filename, _standard_input(paths), options(stdin_filename, configuration, wishes))]
    return [Source(path, options=options(path, configuration, wishes)) for path in files(paths, configuration)]


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


def _standard_input(paths: Sequence[str]) -> bytes:
    if len(paths) > 1:
        raise MisuseError("`-` stands alone; name no other paths with it.")
    return sys.stdin.buffer.read()


def options(path: str, configuration: Configuration, wishes: Options) -> Options:
    """``wishes`` with what the settings of a file say; raises UnknownRuleError."""
    config, rules = configuration.of(path), load_rules()
    absolute = Path(path).resolve().as_posix()
    ignored = config.ignored_in(absolute)
    selections = (*config.selections, Selection(ignore=ignored)) if ignored else config.selections
    codes, graded = _by_rule(rules, selections, config.severity)
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
    rules: Sequence[Rule], selections: Sequence[Selection], severity: Sequence[tuple[str, Severity]]
) -> tuple[frozenset[str] | None, dict[str, Severity]]:
    return selected_codes(rules, selections), severities(rules, severity)


class Complaints:
    """Lets results through, tells of each failure on standard error, and remembers that there was one."""

    def __init__(self) -> None:
        self.any = False

    def told(self, outcomes: Iterable[T | Failure]) -> Iterator[T]:
        """The results among ``outcomes``."""
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                self.tell(outcome)
            else:
                yield outcome

    def tell(self, failure: Failure) -> None:
        """One line on standard error."""
        self.any = True
        click.echo(f"{visible(failure.path)}: {click.style('failed', fg='red')}: {visible(failure.message)}", err=True)


def echo(pieces: Iterable[str], *, err: bool = False) -> None:
    """Print pieces of a report as they come."""
    for piece in pieces:
        click.echo(piece, nl=False, err=err)


def write(pieces: Iterable[str], file: str | None) -> None:
    """Write pieces of a report to a file, or print them; raises OSError."""
    if file is None:
        echo(pieces)
        return
    text = "".join(map(click.unstyle, pieces))
    Path(file).write_text(text, encoding="utf-8", newline="")
