"""One expression, seen by modlint and by torch."""

from __future__ import annotations

import ast
import importlib
import warnings
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import nn

from modlint.dims import Expr
from modlint.values import External, Instance, ListValue, Open, Tensor, Unknown, Value

from .guest import EINOPS, Guest, Rejected

_LARGEST_DATA = 4096
_HERE_ALONE = ("not enough memory", "not compiled with")


class Verdict(Enum):
    """How modlint's answer stands to torch's."""

    AGREED = "agreed"
    UNKNOWN = "unknown"
    MISSED = "missed"
    """torch raises, modlint gives a value."""
    DISAGREED = "disagreed"
    """Both give a value, not the same one; or modlint rejects what torch runs, or crashes."""
    SKIPPED = "skipped"
    """torch cannot be asked: a package or the memory is missing."""


class Comparison(NamedTuple):
    """The verdict on an expression, and both answers as text."""

    expression: str
    verdict: Verdict
    ours: str = ""
    torchs: str = ""


@cache
def namespace() -> dict[str, Any]:
    """The names that cases use; einops' only where it is installed."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional}
    for name, qualified in EINOPS.items():
        module, _, attribute = qualified.rpartition(".")
        try:
            names[name] = getattr(importlib.import_module(module), attribute)
        except ImportError:
            continue
    return names


def _asked(expression: str) -> tuple[Any, Exception | None]:
    """The value that torch gives on the CPU, which checks more than the meta device does."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return eval(expression, dict(namespace())), None
        except Exception as error:
            return None, error


def _cannot_be_asked(error: Exception | None) -> bool:
    return isinstance(error, (NameError, MemoryError)) or any(text in str(error) for text in _HERE_ALONE)


def compare(expression: str) -> Comparison:
    """Evaluate ``expression`` on both sides."""
    real, error = _asked(expression)
    if _cannot_be_asked(error):
        return Comparison(expression, Verdict.SKIPPED)
    torchs = f"{type(error).__name__}: {error}".split("\n")[0] if error else shown(real)
    try:
        ours = Guest().value(ast.parse(expression, mode="eval").body)
    except Rejected as rejection:
        return Comparison(expression, Verdict.AGREED if error else Verdict.DISAGREED, str(rejection), torchs)
    except Exception as crash:
        return Comparison(expression, Verdict.DISAGREED, f"crashes: {crash!r}", torchs)
    if isinstance(ours, Unknown):
        return Comparison(expression, Verdict.UNKNOWN, ours.why, torchs)
    if error:
        return Comparison(expression, Verdict.MISSED, shown(ours), torchs)
    verdict = Verdict.AGREED if agrees(ours, real) else Verdict.DISAGREED
    return Comparison(expression, verdict, shown(ours), torchs)


def agrees(ours: Value, real: Any) -> bool:
    """Whether what modlint claims of a value is true; what it does not claim is not asked."""
    if isinstance(ours, (Unknown, Expr)):
        return not isinstance(ours, Expr) or isinstance(real, int)
    if isinstance(ours, Tensor):
        return isinstance(real, torch.Tensor) and _same_tensor(ours, real)
    if isinstance(ours, Instance):
        return not isinstance(real, nn.Module) or _same_layer(ours, real)
    if isinstance(ours, (tuple, ListValue)):
        items = ours.items if isinstance(ours, ListValue) else ours
        fits = isinstance(real, (tuple, list)) and len(items) == len(real)
        return fits and all(agrees(*pair) for pair in zip(items, real))
    if isinstance(ours, External):
        return not isinstance(real, torch.dtype) or ours.name == str(real)
    return ours is real or not isinstance(ours, (bool, int, float, str, type(None))) or _close(ours, real)


def _close(ours: Any, real: Any) -> bool:
    if isinstance(ours, (int, float)) and isinstance(real, (int, float)):
        return ours == real or abs(ours - real) <= 1e-5 * max(1, abs(real)) or ours != ours
    return bool(ours == real)


def _same_tensor(ours: Tensor, real: torch.Tensor) -> bool:
    return (
        _same_shape(ours, real)
        and ours.dtype in (None, str(real.dtype).removeprefix("torch."))
        and _same_data(ours, real)
        and _same_order(ours, real)
    )


def _same_shape(ours: Tensor, real: torch.Tensor) -> bool:
    if isinstance(ours.shape, Open):
        return True
    return len(ours.shape) == real.dim() and all(isinstance(a, Expr) or a == b for a, b in zip(ours.shape, real.shape))


def _same_data(ours: Tensor, real: torch.Tensor) -> bool:
    if ours.data is None or real.numel() > _LARGEST_DATA:
        return True
    values = real.detach().flatten().tolist()
    return len(values) == len(ours.data) and all(agrees(*pair) for pair in zip(ours.data, values))


def _same_order(ours: Tensor, real: torch.Tensor) -> bool:
    """Whether the strides fall along the claimed order of the axes, as ``view`` asks."""
    if ours.order == () or real.numel() == 0:
        return True
    order = range(real.dim()) if ours.order is None else ours.order
    expected = 1
    for axis in reversed([axis for axis in order if real.shape[axis] != 1]):
        if real.stride(axis) != expected:
            return False
        expected *= real.shape[axis]
    return True


def _same_layer(ours: Instance, real: nn.Module) -> bool:
    """Whether the attributes that modlint gives a layer are those of the real one, and no parameter is missing."""
    if not ours.partial and not (real._parameters.keys() | real._buffers.keys()) <= ours.attrs.keys():
        return False
    return all(agrees(value, getattr(real, name)) for name, value in ours.attrs.items() if hasattr(real, name))


def shown(value: Any) -> str:
    """Shapes and types as text."""
    if isinstance(value, torch.Tensor):
        return f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')} strides {value.stride()}"
    if isinstance(value, Tensor):
        data = f" = {value.data}" if value.data is not None else ""
        return f"{value.shape} {value.dtype} order {value.order}{data}"
    if isinstance(value, (tuple, list, ListValue)):
        items = value.items if isinstance(value, ListValue) else value
        return f"[{', '.join(map(shown, items))}]"
    if isinstance(value, (Instance, nn.Module)):
        fields = value.attrs if isinstance(value, Instance) else {**value._parameters, **value._buffers}
        return f"{{{', '.join(f'{name}: {shown(field)}' for name, field in fields.items())}}}"
    return repr(value)
