"""What the interpreter computes with: guest values, never host classes of the code that is read.

Python's immutable scalars and tuples stand for themselves; symbolic integers are ``dims.Expr``. Everything that has
identity or could run host code has a class of its own here.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from modlint.dims import Dim

if TYPE_CHECKING:
    from modlint.syntax import Place, Unit


class Size(tuple[Dim, ...]):
    """``torch.Size``: a tuple by another name."""

    __slots__ = ()


class Range(tuple[int, ...]):
    """``range``: the numbers that it gives."""

    __slots__ = ()


tick: Callable[[], int] = itertools.count(1).__next__
"""The time that only goes forward: containers know when they were ``born``, and when they were last ``touched``."""


class Unknown:
    """A value of which nothing is known but perhaps its ``truth``, and the reason. It swallows everything that touches
    it."""

    __slots__ = ("truth", "why")

    def __init__(self, why: str, truth: bool | None = None) -> None:
        self.why = why
        self.truth = truth

    def __repr__(self) -> str:
        return f"Unknown({self.why!r})"


class Quotient(Unknown):
    """What ``/`` gives for operands that are not known: never an integer."""

    __slots__ = ()


class Nothing(Unknown):
    """What a function gives that ends without a value: None, and a mistake as soon as somebody needs it."""

    __slots__ = ("function",)

    def __init__(self, function: Function) -> None:
        super().__init__(f"{function.name} returns nothing", truth=False)
        self.function = function


class Perhaps(Unknown):
    """What stands in a slot that only one side of a branch has filled."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("whether it is there depends on a condition that is not decided")


class Rank:
    """The leading dims of a tensor whose number of dims is not known yet.

    ``axes`` are the dims that were asked for by index before the number was known; they are shared by all ranks that
    begin with the same dims. ``flat`` is the product of the dims after the first, once it was asked for.
    """

    __slots__ = ("axes", "flat", "name")

    def __init__(self, name: str, axes: dict[int, Dim] | None = None) -> None:
        self.name = name
        self.flat: Dim | None = None
        self.axes: dict[int, Dim] = {} if axes is None else axes


class Open(NamedTuple):
    """A shape with an unknown number of leading dims: ``(*rank, *tail)``."""

    rank: Rank
    tail: tuple[Dim, ...] = ()


Shape: TypeAlias = tuple[Dim, ...] | Open


class Origin(NamedTuple):
    """Who made a value: ``label`` is how its author calls the producer (``conv1``, ``cat``), ``op`` how torch does."""

    label: str
    place: Place
    op: str = ""
    layer: Instance | None = None


CONTIGUOUS: tuple[int, ...] | None = None
SCATTERED: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)
class Tensor:
    """A tensor's facts.

    ``dtype`` is torch's name without ``torch.``, None when unknown. ``data`` are the elements in row-major order, for
    small integer and float tensors whose values are known. ``order`` lists the axes from the largest stride to the
    smallest: CONTIGUOUS (None) for the identity, SCATTERED (empty) when it is unknown. ``sources`` are the tensors that
    ``origin`` made it from.
    """

    shape: Shape
    dtype: str | None = "float32"
    data: tuple[Any, ...] | None = None
    order: tuple[int, ...] | None = CONTIGUOUS
    parameter: bool = False
    requires_grad: bool | None = None
    device: str | None = None
    origin: Origin | None = None
    sources: tuple[Tensor, ...] = ()

    def with_shape(self, shape: Shape) -> Tensor:
        """A fresh tensor of the same dtype and device: contiguous if this one is, as kernels differ in what else they
        keep."""
        order = CONTIGUOUS if self.order is CONTIGUOUS else SCATTERED
        return Tensor(shape, self.dtype, order=order, device=self.device)

    def in_order(self, shape: Shape) -> Tensor:
        """A fresh contiguous tensor of the same dtype and device."""
        return Tensor(shape, self.dtype, device=self.device)


@dataclass(slots=True, eq=False)
class ListValue:
    """A Python list. ``partial``: more items than these may be in it."""

    items: list[Value]
    partial: bool = False
    born: int = field(default_factory=tick)
    touched: int = 0


@dataclass(slots=True, eq=False)
class DictValue:
    """A Python dict with hashable keys. ``partial``: it may hold more than these; ``kind`` names its subclass."""

    entries: dict[Any, Value]
    partial: bool = False
    kind: str = "dict"
    factory: Value = None
    born: int = field(default_factory=tick)
    touched: int = 0


@dataclass(slots=True, eq=False)
class SetValue:
    """A Python set of hashable constants."""

    items: set[Any]
    born: int = field(default_factory=tick)
    touched: int = 0


@dataclass(slots=True, eq=False)
class IteratorValue:
    """An iterator over values that are all known: generators run to their end when they are made."""

    items: list[Value]
    position: int = 0


@dataclass(slots=True, eq=False)
class External:
    """Something of a library that modlint knows by its qualified name alone: a module, a class, a function."""

    name: str

    def __repr__(self) -> str:
        return f"External({self.name})"


@dataclass(slots=True, eq=False)
class Foreign(External):
    """What a library that nobody has read gives under a name: a class or a function, or as well a number or None."""


def opened(value: Value) -> Value:
    """A value as an op sees it: what an unread library gives is Unknown, in a sequence too."""
    if isinstance(value, Foreign):
        return Unknown(f"{value.name} may be anything")
    if type(value) is tuple and any(isinstance(item, Foreign) for item in value):
        return tuple(map(opened, value))
    if isinstance(value, ListValue) and any(isinstance(item, Foreign) for item in value.items):
        return ListValue(list(map(opened, value.items)), value.partial)
    return value


@dataclass(slots=True, eq=False)
class ExternalMethod:
    """A method of a tensor, container or string: ``x.view``, ``layers.append``."""

    receiver: Value
    name: str


@dataclass(slots=True, eq=False)
class Function:
    """A guest function or lambda with the scope that it closes over.

    ``redecorated``: a decorator that nobody knows may have changed how it is called.
    """

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    unit: Unit
    scope: Any
    defaults: tuple[Value, ...]
    keyword_defaults: Mapping[str, Value]
    owner: ClassValue | None = None
    attrs: dict[str, Value] = field(default_factory=dict)
    signature: Any = None
    redecorated: bool = False


@dataclass(slots=True, eq=False)
class BoundMethod:
    """A function with the object or class that it is called on."""

    function: Value
    receiver: Value


@dataclass(slots=True, eq=False)
class Partial:
    """``functools.partial``."""

    function: Value
    args: tuple[Value, ...]
    kwargs: dict[str, Value]


@dataclass(slots=True, eq=False)
class Wrapped:
    """A function under ``staticmethod``, ``classmethod``, ``partialmethod`` or ``property`` (``kind`` says which)."""

    kind: str
    function: Value
    setter: Value = None


@dataclass(slots=True, eq=False)
class ClassValue:
    """A guest class. ``mro`` ends in externals, whose names are ``libraries``.

    ``opaque``: a base is unknown, so anything may be inherited.
    """

    name: str
    bases: tuple[Value, ...]
    namespace: dict[str, Value]
    node: ast.ClassDef
    unit: Unit
    mro: tuple[ClassValue | External, ...] = ()
    libraries: frozenset[str] = frozenset()
    opaque: bool = False
    kind: str = "class"

    def __repr__(self) -> str:
        return f"ClassValue({self.name})"


class Argument(NamedTuple):
    """What was passed for a parameter, and the expression that was written for it (None for a default)."""

    value: Value
    node: ast.expr | None


@dataclass(slots=True, eq=False)
class Instance:
    """An object of a guest class or of a torch layer.

    ``place`` is the call that made it, ``scope`` where that call stands, as it was then, ``arguments`` what the constructor was given,
    by parameter name;
    ``initialised`` tells whether ``nn.Module.__init__`` has run; ``bindings`` where attributes were assigned last,
    ``reads`` which of them were read since; ``partial``: it may have more attributes than these.
    """

    cls: ClassValue | External
    attrs: dict[str, Value] = field(default_factory=dict)
    place: Place | None = None
    arguments: dict[str, Argument] = field(default_factory=dict)
    initialised: bool = False
    partial: bool = False
    name: str = ""
    bindings: dict[str, Place] = field(default_factory=dict)
    reads: set[str] = field(default_factory=set)
    scope: Any = None
    born: int = field(default_factory=tick)
    touched: int = 0

    def __repr__(self) -> str:
        return f"Instance({self.cls!r})"


@dataclass(slots=True, eq=False)
class SuperValue:
    """``super()``: attribute look-up in the MRO of ``receiver`` after ``start``."""

    start: ClassValue
    receiver: Value


@dataclass(slots=True, eq=False)
class ModuleValue:
    """Another file of the project, executed lazily, name by name."""

    name: str
    scope: Any


# Any of the above, None, or one of Python's immutable scalars and tuples: which one is decided when the guest runs.
Value: TypeAlias = Any
