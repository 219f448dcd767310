"""ML210: matrix products whose inner sizes differ."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import ShapeMismatch
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.mismatched import wanted_and_found
from modlint.rulekit.phrases import comes_from, shape_text, subject
from modlint.values import ListValue, Open, Tensor

_ATTENTION = """\
import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)

    def forward(self, x):
        return self.q(x) @ self.k(x)


Attention(8)(torch.randn(2, 5, 8))
"""


class Matmul(Rule):
    meta = Meta(
        code="ML210",
        name="matmul",
        severity=Severity.ERROR,
        en=Doc(
            title="A matrix product whose inner sizes differ",
            what="Finds `@`, `matmul`, `mm`, `bmm` and `einsum` whose operands do not go together.",
            why="The columns of the first matrix must be as many as the rows of the second, and batches must be equal.",
            torch_says="RuntimeError: Expected size for first two dimensions of batch2 tensor to be: [2, 8] but "
            "got: [2, 5].",
            fix="Proposes to transpose the second matrix when that fits. Unsafe: it is a choice.",
        ),
        zh=Doc(
            title="矩阵乘法的内维不相等",
            what="查找操作数不匹配的 `@`、`matmul`、`mm`、`bmm` 和 `einsum`。",
            why="第一个矩阵的列数必须等于第二个矩阵的行数，批大小也必须相等。",
            torch_says="RuntimeError: Expected size for first two dimensions of batch2 tensor to be: [2, 8] but "
            "got: [2, 5].",
            fix="当转置第二个矩阵就能匹配时给出建议。不安全：这是一种选择。",
        ),
    )
    aspects = frozenset({"matmul", "bmm", "einsum"})
    invalid = (
        Invalid(_ATTENTION, (12,), _ATTENTION.replace("@ self.k(x)", "@ self.k(x).transpose(-2, -1)")),
        Invalid("import torch\n\ntorch.bmm(torch.randn(2, 3, 4), torch.randn(3, 4, 5))\n", (3,)),
        Invalid('import torch\n\ntorch.einsum("bij,bjk->bik", torch.randn(2, 3, 4), torch.randn(2, 5, 6))\n', (3,)),
    )
    valid = (
        Valid(_ATTENTION.replace("@ self.k(x)", "@ self.k(x).transpose(-2, -1)")),
        Valid("import torch\n\ntorch.bmm(torch.randn(2, 3, 4), torch.randn(2, 4, 5))\n"),
        Valid("import torch\n\ntorch.randn(7, 1, 3, 4) @ torch.randn(2, 4, 5)\ntorch.randn(3, 4) @ torch.randn(4)\n"),
        Valid('import torch\n\ntorch.einsum("bij,bjk->bik", torch.randn(2, 3, 4), torch.randn(2, 4, 6))\n'),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        who, (wanted, found) = subject(event.layer, event.op), wanted_and_found(event)
        tensors = _operands(event)
        shapes = [shape_text(event.shapes.get(id(tensor), tensor.shape)) for tensor in tensors]
        yield Finding(
            event.place,
            Text(
                f"{who} of {' and '.join(shapes)}: {wanted.en} and {found.en} should be equal",
                f"{'、'.join(shapes)} 的 {who}：{wanted.zh} 和 {found.zh} 应当相等",
            ),
            tuple(reason for tensor in tensors[:3] for reason in comes_from(tensor, event.shapes)),
            tuple(_transposing(event, tensors)),
        )


def _operands(event: ShapeMismatch) -> list[Tensor]:
    found: list[Tensor] = []
    for passed in event.bound.values():
        value = passed.value
        items = value.items if isinstance(value, ListValue) else value if isinstance(value, tuple) else (value,)
        plain = (getattr(item, "value", item) for item in items)
        found += (item for item in plain if isinstance(item, Tensor))
    return found


def _transposing(event: ShapeMismatch, tensors: list[Tensor]) -> Iterator[Candidate]:
    """``a @ b.transpose(-2, -1)``: what attention means by the product of queries and keys."""
    node = _second(event.place.node)
    if node is None or len(tensors) != 2 or event.mismatch.aspect == "einsum":
        return
    left, right = (event.shapes.get(id(tensor), tensor.shape) for tensor in tensors)
    if isinstance(left, Open) or isinstance(right, Open) or len(right) < 2 or left[-1] != right[-1]:
        return
    unit = event.place.unit
    text = unit.segment(node)
    simple = isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript))
    yield Candidate(
        Text("transpose the second matrix", "转置第二个矩阵"),
        replace(unit, node, f"{text if simple else f'({text})'}.transpose(-2, -1)"),
        trust=Applicability.UNSAFE,
    )


def _second(node: ast.AST) -> ast.expr | None:
    """``b`` in ``a @ b``, ``torch.matmul(a, b)`` and ``a.matmul(b)``."""
    if isinstance(node, ast.BinOp):
        return node.right
    return node.args[-1] if isinstance(node, ast.Call) and node.args and not node.keywords else None
