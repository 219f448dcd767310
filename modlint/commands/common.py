"""What the commands share: which files they read, and how they speak."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import click

from modlint.config import Config
from modlint.executor import Failure, Source, internal_error
from modlint.interpret.reading import NoModelError
from modlint.misuse import MisuseError
from modlint.report.quoting import visible
from modlint.rule import MalformedRuleError, load_rules
from modlint.selection import selected_codes
from modlint.sources import UnreadableError
from modlint.sources.discovery import MissingPathError, discover
from modlint.verify.launcher import UnavailableError

T = TypeVar("T")
STDIN = "-"
_MISUSE = (MisuseError, MissingPathError, UnreadableError, NoModelError, UnavailableError, MalformedRuleError, OSError)


def complaint(error: Exception) -> str:
    """What to tell people of an exception, in one line."""
    return str(error) if isinstance(error, _MISUSE) else internal_error(error)


def sources(paths: Sequence[str], config: Config, stdin_filename: str) -> list[Source]:
    """The files to read; ``-`` is what standard input gives, under another name. Raises MisuseError."""
    if STDIN not in paths:
        return [Source(path) for path in discover(paths, exclude=config.exclude, include=config.include)]
    if len(paths) > 1:
        raise MisuseError("`-` stands alone; name no other paths with it.")
    return [Source(stdin_filename, sys.stdin.buffer.read())]


def rule_codes(config: Config) -> frozenset[str] | None:
    """The codes of the rules that run, None for all; raises UnknownRuleError."""
    return selected_codes(load_rules(), config.select, config.ignore)


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


def echo(pieces: Iterable[str]) -> None:
    """Print pieces of a report as they come."""
    for piece in pieces:
        click.echo(piece, nl=False)
