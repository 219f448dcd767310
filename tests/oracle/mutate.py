"""Random changes of an expression: other numbers, other shapes, other names of the op."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator

_CREATORS = {"randn", "rand", "zeros", "ones", "empty"}
_TYPES = ("long", "double", "bool", "cfloat")
_LARGEST = 4096


def mutants(cases: list[str], count: int, seed: int) -> Iterator[str]:
    """Up to ``count`` different expressions, each one to three changes away from a case."""
    choice = random.Random(seed)
    words = _words(cases)
    seen = set(cases)
    for attempt in range(3 * count):
        if not cases or len(seen) >= len(set(cases)) + count:
            return
        expression = _mutant(cases[attempt % len(cases)], words, choice)
        if expression not in seen:
            seen.add(expression)
            yield expression


def _words(cases: list[str]) -> list[str]:
    """The strings that the cases pass: modes, reductions, equations."""
    nodes = [node for case in cases for node in ast.walk(ast.parse(case, mode="eval"))]
    return sorted({node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)})


def _mutant(case: str, words: list[str], choice: random.Random) -> str:
    tree = ast.parse(case, mode="eval")
    for _ in range(choice.choice((1, 1, 1, 2, 2, 3))):
        changes = [change for node in ast.walk(tree) for change in _changes(node, words)]
        if changes:
            choice.choice(changes)(choice)
    return ast.unparse(ast.fix_missing_locations(tree))


def _changes(node: ast.AST, words: list[str]) -> list[Callable[[random.Random], None]]:
    """What can be done to a node, in place."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [lambda choice: _change_word(node, words, choice)]
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, type(None))):
        return [lambda choice: _change_constant(node, choice)]
    if isinstance(node, (ast.Tuple, ast.List)) and all(map(_is_number, node.elts)):
        return [lambda choice: _change_sizes(node.elts, choice)]
    if isinstance(node, ast.Call) and _creates(node.func) and all(map(_is_number, node.args)):
        return [lambda choice: _change_sizes(node.args, choice), lambda choice: _change_type(node, choice)]
    if isinstance(node, ast.Call) and node.keywords:
        return [lambda choice: _drop_keyword(node, choice)]
    return []


def _creates(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in _CREATORS


def _is_number(node: ast.expr) -> bool:
    node = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def _change_type(node: ast.Call, choice: random.Random) -> None:
    """Convert a new tensor to another element type: the call becomes that of a method of itself."""
    made = ast.Call(node.func, node.args, node.keywords)
    node.func, node.args, node.keywords = ast.Attribute(made, choice.choice(_TYPES), ast.Load()), [], []


def _drop_keyword(node: ast.Call, choice: random.Random) -> None:
    del node.keywords[choice.randrange(len(node.keywords))]


def _change_word(node: ast.Constant, words: list[str], choice: random.Random) -> None:
    node.value = choice.choice(words)


def _change_constant(node: ast.Constant, choice: random.Random) -> None:
    value = node.value
    if isinstance(value, bool):
        node.value = not value
    elif isinstance(value, int):
        doubled = value * 2 if abs(value) < _LARGEST else value
        node.value = choice.choice((value + 1, value - 1, value + 1, value - 1, doubled, 0, 1, 2, 3, -1, -2))
    else:
        node.value = choice.choice((0, 1, 2))


def _change_sizes(items: list[ast.expr], choice: random.Random) -> None:
    change = choice.randrange(3)
    if change == 0 and items:
        items.pop(choice.randrange(len(items)))
    elif change == 1 and len(items) > 1:
        i, j = choice.sample(range(len(items)), 2)
        items[i], items[j] = items[j], items[i]
    else:
        items.insert(choice.randrange(len(items) + 1), ast.Constant(choice.choice((1, 2, 3, 4))))


def renamed(case: str, old: str, new: str) -> str | None:
    """``case`` with its calls of the op ``old`` as calls of ``new``; None when it does not call it by that name.

    Both are qualified names; ``torch.Tensor.x`` is a method, whose receiver is the function's first argument.
    """
    renamer = _Renamer(old, new)
    tree = renamer.visit(ast.parse(case, mode="eval"))
    return ast.unparse(ast.fix_missing_locations(tree)) if renamer.found else None


class _Renamer(ast.NodeTransformer):
    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new
        self.found = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        owner, _, name = self.old.rpartition(".")
        if not isinstance(node.func, ast.Attribute) or node.func.attr != name:
            return node
        is_method = owner == "torch.Tensor"
        if not is_method and _dotted(node.func.value) != owner:
            return node
        arguments = [node.func.value, *node.args] if is_method and _dotted(node.func.value) is None else node.args
        return self._called(node, arguments)

    def _called(self, node: ast.Call, arguments: list[ast.expr]) -> ast.AST:
        owner, _, name = self.new.rpartition(".")
        if owner != "torch.Tensor":
            function: ast.expr = ast.Attribute(ast.parse(owner, mode="eval").body, name, ast.Load())
        elif arguments and not isinstance(arguments[0], ast.Starred):
            function, arguments = ast.Attribute(copy.deepcopy(arguments[0]), name, ast.Load()), arguments[1:]
        else:
            return node
        self.found = True
        return ast.Call(function, arguments, node.keywords)


_SHORT = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}


def _dotted(node: ast.expr) -> str | None:
    """The qualified name that an expression spells, None when it is no name."""
    if isinstance(node, ast.Name):
        return _SHORT.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return owner and f"{owner}.{node.attr}"
    return None
