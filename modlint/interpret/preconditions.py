"""What must hold for the code to go on: the test of an assertion, or the opposite of what leads to a ``raise``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from modlint.dims import Answer, Dim, Expr
from modlint.facts import Facts
from modlint.interpret.expressions import evaluate
from modlint.interpret.machine import Frame
from modlint.values import Origin, Value

_Record = Callable[[Facts, Dim, Dim], Answer]
_TRUE: Mapping[type[ast.cmpop], _Record] = {
    ast.Eq: Facts.assume_equal,
    ast.GtE: lambda facts, a, b: facts.assume_at_least(a - b, 0),
    ast.Gt: lambda facts, a, b: facts.assume_at_least(a - b, 1),
    ast.LtE: lambda facts, a, b: facts.assume_at_least(b - a, 0),
    ast.Lt: lambda facts, a, b: facts.assume_at_least(b - a, 1),
}
_OPPOSITES: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt,
}  # fmt: skip


def require(frame: Frame, test: ast.expr, holds: bool) -> bool:
    """Learn from a test that must have this outcome for the code to go on; whether that is all that it says.

    A test that is no comparison of sizes teaches nothing, and neither does one whose exception may be caught.
    """
    return not frame.machine.handled and _assume(frame, test, holds)


def _assume(frame: Frame, test: ast.expr, holds: bool) -> bool:
    match test:
        case ast.UnaryOp(ast.Not(), operand):
            return _assume(frame, operand, not holds)
        case ast.BoolOp(ast.And(), parts) if holds:
            return False not in [_assume(frame, part, holds) for part in parts]
        case ast.BoolOp(ast.Or(), parts) if not holds:
            return False not in [_assume(frame, part, holds) for part in parts]
        case ast.Compare(left, ops, others) if holds or len(ops) == 1:
            kinds = [type(op) if holds else _OPPOSITES.get(type(op)) for op in ops]
            return False not in [_learn(frame, test, *each) for each in zip(kinds, [left, *others], others)]
        case ast.BinOp() if not holds:
            return _learn(frame, test, ast.Eq, test, ast.Constant(0))
    return False


def _learn(frame: Frame, test: ast.expr, kind: type[ast.cmpop] | None, left: ast.expr, right: ast.expr) -> bool:
    """Record that one size stands to another as ``kind`` says."""
    machine = frame.machine
    with machine.silently():
        pairs = _pairs(evaluate(frame, left), evaluate(frame, right))
    record = _TRUE.get(kind) if kind is not None else None
    if record is None or not pairs or (len(pairs) > 1 and kind is not ast.Eq):
        return False
    answers = [record(machine.knowledge.facts, *pair) for pair in pairs]
    if Answer.MAYBE in answers:
        machine.lessons.append((machine.knowledge.facts.state, Origin("assert", frame.place(test), "assert")))
    return True


def _pairs(left: Value, right: Value) -> list[tuple[Dim, Dim]]:
    """The sizes that are compared with each other; none where something else is."""
    sides = [side if isinstance(side, tuple) else (side,) for side in (left, right)]
    fit = isinstance(left, tuple) == isinstance(right, tuple) and len(sides[0]) == len(sides[1])
    return list(zip(*sides)) if fit and all(_is_size(dim) for side in sides for dim in side) else []


def _is_size(value: Value) -> bool:
    return isinstance(value, (int, Expr)) and not isinstance(value, bool)
