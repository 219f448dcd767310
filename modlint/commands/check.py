"""``modlint check``: reads and reports, and never runs what it reads."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import click

from modlint import baseline, executor
from modlint.baseline import Baseline
from modlint.commands import progress
from modlint.commands.common import Complaints, echo, sources, write
from modlint.commands.remembering import opened, pages
from modlint.config import Config, Configuration
from modlint.contract import Options
from modlint.diagnostics import Diagnostic, Severity
from modlint.executor import Failure, Source
from modlint.report import formats, statistics
from modlint.report.page import Page, Report
from modlint.report.words import hidden, summary


@dataclass(frozen=True)
class Wishes:
    """How findings are looked for and told; ``output_file`` takes the report, None for standard output.

    ``cache``: tell what is remembered of files that have not changed.
    """

    fixes: bool = True
    statistics: bool = False
    exit_zero: bool = False
    output_file: str | None = None
    cache: bool = True
    quiet: bool = False
    verbose: bool = False


def run(
    paths: Sequence[str], given: Mapping[str, object], wishes: Wishes, *, stdin_filename: str, jobs: int | None
) -> int:
    """0 without findings, 1 with some that count, 2 when a file could not be checked. Raises MisuseError, OSError."""
    start = time.perf_counter()
    configuration = Configuration(given)
    config = configuration.common(paths)
    wanted = sources(paths, configuration, stdin_filename, Options(mildest=_mildest(config), fixes=wishes.fixes))
    files = compared(wanted, configuration)
    if wishes.verbose:
        from modlint.commands import showing

        echo(showing.overview([file.path for file in files], configuration), err=True)
    cache = opened(paths, config) if wishes.cache else None
    outcomes = pages(files, cache, jobs or executor.cores())
    if not wishes.quiet:
        outcomes = progress.shown(outcomes, len(files))
    audience = _Audience(config, Complaints())
    write(_report(config, wishes)(audience.shown(outcomes), config.language), wishes.output_file)
    if not wishes.quiet and config.output_format in formats.SUMMED_UP:
        click.echo(summary(audience.found, audience.files, time.perf_counter() - start, config.language))
    if not wishes.quiet and audience.hidden:
        click.echo(hidden(audience.hidden, config.language), err=True)
    return 0 if wishes.exit_zero and not audience.complaints.any else audience.exit_code


def _mildest(config: Config) -> Severity:
    """Advice is told where somebody asks for it, or reads everything."""
    advice = config.show_info or config.output_format in formats.SHOW_ADVICE or config.fail_on is Severity.INFO
    return Severity.INFO if advice else Severity.WARNING


def _report(config: Config, wishes: Wishes) -> Report:
    if not wishes.statistics:
        return formats.report(config.output_format)
    return statistics.as_json if config.output_format == "json" else statistics.render


def compared(sources: Sequence[Source], configuration: Configuration) -> list[Source]:
    """The files, each with what its baseline knows of it."""
    named = {source.path: configuration.of(source.path).baseline for source in sources}
    baselines = {file: baseline.read(file) for file in set(named.values()) if file is not None}
    return [_knowing(source, baselines.get(named[source.path] or "")) for source in sources]


def _knowing(source: Source, known: Baseline | None) -> Source:
    if known is None:
        return source
    return replace(source, options=replace(source.options, known=known.of(source.path)))


@dataclass
class _Audience:
    """Passes on what is to be told, and remembers it, and whether a finding counts."""

    config: Config
    complaints: Complaints
    counts: bool = False
    files: int = 0
    hidden: int = 0
    found: list[Diagnostic] = field(default_factory=list)

    def shown(self, outcomes: Iterable[Page | Failure]) -> Iterator[Page]:
        for page in self.complaints.told(outcomes):
            self.hidden += page.hidden
            self.counts |= any(one.severity.rank <= self.config.fail_on.rank for one in page.diagnostics)
            self.files += 1
            self.found += page.diagnostics
            yield page

    @property
    def exit_code(self) -> int:
        return 2 if self.complaints.any else int(self.counts)
