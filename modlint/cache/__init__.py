"""What was found in files that have not changed since, and neither has what they import."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from modlint.cache.codec import Json, decode, encode
from modlint.cache.store import Store
from modlint.contract import Checked, Options
from modlint.locating import Import, digest, locate

__all__ = ["FOLDER", "Cache", "Present", "Store"]
FOLDER = ".modlint_cache"


class Present:
    """The files that imports lead to now; each is looked up once."""

    def __init__(self) -> None:
        self._locate = cache(locate)
        self._digest = cache(_digest_of)

    def holds(self, followed: Import) -> bool:
        """Whether an import leads to the same file with the same contents as it did."""
        path = self._locate(followed.folder, followed.module, followed.level)
        return (path, path and self._digest(path)) == (followed.path, followed.digest)


@dataclass(frozen=True)
class Cache:
    """The findings of files by path and options; picklable. ``checker`` stands for the rules and who runs them."""

    store: Store
    checker: str

    def recall(self, path: str, data: bytes, options: Options, present: Present) -> Checked | None:
        """What was found in a file of these contents, None when that is not known or may not hold any more."""
        try:
            stamp, found = self.store.read(_name(path, options))
            checked: Checked = decode(Checked, found)
        except (TypeError, ValueError):
            return None
        return checked if stamp == self._stamp(data) and all(map(present.holds, checked.imports)) else None

    def remember(self, checked: Checked, data: bytes, options: Options) -> None:
        """Keep what was found in a file of these contents, unless another check might find something else."""
        if checked.in_time:
            self.store.write(_name(checked.path, options), [self._stamp(data), encode(checked)])

    def _stamp(self, data: bytes) -> Json:
        return [self.checker, digest(data)]


def _name(path: str, options: Options) -> str:
    """One entry for a file and what is asked of it: when the file changes, the next one takes its place."""
    return digest(json.dumps([path, os.path.abspath(path), encode(options)]).encode())


def _digest_of(path: str) -> str | None:
    try:
        return digest(Path(path).read_bytes())
    except OSError:
        return None
