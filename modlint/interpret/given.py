"""What the arguments of ``forward`` are, where it is stated outside of the code that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from modlint.inputs import Inputs
from modlint.pragmas import stated_inputs
from modlint.values import ClassValue, Tensor, Value


class Stated(NamedTuple):
    """Arguments of ``forward``, and where they are stated."""

    inputs: Inputs
    source: str

    @property
    def values(self) -> tuple[Tensor, ...]:
        """The arguments as tensors."""
        return tuple(Tensor(shape, dtype) for shape, dtype in self.inputs)


@dataclass(frozen=True)
class Given:
    """What is stated of models, the strongest first: on the command line for all of them, by a comment at the class,
    and in the configuration for a class by its name, or for all."""

    asked: Inputs | None = None
    classes: Mapping[str, Inputs] = field(default_factory=dict)
    usual: Inputs | None = None

    def of(self, cls: Value) -> Stated | None:
        """What is stated of the models of a class; None when nothing is."""
        if self.asked is not None:
            return Stated(self.asked, "--input")
        usual = None if self.usual is None else Stated(self.usual, "configuration")
        return self.of_class(cls) or usual

    def of_class(self, cls: Value) -> Stated | None:
        """What is stated of one class alone; None when nothing is."""
        if not isinstance(cls, ClassValue):
            return None
        if (pragma := stated_inputs(cls.unit).get(cls.node)) is not None:
            return Stated(pragma, "comment at the class")
        return Stated(self.classes[cls.name], "configuration") if cls.name in self.classes else None


NOTHING = Given()
