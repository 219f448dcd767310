"""Reading a document: its top level runs in order, then every model that it defines is built and called."""

from __future__ import annotations

import ast
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import dropwhile
from typing import NamedTuple

from modlint.dims import Grade, product, symbol
from modlint.interpret import rooms  # noqa: F401  calls and statements find what these register
from modlint.interpret.calls import call
from modlint.interpret.classes import find_in, mro_of
from modlint.interpret.datasets import feeds_as_they_come, image_shape
from modlint.interpret.events import (
    ClassRead,
    Constructed,
    Event,
    ModelRun,
    OpCall,
    ShapeMismatch,
    Sized,
    UndefinedName,
    UnitRead,
)
from modlint.interpret.expressions import evaluate
from modlint.interpret.given import NOTHING, Given
from modlint.interpret.imports import new_scope
from modlint.interpret.inputs import (
    constructor_arguments,
    documented_inputs,
    forward_inputs,
    open_tensor,
    optional_inputs,
    other_defaults,
    passed,
    required,
)
from modlint.interpret.machine import Exhausted, Files, Frame, GuestError, Limits, Machine
from modlint.interpret.modules import children, is_module, is_module_class, named_modules
from modlint.interpret.objects import call_instance, is_bare
from modlint.interpret.scope import MISSING, ModuleScope, Scope
from modlint.interpret.signatures import signature_of
from modlint.interpret.sizes import input_sizes
from modlint.misuse import MisuseError
from modlint.ops import registry
from modlint.signature import Passed
from modlint.syntax import Place, Unit, nodes_in
from modlint.values import ClassValue, External, Function, Instance, Open, Tensor, Unknown, Value

_ROOT_STEPS = 12_000
_INSTANCES_OF_A_CLASS = 3
_TRIES = 2


@dataclass(eq=False)
class Reading:
    """What interpreting a document gave: its events, and the machine with everything that was built."""

    machine: Machine
    scope: ModuleScope
    units: tuple[Unit, ...]
    events: list[Event] = field(default_factory=list)


def open_document(
    units: Sequence[Unit],
    files: Files,
    watched: frozenset[str] = frozenset(),
    limits: Limits | None = None,
    prepare: Callable[[Machine], None] | None = None,
) -> Reading:
    """Run the top level of a document's units, in order, in one namespace; ``prepare`` gets the machine before."""
    registry.load()
    path = units[0].path
    machine = Machine(files, limits or Limits(), watched=watched, hosts={path})
    if prepare is not None:
        prepare(machine)
    scope = new_scope(machine, path, units[0])
    machine.modules[os.path.abspath(path)] = scope
    machine.document = tuple(units)
    if len(units) > 1 or units[0].cell.index is not None:
        scope.variables["self"] = Instance(External("torch.nn.Module"), initialised=True, partial=True)
        scope.fragment = True
    for unit in units:
        machine.emit(UnitRead, Place(unit, unit.tree), unit, tuple(units))
    added = [statement for unit in units for statement in scope.add(unit)]
    for statement in added:
        scope.run(statement)
    return Reading(machine, scope, tuple(units), machine.events)


def read_document(
    units: Sequence[Unit],
    files: Files,
    *,
    watched: frozenset[str] = frozenset(),
    given: Given = NOTHING,
    limits: Limits | None = None,
    prepare: Callable[[Machine], None] | None = None,
) -> Reading:
    """Interpret a document: its top level, the functions that make models, and every model.

    ``given`` are the arguments of ``forward`` where they are stated from outside.
    """
    reading = open_document(units, files, watched, limits, prepare)
    machine = reading.machine
    for function in _factories(reading):
        _attempt(machine, partial(_call_factory, reading, function))
    called = [instance for instance in _called_models(machine) if given.of(instance.cls) is None]
    for instance in _models(machine):
        _attempt(machine, partial(_run, machine, instance, _values(machine, given, instance.cls)))
    for instance in called:
        _attempt(machine, partial(run_model, machine, instance, silent=True))
    for cls in _unused_classes(machine):
        _attempt(machine, partial(_run_class, machine, cls, _values(machine, given, cls)))
    for instance in _one_of_each_class(machine):
        if instance.place is not None:
            machine.emit(Constructed, instance.place, instance)
    machine.events += _sized(machine)
    for cls in _own_classes(machine):
        machine.emit(ClassRead, Place(cls.unit, cls.node), cls, cls.node)
    return reading


def _values(machine: Machine, given: Given, cls: Value) -> tuple[Value, ...] | None:
    """What a model of a class is called on; what is stated of all models is not meant for their parts."""
    stated = given.of(cls)
    if stated is not None and _is_part(machine, cls):
        stated = given.of_class(cls)
    return None if stated is None else stated.values


def _is_part(machine: Machine, cls: Value) -> bool:
    """Whether a class is named in the body of another one, which does not derive from it."""
    others = (other for other in _own_classes(machine) if isinstance(cls, ClassValue) and cls not in other.mro)
    return any(cls.name in _names_in(statement) for other in others for statement in other.node.body)


def _one_of_each_class(machine: Machine) -> list[Instance]:
    """The first object that was made of every class of the file."""
    first: dict[int, Instance] = {}
    for instance in machine.instances:
        if _is_own(machine, instance.cls) and instance.place is not None:
            first.setdefault(id(instance.cls), instance)
    return list(first.values())


def _sized(machine: Machine) -> list[Sized]:
    """Lines with their shapes; after a mismatch these are only what the smallest fix would give."""
    certain = not any(isinstance(event, ShapeMismatch) for event in machine.events)
    return [
        Sized(seen.place, seen.decided and certain, (), seen.name, tuple(seen.shapes), tuple(seen.inputs))
        for seen in machine.sized.values()
    ]


def _attempt(machine: Machine, run: Callable[[], object]) -> None:
    """Run one root within its own budget; what it raises ends it alone."""
    limit = machine.limits.steps
    machine.limits.steps = min(limit, machine.steps + _ROOT_STEPS)
    mark = machine.knowledge.mark()
    try:
        run()
    except (GuestError, Exhausted, RecursionError):
        machine.trail.clear()
    finally:
        machine.limits.steps = limit
        machine.knowledge.undo(mark)


def _own_classes(machine: Machine) -> Iterator[ClassValue]:
    return (cls for cls in list(machine.classes) if _is_own(machine, cls))


def _factories(reading: Reading) -> Iterator[Function]:
    """Functions nobody has called that lead to a module class nobody has built yet; those that need no argument
    come first. Half of the steps are left for the models."""
    machine = reading.machine
    functions = {one.name: one for one in machine.functions if one.scope is reading.scope}
    names = _Names(reading, functions)
    tried: Counter[str] = Counter()
    for function in sorted(functions.values(), key=lambda one: len(required(one, 0))):
        if id(function.node) not in machine.called and machine.steps < machine.limits.steps // 2:
            unbuilt = {cls.name for cls in _unbuilt(machine) if is_module_class(cls)}
            hoped = {name for name in unbuilt & names.reachable(function) if tried[name] < _TRIES}
            tried.update(hoped)
            if hoped:
                yield function


def _unbuilt(machine: Machine) -> Iterator[ClassValue]:
    """The classes of the file that nobody builds or derives from."""
    built = {id(instance.cls) for instance in machine.instances}
    bases = {id(base) for cls in machine.classes for base in cls.mro[1:]}
    return (cls for cls in _own_classes(machine) if id(cls) not in built | bases)


class _Names:
    """Which names lead to which: by the functions and classes of the file, and by what registers them."""

    def __init__(self, reading: Reading, functions: Mapping[str, Function]) -> None:
        classes = {cls.name: cls.node for cls in _own_classes(reading.machine)}
        self.definitions: dict[str, ast.AST] = {**classes, **{one.name: one.node for one in functions.values()}}
        self.registered = {
            node.id
            for unit in reading.units
            for statement in unit.tree.body
            if isinstance(statement, ast.Expr)
            for node in nodes_in(statement)
            if isinstance(node, ast.Name)
        }

    def reachable(self, function: Function) -> set[str]:
        """The names that a function uses, itself or through other definitions, and those that are registered."""
        names: set[str] = set(self.registered)
        todo = [function.node, *(self.definitions[name] for name in names if name in self.definitions)]
        while todo:
            new = _names_in(todo.pop()) - names
            names |= new
            todo += [self.definitions[name] for name in new if name in self.definitions]
        return names


@lru_cache(maxsize=4096)
def _names_in(node: ast.AST) -> frozenset[str]:
    return frozenset(inner.id for inner in nodes_in(node) if isinstance(inner, ast.Name))


def _call_factory(reading: Reading, function: Function) -> Value:
    """Call what the decorators have made of a function with what the function itself needs."""
    signature = signature_of(function)
    names = (*signature.positional, *signature.keyword_only)
    arguments = {name: Unknown(f"the argument {name} is not known") for name in names if name not in signature.defaults}
    decorated = reading.scope.variables.get(function.name, function)
    callee = decorated if isinstance(decorated, Function) else function
    return call(reading.machine, callee, [], passed(arguments), Place(function.unit, function.node))


def _models(machine: Machine) -> Iterator[Instance]:
    """Modules that were built, belong to no other and were called on nothing known: a few of every class."""
    parts = {id(child) for instance in machine.instances for child in children(instance).values()}
    taken: dict[int, int] = {}
    for instance in list(machine.instances):
        if id(instance) in parts or id(instance) in machine.fed or not _is_own_model(machine, instance):
            continue
        key = id(instance.cls) if isinstance(instance.cls, ClassValue) else id(instance)
        taken[key] = taken.get(key, 0) + 1
        if taken[key] <= _INSTANCES_OF_A_CLASS:
            yield instance


def _called_models(machine: Machine) -> Iterator[Instance]:
    """One model of every class that the document has called itself."""
    parts = {id(child) for instance in machine.instances for child in children(instance).values()}
    models: dict[int, Instance] = {}
    for instance in machine.instances:
        if id(instance) not in parts and id(instance) in machine.fed and _is_own_model(machine, instance):
            models.setdefault(id(instance.cls), instance)
    yield from models.values()


def _is_own_model(machine: Machine, instance: Instance) -> bool:
    """Whether a module, or a part of it, is of a class of the file, or a Sequential that the file makes."""
    if instance.place is None or not is_module(instance):
        return False
    if isinstance(instance.cls, ClassValue):
        return any(_is_own(machine, module.cls) for _, module in named_modules(instance))
    return instance.cls.name == "torch.nn.Sequential" and instance.place.unit.path in machine.hosts


def _is_own(machine: Machine, cls: Value) -> bool:
    return isinstance(cls, ClassValue) and cls.unit.path in machine.hosts


def forward_of(instance: Instance) -> Function | None:
    """The guest function that calling a module runs, without what ``functools.wraps`` has put around it; None when
    torch's own does."""
    override = find_in(instance.cls, "__call__")
    found = find_in(instance.cls, "forward") if override is MISSING else override
    while isinstance(found, Function) and isinstance(found.attrs.get("__wrapped__"), Function):
        found = found.attrs["__wrapped__"]
    return found if isinstance(found, Function) else None


def _takes_anything(instance: Instance) -> bool:
    """Whether ``forward(self, *args, **kwargs)`` hides what it needs."""
    forward = forward_of(instance)
    signature = signature_of(forward) if forward is not None else None
    return signature is not None and signature.star is not None and len(signature.positional) <= 1


class Run(NamedTuple):
    """The arguments of a module's ``forward``, and what it gave."""

    inputs: Mapping[str, Value]
    output: Value


def run_model(machine: Machine, instance: Instance, given: Sequence[Value] | None = None, silent: bool = False) -> Run:
    """Call a module on what is given, or on open inputs, and report the run; ``silent``: and nothing else."""
    place = instance.place or Place(next(iter(machine.modules.values())).unit, ast.Module([], []))
    inputs = model_inputs(instance, given)
    before = set(machine.called)
    machine.narrowed_by = None
    start = len(machine.events)
    try:
        with machine.silently() if silent or (given is None and _takes_anything(instance)) else nullcontext():
            output = call_instance(machine, instance, *positional(instance, inputs), place)
    finally:
        options = _options(instance) if given is None else {}
        in_doubt = frozenset(dropwhile(lambda event: not _rests_on_nothing(event), machine.events[start:]))
        if options and in_doubt:
            again = positional(instance, {**options, **inputs})
            run = partial(call_instance, machine, instance, *again, place)
            _confirm(machine, start, run, lambda event: event in in_doubt)
    sizes = input_sizes(machine.knowledge.facts, inputs.values(), machine.narrowed_by) if machine.narrowed_by else None
    called = frozenset(machine.called - before)
    machine.emit(ModelRun, place, instance, inputs, output, given is None, called, sizes, machine.document)
    return Run(inputs, output)


def _rests_on_nothing(event: Event) -> bool:
    """Whether something is wrong because a value is None or a name is not bound yet."""
    return event.decided and (
        isinstance(event, UndefinedName)
        or (isinstance(event, ShapeMismatch) and event.mismatch.aspect == "type" and event.mismatch.found is None)
    )


def _options(instance: Instance) -> dict[str, Value]:
    """Something for the parameters of ``forward`` that may be left out."""
    forward = forward_of(instance)
    return optional_inputs(forward) if forward is not None else {}


def _confirm(
    machine: Machine, start: int, run: Callable[[], object], in_doubt: Callable[[Event], bool] = lambda event: True
) -> None:
    """What was found since ``start`` and is in doubt is no proof unless it is found again in another run."""
    found = machine.events[start:]
    with suppress(GuestError, Exhausted, RecursionError):
        run()
    again = {(type(event), event.place.node) for event in machine.events[start + len(found) :] if event.decided}
    machine.events[start:] = [
        replace(event, decided=False) if in_doubt(event) and (type(event), event.place.node) not in again else event
        for event in found
    ]


def _run(machine: Machine, instance: Instance, given: Sequence[Value] | None) -> None:
    """Call a module on what is given, or else on open inputs: so, too, where its own code refuses what is given, which
    was meant for other models."""
    start = len(machine.events)
    try:
        if given:
            run_model(machine, instance, given)
            return
    except GuestError:
        if any(map(_proves, machine.events[start:])):
            return
    _run_openly(machine, instance)


def _run_openly(machine: Machine, instance: Instance) -> None:
    """Call a module on open inputs and, when these fit them, on those that are likely. What fails only there is likely,
    and not certain."""
    start = len(machine.events)
    run_model(machine, instance)
    opened = machine.events[start:]
    runs = [event for event in opened if isinstance(event, ModelRun)]
    if not runs or any(isinstance(event, ShapeMismatch) for event in opened):
        return
    inputs = list(runs[-1].inputs.values())
    documented = _documented(machine, instance, inputs)
    likely = documented or _images(machine, inputs)
    if likely is not None:
        try:
            with machine.doubtfully():
                run_model(machine, instance, likely)
        finally:
            happened = machine.events[start + len(opened) :]
            machine.events[start:] = _as_hearsay(opened, happened) if documented else [*happened, *opened]
    elif len(inputs) == 1 and _takes_words(instance, runs[-1]):
        _run_on_words(machine, instance)


def _run_on_words(machine: Machine, instance: Instance) -> None:
    """Call a module on sentences [B, L]. What fails there is told only where neither texts of several sentences
    [B, S, L] nor single words [B] fit."""
    start = len(machine.events)
    told: list[Event] = []
    try:
        fits = any(_fits_words(machine, instance, axes, told) for axes in ("BL", "BSL", "B"))
    finally:
        del machine.events[start:]
    machine.events += [] if fits else told


def _fits_words(machine: Machine, instance: Instance, axes: str, told: list[Event]) -> bool:
    """Whether words of some axes fit a module; what the first ones lead to is ``told``."""
    before = len(machine.events)
    sizes = tuple(symbol(axis, lower=2, grade=Grade.CONTRACT) for axis in axes)
    with suppress(GuestError), machine.doubtfully():
        run_model(machine, instance, [Tensor(sizes, "int64")])
    told += [] if told else machine.events[before:]
    return not any(isinstance(event, ShapeMismatch) for event in machine.events[before:])


def _as_hearsay(opened: Sequence[Event], happened: Sequence[Event]) -> list[Event]:
    """What a docstring leads to comes second; what images lead to is exact, and told first."""
    return [*opened, *(replace(event, hearsay=True) for event in happened)]


def _documented(machine: Machine, instance: Instance, inputs: Sequence[Value]) -> list[Value] | None:
    """What the docstring of ``forward`` says of its arguments, unless these have another number of dims.

    Of an inherited one it says what the base takes: a class that overrides other methods may take something else.
    """
    forward = forward_of(instance)
    stated = documented_inputs(forward, 1) if forward is not None and forward.owner is instance.cls else None
    if stated is None or len(stated) != len(inputs):
        return None
    return stated if all(_may_be(machine, *pair) for pair in zip(inputs, stated)) else None


def _may_be(machine: Machine, found: Value, stated: Value) -> bool:
    """Whether a stated tensor has as many dims as the code needs."""
    if not isinstance(found, Tensor) or not isinstance(stated, Tensor):
        return True
    needed, shape = machine.knowledge.shape(found), stated.shape
    return isinstance(needed, Open) or isinstance(shape, Open) or len(needed) == len(shape)


def _images(machine: Machine, inputs: Sequence[Value]) -> list[Value] | None:
    """The images of the dataset, when the only input is [B, C, H, W] with as many channels, or ends in the pixels of one
    and the loops over the batches give the images as they are."""
    images = image_shape(machine.document)
    tensors = [value for value in inputs if isinstance(value, Tensor)]
    shape = machine.knowledge.shape(tensors[0]) if len(tensors) == 1 else ()
    if images is None:
        return None
    if isinstance(shape, Open):
        takes_pixels = shape.tail[-1:] == (product(images),) and len(tensors) == 1
        return _batch(images) if takes_pixels and feeds_as_they_come(machine.document) else None
    return _batch(images) if len(shape) == 4 and shape[1] == images[0] else None


def _takes_words(instance: Instance, run: ModelRun) -> bool:
    """Whether everything that a model takes goes to embeddings, and nothing is known of the result."""
    forward = forward_of(instance)
    is_open = all(isinstance(value, Tensor) and isinstance(value.shape, Open) for value in run.inputs.values())
    if forward is None or not run.inputs or not is_open or not isinstance(run.output, Unknown):
        return False
    return run.inputs.keys() <= _embedded(instance, forward.node)


def _embedded(instance: Instance, node: ast.AST) -> set[str]:
    """The variables that some code gives to an embedding of the object."""
    calls = [call for call in nodes_in(node) if isinstance(call, ast.Call) and len(call.args) == 1]
    given = [(instance.attrs.get(getattr(call.func, "attr", "")), call.args[0]) for call in calls]
    return {arg.id for layer, arg in given
            if isinstance(arg, ast.Name) and isinstance(layer, Instance) and _is_embedding(layer)}  # fmt: skip


def _is_embedding(layer: Instance) -> bool:
    return isinstance(layer.cls, External) and layer.cls.name == "torch.nn.Embedding"


def _batch(images: tuple[int, int, int]) -> list[Value]:
    return [Tensor((symbol("B", lower=2, grade=Grade.CONTRACT), *images))]


def positional(instance: Instance, inputs: Mapping[str, Value]) -> tuple[list[Passed], dict[str, Passed]]:
    """Arguments by position as far as the parameters follow each other, the others by keyword."""
    forward = forward_of(instance)
    names = list(inputs) if forward is None else list(signature_of(forward).positional[_for_itself(forward) :])
    count = next((index for index, name in enumerate(names) if name not in inputs), len(names))
    args = [Passed(inputs[name]) for name in names[:count]]
    return args, {name: Passed(value) for name, value in inputs.items() if name not in names[:count]}


def model_inputs(instance: Instance, given: Sequence[Value] | None) -> dict[str, Value]:
    """The arguments of ``forward`` by name."""
    forward = forward_of(instance)
    if forward is None:
        parameters = _library_parameters(instance)
        return dict(zip(parameters, given)) if given else {name: open_tensor(name) for name in parameters}
    return forward_inputs(forward, _for_itself(forward), list(given) if given else None)


def _for_itself(forward: Function) -> int:
    """How many parameters of a method are for its object: none of a lone one that has another name than in all other
    methods, and of which no attribute of the object is read, for there the object was forgotten."""
    names = signature_of(forward).positional
    if forward.owner is None or len(names) != 1 or names[0] == "self":
        return 1
    methods = (method for method in forward.owner.namespace.values() if isinstance(method, Function))
    first = {signature_of(method).positional[:1] for method in methods}
    own = _attributes_of("self", forward.owner.node) & _attributes_of(names[0], forward.node)
    return 0 if first == {("self",), names} and not own else 1


def _attributes_of(name: str, tree: ast.AST) -> set[str]:
    """The attributes of a variable that some code reads or assigns."""
    nodes = (node for node in nodes_in(tree) if isinstance(node, ast.Attribute))
    return {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == name}


def _library_parameters(instance: Instance) -> list[str]:
    """What the ``forward`` that a module inherits from a layer needs."""
    entries = (registry.METHODS.get((base.name, "forward")) for base in mro_of(instance.cls))
    signature = next((entry.signature for entry in entries if entry is not None), None)
    if signature is None:
        return ["input"]
    return [name for name in signature.positional if name not in signature.defaults]


def _unused_classes(machine: Machine) -> Iterator[ClassValue]:
    """Module classes that nobody builds or derives from, and that can be built without a library's arguments."""
    return (cls for cls in _unbuilt(machine) if is_module_class(cls) and _takes_known_arguments(cls))


def _takes_known_arguments(cls: ClassValue) -> bool:
    return isinstance(find_in(cls, "__init__"), Function) or is_bare(cls)


def _run_class(machine: Machine, cls: ClassValue, given: Sequence[Value] | None) -> None:
    """Build a class that nobody builds, on its defaults and on symbols, and call it.

    Defaults of a class that needs more arguments may never be used as they are: what is found must hold for other
    values, too, or it is no proof.
    """
    start = len(machine.events)
    with suppress(GuestError, Exhausted, RecursionError):
        _build_and_run(machine, cls, {}, given)
    init = find_in(cls, "__init__")
    found = machine.events[start:]
    if not isinstance(init, Function) or not required(init, 1) or not any(_proves(event) for event in found):
        return
    _confirm(machine, start, partial(_build_and_run, machine, cls, other_defaults(init), given))


def _proves(event: Event) -> bool:
    return event.is_proof and not isinstance(event, (ModelRun, Sized, ClassRead, OpCall))


def _build_and_run(
    machine: Machine, cls: ClassValue, known: Mapping[str, Value], given: Sequence[Value] | None
) -> None:
    instance = _built(machine, cls, known)
    if isinstance(instance, Instance) and (find_in(cls, "forward") is not MISSING or not is_bare(cls)):
        _run(machine, instance, given)


def _built(machine: Machine, cls: ClassValue, known: Mapping[str, Value]) -> Value:
    """A class built on its defaults, or on others where its constructor refuses these."""
    try:
        return build(machine, cls, known)
    except GuestError:
        init = find_in(cls, "__init__")
        others = other_defaults(init) if isinstance(init, Function) else {}
        return build(machine, cls, {**others, **known})


def build(machine: Machine, cls: ClassValue, known: Mapping[str, Value]) -> Value:
    """Construct a class from ``known`` arguments, with symbols for the other required ones."""
    init = find_in(cls, "__init__")
    arguments = constructor_arguments(init) if isinstance(init, Function) else {}
    return call(machine, cls, [], passed({**arguments, **known}), Place(cls.unit, cls.node))


class NoModelError(MisuseError):
    """The model that was asked for cannot be built; the message says why."""


def build_expression(reading: Reading, expression: str) -> Instance:
    """Evaluate ``ResNet32(num_classes=10)`` in the document's namespace.

    Raises NoModelError when that is no expression, or gives no module.
    """
    try:
        node = ast.parse(expression, mode="eval").body
    except SyntaxError as error:
        raise NoModelError(f"{expression!r} is not a Python expression: {error.msg}") from None
    unit = Unit(reading.units[0].path, reading.units[0].cell, expression, ast.Module([ast.Expr(node)], []))
    frame = Frame(reading.machine, Scope("function", unit, reading.scope))
    try:
        value = evaluate(frame, node)
    except (GuestError, Exhausted, RecursionError) as error:
        raise NoModelError(f"{expression} cannot be built: {type(error).__name__}") from None
    if not is_module(value):
        why = value.why if isinstance(value, Unknown) else "it gives something else"
        raise NoModelError(f"{expression} does not give a module that can be followed: {why}")
    return value  # type: ignore[no-any-return]
