"""``modlint verify``: runs the models of files in a sandbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import click

from modlint import executor, session
from modlint.commands.common import Complaints, echo, sources
from modlint.config import Configuration
from modlint.interpreters import find_python
from modlint.report import verification
from modlint.verify.protocol import ModelReport, Verdict, VerifyOptions
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
    if output_format == "text":
        echo(line for job in jobs for line in verification.left_out(job))
    reports = []
    for report in verify(jobs, running):
        reports.append(report)
        if output_format == "text":
            echo(verification.lines(report))
    if output_format == "json":
        echo(verification.as_json(reports))
    else:
        click.echo(verification.summary(reports), nl=False)
    return 2 if complaints.any else exit_code(reports)


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
