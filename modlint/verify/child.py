"""Builds and runs one model, stage by stage. The only module of the package that imports torch."""

from __future__ import annotations

import copy
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from math import prod
from operator import itemgetter
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from modlint.verify.child_inputs import required_inputs
from modlint.verify.child_search import Inputs, Progress, Search
from modlint.verify.child_tensors import (
    bytes_of_weights,
    count_parameters,
    describe_tensors,
    is_finite,
    random_tensor,
    shapes_of,
    state_of,
    tensors_in,
    with_batch,
    with_sides,
)
from modlint.verify.child_weights import NOTE, Downloads
from modlint.verify.predictions import contradicts
from modlint.verify.program import Program, describe
from modlint.verify.protocol import (
    MADE_UP,
    FileJob,
    InputSpec,
    ModelJob,
    ModelReport,
    Trial,
    Verdict,
    VerifyOptions,
    describe_inputs,
)

VERSION: str = torch.__version__

Announce = Callable[[str], None]
Report = Callable[[ModelReport], None]


def warm_up() -> None:
    """Load what the first forward on the meta device loads; nothing runs on a CPU or CUDA device."""
    with torch.device("meta"), torch.no_grad():
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
        model(torch.empty(2, 3, 8, 8))


def run_file(job: FileJob, options: VerifyOptions, memory: int, announce: Announce, report: Report) -> None:
    """Run the models of one file in order and report each.

    ``memory`` is how many bytes a model may take on the CPU. Ends early when the device can no longer be used.
    """
    torch.set_num_threads(max(1, torch.get_num_threads() // options.jobs))
    downloads = Downloads()
    downloads.spare()
    program = Program(job)
    parts: dict[str, _Part] = {}
    for model in job.models:
        run = _Run(job, model, options, program, downloads, memory, announce, parts)
        report(run.report())
        if run.device_lost:
            return


class _StopError(Exception):
    """Ends the stages of one model early, with its verdict."""

    def __init__(self, verdict: Verdict, message: str) -> None:
        super().__init__(message)
        self.verdict = verdict


@dataclass
class _Findings:
    """What the stages found out so far."""

    device: str = ""
    output: Any = None
    evaluated: Any = None
    finite: bool | None = None
    parameters: int = 0
    bytes_needed: int = 0
    without_gradient: tuple[str, ...] = ()
    peak_memory: int | None = None


class _Part(NamedTuple):
    """The first call of a class inside a model that ran: it stands for a class that nobody knows how to build."""

    whole: str
    input: str
    output: Any
    parameters: int


@dataclass
class _Run:
    """One model on its way through the stages. ``parts`` are those of the file's models that ran before it."""

    job: FileJob
    model: ModelJob
    options: VerifyOptions
    program: Program
    downloads: Downloads
    memory: int
    announce: Announce
    parts: dict[str, _Part]
    found: _Findings = field(default_factory=_Findings)
    trial: Trial = Trial("")  # noqa: RUF009  (frozen)
    stage: str = "import"
    device_lost: bool = False

    def report(self) -> ModelReport:
        started = time.perf_counter()
        seen: dict[str, _Part] = {}
        with _watched(self.model.name, seen):
            draft = self._report()
        if draft.verdict in (Verdict.RAN, Verdict.META_ONLY):
            self.parts.update({**seen, **self.parts})
        return replace(draft, seconds=time.perf_counter() - started)

    def _report(self) -> ModelReport:
        try:
            self._stages()
            return self._ended(Verdict.RAN)
        except _StopError as stop:
            return self._ended(stop.verdict, str(stop))
        except BaseException as error:
            return self._excused(error) or self._failed(error)

    def _stages(self) -> None:
        self._enter("import")
        self.program.advance(self.model.upto)
        if not self.model.trials:
            raise _UnknownError("no arguments are known for its constructor")
        self.trial = self._fitting_trial()
        device = _device(self.options.device)
        self._meta(device)
        module = self._build(device)
        output = self._forward(module, device)
        self._backward(module, output)
        self.found.peak_memory = _peak_memory(device)
        self._evaluate(module, device)

    def _enter(self, stage: str) -> None:
        self.stage = stage
        self.announce(stage)

    def _fitting_trial(self) -> Trial:
        """The first trial, when it is proven to fit, unless another one is done sooner; else what a search finds."""
        first = self.model.trials[0]
        if self.model.inputs_guessed or not first.inputs:
            return self._searched()
        if len(self.model.trials) == 1 or not self._fits(first):
            return first
        fitting: dict[int, Trial] = {}
        for trial in filter(self._fits, self.model.trials):
            fitting.setdefault(self.found.bytes_needed, trial)
            if self.found.bytes_needed < _MODEST_BYTES:
                return trial
        return self._soonest(fitting[min(fitting)])

    def _soonest(self, trial: Trial) -> Trial:
        """The trial with images as small as they fit and as are needed for it to be soon done."""
        for side in _SMALL_SIDES:
            smaller = replace(trial, inputs=tuple(with_sides(spec, side) for spec in trial.inputs), predicted=None)
            if self._fits(smaller) and self.found.bytes_needed < _MODEST_BYTES:
                return smaller
        return trial

    def _searched(self) -> Trial:
        """What leads furthest through the forward of a module that one of the expressions gives."""
        found = [(Progress(), self.model.trials[0])]
        deadline = time.monotonic() + self.options.timeout * _SHARE_OF_SEARCH
        for expression in dict.fromkeys(trial.expression for trial in self.model.trials):
            self.trial = Trial(expression)
            starts = [trial.inputs for trial in self.model.trials if trial.expression == expression]
            found.append(self._search(expression, sorted(starts, key=_excess), deadline))
            if found[-1][0].complete:
                break
        return max(found, key=itemgetter(0))[1]

    def _search(self, expression: str, starts: list[Inputs], deadline: float) -> tuple[Progress, Trial]:
        best: tuple[Progress, Trial] = Progress(), Trial(expression)
        for module, device in self._made_for_search():
            search = Search(module, device, self._other_batch, deadline)
            search.run([best[1].inputs, *starts] if best[1].inputs else starts)
            best = search.progress, Trial(expression, search.best)
        return best

    def _made_for_search(self) -> Iterator[tuple[nn.Module, torch.device]]:
        """A module without memory, and where it is small another with values and dtypes, which some code looks at."""
        small = True
        with suppress(Exception):
            module = self._make_on_meta()
            small = bytes_of_weights(module) < _SMALL_BYTES
            yield module, torch.device("meta")
        if small and self.options.device != "meta":
            with suppress(Exception):
                yield self._make(), torch.device("cpu")

    def _fits(self, trial: Trial) -> bool:
        self._enter("meta")
        self.trial = trial
        try:
            self._run_on_meta()
        except Exception:
            return False
        return True

    def _make(self) -> nn.Module:
        _seed(self.options.seed)
        try:
            module = self.program.evaluate(self.trial.expression)
        except TypeError as error:
            if "instantiate abstract class" in str(error):
                raise _UnknownError(f"it is abstract: {error}") from error
            raise
        if not isinstance(module, nn.Module):
            raise _StopError(Verdict.FAILED, f"{self.trial.expression} is a {type(module).__name__}, not a module")
        return module

    def _make_on_meta(self) -> nn.Module:
        with torch.device("meta"):
            module = self._make()
        if all(tensor.is_meta for tensor in state_of(module)):
            return module
        return copy.deepcopy(module).to("meta")

    def _meta(self, device: torch.device) -> None:
        """Run without memory, and end the run here when there is none for more.

        Otherwise a failure here is not the verdict: some code works on real tensors only, and where it does not, the
        message of the real device is the one that people meet.
        """
        self._enter("meta")
        failure = None
        try:
            self._run_on_meta()
        except BaseException as error:
            failure = error
        if reason := self._why_no_more(device):
            raise _ended_on_meta(reason, failure)

    def _why_no_more(self, device: torch.device) -> str:
        """Why nothing is computed after the run without memory, empty when something is."""
        if device.type == "meta":
            return "no other device was asked for"
        needed = self.found.bytes_needed
        limit = _usable_memory(device, self.options.jobs) if device.type == "cuda" else self.memory
        return f"needs about {needed:,} bytes, and {limit:,} may be used" if needed > limit else ""

    def _run_on_meta(self) -> None:
        self.found = _Findings()
        module = self._make_on_meta()
        self.found.parameters = count_parameters(module)
        self.found.bytes_needed = bytes_of_weights(module)
        output, activations = _forward_on_meta(module, self._inputs(torch.device("meta")))
        self.found.output = shapes_of(output)
        self.found.bytes_needed = bytes_of_weights(module) + activations

    def _build(self, device: torch.device) -> nn.Module:
        self._enter("build")
        self.found.device = _describe_device(device)
        module = self._make().to(device)
        self.found.parameters = count_parameters(module)
        if not self.trial.inputs and required_inputs(module):
            raise _UnknownError("no input is known for this model")
        return module

    def _forward(self, module: nn.Module, device: torch.device) -> Any:
        self._enter("forward")
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        output = module.train()(*self._inputs(device))
        self.found.output = shapes_of(output)
        self.found.finite = is_finite(output)
        return output

    def _backward(self, module: nn.Module, output: Any) -> None:
        self._enter("backward")
        roots = [tensor for tensor in tensors_in(output) if tensor.requires_grad]
        if roots:
            torch.autograd.backward(roots, [torch.ones_like(root) for root in roots])
            trained = ((name, weight) for name, weight in module.named_parameters() if weight.requires_grad)
            self.found.without_gradient = tuple(name for name, weight in trained if weight.grad is None)

    def _evaluate(self, module: nn.Module, device: torch.device) -> None:
        self._enter("eval")
        module.eval()
        other = self._other_batch(self.trial.inputs)
        with torch.no_grad():
            try:
                output = module(*self._inputs(device, other))
            except Exception as error:
                output = module(*self._inputs(device))
                if self._is_batch_known():
                    raise _HardCodedBatchError(other) from error
        self.found.evaluated = shapes_of(output)
        if device.type == "cuda":
            torch.cuda.synchronize()

    def _is_batch_known(self) -> bool:
        """Whether the first axis is the batch: of the only input it is by convention, of several when they are given."""
        stated = self.model.input_source != MADE_UP
        return not self._is_guess() and (stated or len(self.trial.inputs) == 1)

    def _inputs(self, device: torch.device, batch: int | None = None) -> list[Tensor]:
        _seed(self.options.seed)
        specs = self.trial.inputs if batch is None else with_batch(self.trial.inputs, batch)
        return [random_tensor(spec, device) for spec in specs]

    def _other_batch(self, inputs: Sequence[InputSpec]) -> int:
        wanted = self.options.eval_batch
        return wanted + 1 if any(wanted in spec.shape[:1] for spec in inputs) else wanted

    def _refuted_prediction(self) -> Any:
        """What the analysis predicted, when something else came out."""
        predicted, output = self.trial.predicted, self.found.output
        return predicted if output is not None and contradicts(predicted, output) else None

    def _excused(self, error: BaseException) -> ModelReport | None:
        """Another verdict than a failure, when the error may come from what was made up for the model."""
        unknown = isinstance(error, _UnknownError)
        if not unknown and (self._is_own_fault(error) or not self._is_guess()):
            return None
        if part := self.parts.get(self.model.name):
            return self._ran_inside(part)
        if unknown:
            return self._ended(Verdict.NO_INPUTS, str(error))
        failed = self._failed(error)
        if failed.verdict is not Verdict.FAILED:
            return failed
        return replace(failed, verdict=Verdict.NO_INPUTS, message=f"what was made up does not fit: {failed.message}")

    def _is_own_fault(self, error: BaseException) -> bool:
        """Whether the code uses a name that is not there, whatever it is given."""
        if isinstance(error, AttributeError):
            owner = type(error.obj)
            own = owner.__name__ == self.model.name or not self.model.arguments_guessed
            return own and issubclass(owner, nn.Module) and self.program.defines(owner)
        return isinstance(error, NameError)

    def _is_guess(self) -> bool:
        """Whether the stage depends on something that was made up without a proof that it fits."""
        if self.stage == "build":
            return self.model.arguments_guessed
        guessed = self.model.arguments_guessed or self.model.inputs_guessed or self._is_proposed()
        return self.stage in _STAGES_OF_INPUTS and guessed

    def _is_proposed(self) -> bool:
        """Whether the inputs come from the layers of the module and not from the analysis."""
        known = {(trial.expression, trial.inputs) for trial in self.model.trials}
        return bool(self.trial.inputs) and (self.trial.expression, self.trial.inputs) not in known

    def _ran_inside(self, part: _Part) -> ModelReport:
        draft = self._ended(Verdict.RAN)
        source = f"inside {part.whole}"
        return replace(
            draft, input=part.input, input_source=source, output=part.output, parameters=part.parameters, finite=None
        )

    def _failed(self, error: BaseException) -> ModelReport:
        self.device_lost = _loses_device(error)
        if isinstance(error, _HardCodedBatchError) and error.__cause__:
            draft = self._failed(error.__cause__)
            return replace(draft, message=f"{draft.message}\n{error}")
        if self.stage in _DEVICE_STAGES and _out_of_memory(error):
            return self._ended(Verdict.META_ONLY, describe(error))
        failure = self.program.failure(error)
        verdict = Verdict.ENV_ERROR if failure.environment else Verdict.FAILED
        if failure.while_importing:
            self.stage = "import"
        quoted = f"\n{self.job.quote(failure.line)}" if failure.line else ""
        return replace(self._ended(verdict, failure.message + quoted), failed_line=failure.line)

    def _ended(self, verdict: Verdict, message: str = "") -> ModelReport:
        return ModelReport(
            file=self.job.file,
            line=self.model.line,
            name=self.model.name,
            verdict=verdict,
            stage=self.stage,
            message="\n".join(filter(None, (message, NOTE if self.downloads.asked else ""))),
            built=self.trial.expression,
            device="meta" if verdict is Verdict.META_ONLY else self.found.device,
            input=describe_inputs(self.trial.inputs),
            input_source="made up from the layers" if self._is_proposed() else self.model.input_source,
            output=self.found.output,
            evaluated=self.found.evaluated,
            refuted_prediction=self._refuted_prediction(),
            finite=self.found.finite,
            parameters=self.found.parameters,
            parameters_without_gradient=self.found.without_gradient,
            peak_memory=self.found.peak_memory,
            torch=VERSION,
        )


class _UnknownError(Exception):
    """What the model needs is not known."""


class _HardCodedBatchError(Exception):
    """The model runs with the batch it was trained with and not with another."""

    def __init__(self, batch: int) -> None:
        super().__init__(f"the same model ran before with another batch: with {batch} a hard-coded batch size shows")


_STAGES_OF_INPUTS = frozenset({"meta", "forward", "eval"})
_DEVICE_STAGES = frozenset({"build", "forward", "backward", "eval"})
_MODEST_BYTES = 1 << 28
_SMALL_BYTES = 1 << 26
_MODEST_NUMBERS = 1 << 20
_SHARE_OF_SEARCH = 0.3
_SMALL_SIDES = (32, 16, 8)


@contextmanager
def _watched(whole: str, seen: dict[str, _Part]) -> Iterator[None]:
    """Note the first call of every class of modules."""

    def note(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        name = type(module).__name__
        if name not in seen:
            seen[name] = _Part(whole, describe_tensors(inputs), shapes_of(output), count_parameters(module))

    handle = nn.modules.module.register_module_forward_hook(note)
    try:
        yield
    finally:
        handle.remove()


def _excess(inputs: Inputs) -> int:
    """By how many numbers the inputs are more than what is soon done."""
    return max(0, sum(prod(spec.shape) for spec in inputs) - _MODEST_NUMBERS)


def _device(wanted: str | None) -> torch.device:
    if wanted is not None:
        return torch.device(wanted)
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")


def _describe_device(device: torch.device) -> str:
    return f"{device} {torch.cuda.get_device_name(device)}" if device.type == "cuda" else device.type


def _usable_memory(device: torch.device, jobs: int) -> int:
    """The bytes that a model may take of a CUDA device: its share of half of what is free."""
    torch.cuda.empty_cache()
    return torch.cuda.mem_get_info(device)[0] // (2 * jobs)


def _peak_memory(device: torch.device) -> int | None:
    """The most bytes that were allocated on a CUDA device at a time."""
    if device.type != "cuda":
        return None
    torch.cuda.synchronize(device)
    return torch.cuda.max_memory_allocated(device)


def _seed(seed: int) -> None:
    random.seed(seed)
    torch.manual_seed(seed)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(seed)


def _forward_on_meta(module: nn.Module, inputs: list[Tensor]) -> tuple[Any, int]:
    """The output, and the bytes of the inputs, the output and all that autograd keeps for the backward pass."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage.nbytes()
        return tensor

    with torch.device("meta"), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = module.train()(*inputs)
    for tensor in (*inputs, *tensors_in(output)):
        keep(tensor)
    for weight in state_of(module):
        kept.pop(weight.untyped_storage()._cdata, None)
    return output, sum(kept.values())


_SIGNS_OF_NO_MEMORY = (
    "can't allocate memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "NVML_SUCCESS",  # torch asks NVML for the numbers of its message, and a sandbox may refuse that
)


def _out_of_memory(error: BaseException) -> bool:
    text = describe(error)
    return isinstance(error, torch.OutOfMemoryError) or any(sign in text for sign in _SIGNS_OF_NO_MEMORY)


def _ended_on_meta(reason: str, failure: BaseException | None) -> BaseException:
    """What ends a run after its stage without memory, for that reason."""
    if failure is None:
        return _StopError(Verdict.META_ONLY, reason)
    if _is_about_meta(failure):
        return _StopError(Verdict.ENV_ERROR, f"{reason}, while its code computes with values: {describe(failure)}")
    return failure


def _is_about_meta(error: BaseException) -> bool:
    """Whether the code needs values that the meta device has not."""
    return isinstance(error, NotImplementedError) or "meta" in describe(error).lower()


def _loses_device(error: BaseException) -> bool:
    """A CUDA error other than a lack of memory leaves the context unusable."""
    return not isinstance(error, torch.OutOfMemoryError) and "CUDA error" in describe(error)
