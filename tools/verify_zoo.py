"""Runs the models of a manifest with its arguments, and compares what comes out with what was recorded.

Usage: ``python tools/verify_zoo.py ZOO [--python PATH] [--device cpu|cuda|meta] [--smaller-half]``. ``ZOO`` is a folder
with ``manifest.jsonl``, a model a line: ``id``, ``file``, ``class_or_factory``, ``ctor_args``, ``ctor_kwargs`` and
``inputs``, and with ``golden/ID.json`` for each: its ``output`` in evaluation and the shapes of its ``params``.
Ends with 1 when a model neither ran nor was found too large, or when it gave other shapes.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modlint import session
from modlint.commands.verify import ran
from modlint.executor import cores
from modlint.inputs import parse_inputs
from modlint.verify.protocol import FileJob, ModelReport, Verdict, VerifyOptions
from modlint.verify.supervisor import verify


@dataclass(frozen=True)
class Entry:
    """A model of the manifest: where it stands, how it is built and called, what it gave, and its parameters."""

    file: Path
    expression: str
    inputs: str
    output: Any
    parameters: int

    @property
    def key(self) -> tuple[str, str]:
        """What tells its report."""
        return str(self.file), self.expression

    @property
    def job(self) -> FileJob:
        options = session.Options(inputs=parse_inputs(self.inputs))
        return session.verify_jobs(str(self.file), self.file.read_bytes(), options, self.expression)


def main() -> int:
    asked = _arguments()
    entries = sorted(_entries(asked.zoo), key=lambda entry: entry.parameters)
    if asked.smaller_half:
        entries = entries[: len(entries) // 2]
    jobs = [entry.job for entry in entries]
    started = time.perf_counter()
    reports = list(verify(jobs, VerifyOptions(asked.python, asked.timeout, asked.jobs, device=asked.device)))
    seconds = time.perf_counter() - started
    wrong = list(_complaints({entry.key: entry for entry in entries}, reports))
    verdicts = Counter(report.verdict.value for report in reports)
    print(*wrong, sep="\n")
    print(f"{len(reports)} models: {', '.join(f'{count} {verdict}' for verdict, count in verdicts.most_common())}")
    print(f"{len(reports) - len(wrong)} as recorded; {len(reports) / seconds:.2f} models a second ({seconds:.0f} s)")
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("zoo", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--device", choices=("cpu", "cuda", "meta"))
    parser.add_argument("--timeout", type=float, default=300.0)
    parser.add_argument("--jobs", type=int, default=cores())
    parser.add_argument("--smaller-half", action="store_true", help="the half of the models with fewer parameters")
    return parser.parse_args()


def _entries(zoo: Path) -> Iterator[Entry]:
    for line in (zoo / "manifest.jsonl").read_text().splitlines():
        row = json.loads(line)
        golden = json.loads((zoo / "golden" / f"{row['id']}.json").read_text())
        named = (f"{name}={_spelt(value)}" for name, value in row["ctor_kwargs"].items())
        yield Entry(
            file=zoo / row["file"],
            expression=f"{row['class_or_factory']}({', '.join([*map(_spelt, row['ctor_args']), *named])})",
            inputs=", ".join(f"{'x'.join(map(str, item['shape']))}:{item['dtype']}" for item in row["inputs"]),
            output=golden["output"],
            parameters=sum(map(math.prod, golden["params"].values())),
        )


def _spelt(value: Any) -> str:
    """The Python of a value of the manifest."""
    match value:
        case {"$expr": str() as expression}:
            return expression
        case {"$tuple": list() as items}:
            return f"({''.join(f'{_spelt(item)}, ' for item in items)})"
        case _:
            return repr(value)


def _complaints(entries: dict[tuple[str, str], Entry], reports: list[ModelReport]) -> Iterator[str]:
    for report in reports:
        entry = entries[report.file, report.name]
        if not ran(report):
            yield f"{entry.file}: {report.verdict.value} ({report.stage}) {report.message}"
        elif not _is_as_recorded(report, entry.output):
            yield f"{entry.file}: {_shown(report)}, recorded: {entry.output}"


def _shown(report: ModelReport) -> Any:
    """The shapes in evaluation; of what is too large for that, those of the run without memory."""
    return report.output if report.verdict is Verdict.META_ONLY else report.evaluated


def _is_as_recorded(report: ModelReport, recorded: Any) -> bool:
    """Whether the shapes are those that were recorded, apart from the batch, which is another in evaluation."""
    return _without_batch(_shown(report)) == _without_batch(recorded)


def _without_batch(value: Any) -> Any:
    match value:
        case {"shape": list() as sizes}:
            return sizes[1:]
        case {"dict": dict() as entries}:
            return {name: _without_batch(item) for name, item in entries.items()}
        case {"tuple": list() as items} | {"list": list() as items}:
            return [_without_batch(item) for item in items]
        case [_, *sizes] if all(isinstance(size, int) for size in sizes):
            return sizes
        case _:
            return value


if __name__ == "__main__":
    sys.exit(main())
