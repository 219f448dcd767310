"""Functions of libraries that run a model to print a table of it."""

from __future__ import annotations

from modlint.interpret.calls import call_values
from modlint.interpret.hosts.table import host
from modlint.interpret.iteration import items_of
from modlint.interpret.machine import Machine
from modlint.syntax import Place
from modlint.values import Instance, Tensor, Unknown, Value


@host("torchsummary.summary")
def _summary(machine: Machine, place: Place, model: Value, size: Value = None, *rest: Value, **options: Value) -> Value:
    """``summary(model, (3, 32, 32))`` runs the model on a batch of two of that size."""
    return _run_summary(machine, place, model, options.get("input_size", size), (2,))


@host("torchinfo.summary")
def _info(machine: Machine, place: Place, model: Value, size: Value = None, *rest: Value, **options: Value) -> Value:
    """``torchinfo.summary(model, (1, 3, 32, 32))`` counts the batch."""
    return _run_summary(machine, place, model, options.get("input_size", size), ())


def _run_summary(machine: Machine, place: Place, model: Value, size: Value, batch: tuple[int, ...]) -> Value:

    items = items_of(machine, size, place)
    if isinstance(model, Instance) and items and all(isinstance(item, int) for item in items):
        call_values(machine, model, [Tensor((*batch, *items))], place)
    return Unknown("a summary")
