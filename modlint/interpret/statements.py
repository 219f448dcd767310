"""What a statement does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from modlint.interpret import attributes, classes, operators, subscripts
from modlint.interpret.branches import Walked, fork, join
from modlint.interpret.comments import printed_tensor, shape_comment
from modlint.interpret.dispatch import ByKind
from modlint.interpret.events import FailedAssertion
from modlint.interpret.exceptions import expected, handled, may_catch
from modlint.interpret.expressions import evaluate, make_function
from modlint.interpret.iteration import items_of, unpack
from modlint.interpret.machine import Exhausted, Frame, GuestError, Sightings
from modlint.interpret.matching import matches
from modlint.interpret.preconditions import require
from modlint.interpret.scope import MISSING, Scope, base_name, binds
from modlint.interpret.tables import BUILTIN_NAMES
from modlint.interpret.truth import truth
from modlint.syntax import nodes_in
from modlint.values import DictValue, External, Instance, ListValue, Tensor, Unknown, Value


class Return(NamedTuple):
    """The function ends with a value."""

    value: Value


class Jump(NamedTuple):
    """``break`` or ``continue``."""

    kind: str


Signal: TypeAlias = Return | Jump | None
_REGISTRIES = frozenset({"_modules", "_parameters", "_buffers"})
_GROWING = frozenset({"append", "extend", "insert", "add_module", "register_module", "update", "setdefault"})
BREAK, CONTINUE = Jump("break"), Jump("continue")

_EXECUTORS: ByKind[Callable[[Frame, Any], Signal]] = ByKind()
executor = _EXECUTORS.handles


def execute(frame: Frame, body: Sequence[ast.stmt]) -> Signal:
    """Run statements in order, until one of them ends the block."""
    machine = frame.machine
    for index, node in enumerate(body):
        machine.step()
        kind = type(node)
        if kind is ast.If:
            signal, done = _if(frame, node, body[index + 1 :])  # type: ignore[arg-type]
            if done:
                return signal
        else:
            signal = _EXECUTORS.get(kind, _nothing)(frame, node)
        if signal is not None:
            return signal
    return None


def _nothing(frame: Frame, node: ast.stmt) -> Signal:
    return None


def _if(frame: Frame, node: ast.If, rest: Sequence[ast.stmt]) -> tuple[Signal, bool]:
    """Run an ``if``; True when the rest of the block has been run with it."""
    doubts = frame.machine.doubts
    decided = truth(frame.machine, evaluate(frame, node.test))
    if decided is not None:
        return execute(frame, node.body if decided else node.orelse), False
    signal, done = branch(frame, [node.body, node.orelse], rest)
    if not done and isinstance(node.body[-1], ast.Raise) and require(frame, node.test, holds=False):
        frame.machine.doubts = doubts
    return signal, done


def branch(frame: Frame, bodies: Sequence[Sequence[ast.stmt]], rest: Sequence[ast.stmt]) -> tuple[Signal, bool]:
    """Walk all ``bodies``; where one may leave the block, each is walked together with the rest of it."""
    if not any(map(_may_leave, bodies)):
        fork(frame.machine, [_runner(frame, body) for body in bodies])
        return None, False
    sides = fork(frame.machine, [_runner(frame, [*body, *rest]) for body in bodies])
    return _join_signals(frame, sides), True


def _may_leave(body: Sequence[ast.stmt]) -> bool:
    """Whether a block may leave by ``return``, ``break`` or ``continue``."""
    return any(map(_leaves, body))


@cache
def _leaves(node: ast.stmt) -> bool:
    return any(isinstance(inner, (ast.Return, ast.Break, ast.Continue)) for inner in nodes_in(node))


def _runner(frame: Frame, body: Sequence[ast.stmt]) -> Callable[[], Signal]:
    return lambda: execute(frame, body)


def _join_signals(frame: Frame, sides: Sequence[Walked]) -> Signal:
    signals = [side.result for side in sides]
    if all(isinstance(signal, Return) for signal in signals):
        return Return(join([signal.value for signal in signals]))
    if all(signal is signals[0] for signal in signals):
        return signals[0]  # type: ignore[no-any-return]
    returned = [signal.value for signal in signals if isinstance(signal, Return)]
    frame.returned += returned
    jumps = [signal for signal in signals if isinstance(signal, Jump)]
    return jumps[0] if jumps and len(jumps) + len(returned) == len(signals) else None


@executor(ast.Return)
def _return(frame: Frame, node: ast.Return) -> Signal:
    value = evaluate(frame, node.value) if node.value is not None else None
    _record(frame, node, "<return>", value)
    return Return(value)


def _record(frame: Frame, node: ast.stmt, name: str, value: Value) -> None:
    if frame.machine.recorder is not None:
        frame.machine.recorder.assigned(frame.place(node), name, value)
    if isinstance(value, Tensor) and _is_watched(frame, node) and shape_comment(frame.unit, node) is not None:
        _see(frame, node, name, value)


def _is_watched(frame: Frame, node: ast.stmt) -> bool:
    """Whether what a statement gives will be told; of several targets nobody knows which one a comment means."""
    several = isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)
    return not (frame.machine.quiet or several) and frame.unit.path in frame.machine.hosts


def _see(frame: Frame, node: ast.stmt, name: str, value: Tensor) -> None:
    """Keep a shape beside which a comment stands."""
    machine = frame.machine
    seen = machine.sized.setdefault(node, Sightings(frame.place(node), name))
    seen.decided = seen.decided and machine.undecided == 0
    seen.shapes.append(machine.knowledge.shape(value))
    seen.inputs += map(machine.knowledge.shape, value.sources)


@executor(ast.Expr)
def _expression(frame: Frame, node: ast.Expr) -> Signal:
    if not isinstance(node.value, ast.Constant):
        evaluate(frame, node.value)
        shown = printed_tensor(node.value)
        if shown is not None:
            _record(frame, node, shown.id, evaluate(frame, shown))
    return None


@executor(ast.Assign)
def _assign(frame: Frame, node: ast.Assign) -> Signal:
    value = evaluate(frame, node.value)
    for target in node.targets:
        assign(frame, target, value, node)
    return None


@executor(ast.AnnAssign)
def _annotated(frame: Frame, node: ast.AnnAssign) -> Signal:
    if node.value is not None:
        assign(frame, node.target, evaluate(frame, node.value), node)
    if frame.scope.kind == "class" and isinstance(node.target, ast.Name) and not _of_class(node.annotation):
        fields = frame.scope.variables.get(classes.FIELDS, ())
        frame.scope.variables[classes.FIELDS] = (*fields, node.target.id)
    return None


def _of_class(annotation: ast.expr) -> bool:
    """``ClassVar[...]``: no field of the objects."""
    name = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return "ClassVar" in (getattr(name, "id", ""), getattr(name, "attr", ""))


@executor(ast.AugAssign)
def _augmented(frame: Frame, node: ast.AugAssign) -> Signal:
    load: Any = ast.copy_location(_LOADED[type(node.target)](node.target), node.target)
    left, right = evaluate(frame, load), evaluate(frame, node.value)
    value = operators.in_place(frame.machine, type(node.op), left, right, frame.place(node))
    assign(frame, node.target, value, node)
    return None


_LOADED: dict[type, Callable[[Any], ast.expr]] = {
    ast.Name: lambda target: ast.Name(target.id, ast.Load()),
    ast.Attribute: lambda target: ast.Attribute(target.value, target.attr, ast.Load()),
    ast.Subscript: lambda target: ast.Subscript(target.value, target.slice, ast.Load()),
}


def assign(frame: Frame, target: ast.expr, value: Value, statement: ast.stmt | None = None) -> None:
    """Bind a target of any kind."""
    _TARGETS[type(target)](frame, target, value, statement)


def _assign_name(frame: Frame, target: ast.Name, value: Value, statement: ast.stmt | None) -> None:
    scope = frame.scope.outer.get(target.id, frame.scope)
    frame.machine.put(scope, scope.variables, target.id, value)
    if statement is not None:
        _record(frame, statement, target.id, value)


def _assign_attribute(frame: Frame, target: ast.Attribute, value: Value, statement: ast.stmt | None) -> None:
    attributes.set(frame.machine, evaluate(frame, target.value), target.attr, value, frame.place(target))


def _assign_subscript(frame: Frame, target: ast.Subscript, value: Value, statement: ast.stmt | None) -> None:
    owner, key = evaluate(frame, target.value), evaluate(frame, target.slice)
    if isinstance(target.value, ast.Attribute) and target.value.attr in _REGISTRIES and isinstance(key, str):
        attributes.set(frame.machine, evaluate(frame, target.value.value), key, value, frame.place(target))
    else:
        subscripts.set(frame.machine, owner, key, value, frame.place(target))


def _assign_sequence(frame: Frame, target: ast.Tuple | ast.List, value: Value, statement: ast.stmt | None) -> None:
    frame.machine.need(value, frame.place(target))
    starred = next((i for i, item in enumerate(target.elts) if isinstance(item, ast.Starred)), None)
    values = unpack(frame.machine, value, len(target.elts), starred, frame.place(target))
    for item, part in zip(target.elts, values):
        assign(frame, item.value if isinstance(item, ast.Starred) else item, part, statement)


_TARGETS: dict[type, Callable[[Frame, Any, Value, ast.stmt | None], None]] = {
    ast.Name: _assign_name,
    ast.Attribute: _assign_attribute,
    ast.Subscript: _assign_subscript,
    ast.Tuple: _assign_sequence,
    ast.List: _assign_sequence,
}


@executor(ast.FunctionDef, ast.AsyncFunctionDef)
def _function(frame: Frame, node: ast.FunctionDef) -> Signal:
    function = make_function(frame, node.name, node)
    frame.machine.functions.append(function)
    value: Value = function
    for decorator in reversed(node.decorator_list):
        value = classes.decorate(frame, evaluate(frame, decorator), value, decorator)
    scope = frame.scope.outer.get(node.name, frame.scope)
    frame.machine.put(scope, scope.variables, node.name, value)
    return None


@executor(ast.ClassDef)
def _class(frame: Frame, node: ast.ClassDef) -> Signal:
    inner = Frame(frame.machine, Scope("class", frame.unit, frame.scope), frame.function)
    before = len(frame.machine.functions)
    execute(inner, node.body)
    bases = [evaluate(frame, base) for base in node.bases]
    keywords = {word.arg: evaluate(frame, word.value) for word in node.keywords if word.arg}
    methods = [one for one in frame.machine.functions[before:] if one.scope is inner.scope]
    value: Value = classes.make_class(frame, node, bases, inner.scope.variables, keywords, methods)
    for decorator in reversed(node.decorator_list):
        value = classes.decorate(frame, evaluate(frame, decorator), value, decorator)
    frame.machine.put(frame.scope, frame.scope.variables, node.name, value)
    return None


@executor(ast.For, ast.AsyncFor)
def _for(frame: Frame, node: ast.For) -> Signal:
    items = items_of(frame.machine, evaluate(frame, node.iter), frame.place(node.iter))
    if items is None or len(items) > frame.machine.limits.unroll:
        return _unknown_loop(frame, node, node.target)
    machine = frame.machine
    last = machine.steps + machine.limits.patience if _is_plain(node) else machine.limits.steps
    for item in items:
        if machine.steps > last:
            return _unknown_loop(frame, node, node.target)
        machine.step()
        assign(frame, node.target, item, None)
        signal = execute(frame, node.body)
        if isinstance(signal, Return):
            return signal
        if signal is BREAK:
            return None
    return execute(frame, node.orelse)


@cache
def _is_plain(node: ast.For) -> bool:
    """Whether a loop only fills containers with numbers and the like: nothing is built, no layer is called."""
    calls = [inner.func for inner in nodes_in(node) if isinstance(inner, ast.Call)]
    return all(
        call.id in BUILTIN_NAMES if isinstance(call, ast.Name) else getattr(call, "attr", "") in _GROWING
        for call in calls
    )


@executor(ast.While)
def _while(frame: Frame, node: ast.While) -> Signal:
    for _ in range(frame.machine.limits.unroll):
        decided = truth(frame.machine, evaluate(frame, node.test))
        if decided is None:
            break
        if not decided:
            return execute(frame, node.orelse)
        frame.machine.step()
        signal = execute(frame, node.body)
        if isinstance(signal, Return):
            return signal
        if signal is BREAK:
            return None
    return _unknown_loop(frame, node, None)


def _unknown_loop(frame: Frame, node: ast.For | ast.While, target: ast.expr | None) -> Signal:
    """The number of rounds is not known: what is unchanged after one round stays, the rest is Unknown."""
    if target is not None:
        assign(frame, target, Unknown("the loop variable is not known"), None)
    sides = fork(frame.machine, [lambda: None, lambda: execute(frame, node.body)])
    for side in sides:
        if isinstance(side.result, Return):
            frame.returned.append(side.result.value)
    _forget(frame, node)
    return None


def _forget(frame: Frame, node: ast.For | ast.While) -> None:
    """Numbers and containers that a loop of unknown length changes are not known after it."""
    for name in {name for inner in node.body for name in binds(inner)}:
        value = frame.scope.variables.get(name, MISSING)
        if value is not MISSING and not isinstance(value, (Tensor, Instance)):
            frame.machine.put(
                frame.scope, frame.scope.variables, name, Unknown("it changes in a loop of unknown length")
            )
    for inner in nodes_in(node):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _GROWING:
            _leave_open(frame, inner.func.value)


def _leave_open(frame: Frame, node: ast.expr) -> None:
    """What stands in ``node`` may have grown by any number of items."""
    if base_name(node):
        with frame.machine.silently():
            owner = evaluate(frame, node)
        if isinstance(owner, (Instance, ListValue, DictValue)):
            owner.partial = True


@executor(ast.With, ast.AsyncWith)
def _with(frame: Frame, node: ast.With) -> Signal:
    for item in node.items:
        context = evaluate(frame, item.context_expr)
        if item.optional_vars is not None:
            entered = context if isinstance(context, External) else Unknown("what a context manager gives")
            assign(frame, item.optional_vars, entered, None)
    names = expected(node)
    try:
        with frame.machine.handling(names):
            return execute(frame, node.body)
    except GuestError:
        if names:
            return None
        raise


@executor(ast.Try)
def _try(frame: Frame, node: ast.Try) -> Signal:
    try:
        if _is_import_guard(node):
            _bind_caught(frame, node)
            signal, _ = branch(frame, [node.body, *(handler.body for handler in node.handlers)], [])
        else:
            with frame.machine.handling([name for handler in node.handlers for name in handled(handler)]):
                signal = execute(frame, node.body)
            signal = signal or execute(frame, node.orelse)
    except GuestError as error:
        signal = _handle(frame, node, error)
    return execute(frame, node.finalbody) or signal


def _bind_caught(frame: Frame, node: ast.Try) -> None:
    for handler in node.handlers:
        if handler.name:
            frame.machine.put(frame.scope, frame.scope.variables, handler.name, Unknown("an exception"))


def _is_import_guard(node: ast.Try) -> bool:
    """``try: import optional`` — whether the library is there is not known."""
    imports = [inner for inner in node.body if isinstance(inner, (ast.Import, ast.ImportFrom))]
    return bool(imports) and all(not _always_there(inner) for inner in imports)


def _always_there(node: ast.Import | ast.ImportFrom) -> bool:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return all(name.split(".")[0] in ("torch", "math", "typing", "collections", "functools") for name in names)


def _handle(frame: Frame, node: ast.Try, error: GuestError) -> Signal:
    handler = next((one for one in node.handlers if may_catch(one, error.value)), None)
    if handler is None:
        execute(frame, node.finalbody)
        raise error
    if handler.name:
        frame.machine.put(frame.scope, frame.scope.variables, handler.name, error.value)
    return execute(frame, handler.body)


@executor(ast.Raise)
def _raise(frame: Frame, node: ast.Raise) -> Signal:
    raise GuestError(evaluate(frame, node.exc) if node.exc is not None else None)


@executor(ast.Assert)
def _assert(frame: Frame, node: ast.Assert) -> Signal:
    doubts = frame.machine.doubts
    holds = truth(frame.machine, evaluate(frame, node.test))
    if holds is None:
        frame.machine.doubts = doubts + (not require(frame, node.test, holds=True))
    if holds is not False:
        return None
    if frame.owner is not None or len(frame.machine.trail) > 1:
        raise GuestError(External("builtins.AssertionError"))
    left = node.test.left if isinstance(node.test, ast.Compare) else None
    given = evaluate(frame, left) if isinstance(left, ast.Attribute) else Unknown("the value is not looked up again")
    frame.machine.fail(FailedAssertion, frame.place(node), given)
    return None


@executor(ast.Delete)
def _delete(frame: Frame, node: ast.Delete) -> Signal:
    for target in node.targets:
        if isinstance(target, ast.Name):
            frame.machine.drop(frame.scope, frame.scope.variables, target.id)
        elif isinstance(target, ast.Attribute):
            attributes.delete(frame.machine, evaluate(frame, target.value), target.attr)
        elif isinstance(target, ast.Subscript):
            owner, key = evaluate(frame, target.value), evaluate(frame, target.slice)
            subscripts.delete(frame.machine, owner, key, frame.place(target))
    return None


@executor(ast.Global)
def _global(frame: Frame, node: ast.Global) -> Signal:
    frame.scope.outer.update(dict.fromkeys(node.names, frame.scope.module))
    return None


@executor(ast.Nonlocal)
def _nonlocal(frame: Frame, node: ast.Nonlocal) -> Signal:
    for name in node.names:
        scope = frame.scope.parent
        while scope is not None and name not in scope.variables:
            scope = scope.parent
        if scope is not None:
            frame.scope.outer[name] = scope
    return None


@executor(ast.Match)
def _match(frame: Frame, node: ast.Match) -> Signal:
    subject = evaluate(frame, node.subject)
    undecided: list[Sequence[ast.stmt]] = []
    for case in node.cases:
        decided = matches(frame, case.pattern, subject)
        if decided and case.guard is not None:
            decided = truth(frame.machine, evaluate(frame, case.guard))
        if decided is True and not undecided:
            return execute(frame, case.body)
        if decided is not False:
            undecided.append(case.body)
    return branch(frame, [*undecided, []], [])[0] if undecided else None


@executor(ast.Break)
def _break(frame: Frame, node: ast.Break) -> Signal:
    return BREAK


@executor(ast.Continue)
def _continue(frame: Frame, node: ast.Continue) -> Signal:
    return CONTINUE


def run_statement(frame: Frame, node: ast.stmt) -> None:
    """Run one top-level statement; what it raises ends it alone."""
    try:
        execute(frame, [node])
    except (GuestError, Exhausted, RecursionError):
        for name in binds(node) - {"*"}:
            frame.scope.variables.setdefault(name, Unknown("the statement that binds it fails"))
