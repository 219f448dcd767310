"""The plugin of pytest: with ``--modlint``, each file that is collected is a test that fails when modlint finds something.

The settings are those of the project, and nothing that a file holds is imported or run for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from modlint.config import Configuration
    from modlint.report.page import Page

_SUFFIXES = frozenset({".py", ".ipynb"})
_CONFIGURATION = pytest.StashKey["Configuration"]()


class FindingsError(Exception):
    """A file has findings; the message is the report."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer ``--modlint``."""
    group = parser.getgroup("modlint")
    group.addoption("--modlint", action="store_true", help="check the files that are collected with modlint")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Python files and notebooks that the settings do not exclude."""
    if not parent.config.getoption("modlint") or file_path.suffix not in _SUFFIXES:
        return None
    if configuration(parent.config).of(str(file_path)).excludes(file_path.as_posix()):
        return None
    return ModlintFile.from_parent(parent, path=file_path)


def configuration(config: pytest.Config) -> Configuration:
    """The settings of the files of a run of pytest."""
    from modlint.config import Configuration

    if _CONFIGURATION not in config.stash:
        config.stash[_CONFIGURATION] = Configuration({})
    return config.stash[_CONFIGURATION]


class ModlintFile(pytest.File):
    """A file, whose only test is that nothing is found in it."""

    def collect(self) -> Iterator[pytest.Item]:
        """The test."""
        yield ModlintItem.from_parent(self, name="modlint")


class ModlintItem(pytest.Item):
    """Passes when nothing that counts is found in the file."""

    def runtest(self) -> None:
        """Raises FindingsError, and UnreadableError for a file that is not what its name promises."""
        settings = configuration(self.config).of(str(self.path))
        page = self._page()
        counting = tuple(one for one in page.diagnostics if one.severity.rank <= settings.fail_on.rank)
        if counting:
            raise FindingsError(_told(replace(page, diagnostics=counting), settings.language))

    def _page(self) -> Page:
        from modlint.commands.check import compared
        from modlint.commands.remembering import read_page
        from modlint.contract import Options
        from modlint.executor import Source
        from modlint.tasks import options

        settings = configuration(self.config)
        path = os.path.relpath(self.path)
        (source,) = compared([Source(path, options=options(path, settings, Options()))], settings)
        return read_page(source.path, source.read(), source.options)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """The report alone: no line of pytest or modlint matters to who reads it."""
        from modlint.sources import UnreadableError

        if isinstance(excinfo.value, (FindingsError, UnreadableError)):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the test stands, for people."""
        return self.path, None, f"{os.path.relpath(self.path)}: modlint"


def _told(page: Page, language: str) -> str:
    from click import unstyle

    from modlint.report import full

    return unstyle("".join(full.render([page], language))).rstrip()
