"""``modlint fix``: shows or writes what is proven, then runs the models that were fixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import click

from modlint import executor, session
from modlint.commands import confirming, reviewing
from modlint.commands.common import STDIN, Complaints, echo, sources
from modlint.commands.verify import running
from modlint.config import Configuration
from modlint.diagnostics import Severity
from modlint.edits import Applicability
from modlint.executor import Failure
from modlint.misuse import MisuseError
from modlint.report import diff, fixes, verification
from modlint.report import fixed as fixed_report
from modlint.session import Change, FixedFile
from modlint.verify.protocol import ModelReport, VerifyOptions
from modlint.writing import other_names, replace_contents

__all__ = ["Wishes", "run", "running"]


@dataclass(frozen=True)
class Wishes:
    """What is to be done with the fixes; ``running`` says how the models are run, None not to."""

    write: bool
    unsafe: bool
    diff: bool
    interactive: bool
    running: VerifyOptions | None
    exit_non_zero_on_fix: bool = False
    quiet: bool = False
    output_format: str = "text"


def run(
    paths: Sequence[str], given: Mapping[str, object], wishes: Wishes, *, stdin_filename: str, jobs: int | None
) -> int:
    """0; 1 when something would change, or when it is written and something is left; 2 when a file failed.

    With ``exit_non_zero_on_fix``, 1 when something was written as well. Raises MisuseError.
    """
    if wishes.interactive and STDIN in paths:
        raise MisuseError("standard input cannot hold both the file and the answers; name the file.")
    if wishes.output_format != "text" and (wishes.interactive or (wishes.write and STDIN in paths)):
        raise MisuseError("JSON leaves no room for questions, nor for the text of a file; leave out one of them.")
    configuration = Configuration(given)
    files = sources(paths, configuration, stdin_filename, session.Options(trusted=_trusted(wishes)))
    session.warm()
    outcomes = executor.run(session.fix_file, files, jobs or executor.cores())
    options = {file.path: file.options for file in files}
    config = configuration.common(paths)
    hand = _Hand(wishes, options, config.language, config.fail_on, to_stdout=STDIN in paths)
    for fixed in hand.complaints.told(outcomes):
        hand.deal_with(fixed)
    return hand.finish()


def _trusted(wishes: Wishes) -> frozenset[Applicability]:
    return frozenset({Applicability.SAFE, Applicability.UNSAFE} if wishes.unsafe else {Applicability.SAFE})


@dataclass
class _Hand:
    """Shows and writes the fixed files one after the other."""

    wishes: Wishes
    options: Mapping[str, session.Options]
    language: str
    fail_on: Severity
    to_stdout: bool
    complaints: Complaints = field(default_factory=Complaints)
    files: dict[str, FixedFile] = field(default_factory=dict)
    reports: list[ModelReport] = field(default_factory=list)
    taken_back: dict[str, list[Change]] = field(default_factory=dict)

    def deal_with(self, fixed: FixedFile) -> None:
        if self.wishes.interactive:
            fixed = reviewing.review(fixed, self.options[fixed.path], self.language)
        self.files[fixed.path] = fixed
        if fixed.after != fixed.before and (self.wishes.diff or not self.wishes.write):
            self._show(diff.render(fixed.path, fixed.before_text, fixed.after_text))
            if not self.wishes.write:
                self._show(fixes.lines(fixed.path, fixed.changes, self.language))
        if self.wishes.write:
            self._write(fixed)

    def finish(self) -> int:
        if not self.wishes.quiet:
            click.echo(fixes.summary(list(self.files.values()), self.wishes.write, self.language), err=True)
        if self.wishes.write and self.wishes.running is not None and not self.to_stdout:
            self._confirm(self._changed(), self.wishes.running)
        if self.wishes.output_format == "json":
            files = list(self.files.values())
            echo(fixed_report.as_json(files, self.taken_back, self.reports, self.wishes.write, self.language))
        return 2 if self.complaints.any else int(self._is_unfinished())

    def _is_unfinished(self) -> bool:
        """Whether something is to be done yet, or was done that is to be looked at."""
        if self.taken_back or (self._changed() and (self.wishes.exit_non_zero_on_fix or not self.wishes.write)):
            return True
        left = (one for fixed in self.files.values() for one in fixed.left)
        return self.wishes.write and any(one.severity.rank <= self.fail_on.rank for one in left)

    def _changed(self) -> list[FixedFile]:
        return [fixed for fixed in self.files.values() if fixed.after != fixed.before]

    def _show(self, pieces: Iterable[str]) -> None:
        """Tell people; programs are told everything at the end."""
        if self.wishes.output_format == "text":
            echo(pieces)

    def _write(self, fixed: FixedFile) -> None:
        if self.to_stdout:
            click.echo(fixed.after, nl=False)
        elif fixed.after != fixed.before:
            if self._replaced(fixed.path, fixed.before, fixed.after):
                self._show(fixes.lines(fixed.path, fixed.changes, self.language))
            else:
                del self.files[fixed.path]

    def _confirm(self, changed: Sequence[FixedFile], running: VerifyOptions) -> None:
        for refuted in confirming.refuted(changed, self.options, running, self.language, self._ran):
            fixed = refuted.fixed
            if self._replaced(fixed.path, fixed.after, refuted.instead.after):
                self.files[fixed.path] = refuted.instead
                self.taken_back[fixed.path] = refuted.taken_back
                click.echo(fixes.taken_back(fixed.path, refuted.report, self.language), err=True)
                click.echo("".join(fixes.lines(fixed.path, refuted.taken_back, self.language)), nl=False, err=True)

    def _ran(self, report: ModelReport) -> None:
        self.reports.append(report)
        self._show(verification.lines(report))

    def _replaced(self, path: str, before: bytes, after: bytes) -> bool:
        others = other_names(path)
        try:
            replace_contents(path, before, after)
        except OSError as error:
            self.complaints.tell(Failure(path, f"cannot be written: {error}"))
            return False
        if others:
            click.echo(fixes.other_names(path, others, self.language), err=True)
        return True
