"""What the supervisor and its processes say to each other: frozen data, carried as JSON over pipes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from json import dumps, loads
from typing import Any

MADE_UP = "made up from the constraints"


class Verdict(Enum):
    """How running a model ended."""

    RAN = "ran"
    FAILED = "failed"
    META_ONLY = "meta-only"
    NO_INPUTS = "no-inputs"
    ENV_ERROR = "env-error"
    TIMEOUT = "timeout"
    KILLED = "killed"
    CRASHED = "crashed"


@dataclass(frozen=True)
class InputSpec:
    """One positional argument of ``forward``.

    Integers are drawn from ``[low, high)``, so ``high`` is at most the size of the embedding that they index.
    ``batch_axis`` is the axis that the evaluation stage changes, None when the tensor has no batch axis.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    high: int = 2
    batch_axis: int | None = 0
    low: int = 0


@dataclass(frozen=True)
class Trial:
    """One way to build and call a model: ``expression`` is evaluated in the program's namespace.

    ``predicted`` is the output that the analysis expects, in the form of ``ModelReport.output`` with None for what it
    does not know.
    """

    expression: str
    inputs: tuple[InputSpec, ...] = ()
    predicted: Any = None


@dataclass(frozen=True)
class ModelJob:
    """A model to run after the first ``upto`` segments of its file, by the first of its trials that fits.

    Without trials nobody knows how to build it. ``arguments_guessed`` and ``inputs_guessed`` say that nothing proves
    that the code takes what the trials give the constructor or ``forward``; what fails then is no fault of the model.
    """

    name: str
    line: int
    upto: int
    trials: tuple[Trial, ...]
    input_source: str
    arguments_guessed: bool = False
    inputs_guessed: bool = False


@dataclass(frozen=True)
class LeftOut:
    """A statement that is not executed, and the names that it would have bound."""

    line: int
    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Segment:
    """Source text whose line numbers equal those of its file; what is not executed is blank."""

    text: str
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class FileJob:
    """A file's segments, executed in order in one namespace, and the models to run in between.

    ``module`` is the dotted name under which relative imports of the file resolve, and ``search_path`` holds the
    absolute folders that its own imports are looked up in.
    """

    file: str
    segments: tuple[Segment, ...]
    models: tuple[ModelJob, ...]
    module: str = ""
    search_path: tuple[str, ...] = ()

    def quote(self, line: int) -> str:
        """The line as messages show it, ``line 12: x = self.fc(x)``; without its text when it is not executed."""
        texts = (_line(segment.text, line) for segment in self.segments)
        return ": ".join(filter(None, (f"line {line}", next(filter(None, texts), ""))))


@dataclass(frozen=True)
class VerifyOptions:
    """How models are run.

    ``timeout`` is in seconds and counts for each model, from its imports to its last stage. ``memory`` is how many
    bytes a worker may take on the CPU, None for its share of half of what is free. ``device`` is where models run, None
    for the GPU where there is one and the CPU otherwise; on ``meta`` a model passes its shapes and nothing is computed.
    """

    python: str = sys.executable
    timeout: float = 60.0
    jobs: int = 1
    sandbox_required: bool = True
    memory: int | None = None
    device: str | None = None
    eval_batch: int = 3
    seed: int = 0


@dataclass(frozen=True)
class Assignment:
    """What one warden is given: a file's job, the folder to work in, and the nonce that its results carry."""

    job: FileJob
    options: VerifyOptions
    folder: str
    nonce: str


@dataclass(frozen=True)
class ModelReport:
    """What running one model showed.

    ``built`` is the expression that made the model. ``stage`` is the last one entered. ``output`` is a JSON value with the shapes that training gave, ``evaluated`` with
    those of the evaluation, at another batch size; ``refuted_prediction`` is what the analysis said instead, which is a
    mistake of the analysis. ``peak_memory`` is in bytes, and known of a CUDA device alone.
    """

    file: str
    line: int
    name: str
    verdict: Verdict
    stage: str
    message: str = ""
    failed_line: int | None = None
    device: str = ""
    built: str = ""
    input: str = ""
    input_source: str = ""
    output: Any = None
    evaluated: Any = None
    refuted_prediction: Any = None
    finite: bool | None = None
    parameters: int = 0
    parameters_without_gradient: tuple[str, ...] = ()
    peak_memory: int | None = None
    seconds: float = 0.0
    sandbox: str = "none"
    torch: str = ""


def assignment_to_json(assignment: Assignment) -> dict[str, Any]:
    return asdict(assignment)


def assignment_from_json(data: dict[str, Any]) -> Assignment:
    return Assignment(**{**data, "job": _job(data["job"]), "options": VerifyOptions(**data["options"])})


def report_to_json(report: ModelReport) -> dict[str, Any]:
    return {**asdict(report), "verdict": report.verdict.value}


def report_from_json(data: dict[str, Any]) -> ModelReport:
    without = tuple(data["parameters_without_gradient"])
    return ModelReport(**{**data, "verdict": Verdict(data["verdict"]), "parameters_without_gradient": without})


def describe_inputs(inputs: tuple[InputSpec, ...]) -> str:
    """The inputs as people write them, for example ``2x3x32x32, 2x16:int64``."""
    return ", ".join(map(_describe_input, inputs))


def frame(nonce: str, event: dict[str, Any]) -> bytes:
    """One message as a line of its own, whatever was written to the pipe before it."""
    return f"\n{nonce}{dumps(event)}\n".encode()


class Unframer:
    """Takes bytes as they come and gives the events that carry the nonce; everything else is dropped."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce.encode()
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[: _LONGEST_MESSAGE + 1]
        for line in lines:
            if line.startswith(self._nonce) and len(line) <= _LONGEST_MESSAGE:
                with contextlib.suppress(ValueError):
                    yield loads(line[len(self._nonce) :])


_LONGEST_MESSAGE = 1 << 20


def _line(text: str, line: int) -> str:
    lines = text.split("\n")
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def _job(data: dict[str, Any]) -> FileJob:
    return FileJob(
        file=data["file"],
        segments=tuple(_segment(item) for item in data["segments"]),
        models=tuple(_model(item) for item in data["models"]),
        module=data["module"],
        search_path=tuple(data["search_path"]),
    )


def _segment(data: dict[str, Any]) -> Segment:
    left_out = (LeftOut(item["line"], tuple(item["names"]), item["reason"]) for item in data["left_out"])
    return Segment(data["text"], tuple(left_out))


def _model(data: dict[str, Any]) -> ModelJob:
    return ModelJob(**{**data, "trials": tuple(_trial(item) for item in data["trials"])})


def _trial(data: dict[str, Any]) -> Trial:
    inputs = (InputSpec(**{**item, "shape": tuple(item["shape"])}) for item in data["inputs"])
    return Trial(data["expression"], tuple(inputs), data["predicted"])


def _describe_input(spec: InputSpec) -> str:
    shape = "x".join(map(str, spec.shape)) or "scalar"
    return shape if spec.dtype == "float32" else f"{shape}:{spec.dtype}"
