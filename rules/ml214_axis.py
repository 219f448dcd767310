"""ML214: a dimension, an index or a number of values that the tensor does not have."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.dims import Expr
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.mismatched import broken, operand, wanted_and_found
from modlint.rulekit.phrases import value_text
from modlint.rulekit.sizing import producer_candidates

_CHANNELS = """\
import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x):
        return torch.softmax(self.fc(x), dim=2)


Gate()(torch.randn(2, 8))
"""
_MEANS = """\
import torch
from torch import nn


class Normalise(nn.Module):
    def __init__(self, mean):
        super().__init__()
        self.mean = mean

    def forward(self, x):
        return x - torch.as_tensor(self.mean, dtype=x.dtype)[:, None, None]
"""


class Axis(Rule):
    meta = Meta(
        code="ML214",
        name="axis",
        severity=Severity.ERROR,
        en=Doc(
            title="A dimension or an index that the tensor does not have",
            what="Finds dimensions out of range (`x.sum(2)` of a matrix), `permute` with another number of "
            "dimensions, indices "
            "beyond a size, `split` sizes that do not add up, and tuples that are unpacked into another number of "
            "names.",
            why="Dimensions count from 0 to one below their number, or from -1 backwards.",
            torch_says="IndexError: Dimension out of range (expected to be in range of [-2, 1], but got 2)",
            fix="Lets the layer that gives what is split give as much as the parts make together, when only that proves "
            "clean. Else none: which dimension is meant is the author's choice.",
        ),
        zh=Doc(
            title="张量没有的维度或下标",
            what="查找超出范围的维度（对矩阵做 `x.sum(2)`）、维数不同的 `permute`、超出大小的下标、加起来不对的 "
            "`split`，以及解包到不同个数的变量。",
            why="维度从 0 数到维数减一，或从 -1 倒数。",
            torch_says="IndexError: Dimension out of range (expected to be in range of [-2, 1], but got 2)",
            fix="若只有这样才能证明无误，则让产生被切分张量的层输出各部分之和；否则不修复：应由作者决定指哪一维。",
        ),
    )
    aspects = frozenset({"dim", "permute", "index", "split", "unpack"})
    invalid = (
        Invalid(_CHANNELS, (11,)),
        Invalid("import torch\n\ntorch.randn(2, 3).permute(0, 2, 1)\n", (3,)),
        Invalid("import torch\n\ntorch.randn(2, 3)[:, 3]\n", (3,)),
        Invalid("import torch\n\ntorch.randn(2, 6).split([2, 3], dim=1)\n", (3,)),
        Invalid("import torch\n\nbatch, channels, length = torch.randn(2, 3).shape\n", (3,)),
    )
    valid = (
        Valid(_CHANNELS.replace("dim=2", "dim=-1")),
        Valid("import torch\n\ntorch.randn(2, 3, 4).permute(0, 2, 1)\n"),
        Valid(_MEANS),
        Valid("import torch\n\ntorch.randn(2, 3)[:, -3]\ntorch.randn(2, 3)[:, 1:9]\n"),
        Valid("import torch\n\ntorch.randn(2, 6).split(4, dim=1)\n"),
        Valid("import torch\n\nbatch, *rest = torch.randn(2, 3, 4).shape\na, b = torch.randn(2, 3)\n"),
        Valid("import torch\n\nvalues, indices = torch.randn(2, 3).max(dim=-2)\n"),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        if event.mismatch.aspect == "unpack":
            yield Finding(event.place, _unpacking(event))
        else:
            yield broken(event, _says(event), tuple(_candidates(event)), at_layer=event.mismatch.operand == "dim")


def _candidates(event: ShapeMismatch) -> Iterator[Candidate]:
    """Let the layer that gave what is split give as much as the parts make together."""
    tensor, size, parts = operand(event), event.mismatch.wanted, event.mismatch.found
    if event.mismatch.aspect != "split" or tensor is None:
        return
    if isinstance(size, (int, Expr)) and isinstance(parts, (int, Expr)):
        yield from producer_candidates(tensor, parts, size)


def _unpacking(event: ShapeMismatch) -> Text:
    wanted, found = wanted_and_found(event)
    return Text(f"{found.en} values for {wanted.en} names", f"{found.zh} 个值解包到 {wanted.zh} 个变量")


def _says(event: ShapeMismatch) -> Text:
    aspect, mismatch = event.mismatch.aspect, event.mismatch
    wanted, found = wanted_and_found(event)
    if aspect == "dim" and isinstance(mismatch.wanted, tuple) and isinstance(mismatch.found, int):
        low, high = (value_text(end).en for end in mismatch.wanted)
        return Text(
            f"has no dimension {found.en}: they go from {low} to {high}",
            f"没有第 {found.zh} 维：范围是 {low} 到 {high}",
        )
    if aspect == "permute":
        return Text(f"gets an order of {_count(event)} dimensions", f"的参数列出了 {_count(event)} 个维度")
    if aspect == "index":
        return Text(
            f"goes beyond a size: {found.en} where there are {wanted.en}",
            f"的下标越界：{found.zh}，而大小是 {wanted.zh}",
        )
    return Text(f"needs {wanted.en}, but gets {found.en}", f"需要 {wanted.zh}，却得到 {found.zh}")


def _count(event: ShapeMismatch) -> str:
    """How many dimensions the order has."""
    wanted = event.mismatch.wanted
    return str(wanted[0]) if isinstance(wanted, tuple) and wanted else str(wanted)
