"""Findings that are known already: recorded by what stays the same of them when lines move."""

from __future__ import annotations

import ast
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from modlint.diagnostics import Diagnostic, Position
from modlint.misuse import MisuseError
from modlint.sources import Document
from modlint.syntax import Place, Unit

FILE = "modlint-baseline.json"
_VERSION = 1


class Known(NamedTuple):
    """What a finding is known by: the rule, the classes and functions around it, and the line without its spacing."""

    code: str
    scope: str
    line: str


@dataclass(frozen=True)
class Baseline:
    """The known findings of files, by paths relative to the folder of the baseline, and how many there are of each."""

    files: Mapping[str, Mapping[Known, int]]
    folder: str

    def of(self, path: str) -> dict[Known, int]:
        """The known findings of a file."""
        return dict(self.files.get(relative(path, self.folder), {}))


def relative(path: str, folder: str) -> str:
    """A path as a baseline in ``folder`` writes it."""
    return Path(os.path.relpath(path, folder)).as_posix()


def known(document: Document, units: Sequence[Unit], found: Iterable[Diagnostic]) -> list[Known]:
    """What each finding in a document is known by."""
    return [Known(one.code, _scope(units, one), _line(document, one)) for one in found]


def _scope(units: Sequence[Unit], found: Diagnostic) -> str:
    unit = next((unit for unit in units if unit.cell.index == found.cell), None)
    if unit is None:
        return ""
    definitions = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in unit.every if isinstance(node, definitions)]
    return ".".join(node.name for node in nodes if _holds(Place(unit, node), found.span.start))


def _holds(place: Place, position: Position) -> bool:
    start, end = place.span
    return start <= position <= end


def _line(document: Document, found: Diagnostic) -> str:
    cell = next(cell for cell in document.cells if cell.index == found.cell)
    number = cell.locate(found.span.start).line
    return " ".join(cell.text.split("\n")[number - 1].split())


def unknown(found: Sequence[Diagnostic], names: Sequence[Known], counts: Mapping[Known, int]) -> list[Diagnostic]:
    """The findings beyond those that are known; of several that are alike, the first ones are."""
    seen: Counter[Known] = Counter()
    new = []
    for one, name in zip(found, names, strict=True):
        seen[name] += 1
        if seen[name] > counts.get(name, 0):
            new.append(one)
    return new


def read(file: str) -> Baseline:
    """A baseline; raises MisuseError when it is none."""
    try:
        data = json.loads(Path(file).read_text(encoding="utf-8"))
        files = {
            path: {Known(one["code"], one["scope"], one["line"]): int(one["count"]) for one in entries}
            for path, entries in data["files"].items()
        }
    except OSError as error:
        raise MisuseError(f"{file}: {error.strerror}; write it with `modlint baseline`") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise MisuseError(f"{file} is no baseline; write it with `modlint baseline`") from None
    return Baseline(files, str(Path(file).absolute().parent))


def as_text(files: Mapping[str, Sequence[Known]]) -> str:
    """The text of a baseline: what is known of each file, sorted, one finding a line."""
    listed = {
        path: [{**name._asdict(), "count": count} for name, count in sorted(Counter(names).items())]
        for path, names in sorted(files.items())
        if names
    }
    return json.dumps({"version": _VERSION, "files": listed}, indent=1, ensure_ascii=False) + "\n"
