"""``modlint baseline``: records what is found today, so that a check tells new findings only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from modlint import baseline, executor, session
from modlint.baseline import Known
from modlint.commands.common import STDIN, Complaints, sources
from modlint.config import Configuration
from modlint.misuse import MisuseError
from modlint.report.words import recorded


class _Recorded(NamedTuple):
    path: str
    known: tuple[Known, ...]


def run(paths: Sequence[str], given: Mapping[str, object], *, output: str | None, jobs: int | None) -> int:
    """0, or 2 when a file could not be read, and then nothing is written. Raises MisuseError and OSError."""
    if STDIN in paths:
        raise MisuseError("a baseline is of files; name them instead of `-`.")
    configuration = Configuration(given)
    config = configuration.common(paths)
    target = Path(output or config.baseline or baseline.FILE)
    files = sources(paths, configuration, "", session.Options(fixes=False))
    session.warm()
    complaints = Complaints()
    found = list(complaints.told(executor.run(_record, files, jobs or executor.cores())))
    if complaints.any:
        return 2
    folder = str(target.absolute().parent)
    text = baseline.as_text({baseline.relative(one.path, folder): one.known for one in found})
    target.write_text(text, encoding="utf-8")
    click.echo(recorded(sum(len(one.known) for one in found), str(target), config.language))
    return 0


def _record(path: str, data: bytes, options: session.Options) -> _Recorded:
    return _Recorded(path, session.known(path, data, options))
