"""The table of torch operations: one function an op, found by qualified name.

``@op("torch.nn.functional.linear", cases=…)`` registers a function ``(need, *torch's parameters) -> result``. Its
annotations say what each argument is (see ``arguments``). ``@layer("torch.nn.Linear")`` registers the constructor of
a layer, which returns the attributes that the layer has; ``@method("torch.nn.Linear", "forward")`` what it does.
The cases are Python expressions over ``torch``, ``nn`` and ``F`` whose result is compared with torch itself.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, TypeVar

from modlint.ops.arguments import Converter, converters, layer_converters
from modlint.ops.need import Impossible, Knowledge, Mismatch, Need, Undecided
from modlint.signature import BindError, Passed, Signature, of_host_function
from modlint.values import ListValue, Open, Tensor, Unknown, Value, opened

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Op:
    """One registered function with its signature, argument converters and cases."""

    name: str
    function: Callable[..., Any]
    signature: Signature
    converters: Mapping[str, Converter]
    cases: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What an op says: a value (Unknown when it cannot know), what does not fit, and how the call was bound.

    ``learnt``: the call was possible only for some of the sizes that were possible before.
    """

    value: Value
    mismatches: Sequence[Mismatch] = ()
    bind_errors: Sequence[BindError] = ()
    bound: Mapping[str, Passed] = {}
    learnt: bool = False


OPS: dict[str, Op] = {}
LAYERS: dict[str, Op] = {}
METHODS: dict[tuple[str, str], Op] = {}
ATTRIBUTES: dict[str, Op] = {}
PARENTS: dict[str, tuple[str, ...]] = {}


class DuplicateOpError(ValueError):
    """Two functions want to be the same op."""


def _make(
    name: str,
    function: Callable[..., Any],
    skip: int,
    cases: Sequence[str],
    convert: Callable[[Callable[..., Any], Signature], dict[str, Converter]] = converters,
) -> Op:
    signature = of_host_function(function, skip)
    return Op(name, function, signature, convert(function, signature), tuple(cases))


def _add(table: dict[Any, Op], key: Any, entry: Op) -> None:
    if key in table:
        raise DuplicateOpError(f"{key} is registered twice")
    table[key] = entry


def op(*names: str, cases: Sequence[str] = ()) -> Callable[[F], F]:
    """Register a function under torch's qualified names (``torch.nn.functional.linear``, ``torch.Tensor.view``)."""

    def register(function: F) -> F:
        for name in names:
            _add(OPS, name, _make(name, function, 1, cases if name == names[0] else ()))
        return function

    return register


def layer(*names: str, parents: Sequence[str] = (), cases: Sequence[str] = ()) -> Callable[[F], F]:
    """Register the constructor of a layer class; ``parents`` are its base classes that code tests for."""

    def register(function: F) -> F:
        for name in names:
            _add(LAYERS, name, _make(name, function, 1, cases if name == names[0] else (), layer_converters))
            PARENTS[name] = (*parents, "torch.nn.Module")
        return function

    return register


def method(names: str | Sequence[str], method_name: str) -> Callable[[F], F]:
    """Register what ``method_name`` of a layer does: ``(need, fields, *torch's parameters) -> result``."""

    def register(function: F) -> F:
        for name in (names,) if isinstance(names, str) else names:
            _add(METHODS, (name, method_name), _make(f"{name}.{method_name}", function, 2, ()))
        return function

    return register


def attribute(*names: str, cases: Sequence[str] = ()) -> Callable[[F], F]:
    """Register what an attribute of a tensor is: ``(need, self) -> value``."""

    def register(function: F) -> F:
        for name in names:
            _add(ATTRIBUTES, name, _make(f"torch.Tensor.{name}", function, 1, cases if name == names[0] else ()))
        return function

    return register


@cache
def load() -> None:
    """Import every family file of this package, which registers its ops."""
    package = importlib.import_module("modlint.ops.families")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "x1": "input", "x2": "other"}


def _torch_names(entry: Op, kwargs: Mapping[str, Passed]) -> Mapping[str, Passed]:
    """``kwargs`` with NumPy's names for torch's, which torch's compiled functions take too (python_arg_parser.cpp)."""
    if _NUMPY_NAMES.keys().isdisjoint(kwargs) or entry.name.startswith("torch.nn."):
        return kwargs
    known = {*entry.signature.positional, *entry.signature.keyword_only}
    spelled = {name: _NUMPY_NAMES.get(name, name) for name in kwargs}
    return {
        spelled[name] if name not in known and spelled[name] in known else name: value for name, value in kwargs.items()
    }


def call(entry: Op, knowledge: Knowledge, args: Sequence[Passed], kwargs: Mapping[str, Passed], *first: Any) -> Outcome:
    """Bind and run one op. ``first`` goes before the bound arguments: the fields of a layer, for its methods."""
    bound, errors = entry.signature.bind(args, _torch_names(entry, kwargs))
    if errors:
        return Outcome(Unknown(f"the call of {entry.name} does not fit its signature"), (), errors, bound)
    need, before = Need(knowledge), knowledge.facts.mark()
    try:
        positional, keywords = _convert(entry, bound, need)
        value = entry.function(need, *first, *positional, **keywords)
    except Undecided as why:
        value = Unknown(str(why))
    except Impossible:
        value = Unknown("the call fails")
    failures = _seen_by_torch(need.failures, knowledge, bound) if need.failures else []
    if len(failures) < len(need.failures):
        value = Unknown("the type of a tensor without elements")
    return Outcome(value, failures, (), bound, knowledge.facts.mark() != before)


def _seen_by_torch(failures: list[Mismatch], knowledge: Knowledge, bound: Mapping[str, Passed]) -> list[Mismatch]:
    """The failures that count: torch looks at types only sometimes when a tensor has no elements."""
    if all(failure.aspect != "dtype" for failure in failures):
        return failures
    empty = any(0 in _known_dims(knowledge, tensor) for tensor in tensors_in(bound))
    return [failure for failure in failures if failure.aspect != "dtype"] if empty else failures


def tensors_in(bound: Mapping[str, Passed]) -> tuple[Tensor, ...]:
    """The tensors among the arguments of an op, those in a list or tuple included."""
    return tuple([value for passed in bound.values() for value in parts(passed.value) if isinstance(value, Tensor)])


def parts(value: Value) -> Sequence[Value]:
    """A value, or what is in it if it is a list or tuple."""
    if not isinstance(value, (tuple, ListValue)):
        return (value,)
    items = value if isinstance(value, tuple) else value.items
    return [item.value if isinstance(item, Passed) else item for item in items]


def _known_dims(knowledge: Knowledge, tensor: Tensor) -> Sequence[object]:
    shape = knowledge.shape(tensor)
    return shape.tail if isinstance(shape, Open) else shape


def _convert(entry: Op, bound: Mapping[str, Passed], need: Need) -> tuple[list[Any], dict[str, Any]]:
    signature, table = entry.signature, entry.converters
    positional = [table[name](name, opened(bound[name].value), need) for name in signature.positional]
    if signature.star:
        values = tuple([opened(passed.value) for passed in bound[signature.star].value])
        positional += table[signature.star](signature.star, values, need)
    keywords = {name: table[name](name, opened(bound[name].value), need) for name in signature.keyword_only}
    if signature.double_star:
        rest = bound[signature.double_star].value
        keywords.update({name: opened(passed.value) for name, passed in rest.items()})
    return positional, keywords
