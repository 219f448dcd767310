"""Comprehensions and generator expressions: ``for`` clauses that give values."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from modlint.interpret.expressions import evaluate, evaluator
from modlint.interpret.iteration import hashable, items_of
from modlint.interpret.machine import Frame
from modlint.interpret.scope import Scope
from modlint.interpret.statements import assign
from modlint.interpret.truth import truth
from modlint.values import DictValue, IteratorValue, ListValue, SetValue, Unknown, Value


def _comprehension(frame: Frame, node: Any, element: Callable[[Frame], Value]) -> list[Value] | None:
    """The elements that a comprehension gives; None when what it runs over is not known.

    The first iterable is evaluated outside, where a class sees its own names.
    """
    source = evaluate(frame, node.generators[0].iter)
    inner = Frame(frame.machine, Scope("comprehension", frame.unit, frame.scope), frame.function)
    inner.owner, inner.receiver = frame.owner, frame.receiver
    results: list[Value] = []
    complete = all(done for done in _generate(inner, source, node.generators, lambda: results.append(element(inner))))
    return results if complete else None


def _generate(
    frame: Frame, source: Value, generators: list[ast.comprehension], emit: Callable[[], None]
) -> Iterator[bool]:
    """Run nested ``for`` clauses, the first over ``source``; yields False where one is not known."""
    first, *rest = generators
    items = items_of(frame.machine, source, frame.place(first.iter))
    if items is None:
        yield False
        return
    for item in items:
        frame.machine.step()
        assign(frame, first.target, item)
        decided = [truth(frame.machine, evaluate(frame, test)) for test in first.ifs]
        if None in decided:
            yield False
        elif all(decided) and rest:
            yield from _generate(frame, evaluate(frame, rest[0].iter), rest, emit)
        elif all(decided):
            emit()


@evaluator(ast.ListComp)
def _list_comprehension(frame: Frame, node: ast.ListComp) -> Value:
    items = _comprehension(frame, node, lambda inner: evaluate(inner, node.elt))
    return ListValue([], partial=True) if items is None else ListValue(items)


@evaluator(ast.GeneratorExp)
def _generator(frame: Frame, node: ast.GeneratorExp) -> Value:
    items = _comprehension(frame, node, lambda inner: evaluate(inner, node.elt))
    return Unknown("what the generator runs over is not known") if items is None else IteratorValue(items)


@evaluator(ast.SetComp)
def _set_comprehension(frame: Frame, node: ast.SetComp) -> Value:
    items = _comprehension(frame, node, lambda inner: evaluate(inner, node.elt))
    if items is None or not all(map(hashable, items)):
        return Unknown("the elements of the set are not known")
    return SetValue(set(items))


@evaluator(ast.DictComp)
def _dict_comprehension(frame: Frame, node: ast.DictComp) -> Value:
    pairs = _comprehension(frame, node, lambda inner: (evaluate(inner, node.key), evaluate(inner, node.value)))
    if pairs is None or not all(hashable(key) for key, _ in pairs):
        return DictValue({}, partial=True)
    return DictValue(dict(pairs))
