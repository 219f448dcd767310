"""What running the models showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import click

from modlint.report.json import dump
from modlint.report.quoting import visible
from modlint.report.shapes import shape_text
from modlint.verify.protocol import FileJob, ModelReport, Verdict, report_to_json

_KEYS = (
    "file",
    "line",
    "name",
    "verdict",
    "stage",
    "message",
    "device",
    "input",
    "input_source",
    "output",
    "parameters",
    "peak_memory",
    "seconds",
    "sandbox",
)
_COLOURS = {Verdict.RAN: "green", Verdict.META_ONLY: "green", Verdict.NO_INPUTS: "yellow", Verdict.ENV_ERROR: "yellow"}
_MOST_STATEMENTS = 4
_MEBIBYTE = 1 << 20
_BEFORE_THERE_IS_A_MODEL = frozenset({"import", "build"})


def as_json(reports: Sequence[ModelReport]) -> Iterator[str]:
    """One object with every model."""
    yield dump({"version": 1, "models": [as_data(report) for report in reports]})


def lines(report: ModelReport) -> Iterator[str]:
    """One model: the verdict, what it was given and gave, and torch's message where it failed."""
    verdict = click.style(report.verdict.value, fg=_COLOURS.get(report.verdict, "red"), bold=True)
    yield f"{visible(report.file)}:{report.line}: {verdict} {visible(report.name)}{_stage(report)}\n"
    yield from (f"  {visible(line)}\n" for line in _message(report).strip().split("\n") if line)
    if report.built and report.built != report.name and report.built != f"{report.name}()":
        yield f"  built  {visible(_readable(report.built))}\n"
    if report.input:
        yield f"  input  {report.input} ({visible(report.input_source)})\n"
    if report.output is not None:
        finite = "" if report.finite is not False else ", not finite"
        yield f"  output {visible(shape_text(report.output))}{finite}\n"
    if _skeleton(report.evaluated) not in (None, _skeleton(report.output)):
        yield f"  in evaluation {visible(shape_text(report.evaluated))}\n"
    if report.device:
        yield f"  {', '.join(_circumstances(report))}\n"
    if report.parameters_without_gradient:
        yield f"  without gradient: {', '.join(report.parameters_without_gradient)}\n"


def left_out(job: FileJob) -> Iterator[str]:
    """The statements of a file that are not executed, and why."""
    statements = [item for segment in job.segments for item in segment.left_out]
    if statements:
        told = [f"line {item.line} ({item.reason})" for item in statements[:_MOST_STATEMENTS]]
        more = len(statements) - len(told)
        told += [f"{more} more"] * (more > 0)
        yield f"{visible(job.file)}: not executed: {visible(', '.join(told))}\n"


def summary(reports: Sequence[ModelReport]) -> str:
    """How many models ended how."""
    counts = Counter(report.verdict for report in reports)
    told = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    return f"{len(reports)} model{'s' * (len(reports) != 1)}: {told}\n"


def _stage(report: ModelReport) -> str:
    return f" (stage: {report.stage})" if report.stage and report.verdict is not Verdict.RAN else ""


def _readable(expression: str) -> str:
    return expression.replace("__import__('torch').", "torch.")


def _skeleton(output: Any) -> Any:
    """What an output consists of, apart from the sizes: training and evaluation have different batches."""
    match output:
        case {"shape": list() as sizes}:
            return len(sizes)
        case {"tuple": list() as items} | {"list": list() as items}:
            return [_skeleton(item) for item in items]
        case {"dict": dict() as entries}:
            return {name: _skeleton(item) for name, item in entries.items()}
        case _:
            return None


def _circumstances(report: ModelReport) -> Iterator[str]:
    if report.stage not in _BEFORE_THERE_IS_A_MODEL:
        yield f"{report.parameters:,} parameters"
    yield f"{report.seconds:.2f} s on {report.device}"
    if report.peak_memory is not None:
        yield f"peak memory {report.peak_memory / _MEBIBYTE:.1f} MiB"
    yield f"torch {report.torch}"
    yield f"sandbox: {report.sandbox}"


def _message(report: ModelReport) -> str:
    """What the run said, and where the analysis was wrong about it."""
    if report.refuted_prediction is None:
        return report.message
    predicted = shape_text(report.refuted_prediction)
    wrong = f"modlint predicted {predicted} instead: that is a mistake of modlint, please report it"
    return "\n".join(filter(None, (report.message, wrong)))


def as_data(report: ModelReport) -> dict[str, Any]:
    """One model."""
    data = {**report_to_json(report), "message": _message(report)}
    return {key: data[key] for key in _KEYS}
