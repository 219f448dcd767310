"""Running the models of fixed files: a run has the last word on a fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import click

from modlint import session
from modlint.commands.common import echo
from modlint.commands.verify import failed, ran
from modlint.report import fixes, verification
from modlint.session import FixedFile
from modlint.verify.protocol import FileJob, ModelReport, VerifyOptions
from modlint.verify.supervisor import UnavailableError, verify


class Refuted(NamedTuple):
    """A fixed file, and the run of one of its models that failed and had not failed before."""

    fixed: FixedFile
    report: ModelReport


def refuted(
    files: Sequence[FixedFile], options: Mapping[str, session.Options], running: VerifyOptions, language: str
) -> Iterator[Refuted]:
    """Run the models of all ``files``, tell how each ended, and yield the files whose fixes made a model fail.

    Where nothing can be run, it says so and yields nothing.
    """
    try:
        reports = _run([session.verify_jobs(fixed.path, fixed.after, options[fixed.path]) for fixed in files], running)
        for report in reports:
            echo(verification.lines(report))
        suspects = [fixed for fixed in files if any(report.file == fixed.path and failed(report) for report in reports)]
        earlier = _run(
            [session.verify_jobs(fixed.path, fixed.before, options[fixed.path]) for fixed in suspects], running
        )
    except UnavailableError as error:
        click.echo(fixes.not_run(str(error), language), err=True)
        return
    before, after = _by_model(earlier), _by_model(reports)
    for fixed in suspects:
        worse = (report for key, report in after.items() if key[0] == fixed.path and _is_worse(report, before.get(key)))
        yield from (Refuted(fixed, report) for report in list(worse)[:1])


def _run(jobs: Sequence[FileJob], running: VerifyOptions) -> list[ModelReport]:
    return list(verify(jobs, running))


def _by_model(reports: Sequence[ModelReport]) -> dict[tuple[str, str, int], ModelReport]:
    """Reports by file and name; models of one name are told apart by their order."""
    seen: Counter[tuple[str, str]] = Counter()
    keyed = {}
    for report in reports:
        name = (report.file, report.name)
        keyed[report.file, report.name, seen[name]] = report
        seen[name] += 1
    return keyed


def _is_worse(after: ModelReport, before: ModelReport | None) -> bool:
    return failed(after) and before is not None and ran(before)
