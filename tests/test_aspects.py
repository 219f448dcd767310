"""No restriction of an operation stays without a rule that tells it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import modlint.ops
from modlint.ops.need import Need
from modlint.rule import load_rules

OPS = Path(modlint.ops.__file__).parent
TREES = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(OPS.rglob("*.py"))]
FUNCTIONS = [node for tree in TREES for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
CLAIMED = {aspect for rule in load_rules() for aspect in rule.aspects}
INTERPRETED = {"unpack"}


class Parameter(NamedTuple):
    """Where a function takes the name of an aspect: as a keyword, and by position."""

    name: str
    position: int | None


def _parameter(function: ast.FunctionDef, name: str) -> Parameter | None:
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    if name in names:
        return Parameter(name, names.index(name) - (names[0] == "self"))
    return Parameter(name, None) if name in [arg.arg for arg in function.args.kwonlyargs] else None


def _takers() -> dict[str, set[Parameter]]:
    """The functions that take an aspect, found from ``Need`` outwards until no more are."""
    found: dict[str, set[Parameter]] = {}
    for function in FUNCTIONS:
        parameter = _parameter(function, "aspect")
        if parameter is not None:
            found.setdefault(function.name, set()).add(parameter)
    grown = True
    while grown:
        grown = False
        for function in FUNCTIONS:
            for value in _given(function, found):
                parameter = _parameter(function, value.id) if isinstance(value, ast.Name) else None
                if parameter is not None and parameter not in found.setdefault(function.name, set()):
                    found[function.name].add(parameter)
                    grown = True
    return found


def _given(within: ast.AST, takers: dict[str, set[Parameter]]) -> Iterator[ast.expr]:
    """The expressions that are given for an aspect."""
    for call in ast.walk(within):
        if isinstance(call, ast.Call):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            for parameter in takers.get(name, ()):
                yield from (word.value for word in call.keywords if word.arg == parameter.name)
                if parameter.position is not None and parameter.position < len(call.args):
                    yield call.args[parameter.position]


def _defaults() -> Iterator[ast.expr]:
    for function in FUNCTIONS:
        args = function.args
        positional = [*args.posonlyargs, *args.args]
        named = zip(positional[len(positional) - len(args.defaults) :], args.defaults)
        keyword = zip(args.kwonlyargs, args.kw_defaults)
        yield from (value for arg, value in (*named, *keyword) if arg.arg == "aspect" and value is not None)


def _used() -> set[str]:
    takers = _takers()
    values = [*_defaults(), *(value for tree in TREES for value in _given(tree, takers))]
    return {
        node.value
        for value in values
        for node in ast.walk(value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


USED = _used()


def test_finds_the_aspects_of_need_itself() -> None:
    assert hasattr(Need, "fail")
    assert {"broadcast", "rank", "dim", "in_features", "kernel_size", "cat", "type"} <= USED


@pytest.mark.parametrize("aspect", sorted(USED | INTERPRETED))
def test_every_aspect_is_told_by_some_rule(aspect: str) -> None:
    assert aspect in CLAIMED
