"""What a call says by itself of a value of which nothing is known."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modlint.dims import Dim, Expr
from modlint.ops.shapes import fresh
from modlint.signature import Passed
from modlint.syntax import last_name
from modlint.values import Tensor, Unknown, Value

_SEVERAL = 2


def viewed(call: ast.Call, args: Sequence[Passed]) -> Tensor | None:
    """What ``x.view(-1, 784)`` gives: only tensors take several sizes there, one of them open."""
    sizes = [passed.value for passed in args]
    is_view = isinstance(call.func, ast.Attribute) and call.func.attr == "view" and not call.keywords
    if not is_view or len(sizes) < _SEVERAL or not any(map(_is_open, call.args)) or not all(map(_is_size, sizes)):
        return None
    return Tensor(tuple(map(_dim, sizes)), None)


def _is_open(node: ast.expr) -> bool:
    """``-1``, or the size of something: ``x.size(0)``, ``x.shape[0]``, ``len(x)``."""
    asked = node.func if isinstance(node, ast.Call) else node.value if isinstance(node, ast.Subscript) else node
    return ast.unparse(node) == "-1" or last_name(asked) in _SIZES


_SIZES = frozenset({"size", "shape", "len"})


def _is_size(value: Value) -> bool:
    return isinstance(value, (int, Expr, Unknown)) and not isinstance(value, bool)


def _dim(size: Value) -> Dim:
    is_given = isinstance(size, Expr) or (isinstance(size, int) and size >= 0)
    return size if is_given else fresh()
