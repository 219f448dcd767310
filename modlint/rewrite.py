"""Edits of code, built on LibCST so that comments and layout survive.

Each function takes a node of the ``ast`` and returns the edits of its unit's text. The LibCST node of the same place
is found by order: the k-th node of a kind in one tree is the k-th of that kind in the other. Calls, definitions and
most statements go by the same name in both.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from modlint.edits import Edit, smallest
from modlint.syntax import Unit

if TYPE_CHECKING:
    import libcst as cst
else:

    class _LibCst:
        """LibCST, loaded when the first edit is made: most files need none."""

        def __getattr__(self, name):
            return getattr(import_module("libcst"), name)

    cst = _LibCst()

Edits = tuple[tuple[Unit, Edit], ...]


class LostPlaceError(LookupError):
    """The LibCST node of a place cannot be told for sure."""


@lru_cache(maxsize=64)
def _tree(unit: Unit) -> cst.Module:
    try:
        return cst.parse_module(unit.text)
    except cst.ParserSyntaxError as error:
        raise LostPlaceError(f"LibCST cannot read {unit.path}: {error.message}") from None


@lru_cache(maxsize=256)
def _concrete(unit: Unit, kind: type[cst.CSTNode]) -> list[cst.CSTNode]:
    return [node for node in _walk(_tree(unit)) if isinstance(node, kind)]


def _walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _abstract(unit: Unit, kind: type[ast.AST]) -> list[ast.AST]:
    nodes: list[Any] = unit.nodes.get(kind, [])
    return sorted(nodes, key=lambda node: (node.lineno, node.col_offset, -node.end_lineno, -node.end_col_offset))


def concrete(unit: Unit, node: ast.AST) -> Any:
    """The LibCST node of ``node``; raises LostPlaceError when the two trees do not agree."""
    kind = type(node)
    abstract, candidates = _abstract(unit, kind), _concrete(unit, getattr(cst, kind.__name__))
    if len(abstract) != len(candidates):
        raise LostPlaceError(f"{kind.__name__} at line {getattr(node, 'lineno', 0)}")
    found = candidates[next(index for index, other in enumerate(abstract) if other is node)]
    if kind is ast.Call and not _same_code(_tree(unit).code_for_node(found), unit.segment(node)):
        raise LostPlaceError(f"{kind.__name__} at line {getattr(node, 'lineno', 0)}")
    return found


def _same_code(one: str, other: str) -> bool:
    """Whether two texts are the same but for blanks and the parentheses around them: LibCST leaves out the indentation
    of the lines that a node goes on in."""
    return "".join(one.split()).strip("()") == "".join(other.split()).strip("()")


def _swap(unit: Unit, place: ast.AST, old: cst.CSTNode, new: cst.CSTNode) -> Edits:
    """Replace the node of a place, as the smallest edit of the text.

    The whole module is written anew only where LibCST writes the old node otherwise than it stands in the text.
    """
    tree, text = _tree(unit), unit.segment(place)
    if tree.code_for_node(old) == text:
        return ((unit, smallest(text, tree.code_for_node(new), unit.start(place))),)
    changed = cst.ensure_type(tree.deep_replace(old, new), cst.Module)
    return ((unit, smallest(unit.text, changed.code, 0)),)


F = TypeVar("F", bound=Callable[..., Edits])


def _or_nothing(function: F) -> F:
    """No edit at all where the place cannot be told for sure."""

    @wraps(function)
    def edit(*args: Any) -> Edits:
        try:
            return function(*args)
        except LostPlaceError:
            return ()

    return edit  # type: ignore[return-value]


def _checked(parse: Callable[[str], object], text: str) -> None:
    """Raise LostPlaceError for a text that LibCST cannot read: it would break the code that it is put in."""
    try:
        parse(text)
    except cst.ParserSyntaxError as error:
        raise LostPlaceError(error.message) from None


@_or_nothing
def exchange(unit: Unit, one: ast.AST, other: ast.AST) -> Edits:
    """Put two expressions in each other's place."""
    if isinstance(one, ast.Starred) or isinstance(other, ast.Starred):
        return ()
    for node in (one, other):
        _checked(cst.parse_expression, unit.segment(node))
    return (*replace(unit, one, unit.segment(other)), *replace(unit, other, unit.segment(one)))


@_or_nothing
def replace(unit: Unit, node: ast.AST, text: str) -> Edits:
    """Replace an expression by another one."""
    _checked(cst.parse_expression, text)
    return ((unit, Edit(unit.start(node), unit.end(node), text)),)


@_or_nothing
def insert_argument(unit: Unit, call: ast.Call, text: str) -> Edits:
    """Add an argument (``stride=1``, ``1``) to a call: a positional one after the positional ones, others at the end."""
    node = concrete(unit, call)
    new = _argument(text)
    args = list(node.args)
    index = len(args) if new.keyword is not None else sum(arg.keyword is None and arg.star == "" for arg in args)
    if index and index == len(args):
        args[-1] = args[-1].with_changes(comma=_comma_like(args))
    args.insert(index, new if index == len(args) else new.with_changes(comma=_comma_like(args)))
    return _swap(unit, call, node, node.with_changes(args=args))


def _argument(text: str) -> cst.Arg:
    call = cst.ensure_type(cst.parse_expression(f"f({text})"), cst.Call)
    return call.args[0]


def _comma_like(args: Sequence[cst.Arg]) -> cst.Comma:
    """A comma as the author writes it between arguments."""
    commas = [arg.comma for arg in args if isinstance(arg.comma, cst.Comma)]
    return commas[0] if commas else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


@_or_nothing
def remove_argument(unit: Unit, call: ast.Call, index: int) -> Edits:
    """Leave out the argument at ``index``, keyword arguments counted after the positional ones."""
    node = concrete(unit, call)
    args = [arg for position, arg in enumerate(node.args) if position != index]
    if args and index == len(args):
        args[-1] = args[-1].with_changes(comma=node.args[-1].comma)
    return _swap(unit, call, node, node.with_changes(args=args))


def add_first_parameter(unit: Unit, function: ast.FunctionDef, name: str) -> Edits:
    """Put a parameter, such as ``self``, before all others."""
    parameters = function.args
    named = [*parameters.posonlyargs, *parameters.args]
    if named:
        start = unit.start(named[0])
        return ((unit, Edit(start, start, f"{name}, ")),)
    start = unit.text.index("(", _after_keyword(unit, function)) + 1
    others = parameters.vararg or parameters.kwonlyargs or parameters.kwarg
    return ((unit, Edit(start, start, f"{name}, " if others else name)),)


def insert_statement(unit: Unit, before: ast.stmt, text: str) -> Edits:
    """Put a statement on a line of its own before another one, with the same indentation."""
    cst.parse_statement(text)
    start = unit.start(before)
    line_start = unit.text.rfind("\n", 0, start) + 1
    indentation = unit.text[line_start:start]
    if indentation.strip():
        return ((unit, Edit(start, start, f"{text}; ")),)
    return ((unit, Edit(line_start, line_start, f"{indentation}{text}\n")),)


def insert_first(unit: Unit, function: ast.FunctionDef, text: str) -> Edits:
    """Put a statement at the top of a function, after its docstring; a body of ``pass`` gives way to it."""
    first, *rest = function.body
    if isinstance(first, ast.Pass) and not rest:
        return replace_statement(unit, first, text)
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return insert_statement(unit, rest[0], text) if rest else insert_after(unit, first, text)
    return insert_statement(unit, first, text)


def replace_statement(unit: Unit, statement: ast.stmt, text: str) -> Edits:
    """Replace a simple statement."""
    cst.parse_statement(text)
    return ((unit, Edit(unit.start(statement), unit.end(statement), text)),)


@_or_nothing
def insert_after(unit: Unit, statement: ast.stmt, text: str) -> Edits:
    """Put a statement on a line of its own after another one, with the same indentation."""
    _checked(cst.parse_statement, text)
    start = unit.start(statement)
    indentation = unit.text[unit.text.rfind("\n", 0, start) + 1 : start]
    end = unit.text.find("\n", unit.end(statement))
    end = len(unit.text) if end < 0 else end
    return ((unit, Edit(end, end, f"\n{indentation}{text}")),)


def remove_statement(unit: Unit, statement: ast.stmt) -> Edits:
    """Remove a statement together with its line."""
    start = unit.text.rfind("\n", 0, unit.start(statement)) + 1
    end = unit.text.find("\n", unit.end(statement))
    return ((unit, Edit(start, len(unit.text) if end < 0 else end + 1, "")),)


def rename_definition(unit: Unit, node: ast.FunctionDef | ast.ClassDef, name: str) -> Edits:
    """Give a function or class another name where it is defined."""
    start = unit.text.index(node.name, _after_keyword(unit, node))
    return ((unit, Edit(start, start + len(node.name), name)),)


def _after_keyword(unit: Unit, node: ast.FunctionDef | ast.ClassDef) -> int:
    keyword = "class" if isinstance(node, ast.ClassDef) else "def"
    return unit.text.index(keyword, unit.start(node)) + len(keyword)


def move_out(unit: Unit, inner: ast.FunctionDef, outer: ast.FunctionDef) -> Edits:
    """Put a function that stands inside of another one behind it, at the same level."""
    first = inner.decorator_list[0] if inner.decorator_list else inner
    start = unit.text.rfind("\n", 0, unit.start(first)) + 1
    end, behind = _line_end(unit, inner), _line_end(unit, outer)
    shift = inner.col_offset - outer.col_offset
    lines = unit.text[start:end].split("\n")
    moved = "\n".join(line[shift:] if line[:shift].isspace() else line for line in lines)
    if end == behind:
        return ((unit, Edit(start, end, moved)),)
    gone = end + 1 if unit.text[start - 2 : start - 1] == "\n" else end
    return (unit, Edit(start, gone, "")), (unit, Edit(behind, behind, f"\n\n{moved}"))


def _line_end(unit: Unit, node: ast.AST) -> int:
    end = unit.text.find("\n", unit.end(node))
    return len(unit.text) if end < 0 else end


def rename_attribute(unit: Unit, node: ast.Attribute, name: str) -> Edits:
    """Read or assign another attribute of the same object."""
    end = unit.end(node)
    return ((unit, Edit(end - len(node.attr), end, name)),)


def rename_keyword(unit: Unit, call: ast.Call, old: str, new: str) -> Edits:
    """Pass a keyword argument under another name."""
    word = next(word for word in call.keywords if word.arg == old)
    start = unit.start(word)
    return ((unit, Edit(start, start + len(old), new)),)


def rename_import(unit: Unit, node: ast.ImportFrom, old: str, new: str) -> Edits:
    """Import another name; one without ``as`` is known by its new name then."""
    alias = next(alias for alias in node.names if alias.name == old)
    start = unit.start(alias)
    return ((unit, Edit(start, start + len(old), new)),)


def add_base(unit: Unit, node: ast.ClassDef, base: str) -> Edits:
    """Let a class without a base, or with ``object`` alone, inherit from another one."""
    if node.bases:
        return replace(unit, node.bases[0], base)
    end = unit.text.index(node.name, _after_keyword(unit, node)) + len(node.name)
    colon = unit.text.index(":", end)
    return ((unit, Edit(end, colon, f"({base})")),)
