"""``modlint clean``: forgets what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modlint.commands.common import echo
from modlint.commands.remembering import store
from modlint.config import configure
from modlint.report.quoting import visible


def run(paths: Sequence[str], given: Mapping[str, object]) -> int:
    """0 whether or not there was a cache. Raises MisuseError, and OSError when it cannot be removed."""
    remembered = store(paths, configure(paths, given))
    told = "Removed" if remembered.clear() else "There is no cache in"
    echo([f"{told} {visible(str(remembered.folder))}\n"])
    return 0
