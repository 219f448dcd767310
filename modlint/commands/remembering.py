"""What earlier runs have found is told again; only the other files are checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from modlint import executor
from modlint.cache import FOLDER, Cache, Present, Store
from modlint.cache.identity import identity
from modlint.commands.common import STDIN
from modlint.config import Config, project_root
from modlint.contract import Checked, Options
from modlint.executor import Failure, Source
from modlint.report.page import Page
from modlint.sources import load


def store(paths: Sequence[str], config: Config) -> Store:
    """Where the findings in ``paths`` are remembered."""
    return Store(Path(config.cache_dir) if config.cache_dir else project_root(paths) / FOLDER)


def opened(paths: Sequence[str], config: Config) -> Cache | None:
    """What is remembered of ``paths``; nothing ever is of standard input."""
    return None if STDIN in paths else Cache(store(paths, config), identity())


def pages(sources: Sequence[Source], cache: Cache | None, jobs: int) -> Iterator[Page | Failure]:
    """What there is to be told of each file, in their order: remembered, or found now."""
    known = _known(sources, cache) if cache else [None] * len(sources)
    missing = [source for source, page in zip(sources, known) if page is None]
    found = _found(missing, cache, jobs) if missing else iter(())
    return (page or next(found) for page in known)


def _known(sources: Sequence[Source], cache: Cache) -> list[Page | Failure | None]:
    recall = partial(_recalled, cache=cache, present=Present())
    return [executor.guarded(recall, source) for source in sources]


def _recalled(path: str, data: bytes, options: Options, cache: Cache, present: Present) -> Page | None:
    checked = cache.recall(path, data, options, present)
    return None if checked is None else _page(checked, data)


def _found(sources: Sequence[Source], cache: Cache | None, jobs: int) -> Iterator[Page | Failure]:
    from modlint import session

    session.warm()
    return executor.run(partial(read_page, cache=cache), sources, jobs)


def read_page(path: str, data: bytes, options: Options, cache: Cache | None = None) -> Page:
    """Check one file, for what is remembered later on too; raises UnreadableError."""
    from modlint import session

    checked = session.check(path, data, options)
    if cache:
        cache.remember(checked, data, options)
    return _page(checked, data)


def _page(checked: Checked, data: bytes) -> Page:
    if not checked.diagnostics:
        return Page(checked.path, "", (), hidden=checked.hidden)
    return Page.of(load(checked.path, data), checked.diagnostics, checked.hidden)
