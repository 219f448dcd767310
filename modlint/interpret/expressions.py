"""What an expression is worth."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from modlint.interpret import attributes, calls, operators, subscripts
from modlint.interpret.branches import fork, join
from modlint.interpret.classes import mro_of
from modlint.interpret.dispatch import ByKind
from modlint.interpret.events import UndefinedName
from modlint.interpret.iteration import hashable, items_of
from modlint.interpret.machine import Frame
from modlint.interpret.scope import CONVENTIONS, MISSING
from modlint.interpret.tables import BUILTIN_NAMES, knows
from modlint.interpret.truth import truth
from modlint.interpret.views import viewed
from modlint.likeness import closest
from modlint.signature import Passed
from modlint.syntax import own_nodes
from modlint.values import (
    ClassValue,
    DictValue,
    External,
    Function,
    Instance,
    ListValue,
    SetValue,
    SuperValue,
    Unknown,
    Value,
)

Evaluator: TypeAlias = Callable[[Frame, Any], Value]
_EVALUATORS: ByKind[Evaluator] = ByKind()
evaluator = _EVALUATORS.handles


def evaluate(frame: Frame, node: ast.expr) -> Value:
    """The value of ``node`` in ``frame``."""
    return _EVALUATORS.get(type(node), _unsupported)(frame, node)


def _unsupported(frame: Frame, node: ast.expr) -> Value:
    return Unknown(f"{type(node).__name__} is not interpreted")


@evaluator(ast.Constant)
def _constant(frame: Frame, node: ast.Constant) -> Value:
    return node.value


@evaluator(ast.Name)
def _name(frame: Frame, node: ast.Name) -> Value:
    value = frame.scope.lookup(node.id)
    return _global_name(frame, node) if value is MISSING else value


_BUILTINS = {name: External(f"builtins.{name}") for name in BUILTIN_NAMES}
_REBINDING = frozenset({"exec", "globals"})


def _global_name(frame: Frame, node: ast.Name) -> Value:
    """A name that the file does not bind: a builtin, something of a star import, or a mistake."""
    name = node.id
    if name in _REBINDING or (name == "locals" and frame.scope.kind in ("module", "class")):
        frame.scope.module.incomplete = True
    if name == "exec" and isinstance(frame.receiver, Instance):
        frame.receiver.partial = True
    if name in _BUILTINS:
        return _BUILTINS[name]
    if name == "__class__" and frame.owner is not None:
        return frame.owner
    module = frame.scope.module
    for library in module.libraries:
        if knows(f"{library}.{name}"):
            return External(f"{library}.{name}")
    if frame.machine.undecided and _is_bound_in(frame.function, name):
        return Unknown(f"whether {name} is bound by now depends on a condition")
    if not module.libraries and not module.may_bind(name, frame.scope.kind):
        visible = frozenset(frame.scope.names())
        frame.machine.fail(UndefinedName, frame.place(node), name, visible)
        return _meant(frame, node, visible)
    return External(CONVENTIONS[name]) if name in CONVENTIONS else Unknown(f"{name} is not defined")


def _is_bound_in(function: Function | None, name: str) -> bool:
    """Whether some statement of a function, of another branch or another round, binds a name."""
    names = [node for node in own_nodes(function.node) if isinstance(node, ast.Name)] if function is not None else []
    return any(node.id == name and isinstance(node.ctx, ast.Store) for node in names)


def _meant(frame: Frame, node: ast.Name, visible: frozenset[str]) -> Value:
    """What an undefined name stands for: an attribute of ``self``, a usual import, or a name that is spelt alike."""
    name, receiver = node.id, frame.receiver
    if isinstance(receiver, Instance) and name in attributes.attribute_names(receiver):
        return attributes.get(frame.machine, receiver, name, frame.place(node))
    if name in CONVENTIONS:
        return External(CONVENTIONS[name])
    other = closest(name, visible)
    return frame.scope.lookup(other) if other is not None else Unknown(f"{name} is not defined")


@evaluator(ast.Attribute)
def _attribute(frame: Frame, node: ast.Attribute) -> Value:
    value, place = evaluate(frame, node.value), frame.place(node)
    frame.machine.need(value, place)
    return attributes.get(frame.machine, value, node.attr, place)


@evaluator(ast.Call)
def _call(frame: Frame, node: ast.Call) -> Value:
    if isinstance(node.func, ast.Name) and node.func.id == "super" and frame.owner is not None:
        return _super(frame, [evaluate(frame, arg) for arg in node.args])
    callee = evaluate(frame, node.func)
    args, kwargs, complete = arguments(frame, node)
    if not complete:
        return calls.call_unknown(frame.machine, args, kwargs, "the arguments of the call are not all known")
    if type(callee) is Unknown and (view := viewed(node, args)) is not None:
        return view
    value = calls.call(frame.machine, callee, args, kwargs, frame.place(node))
    if isinstance(value, Instance) and value.place is not None and value.place.node is node:
        value.scope = frame.scope.snapshot()
    return value


def _super(frame: Frame, args: Sequence[Value]) -> Value:
    """``super()`` and ``super(Class, self)``."""
    if not args:
        return SuperValue(frame.owner, frame.receiver) if frame.owner else Unknown("super() outside of a class")
    if len(args) == 2 and isinstance(args[0], ClassValue):
        cls = args[1].cls if isinstance(args[1], Instance) else args[1]
        return SuperValue(args[0], args[1]) if args[0] in mro_of(cls) else Unknown("super() of another class")
    return Unknown("super() with strange arguments")


def arguments(frame: Frame, node: ast.Call) -> tuple[list[Passed], dict[str, Passed], bool]:
    """The arguments of a call with the expressions that gave them; False when ``*`` or ``**`` hides some."""
    args: list[Passed] = []
    kwargs: dict[str, Passed] = {}
    complete = True
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            items = items_of(frame.machine, evaluate(frame, arg.value), frame.place(arg))
            complete = complete and items is not None
            args += [Passed(item, arg) for item in items or ()]
        else:
            args.append(Passed(evaluate(frame, arg), arg))
    for keyword in node.keywords:
        value = evaluate(frame, keyword.value)
        if keyword.arg is not None:
            kwargs[keyword.arg] = Passed(value, keyword.value)
        elif isinstance(value, DictValue) and not value.partial:
            kwargs.update({key: Passed(item, keyword.value) for key, item in value.entries.items()})
        else:
            complete = False
    return args, kwargs, complete


@evaluator(ast.Tuple)
def _tuple(frame: Frame, node: ast.Tuple) -> Value:
    items = _elements(frame, node.elts)
    return Unknown("an element of the tuple is not known") if items is None else tuple(items)


@evaluator(ast.List)
def _list(frame: Frame, node: ast.List) -> Value:
    items = _elements(frame, node.elts)
    return ListValue([], partial=True) if items is None else ListValue(items)


def _elements(frame: Frame, nodes: list[ast.expr]) -> list[Value] | None:
    items: list[Value] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            more = items_of(frame.machine, evaluate(frame, node.value), frame.place(node))
            if more is None:
                return None
            items += more
        else:
            items.append(evaluate(frame, node))
    return items


@evaluator(ast.Set)
def _set(frame: Frame, node: ast.Set) -> Value:
    items = _elements(frame, node.elts)
    if items is None or not all(map(hashable, items)):
        return Unknown("an element of the set is not known")
    return SetValue(set(items))


@evaluator(ast.Dict)
def _dict(frame: Frame, node: ast.Dict) -> Value:
    result = DictValue({})
    for key_node, value_node in zip(node.keys, node.values):
        value = evaluate(frame, value_node)
        if key_node is None:
            if isinstance(value, DictValue):
                result.entries.update(value.entries)
                result.partial = result.partial or value.partial
            else:
                result.partial = True
            continue
        key = evaluate(frame, key_node)
        if hashable(key):
            result.entries[key] = value
        else:
            result.partial = True
    return result


@evaluator(ast.BinOp)
def _binary(frame: Frame, node: ast.BinOp) -> Value:
    left, right, place = evaluate(frame, node.left), evaluate(frame, node.right), frame.place(node)
    frame.machine.need(left, place)
    frame.machine.need(right, place)
    return operators.binary(frame.machine, type(node.op), left, right, place)


@evaluator(ast.UnaryOp)
def _unary(frame: Frame, node: ast.UnaryOp) -> Value:
    operand = evaluate(frame, node.operand)
    if isinstance(node.op, ast.Not):
        decided = truth(frame.machine, operand)
        return Unknown("the condition is not decided") if decided is None else not decided
    return operators.unary(frame.machine, type(node.op), operand, frame.place(node))


@evaluator(ast.Compare)
def _compare(frame: Frame, node: ast.Compare) -> Value:
    left = evaluate(frame, node.left)
    result: Value = True
    for operator, right_node in zip(node.ops, node.comparators):
        right = evaluate(frame, right_node)
        result = operators.compare(frame.machine, type(operator), left, right, frame.place(node))
        if len(node.ops) > 1 and truth(frame.machine, result) is not True:
            return result
        left = right
    return result


@evaluator(ast.BoolOp)
def _bool(frame: Frame, node: ast.BoolOp) -> Value:
    stop = isinstance(node.op, ast.Or)
    for index, operand in enumerate(node.values):
        value = evaluate(frame, operand)
        decided = truth(frame.machine, value)
        if decided is stop or index == len(node.values) - 1:
            return value
        if decided is None:
            return _undecided_bool(frame, node, index)
    return Unknown("an empty condition")


def _undecided_bool(frame: Frame, node: ast.BoolOp, index: int) -> Value:
    """``a or b`` where ``a`` is not decided: either value may come out, though a later one may decide the truth."""
    rest = ast.copy_location(ast.BoolOp(node.op, node.values[index + 1 :]), node)
    with_rest = fork(frame.machine, [lambda: None, lambda: evaluate(frame, rest)])
    stop = isinstance(node.op, ast.Or)
    is_decided = len(with_rest) > 1 and truth(frame.machine, with_rest[-1].result) is stop
    return Unknown("one of two values", truth=stop if is_decided else None)


@evaluator(ast.IfExp)
def _conditional(frame: Frame, node: ast.IfExp) -> Value:
    decided = truth(frame.machine, evaluate(frame, node.test))
    if decided is not None:
        return evaluate(frame, node.body if decided else node.orelse)
    sides = fork(frame.machine, [lambda: evaluate(frame, node.body), lambda: evaluate(frame, node.orelse)])
    return join([side.result for side in sides])


@evaluator(ast.Subscript)
def _subscript(frame: Frame, node: ast.Subscript) -> Value:
    value, place = evaluate(frame, node.value), frame.place(node)
    frame.machine.need(value, place)
    return subscripts.get(frame.machine, value, evaluate(frame, node.slice), place)


@evaluator(ast.Slice)
def _slice(frame: Frame, node: ast.Slice) -> Value:
    return slice(*(None if part is None else evaluate(frame, part) for part in (node.lower, node.upper, node.step)))


@evaluator(ast.Lambda)
def _lambda(frame: Frame, node: ast.Lambda) -> Value:
    return make_function(frame, "<lambda>", node)


def make_function(frame: Frame, name: str, node: Any) -> Function:
    """A function object for a ``def`` or ``lambda``, with its defaults evaluated now."""
    defaults = tuple(evaluate(frame, default) for default in node.args.defaults)
    keyword_defaults = {
        arg.arg: evaluate(frame, default)
        for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults)
        if default is not None
    }
    return Function(name, node, frame.unit, frame.scope, defaults, keyword_defaults)


@evaluator(ast.JoinedStr)
def _joined_string(frame: Frame, node: ast.JoinedStr) -> Value:
    parts = [evaluate(frame, value) for value in node.values]
    if all(isinstance(part, str) for part in parts):
        return "".join(parts)
    return Unknown("a part of the string is not known")


_CONVERSIONS: dict[int, Callable[[Any], Any]] = {-1: lambda value: value, 115: str, 114: repr, 97: ascii}


@evaluator(ast.FormattedValue)
def _formatted(frame: Frame, node: ast.FormattedValue) -> Value:
    value = evaluate(frame, node.value)
    spec = evaluate(frame, node.format_spec) if node.format_spec else ""
    if isinstance(value, (int, float, str)) and isinstance(spec, str) and len(spec) < 8:
        shown = _CONVERSIONS[node.conversion](value)
        try:
            return format(shown, spec)
        except ValueError:
            return Unknown("the format does not fit")
    return Unknown("a part of the string is not known")


@evaluator(ast.NamedExpr)
def _named(frame: Frame, node: ast.NamedExpr) -> Value:
    value = evaluate(frame, node.value)
    scope = frame.scope
    while scope.kind == "comprehension" and scope.parent is not None:
        scope = scope.parent
    frame.machine.put(scope, scope.variables, node.target.id, value)
    return value


@evaluator(ast.Yield)
def _yield(frame: Frame, node: ast.Yield) -> Value:
    value = evaluate(frame, node.value) if node.value else None
    if frame.yielded is not None:
        frame.machine.changing(frame.yielded).append(value)
    return Unknown("what is sent to a generator")


@evaluator(ast.YieldFrom)
def _yield_from(frame: Frame, node: ast.YieldFrom) -> Value:
    items = items_of(frame.machine, evaluate(frame, node.value), frame.place(node))
    if frame.yielded is not None:
        frame.machine.changing(frame.yielded).extend([Unknown("a generator")] if items is None else items)
    return Unknown("what a generator returns")
