"""Comments that state the shape of what their line gives: ``# [B, 64, 56, 56]``, ``# -> (N, C, H/2, W/2)``."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from modlint.syntax import Unit

_ITEM = r"\s*(?:-1|\?|[^\W\d]\w*(?:\.\w+)*|\d+)(?:\s*(?://|[-+*/])\s*(?:[^\W\d]\w*(?:\.\w+)*|\d+))*\s*"
_SHAPE = re.compile(rf"[\[(]({_ITEM}(?:,{_ITEM})+)[\])]")
_LEAD = re.compile(
    r"(?:^|->|→|=>|[:：=]|\b(?:shape|size|dims?|outputs?|out|is|now|becomes|gives)|形状|输出|尺寸|大小|维度)\s*(?:torch\.Size\()?$",
    re.IGNORECASE,
)


class ShapeComment(NamedTuple):
    """A shape as somebody wrote it: the texts of its items, and where each stands in the unit's text."""

    items: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


_AFTER_STATEMENT = re.compile(r"[ \t;]*(#.*)")


@lru_cache(maxsize=1024)
def shape_comment(unit: Unit, statement: ast.stmt) -> ShapeComment | None:
    """The shape that the comment behind a statement states; of several, the last one if an arrow leads to it."""
    if statement.end_lineno is None or "#" not in unit.line(statement.end_lineno):
        return None
    end = unit.end(statement)
    comment = _AFTER_STATEMENT.match(unit.text, end)
    return _shape(comment.group(1), comment.start(1)) if comment else None


def _shape(comment: str, start: int) -> ShapeComment | None:
    matches = list(_SHAPE.finditer(comment))
    if not matches or (len(matches) > 1 and not re.search(r"(?:->|→|=>)\s*$", comment[: matches[-1].start()])):
        return None
    match = matches[-1]
    items = [item.strip() for item in match.group(1).split(",")]
    if not _LEAD.search(comment[: match.start()].lstrip("#")) or _is_range(items):
        return None
    spans, offset = [], match.start(1)
    for item in match.group(1).split(","):
        lead = len(item) - len(item.lstrip())
        spans.append((start + offset + lead, start + offset + len(item.rstrip())))
        offset += len(item) + 1
    return ShapeComment(tuple(items), tuple(spans))


def _is_range(items: Sequence[str]) -> bool:
    """``[0, 1]`` and ``[-1, 1]`` speak of values, ``(0, 2, 1)`` of axes."""
    return "0" in items or items == ["-1", "1"]


def printed_tensor(node: ast.expr) -> ast.Name | None:
    """``x`` in ``print(x.shape)`` and ``print(x.size())``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print" and node.args):
        return None
    shown = node.args[-1]
    shown = shown.func if isinstance(shown, ast.Call) and not shown.args else shown
    if isinstance(shown, ast.Attribute) and shown.attr in ("shape", "size") and isinstance(shown.value, ast.Name):
        return shown.value
    return None
