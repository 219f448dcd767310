"""``modlint verify``: runs the models of files in a sandbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import click

from modlint import executor, session
from modlint.commands.common import Complaints, echo, sources
from modlint.config import Configuration
from modlint.environments import find_python
from modlint.report import verification
from modlint.verify.protocol import FileJob, ModelReport, Verdict, VerifyOptions
from modlint.verify.supervisor import verify

_GOOD = frozenset({Verdict.RAN, Verdict.META_ONLY})
_BAD = frozenset({Verdict.FAILED, Verdict.TIMEOUT, Verdict.KILLED, Verdict.CRASHED})


def running(
    paths: Sequence[str],
    python: str | None,
    timeout: float,
    sandbox_required: bool,
    jobs: int | None,
    device: str | None = None,
) -> VerifyOptions:
    """How models are run."""
    return VerifyOptions(
        python=python or find_python(paths),
        timeout=timeout,
        jobs=jobs or executor.cores(),
        sandbox_required=sandbox_required,
        device=device,
    )


def run(
    paths: Sequence[str], *, model: str | None, inputs: str | None, running: VerifyOptions, output_format: str
) -> int:
    """0 when every model ran, 1 when one failed, 2 when nothing could be run. Raises MisuseError, UnavailableError."""
    complaints = Complaints()
    files = sources(paths, Configuration({"input": inputs}), "", session.Options())
    task = partial(session.verify_jobs, model=model)
    jobs = list(complaints.told(executor.run(task, files, running.jobs)))
    reports: list[ModelReport] = []
    for job, of_file in by_file(jobs, verify(jobs, running)):
        reports += of_file
        if output_format == "text":
            echo(verification.left_out(job))
            echo(line for report in of_file for line in verification.lines(report))
    if output_format == "json":
        echo(verification.as_json(reports))
    else:
        click.echo(verification.summary(reports), nl=False)
    return 2 if complaints.any else exit_code(reports)


def by_file(jobs: Sequence[FileJob], reports: Iterable[ModelReport]) -> Iterator[tuple[FileJob, list[ModelReport]]]:
    """Each job with its reports, in the order of the jobs, as soon as it is known."""
    known: dict[str, list[ModelReport]] = {job.file: [] for job in jobs}
    arriving = iter(reports)
    for job in jobs:
        of_file = known[job.file]
        while len(of_file) < len(job.models):
            report = next(arriving)
            known[report.file].append(report)
        yield job, of_file


def exit_code(reports: Iterable[ModelReport]) -> int:
    """What the verdicts amount to."""
    verdicts = {report.verdict for report in reports}
    if verdicts & _BAD:
        return 1
    return 0 if verdicts & _GOOD else 2


def failed(report: ModelReport) -> bool:
    """Whether the model was run and did not stand it."""
    return report.verdict in _BAD


def ran(report: ModelReport) -> bool:
    """Whether the model was run and stood it."""
    return report.verdict in _GOOD
