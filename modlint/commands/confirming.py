"""Running the models of fixed files: a run has the last word on a fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import click

from modlint import session
from modlint.commands.verify import failed, ran
from modlint.edits import Trace
from modlint.report import fixes
from modlint.session import Change, FixedFile
from modlint.verify.protocol import FileJob, ModelReport, VerifyOptions
from modlint.verify.supervisor import UnavailableError, verify


class Refuted(NamedTuple):
    """A fixed file, the run of one of its models that failed and had not failed before, and the file without the fixes
    that are to blame: ``instead``."""

    fixed: FixedFile
    report: ModelReport
    instead: FixedFile

    @property
    def taken_back(self) -> list[Change]:
        """The fixes that are not made after all."""
        kept = {change.trace for change in self.instead.changes}
        return [change for change in self.fixed.changes if change.trace not in kept]


def refuted(
    files: Sequence[FixedFile],
    options: Mapping[str, session.Options],
    running: VerifyOptions,
    language: str,
    told: Callable[[ModelReport], None],
) -> Iterator[Refuted]:
    """Run the models of all ``files``, let each be ``told``, and yield the files whose fixes made a model fail.

    Where nothing can be run, it says so and yields nothing.
    """
    try:
        reports = _run([session.verify_jobs(fixed.path, fixed.after, options[fixed.path]) for fixed in files], running)
        for report in reports:
            told(report)
        suspects = [fixed for fixed in files if any(report.file == fixed.path and failed(report) for report in reports)]
        earlier = _run(
            [session.verify_jobs(fixed.path, fixed.before, options[fixed.path]) for fixed in suspects], running
        )
    except UnavailableError as error:
        click.echo(fixes.not_run(str(error), language), err=True)
        return
    before = _by_model(earlier)
    for fixed in suspects:
        worse = _worse([report for report in reports if report.file == fixed.path], before)
        if worse is not None:
            trial = _Trial(fixed, options[fixed.path], running, before)
            yield Refuted(fixed, worse, trial.without_culprits())


@dataclass(frozen=True)
class _Trial:
    """The search for the fixes of a file after which a model fails; ``before`` is how the models ran without any."""

    fixed: FixedFile
    options: session.Options
    running: VerifyOptions
    before: Mapping[Model, ModelReport]

    def without_culprits(self) -> FixedFile:
        """The file with as few fixes left out as it takes; with none made when some other remedy is not found."""
        refused: frozenset[Trace] = frozenset()
        attempt = self.fixed
        for _ in range(_CULPRITS):
            refused |= {self._culprit(attempt, refused)}
            attempt = self._fixed_but(refused)
            if self._runs(attempt):
                return attempt
        return self._fixed_but(None)

    def _culprit(self, failing: FixedFile, refused: frozenset[Trace]) -> Trace:
        """The fix with which the models begin to fail, when the fixes are made one after the other."""
        traces = [change.trace for change in failing.changes]
        good, bad = 0, len(traces)
        while bad - good > 1:
            middle = (good + bad) // 2
            if self._runs(self._fixed_but(refused | set(traces[middle:]))):
                good = middle
            else:
                bad = middle
        return traces[good]

    def _fixed_but(self, refused: frozenset[Trace] | None) -> FixedFile:
        path, data = self.fixed.path, self.fixed.before
        if refused is None:
            return replace(self.fixed, after=data, after_text=self.fixed.before_text, changes=())
        return session.fix_file(path, data, replace(self.options, refused=refused))

    def _runs(self, attempt: FixedFile) -> bool:
        if attempt.after == attempt.before:
            return True
        jobs = [session.verify_jobs(attempt.path, attempt.after, self.options)]
        return _worse(_run(jobs, self.running), self.before) is None


_CULPRITS = 3
Model: TypeAlias = tuple[str, str, int]


def _worse(reports: Sequence[ModelReport], before: Mapping[Model, ModelReport]) -> ModelReport | None:
    """The first model that fails and did not fail before."""
    after = _by_model(reports)
    return next((report for model, report in after.items() if _is_worse(report, before.get(model))), None)


def _run(jobs: Sequence[FileJob], running: VerifyOptions) -> list[ModelReport]:
    return list(verify(jobs, running))


def _by_model(reports: Sequence[ModelReport]) -> dict[Model, ModelReport]:
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
