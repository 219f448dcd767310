"""What ``fix`` makes of code that somebody else wrote: nothing where nothing is found, and once and for all elsewhere.

Usage: ``python tools/fix_real_files.py FOLDER [COUNT]``: as many of the folder's Python files as asked for, by default
all, drawn by lot. Nothing is written. A file is odd when a byte of it changes without a finding, when the fixed text
does not parse, is changed by a second run, or has a fault that the file did not have.
"""

from __future__ import annotations

import ast
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from modlint import executor, session
from modlint.diagnostics import Diagnostic, Severity
from modlint.edits import Applicability
from modlint.executor import Failure, Source
from modlint.session import FixedFile, Options

_TRUSTED = frozenset({Applicability.SAFE, Applicability.UNSAFE})


def outcome(path: str, data: bytes, options: Options) -> tuple[str, str]:
    """The path of a file, and how its fix ended: clean, unfixed, fixed, or what is odd about it."""
    fixed = session.fix_file(path, data, options)
    if fixed.after == data:
        return path, "unfixed" if _faults(fixed.left) else "clean"
    found = session.check(path, data, options).diagnostics
    return path, next(_oddities(fixed, found, options), "fixed")


def _oddities(fixed: FixedFile, found: tuple[Diagnostic, ...], options: Options) -> Iterator[str]:
    if not found or not fixed.changes:
        yield "changed without a finding"
    try:
        ast.parse(fixed.after)
    except SyntaxError:
        yield "does not parse"
    if session.fix_file(fixed.path, fixed.after, options).after != fixed.after:
        yield "changed by a second run"
    new = _faults(fixed.left) - _faults(found)
    if new:
        yield f"new: {', '.join(sorted(new))}"


def _faults(found: tuple[Diagnostic, ...]) -> Counter[str]:
    return Counter(one.code for one in found if one.severity is not Severity.INFO)


def main(folder: str, count: int | None) -> int:
    """0 when no file is odd."""
    paths = sorted(map(str, Path(folder).rglob("*.py")))
    drawn = random.Random(0).sample(paths, min(count or len(paths), len(paths)))
    sources = [Source(path, options=Options(trusted=_TRUSTED, fixes=False)) for path in drawn]
    seen: Counter[str] = Counter()
    for ended in executor.run(outcome, sources, executor.cores()):
        path, how = (ended.path, "unread") if isinstance(ended, Failure) else ended
        seen[how] += 1
        if how not in ("clean", "unfixed", "unread"):
            print(f"{path}: {how}", flush=True)
    print(*(f"{number} {how}" for how, number in seen.most_common()), sep=", ")
    return int(any(how not in ("clean", "unfixed", "fixed", "unread") for how in seen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None))
