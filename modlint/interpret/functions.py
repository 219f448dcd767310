"""Guest functions and methods: binding their arguments, running their bodies."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import partial

from modlint.interpret import repeats
from modlint.interpret.branches import join
from modlint.interpret.calls import Kwargs, call, caller
from modlint.interpret.events import CallMismatch, MissingSelf
from modlint.interpret.expressions import evaluate
from modlint.interpret.machine import Frame, Machine
from modlint.interpret.scope import Invocation, Scope
from modlint.interpret.signatures import is_generator, is_stub, qualifier, returns_value, signature_of
from modlint.interpret.statements import Return, execute
from modlint.signature import BindError, Passed, Signature
from modlint.syntax import Place
from modlint.values import (
    BoundMethod,
    DictValue,
    Function,
    IteratorValue,
    Nothing,
    Unknown,
    Value,
)


@caller(Function)
def _call_function(machine: Machine, function: Function, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    bound, errors = signature_of(function).bind(args, kwargs)
    if errors and function.redecorated:
        return Unknown("a decorator changes how the function is called")
    if errors:
        machine.fail(CallMismatch, place, function, function.name, errors)
        return run_function(machine, function, bound, place)
    return repeats.answer(machine, function, args, kwargs, partial(run_function, machine, function, bound, place))


def run_function(machine: Machine, function: Function, bound: Mapping[str, Passed], place: Place) -> Value:
    """Run a guest function on bound arguments; parameters without one are Unknown."""
    machine.called.add(id(function.node))
    if machine.too_deep(function):
        return Unknown(f"{function.name} calls itself very often")
    scope = Scope("function", function.unit, function.scope)
    scope.invocation = Invocation(place, bound)
    frame = Frame(machine, scope, function)
    _fill(scope, signature_of(function), bound)
    names = signature_of(function).positional
    frame.receiver = scope.variables[names[0]] if names else None
    return _run_called(frame, function, place)


def _fill(scope: Scope, signature: Signature, bound: Mapping[str, Passed]) -> None:
    missing = Passed(Unknown("the argument is missing"))
    for name in (*signature.positional, *signature.keyword_only):
        scope.variables[name] = bound.get(name, missing).value
    if signature.star:
        scope.variables[signature.star] = tuple(passed.value for passed in bound[signature.star].value)
    if signature.double_star:
        entries = bound[signature.double_star].value
        scope.variables[signature.double_star] = DictValue({name: passed.value for name, passed in entries.items()})


def _run_called(frame: Frame, function: Function, place: Place) -> Value:
    frame.machine.begin(function, place)
    try:
        return _run_body(frame, function)
    finally:
        frame.machine.end(function)


def _run_body(frame: Frame, function: Function) -> Value:
    node = function.node
    if isinstance(node, ast.Lambda):
        return evaluate(frame, node.body)
    if isinstance(node, ast.AsyncFunctionDef):
        return Unknown("a coroutine")
    if is_generator(node):
        frame.yielded = []
    signal = execute(frame, node.body)
    result = signal.value if isinstance(signal, Return) and returns_value(node) else _fallen_off(function, node)
    if frame.yielded is not None:
        return Unknown("a generator that may end early") if frame.returned else IteratorValue(frame.yielded)
    return join([*frame.returned, result]) if frame.returned else result


def _fallen_off(function: Function, node: ast.FunctionDef) -> Value:
    """What a function gives whose end, or a ``return`` without a value, was reached."""
    return None if is_stub(node) else Nothing(function)


@caller(BoundMethod)
def _call_bound(machine: Machine, method: BoundMethod, args: Sequence[Passed], kwargs: Kwargs, place: Place) -> Value:
    function, receiver = method.function, method.receiver
    with_receiver = [Passed(receiver), *args]
    if isinstance(function, Function):
        bound, errors = signature_of(function).bind(with_receiver, kwargs)
        if errors and function.redecorated:
            return Unknown("a decorator changes how the method is called")
        if errors and _lacks_self(function, args, kwargs):
            machine.fail(MissingSelf, Place(function.unit, function.node), function, receiver)
            return _call_without_self(machine, function, receiver, args, kwargs, place)
        if errors:
            machine.fail(CallMismatch, place, function, f"{qualifier(receiver)}{function.name}", _shifted(errors))
        return run_function(machine, function, bound, place)
    return call(machine, function, with_receiver, kwargs, place)


def _shifted(errors: Sequence[BindError]) -> list[BindError]:
    """Positions without the receiver."""
    return [
        BindError(error.kind, tuple(str(int(name) - 1) for name in error.names)) if error.kind == "surplus" else error
        for error in errors
    ]


def _lacks_self(function: Function, args: Sequence[Passed], kwargs: Kwargs) -> bool:
    """Whether the call fits once the receiver is left out, and no parameter is meant for the receiver."""
    names = signature_of(function).positional
    if names and names[0] in ("self", "cls", "mcs", "this"):
        return False
    return not signature_of(function).bind(args, kwargs)[1]


def _call_without_self(
    machine: Machine, function: Function, receiver: Value, args: Sequence[Passed], kwargs: Kwargs, place: Place
) -> Value:
    """Go on as if ``self`` stood in the parameter list."""
    bound, _ = signature_of(function).bind(args, kwargs)
    scope = Scope("function", function.unit, function.scope)
    frame = Frame(machine, scope, function)
    _fill(scope, signature_of(function), bound)
    scope.variables["self"] = frame.receiver = receiver
    return _run_called(frame, function, place)
