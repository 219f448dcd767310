"""``modlint check``: reads and reports, and never runs what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from modlint import executor, session
from modlint.commands.common import Complaints, echo, rule_codes, sources
from modlint.config import Config, configure
from modlint.diagnostics import Diagnostic, Severity
from modlint.executor import Failure
from modlint.report import formats
from modlint.report.page import Page
from modlint.sources import load


def run(
    paths: Sequence[str], given: Mapping[str, object], *, stdin_filename: str, fixes: bool, jobs: int | None
) -> int:
    """0 without findings, 1 with some that count, 2 when a file could not be checked. Raises MisuseError."""
    config = configure(paths, given)
    options = session.Options(codes=rule_codes(config), inputs=config.input, fixes=fixes)
    files = sources(paths, config, stdin_filename)
    session.warm()
    outcomes = executor.run(partial(read_page, options=options), files, jobs or executor.cores())
    audience = _Audience(config, Complaints())
    report = formats.report(config.output_format)
    echo(report(audience.shown(outcomes), config.language))
    return audience.exit_code


def read_page(path: str, data: bytes, options: session.Options) -> Page:
    """Check one file; raises UnreadableError."""
    found = session.check(path, data, options).diagnostics
    return Page.of(load(path, data), found) if found else Page(path, "", ())


@dataclass
class _Audience:
    """Passes on what is to be shown, and remembers whether a finding counts."""

    config: Config
    complaints: Complaints
    counts: bool = False

    def shown(self, outcomes: Iterable[Page | Failure]) -> Iterator[Page]:
        for page in self.complaints.told(outcomes):
            self.counts |= any(one.severity.rank <= self.config.fail_on.rank for one in page.diagnostics)
            yield replace(page, diagnostics=tuple(filter(self._is_shown, page.diagnostics)))

    def _is_shown(self, diagnostic: Diagnostic) -> bool:
        every = (
            self.config.show_info
            or self.config.output_format in formats.SHOW_ADVICE
            or self.config.fail_on is Severity.INFO
        )
        return every or diagnostic.severity is not Severity.INFO

    @property
    def exit_code(self) -> int:
        return 2 if self.complaints.any else int(self.counts)
