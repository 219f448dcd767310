"""``modlint check --add-ignore``: suppresses what is found today by comments in the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import click

from modlint import executor, session
from modlint.commands.common import STDIN, Complaints, sources
from modlint.config import Configuration
from modlint.diagnostics import Severity
from modlint.executor import Failure
from modlint.misuse import MisuseError
from modlint.report.words import ignored
from modlint.session import FixedFile
from modlint.writing import replace_contents


def run(paths: Sequence[str], given: Mapping[str, object], *, jobs: int | None) -> int:
    """0, or 2 when a file could not be read or written. Raises MisuseError."""
    if STDIN in paths:
        raise MisuseError("`--add-ignore` writes into files; name them instead of `-`.")
    configuration = Configuration(given)
    config = configuration.common(paths)
    mildest = Severity.INFO if config.show_info else Severity.WARNING
    files = sources(paths, configuration, "", session.Options())
    session.warm()
    complaints = Complaints()
    outcomes = executor.run(partial(session.add_ignores, mildest=mildest), files, jobs or executor.cores())
    written = [file for file in complaints.told(outcomes) if file.changes and _is_written(file, complaints)]
    click.echo(ignored(sum(len(file.changes) for file in written), len(written), config.language))
    return 2 if complaints.any else 0


def _is_written(file: FixedFile, complaints: Complaints) -> bool:
    try:
        replace_contents(file.path, file.before, file.after)
    except OSError as error:
        complaints.tell(Failure(file.path, f"cannot be written: {error}"))
        return False
    return True
