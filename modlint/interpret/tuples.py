"""A tuple of tensors where a tensor is wanted: ``x = self.lstm(x)`` gives ``(output, (h, c))``."""

from __future__ import annotations

from modlint.dims import Dim, Grade
from modlint.interpret.events import ShapeMismatch
from modlint.interpret.machine import Machine
from modlint.ops.need import Mismatch
from modlint.signature import Passed
from modlint.syntax import Place
from modlint.values import Size, Tensor, Value


def first_tensor(machine: Machine, value: Value, op: str, place: Place) -> Tensor | None:
    """The first item of a tuple that is used as if it were this tensor, which is reported; else None."""
    if not isinstance(value, tuple) or isinstance(value, Size) or not value or not isinstance(value[0], Tensor):
        return None
    machine.fail(ShapeMismatch, place, op, Mismatch("type", "Tensor", value, None, Grade.STATED), None, {}, {})
    return value[0]


def wrong_count(machine: Machine, wanted: int, value: Value, found: Dim, place: Place) -> None:
    """Report that a value with ``found`` items is unpacked into ``wanted`` targets."""
    mismatch = Mismatch("unpack", wanted, found, "value", Grade.STATED)
    machine.fail(ShapeMismatch, place, "unpack", mismatch, None, {"value": Passed(value)}, {})


def leaves(value: Value) -> list[Value]:
    """What a tuple holds, what is in its inner tuples one by one."""
    if not isinstance(value, tuple) or isinstance(value, Size):
        return [value]
    return [leaf for item in value for leaf in leaves(item)]
