"""What a call says by itself of a value of which nothing is known."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modlint.dims import Dim, Expr
from modlint.ops.shapes import fresh
from modlint.signature import Passed
from modlint.values import Tensor, Unknown, Value

_SEVERAL = 2


def viewed(call: ast.Call, args: Sequence[Passed]) -> Tensor | None:
    """What ``x.view(-1, 784)`` gives: only tensors take several sizes there."""
    sizes = [passed.value for passed in args]
    is_view = isinstance(call.func, ast.Attribute) and call.func.attr == "view" and not call.keywords
    if not is_view or len(sizes) < _SEVERAL or not all(isinstance(size, (int, Expr, Unknown)) for size in sizes):
        return None
    return Tensor(tuple(map(_dim, sizes)), None)


def _dim(size: Value) -> Dim:
    is_given = isinstance(size, Expr) or (isinstance(size, int) and size >= 0)
    return size if is_given else fresh()
