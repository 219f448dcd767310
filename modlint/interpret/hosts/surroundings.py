"""What a program asks of its surroundings: the machine, the environment, the mode in which torch runs."""

from __future__ import annotations

from modlint.interpret.hosts.table import host
from modlint.interpret.machine import GuestError, Machine
from modlint.interpret.truth import truth
from modlint.syntax import Place
from modlint.values import External, Unknown, Value


@host(
    "builtins.print",
    "warnings.warn",
    "torch._C._log_api_usage_once",
    "builtins.exit",
    "sys.exit",
    "random.seed",
    "torch.manual_seed",
)
def _no_effect(machine: Machine, place: Place, *values: Value, **options: Value) -> Value:
    return None


@host("torch.jit.is_scripting", "torch.jit.is_tracing", "torch.compiler.is_compiling", "torch.onnx.is_in_onnx_export",
      "torch.compiler.is_exporting", "torch.compiler.is_dynamo_compiling", "torch.overrides.has_torch_function_unary",
      "torch.overrides.has_torch_function", "torch._dynamo.is_compiling", "torchvision._is_tracing")  # fmt: skip
def _no(machine: Machine, place: Place, *values: Value, **options: Value) -> Value:
    """Eager execution: nothing is being scripted, traced or exported."""
    return False


@host("torch.cuda.is_available", "torch.backends.mps.is_available", "torch.cuda.device_count", "builtins.input")
def _of_the_machine(machine: Machine, place: Place, *values: Value) -> Value:
    return Unknown("it depends on the machine")


@host("torch.device")
def _device(machine: Machine, place: Place, *values: Value) -> Value:
    return External("torch.device()")


@host("os.getenv")
def _getenv(machine: Machine, place: Place, name: Value, default: Value = None) -> Value:
    """An environment in which nothing is set."""
    return default


@host("torch._assert", "torch._check")
def _torch_assert(machine: Machine, place: Place, condition: Value, *message: Value) -> Value:
    holds = truth(machine, condition)
    if holds is False:
        raise GuestError(External("builtins.AssertionError"))
    machine.doubts += holds is None
    return None
