"""What the commands share: what they are given to read, and how they speak."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import click

from modlint.config import Configuration
from modlint.contract import Options
from modlint.executor import Failure, Source, internal_error
from modlint.misuse import MisuseError
from modlint.report.quoting import visible
from modlint.sources import UnreadableError
from modlint.sources.discovery import MissingPathError
from modlint.tasks import files, options
from modlint.verify.launcher import UnavailableError

T = TypeVar("T")
STDIN = "-"
_MISUSE = (MisuseError, MissingPathError, UnreadableError, UnavailableError, OSError)


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


def _standard_input(paths: Sequence[str]) -> bytes:
    if len(paths) > 1:
        raise MisuseError("`-` stands alone; name no other paths with it.")
    return sys.stdin.buffer.read()


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
