"""Finds inputs that a module takes, by how far its ``forward`` gets with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from modlint.verify.child_inputs import proposed_inputs, required_inputs
from modlint.verify.child_tensors import random_tensor, with_batch
from modlint.verify.protocol import InputSpec

_ROUNDS = 2

Inputs = tuple[InputSpec, ...]


class Progress(NamedTuple):
    """How far inputs lead; the greater, the better."""

    fits: bool = False
    fits_another_batch: bool = False
    steps: int = -1

    @property
    def complete(self) -> bool:
        return self.fits and self.fits_another_batch


_NOWHERE = Progress()


@dataclass
class Search:
    """Looks for the inputs of a module on its device; ``best`` are those that lead furthest."""

    module: nn.Module
    device: torch.device
    other_batch: Callable[[Inputs], int]
    deadline: float
    best: Inputs = ()
    progress: Progress = _NOWHERE

    def run(self, starts: Iterable[Inputs]) -> None:
        """Try ``starts``, then what is proposed for all inputs alike, for one after the other, and for two at a time."""
        for inputs in self._attempts(starts):
            progress = self._progress(inputs)
            if progress > self.progress:
                self.best, self.progress = inputs, progress
            if self.progress.complete or time.monotonic() > self.deadline:
                return

    def _attempts(self, starts: Iterable[Inputs]) -> Iterator[Inputs]:
        yield from starts
        choices = [proposed_inputs(self.module, name) for name in required_inputs(self.module)]
        if not choices:
            yield ()
            return
        yield tuple(specs[0] for specs in choices)
        yield from ((spec,) * len(choices) for spec in choices[0])
        for _ in range(_ROUNDS):
            yield from (self._with({place: spec}) for place, specs in enumerate(choices) for spec in specs)
            for (one, ones), (other, others) in combinations(enumerate(choices), 2):
                pairs = ((a, b) for a, b in product(ones, others) if a.shape[-1:] == b.shape[-1:])
                yield from (self._with({one: a, other: b}) for a, b in pairs)

    def _with(self, changes: Mapping[int, InputSpec]) -> Inputs:
        """The best inputs so far with others in some places."""
        return tuple(changes.get(place, spec) for place, spec in enumerate(self.best))

    def _progress(self, inputs: Inputs) -> Progress:
        fits, steps = self._forward(inputs)
        return Progress(fits, fits and self._forward(with_batch(inputs, self.other_batch(inputs)))[0], steps)

    def _forward(self, inputs: Sequence[InputSpec]) -> tuple[bool, int]:
        """Whether the forward passes, and how many functions of torch it gets through."""
        given = [random_tensor(spec, self.device) for spec in inputs]
        with self.device, _Counter() as counter:
            try:
                self.module.train()(*given)
            except Exception:
                return False, counter.steps
        return True, counter.steps


class _Counter(TorchFunctionMode):
    """Counts the functions of torch that return."""

    steps = 0

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        self.steps += 1
        return result
