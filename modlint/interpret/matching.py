"""``match``: whether a pattern fits a value, as far as both are known."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from modlint.interpret.machine import Frame
from modlint.interpret.operators import equal
from modlint.values import Unknown, Value


def matches(frame: Frame, pattern: ast.pattern, subject: Value) -> bool | None:
    """Whether ``pattern`` fits, binding its names; None when it is not decided."""
    return _MATCHERS.get(type(pattern), _undecided)(frame, pattern, subject)


def _undecided(frame: Frame, pattern: ast.pattern, subject: Value) -> bool | None:
    return None


def _value(frame: Frame, pattern: ast.MatchValue, subject: Value) -> bool | None:
    from modlint.interpret.expressions import evaluate

    return equal(frame.machine, evaluate(frame, pattern.value), subject)


def _singleton(frame: Frame, pattern: ast.MatchSingleton, subject: Value) -> bool | None:
    return None if isinstance(subject, Unknown) else subject is pattern.value


def _capture(frame: Frame, pattern: ast.MatchAs, subject: Value) -> bool | None:
    decided = matches(frame, pattern.pattern, subject) if pattern.pattern is not None else True
    if pattern.name is not None:
        frame.machine.put(frame.scope, frame.scope.variables, pattern.name, subject)
    return decided


def _either(frame: Frame, pattern: ast.MatchOr, subject: Value) -> bool | None:
    answers = [matches(frame, alternative, subject) for alternative in pattern.patterns]
    return True if True in answers else None if None in answers else False


_MATCHERS: dict[type, Callable[[Frame, Any, Value], bool | None]] = {
    ast.MatchValue: _value,
    ast.MatchSingleton: _singleton,
    ast.MatchAs: _capture,
    ast.MatchOr: _either,
}
