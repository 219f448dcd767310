"""A folder of small JSON files that any number of processes read and write at once."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from modlint.cache.codec import Json

_TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55"
_MARKS = {
    ".gitignore": "# Written by modlint.\n*\n",
    _TAG: f"{_SIGNATURE}\n# This folder holds what modlint remembers; see https://bford.info/cachedir/\n# modlint\n",
}


@dataclass(frozen=True)
class Store:
    """Entries by name, which are hexadecimal digits. What cannot be read is not there, what cannot be written is lost.

    A folder that holds other things than a store is never written to.
    """

    folder: Path

    def read(self, name: str) -> Json:
        """An entry, None when there is none or it is no JSON."""
        try:
            return json.loads(self._file(name).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None

    def write(self, name: str, entry: Json) -> None:
        """Put an entry in the place of what has this name, wholly or not at all."""
        with contextlib.suppress(OSError):
            if self.exists or self._made():
                file = self._file(name)
                file.parent.mkdir(exist_ok=True)
                _put(file, json.dumps(entry, separators=(",", ":")).encode())

    def clear(self) -> bool:
        """Remove the folder; False when it is no store. Raises OSError."""
        if not self.exists:
            return False
        shutil.rmtree(self.folder)
        return True

    @property
    def exists(self) -> bool:
        """Whether the folder is there and is a store."""
        try:
            return (self.folder / _TAG).read_text(encoding="utf-8") == _MARKS[_TAG]
        except (OSError, ValueError):
            return False

    def _file(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name[2:]}.json"

    def _made(self) -> bool:
        """Whether the store could be made, by this process or by another at the same time."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        draft = self.folder.with_name(f"{self.folder.name}.{os.getpid()}")
        draft.mkdir()
        try:
            for name, text in _MARKS.items():
                (draft / name).write_text(text, encoding="utf-8")
            draft.replace(self.folder)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
        return self.exists


def _put(file: Path, data: bytes) -> None:
    handle, draft = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(draft).replace(file)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
