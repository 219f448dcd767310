"""``match``: whether a pattern fits a value, as far as both are known."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from modlint.interpret.expressions import evaluate
from modlint.interpret.kinds import is_instance
from modlint.interpret.machine import Frame
from modlint.interpret.operators import equal
from modlint.values import DictValue, External, ListValue, Nothing, Unknown, Value

_SEQUENCE, _MAPPING = External("collections.abc.Sequence"), External("collections.abc.Mapping")


def matches(frame: Frame, pattern: ast.pattern, subject: Value) -> bool | None:
    """Whether ``pattern`` fits, binding its names; None when it is not decided."""
    return _MATCHERS.get(type(pattern), _undecided)(frame, pattern, subject)


def _bind(frame: Frame, name: str | None, value: Value) -> None:
    if name is not None:
        frame.machine.put(frame.scope, frame.scope.variables, name, value)


def _undecided(frame: Frame, pattern: ast.pattern, subject: Value) -> bool | None:
    """The names of a pattern that may fit have values that are not known."""
    for node in ast.walk(pattern):
        _bind(frame, getattr(node, "rest", None) or getattr(node, "name", None), Unknown("the pattern may not fit"))
    return None


def _all(answers: Sequence[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True


def _value(frame: Frame, pattern: ast.MatchValue, subject: Value) -> bool | None:
    return equal(frame.machine, evaluate(frame, pattern.value), subject)


def _singleton(frame: Frame, pattern: ast.MatchSingleton, subject: Value) -> bool | None:
    subject = None if isinstance(subject, Nothing) else subject
    return None if isinstance(subject, Unknown) else subject is pattern.value


def _capture(frame: Frame, pattern: ast.MatchAs, subject: Value) -> bool | None:
    decided = matches(frame, pattern.pattern, subject) if pattern.pattern is not None else True
    _bind(frame, pattern.name, subject)
    return decided


def _either(frame: Frame, pattern: ast.MatchOr, subject: Value) -> bool | None:
    answers = [matches(frame, alternative, subject) for alternative in pattern.patterns]
    return True if True in answers else None if None in answers else False


def _sequence(frame: Frame, pattern: ast.MatchSequence, subject: Value) -> bool | None:
    if isinstance(subject, (str, bytes)) or is_instance(subject, _SEQUENCE) is False:
        return False
    if not isinstance(subject, tuple) and not (isinstance(subject, ListValue) and not subject.partial):
        return _undecided(frame, pattern, subject)
    items = list(subject.items if isinstance(subject, ListValue) else subject)
    star = next((index for index, part in enumerate(pattern.patterns) if isinstance(part, ast.MatchStar)), None)
    if star is not None:
        end = len(items) - (len(pattern.patterns) - star - 1)
        items[star:end] = [ListValue(items[star:end])] if end >= star else []
    if len(items) != len(pattern.patterns):
        return False
    return _all([matches(frame, part, item) for part, item in zip(pattern.patterns, items)])


def _star(frame: Frame, pattern: ast.MatchStar, subject: Value) -> bool | None:
    _bind(frame, pattern.name, subject)
    return True


def _mapping(frame: Frame, pattern: ast.MatchMapping, subject: Value) -> bool | None:
    if is_instance(subject, _MAPPING) is False:
        return False
    if not isinstance(subject, DictValue) or subject.partial:
        return _undecided(frame, pattern, subject)
    keys = [evaluate(frame, key) for key in pattern.keys]
    if any(key not in subject.entries for key in keys):
        return False
    _bind(frame, pattern.rest, DictValue({key: value for key, value in subject.entries.items() if key not in keys}))
    return _all([matches(frame, part, subject.entries[key]) for part, key in zip(pattern.patterns, keys)])


def _class(frame: Frame, pattern: ast.MatchClass, subject: Value) -> bool | None:
    fits = is_instance(subject, evaluate(frame, pattern.cls))
    if fits is False or not (pattern.patterns or pattern.kwd_patterns):
        return fits
    return _undecided(frame, pattern, subject)


_MATCHERS: dict[type, Callable[[Frame, Any, Value], bool | None]] = {
    ast.MatchValue: _value,
    ast.MatchSingleton: _singleton,
    ast.MatchAs: _capture,
    ast.MatchOr: _either,
    ast.MatchSequence: _sequence,
    ast.MatchStar: _star,
    ast.MatchMapping: _mapping,
    ast.MatchClass: _class,
}
