"""To which size a class pools its feature maps before it flattens them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.rulekit.wording import factors
from modlint.syntax import nodes_in


def pooled_sizes(owner: ast.AST) -> Iterator[tuple[str, str]]:
    """The sizes that the code of a class tells of, each with one that nobody means: 7 × 7 of ``512 * 7 * 7``, and 1."""
    for size in dict.fromkeys(_squares(owner)):
        yield f"({size}, {size})", f"({size + 1}, {size + 1})"
    yield "1", "2"


def _squares(owner: ast.AST) -> Iterator[int]:
    for node in nodes_in(owner):
        if isinstance(node, ast.BinOp):
            sizes = [factor.value for factor in factors(node)[1:] if isinstance(factor, ast.Constant)]
            if len(sizes) == _SIDES and sizes[0] == sizes[1] and isinstance(sizes[0], int):
                yield sizes[0]


_SIDES = 2
