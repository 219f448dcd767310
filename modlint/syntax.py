"""Python text as trees: ``ast`` for reading and reasoning, LibCST only where something is to be edited."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any

from modlint.diagnostics import Span
from modlint.edits import Edit, apply_edits
from modlint.sources.document import Cell


@dataclass(frozen=True, eq=False)
class Unit:
    """One cell of one file, as text that parses.

    ``text`` is the cell's own after the edits of every layer have been made, one layer after the other; the edits of
    a layer count the code points of the text before it. ``repaired``: the cell's own text does not parse.
    """

    path: str
    cell: Cell
    text: str
    tree: ast.Module
    layers: tuple[tuple[Edit, ...], ...] = ()
    repaired: bool = False

    @cached_property
    def places(self) -> Places:
        """The place of every node, made once for all who ask."""
        return Places(self)

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self._lines)]

    @property
    def every(self) -> tuple[Any, ...]:
        """All nodes of the tree, in the order of the text, outer ones first."""
        return nodes_in(self.tree)

    @cached_property
    def nodes(self) -> dict[type[ast.AST], list[Any]]:
        """The nodes of the tree by kind."""
        found: dict[type[ast.AST], list[Any]] = {}
        for node in self.every:
            found.setdefault(type(node), []).append(node)
        return found

    @cached_property
    def stored(self) -> frozenset[str]:
        """The attributes that code of the text assigns, of whatever object."""
        attributes = self.nodes.get(ast.Attribute, ())
        return frozenset(node.attr for node in attributes if isinstance(node.ctx, ast.Store))

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """The names that stand anywhere in the text, as names, attributes or strings."""
        names = {node.id for node in self.nodes.get(ast.Name, ())}
        names |= {node.attr for node in self.nodes.get(ast.Attribute, ())}
        return frozenset(
            names | {node.value for node in self.nodes.get(ast.Constant, ()) if isinstance(node.value, str)}
        )

    def offset(self, line: int, utf8_column: int) -> int:
        """The code-point offset in ``text`` of a place as ``ast`` counts it: lines from 1, columns in UTF-8 bytes."""
        if line > len(self._lines):
            return len(self.text)
        text = self._lines[line - 1]
        column = utf8_column if text.isascii() else len(text.encode()[:utf8_column].decode(errors="ignore"))
        return self._line_starts[line - 1] + column

    def start(self, node: Any) -> int:
        """The code-point offset in ``text`` where ``node`` begins."""
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: Any) -> int:
        """The code-point offset in ``text`` where ``node`` ends."""
        return self.offset(node.end_lineno, node.end_col_offset)

    def segment(self, node: Any) -> str:
        """The text of ``node``."""
        return self.text[self.start(node) : self.end(node)]

    def line(self, number: int) -> str:
        """The text of a line, from 1."""
        return self._lines[number - 1]

    def span(self, start: int, end: int) -> Span:
        """Where code points of ``text`` stand in the file as it is on disk."""
        return Span(*(self._position(self.original(offset)) for offset in (start, end)))

    def _position(self, offset: int) -> Any:
        starts = self._cell_starts
        line = bisect_right(starts, offset)
        return self.cell.position(line, offset - starts[line - 1] + 1)

    @cached_property
    def _cell_starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.cell.text.split("\n")[:-1])]

    def original(self, offset: int) -> int:
        """The offset in the cell's own text of an offset in ``text``."""
        for layer in reversed(self.layers):
            offset = _before(layer, offset)
        return offset


def _before(edits: Sequence[Edit], offset: int) -> int:
    """Where an offset of an edited text was before the edits; inside of an edit, where that starts."""
    shift = 0
    for edit in sorted(edits):
        start = edit.start + shift
        if offset < start:
            break
        if offset < start + len(edit.text):
            return edit.start + min(offset - start, edit.end - edit.start)
        shift += len(edit.text) - (edit.end - edit.start)
    return offset - shift


@dataclass(eq=False, slots=True)
class Place:
    """A node of a unit: where something stands. Not frozen, which would double the time that making one takes."""

    unit: Unit
    node: ast.AST

    @property
    def text(self) -> str:
        """The text of the node."""
        return self.unit.segment(self.node)

    @property
    def span(self) -> Span:
        """The place in the file as it is on disk."""
        if not hasattr(self.node, "lineno"):
            return self.unit.span(0, 0)
        return self.unit.span(self.unit.start(self.node), self.unit.end(self.node))

    @property
    def line(self) -> str:
        """The line as messages name it: ``12``, or ``3:12`` for that of a notebook's third code cell."""
        start, cell = self.span.start, self.unit.cell
        return f"{cell.number}:{cell.locate(start).line}" if cell.counts_lines else str(start.line)


class Places(dict[ast.AST, Place]):
    """The places of the nodes of a unit, each made when it is asked for."""

    def __init__(self, unit: Unit) -> None:
        super().__init__()
        self._unit = unit

    def __missing__(self, node: ast.AST) -> Place:
        place = self[node] = Place(self._unit, node)
        return place


_TOKENS = {"ctx", "op", "ops", "id", "attr", "arg", "name", "module", "asname", "kind", "level", "conversion", "is_async",
           "simple", "type_comment", "rest"}  # fmt: skip
"""The fields that hold no node with a place of its own, but a word of the line that their node stands in."""
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    kind: tuple(name for name in kind._fields if name not in _TOKENS)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
} | {ast.Constant: (), ast.Global: (), ast.Nonlocal: ()}


@lru_cache(maxsize=32_768)
def nodes_in(root: ast.AST, closed: tuple[type[ast.AST], ...] = ()) -> tuple[Any, ...]:
    """``root`` and all nodes in it but operators and contexts, in the order of the text, outer ones first.

    Nodes of the ``closed`` kinds are given, and what is in them is not. A tree is walked once for all who ask.
    """
    nodes: list[Any] = []
    todo: list[Any] = [root]
    while todo:
        node = todo.pop()
        if node is not None:
            nodes.append(node)
            if node is root or not isinstance(node, closed):
                for name in reversed(_FIELDS[type(node)]):
                    child = getattr(node, name)
                    if type(child) is list:
                        todo += reversed(child)
                    else:
                        todo.append(child)
    return tuple(nodes)


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def own_nodes(scope: ast.AST, closed: tuple[type[ast.AST], ...] = ()) -> tuple[Any, ...]:
    """The nodes within a scope, without those of functions and classes that it defines, nor of the ``closed`` kinds."""
    return nodes_in(scope, (*_SCOPES, *closed))[1:]


def children(node: ast.AST) -> list[Any]:
    """The nodes right below ``node`` but operators and contexts."""
    found: list[Any] = []
    for name in _FIELDS[type(node)]:
        child = getattr(node, name)
        found += child if type(child) is list else [child]
    return [child for child in found if child is not None]


def last_name(node: ast.expr) -> str:
    """``Module`` in ``Module`` and ``nn.Module``; empty for what is neither a name nor an attribute."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@lru_cache(maxsize=256)
def _tree(text: str) -> ast.Module:
    """Parses are cached by content: a file that is checked is often imported by others, too."""
    return ast.parse(text)


def parse(path: str, cell: Cell, text: str | None = None, repairs: Sequence[Edit] = ()) -> Unit:
    """Parse a cell, or the text that its repairs made of it; raises SyntaxError and ValueError as ``ast.parse`` does."""
    text = cell.text if text is None else text
    return Unit(path, cell, text, _tree(text), (tuple(repairs),) if repairs else (), bool(repairs))


def edited(unit: Unit, edits: Sequence[Edit]) -> Unit:
    """The unit after edits of its text; raises OverlapError, and SyntaxError when the result does not parse."""
    text = apply_edits(unit.text, edits)
    return Unit(unit.path, unit.cell, text, _tree(text), (*unit.layers, tuple(edits)), unit.repaired)
