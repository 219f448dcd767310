"""``--watch``: check again whenever a file has changed, until the user stops it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from modlint.commands.common import STDIN
from modlint.config import Configuration
from modlint.misuse import MisuseError
from modlint.tasks import files

SECONDS = 0.5
"""Between two looks at the files."""
Stamps = Mapping[str, tuple[int, int]]


def watch(
    paths: Sequence[str],
    given: Mapping[str, object],
    check: Callable[[], int],
    pause: Callable[[], None] = lambda: time.sleep(SECONDS),
) -> int:
    """Run ``check`` now and after every change of a file, until Ctrl-C; 0 then. Raises MisuseError."""
    if STDIN in paths:
        raise MisuseError("`--watch` needs files; standard input does not change.")
    try:
        while True:
            seen = stamps(paths, given)
            click.clear()
            check()
            click.echo("Watching for changes; press Ctrl-C to stop.", err=True)
            while stamps(paths, given) == seen:
                pause()
    except KeyboardInterrupt:
        return 0


def stamps(paths: Sequence[str], given: Mapping[str, object]) -> Stamps:
    """When each file was written last, and its size; files that come and go are told apart by being there."""
    found = {}
    for path in files(paths, Configuration(given)):
        try:
            status = Path(path).stat()
        except OSError:
            continue
        found[path] = status.st_mtime_ns, status.st_size
    return found
