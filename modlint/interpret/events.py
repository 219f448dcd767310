"""What happens while a model is interpreted, as typed facts that rules subscribe to by their annotation."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from modlint.diagnostics import Text
from modlint.dims import Grade
from modlint.directives import Directive, Item
from modlint.interpret.sizes import Sizes
from modlint.ops.need import Mismatch
from modlint.signature import BindError, Passed
from modlint.syntax import Place, Unit
from modlint.values import ClassValue, Function, Instance, Shape, Value


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Something at a place. ``decided``: every condition on the way there is known; ``trail``: the calls that led there;
    ``hearsay``: it rests on what a docstring says, which may be what is wrong."""

    place: Place
    decided: bool
    trail: tuple[Place, ...]
    hearsay: bool = field(default=False, kw_only=True)

    @property
    def is_proof(self) -> bool:
        """Whether nothing but what is stated, and the contracts of torch, led here."""
        return self.decided


@dataclass(frozen=True, slots=True, eq=False)
class Failure(Event):
    """Python or torch raises here; ``raised`` are the exceptions that it may be.

    ``of_arguments``: what a caller gave may be the reason, so that a failure in another file is the caller's, too.
    """

    raised: ClassVar[tuple[str, ...]] = ("RuntimeError", "ValueError", "TypeError", "IndexError", "NotImplementedError")
    of_arguments: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, eq=False)
class ShapeMismatch(Failure):
    """An operation whose operands break one of torch's restrictions.

    ``layer`` is the module that was called, if one was; ``bound`` the op's arguments by torch's parameter names;
    ``shapes`` the shapes of the tensors among them, by identity, as they were known then.
    """

    of_arguments = True
    op: str
    mismatch: Mismatch
    layer: Instance | None
    bound: Mapping[str, Passed]
    shapes: Mapping[int, Shape]

    @property
    def is_proof(self) -> bool:
        return self.decided and self.mismatch.grade is not Grade.ASSUMED


@dataclass(frozen=True, slots=True, eq=False)
class OpCall(Event):
    """An operation or layer that some rule watches was called; ``shapes`` as in ``ShapeMismatch``."""

    op: str
    layer: Instance | None
    bound: Mapping[str, Passed]
    result: Value
    shapes: Mapping[int, Shape]


@dataclass(frozen=True, slots=True, eq=False)
class CallMismatch(Failure):
    """A call that does not fit the signature of what it calls; ``name`` is how Python's message names that."""

    raised = ("TypeError",)
    of_arguments = True
    callee: Value
    name: str
    errors: Sequence[BindError]


@dataclass(frozen=True, slots=True, eq=False)
class MissingSelf(Failure):
    """A method was called on an instance and has no parameter for it; ``place`` is its definition."""

    raised = ("TypeError",)
    function: Function
    receiver: Value


@dataclass(frozen=True, slots=True, eq=False)
class MissingAttribute(Failure):
    """An attribute was read that nothing gives to the object."""

    raised = ("AttributeError",)
    receiver: Value
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class UndefinedName(Failure):
    """A name was read that no scope binds."""

    raised = ("NameError",)
    name: str
    visible: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class NotInitialised(Failure):
    """``nn.Module.__init__`` had not run when ``instance`` needed it: a module was assigned, or the model was called."""

    raised = ("AttributeError",)
    instance: Instance
    cls: ClassValue
    attribute: str | None


@dataclass(frozen=True, slots=True, eq=False)
class NotCallable(Failure):
    """A value was called that Python cannot call: a number, a list, a tensor, an object without ``__call__``."""

    raised = ("TypeError",)
    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class FunctionForLayer(Failure):
    """A function of torch, by its qualified name, was called with settings alone, as the constructor of ``layer`` is."""

    raised = ("TypeError",)
    function: str
    layer: Instance


@dataclass(frozen=True, slots=True, eq=False)
class RefusedName(Failure):
    """A part of ``owner`` was registered under a name that torch refuses."""

    raised = ("KeyError",)
    owner: Instance
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class NoForward(Failure):
    """A module was called whose class defines no ``forward``."""

    raised = ("NotImplementedError",)
    of_arguments = True
    instance: Instance


@dataclass(frozen=True, slots=True, eq=False)
class NoneUsed(Failure):
    """A tensor was needed, but the value is None because ``function`` returns nothing."""

    raised = ("TypeError", "AttributeError")
    of_arguments = True
    function: Function


@dataclass(frozen=True, slots=True, eq=False)
class FailedAssertion(Failure):
    """An assertion of the script itself, or of a function that it calls, is false; ``given`` is the value that it looks
    at, if it is an attribute such as ``out.shape``."""

    raised: ClassVar[tuple[str, ...]] = ("AssertionError",)

    given: Value


@dataclass(frozen=True, slots=True, eq=False)
class UnknownName(Failure):
    """A name that a library modlint has tables for does not define, such as ``torch.nn.Linaer``."""

    raised = ("AttributeError",)
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Rebound(Event):
    """A module attribute was assigned again before anybody read it; ``place`` is the second assignment."""

    instance: Instance | None
    attribute: str
    first: Place


@dataclass(frozen=True, slots=True, eq=False)
class Sized(Event):
    """A statement with a comment on shapes gave a tensor, once for every time it ran.

    ``name`` is the variable, or ``<return>``; ``shapes`` what it gave, ``inputs`` what that was made from.
    """

    name: str
    shapes: tuple[Shape, ...]
    inputs: tuple[Shape, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ModelRun(Event):
    """A module was called from outside.

    ``place`` is where it was made, or its class; ``inputs`` are the arguments of forward, ``made_up`` when nobody gave
    them; ``sizes`` are the values that such a run leaves to the sizes of its inputs; ``document`` are all units of the
    file.
    """

    instance: Instance
    inputs: Mapping[str, Value]
    output: Value
    made_up: bool
    called: frozenset[int]
    sizes: Sizes | None
    document: tuple[Unit, ...]


@dataclass(frozen=True, slots=True, eq=False)
class NotModule(Event):
    """A ``Sequential`` or ``ModuleList`` was given something else than a module as its item number ``position``."""

    container: Instance
    value: Value
    position: int


@dataclass(frozen=True, slots=True, eq=False)
class Constructed(Event):
    """An object of a class of the file, as everything that ran has left it; ``place`` is where it was made."""

    instance: Instance


@dataclass(frozen=True, slots=True, eq=False)
class ClassRead(Event):
    """A class definition was executed."""

    cls: ClassValue
    node: ast.ClassDef


@dataclass(frozen=True, slots=True, eq=False)
class UnitRead(Event):
    """A cell was read as a whole; ``document`` are all units of its file."""

    unit: Unit
    document: tuple[Unit, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SuppressionUnused(Event):
    """A comment suppresses rules that find nothing there; ``selectors`` are those, empty when it names none."""

    directive: Directive
    selectors: tuple[Item, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DirectiveUnreadable(Event):
    """A comment speaks to modlint and is not understood: ``written`` is what it says, ``meant`` what is alike and known.

    ``kind`` is word, selector, input or class.
    """

    kind: str
    written: str
    meant: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class TextRepaired(Event):
    """Text that Python cannot read was repaired: ``was`` became ``becomes``; ``kind`` is the family of the repair.

    ``lines``: in how many lines that follow each other the same was done.
    """

    kind: str
    was: str
    becomes: str
    lines: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class TextUnreadable(Event):
    """Text that Python cannot read and nobody can repair; ``kind`` is syntax-error or newer-syntax."""

    kind: str
    message: Text
