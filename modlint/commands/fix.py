"""``modlint fix``: shows or writes what is proven, then runs the models that were fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import click

from modlint import executor, session
from modlint.commands import confirming, reviewing
from modlint.commands.common import STDIN, Complaints, echo, sources
from modlint.commands.verify import running
from modlint.config import Configuration
from modlint.edits import Applicability
from modlint.executor import Failure
from modlint.misuse import MisuseError
from modlint.report import diff, fixes
from modlint.session import FixedFile
from modlint.verify.protocol import VerifyOptions
from modlint.writing import replace_contents

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


def run(
    paths: Sequence[str], given: Mapping[str, object], wishes: Wishes, *, stdin_filename: str, jobs: int | None
) -> int:
    """0, or 1 when something would change or was taken back, or 2 when a file failed. Raises MisuseError.

    With ``exit_non_zero_on_fix``, 1 when something was written as well.
    """
    if wishes.interactive and STDIN in paths:
        raise MisuseError("standard input cannot hold both the file and the answers; name the file.")
    configuration = Configuration(given)
    files = sources(paths, configuration, stdin_filename, session.Options(trusted=_trusted(wishes)))
    session.warm()
    outcomes = executor.run(session.fix_file, files, jobs or executor.cores())
    options = {file.path: file.options for file in files}
    hand = _Hand(wishes, options, configuration.common(paths).language, to_stdout=STDIN in paths)
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
    to_stdout: bool
    complaints: Complaints = field(default_factory=Complaints)
    files: list[FixedFile] = field(default_factory=list)
    taken_back: int = 0

    def deal_with(self, fixed: FixedFile) -> None:
        if self.wishes.interactive:
            fixed = reviewing.review(fixed, self.options[fixed.path], self.language)
        self.files.append(fixed)
        if fixed.after != fixed.before and (self.wishes.diff or not self.wishes.write):
            echo(diff.render(fixed.path, fixed.before_text, fixed.after_text))
            if not self.wishes.write:
                echo(fixes.lines(fixed.path, fixed.changes, self.language))
        if self.wishes.write:
            self._write(fixed)

    def finish(self) -> int:
        changed = [fixed for fixed in self.files if fixed.after != fixed.before]
        if not self.wishes.quiet:
            click.echo(fixes.summary(self.files, self.wishes.write, self.language), err=True)
        if self.wishes.write and self.wishes.running is not None and not self.to_stdout:
            self._confirm(changed, self.wishes.running)
        if self.complaints.any:
            return 2
        counts = changed if self.wishes.exit_non_zero_on_fix or not self.wishes.write else self.taken_back
        return int(bool(counts))

    def _write(self, fixed: FixedFile) -> None:
        if self.to_stdout:
            click.echo(fixed.after, nl=False)
        elif fixed.after != fixed.before and self._replaced(fixed.path, fixed.before, fixed.after):
            echo(fixes.lines(fixed.path, fixed.changes, self.language))

    def _confirm(self, changed: Sequence[FixedFile], running: VerifyOptions) -> None:
        for refuted in confirming.refuted(changed, self.options, running, self.language):
            fixed = refuted.fixed
            if self._replaced(fixed.path, fixed.after, refuted.instead.after):
                self.taken_back += 1
                click.echo(fixes.taken_back(fixed.path, refuted.report, self.language), err=True)
                click.echo("".join(fixes.lines(fixed.path, refuted.taken_back, self.language)), nl=False, err=True)

    def _replaced(self, path: str, before: bytes, after: bytes) -> bool:
        try:
            replace_contents(path, before, after)
        except OSError as error:
            self.complaints.tell(Failure(path, f"cannot be written: {error}"))
            return False
        return True
