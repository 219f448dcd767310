"""ML214: a dimension, an index or a number of values that the tensor does not have."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import partial

from modlint.diagnostics import Severity, Text
from modlint.dims import Expr
from modlint.interpret.events import ShapeMismatch
from modlint.interpret.tuples import leaves
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Later, Meta, Rule, Valid
from modlint.rulekit.bindings import names_in
from modlint.rulekit.mismatched import broken, operand, wanted_and_found
from modlint.rulekit.phrases import value_text
from modlint.rulekit.siblings import function_of
from modlint.rulekit.sizing import producer_candidates
from modlint.syntax import Place
from modlint.values import Value

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


_RECURRENT = """\
import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(8, 16, batch_first=True)

    def forward(self, x):
        outputs, (hidden, cell) = self.rnn(x)
        return outputs, hidden, cell


Encoder()(torch.randn(2, 5, 8))
"""
_GATED = """\
import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(8, 16, batch_first=True)

    def forward(self, x):
        outputs, hidden = self.rnn(x)
        return outputs, hidden


Encoder()(torch.randn(2, 5, 8))
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
            "clean; puts brackets around the names of an inner tuple: `out, (h, c) = …`. Safe. Else none: which dimension is meant is the author's choice.",
        ),
        zh=Doc(
            title="张量没有的维度或下标",
            what="查找超出范围的维度（对矩阵做 `x.sum(2)`）、维数不同的 `permute`、超出大小的下标、加起来不对的 "
            "`split`，以及解包到不同个数的变量。",
            why="维度从 0 数到维数减一，或从 -1 倒数。",
            torch_says="IndexError: Dimension out of range (expected to be in range of [-2, 1], but got 2)",
            fix="若只有这样才能证明无误，则让产生被切分张量的层输出各部分之和；为内层元组的变量名加上括号：`out, (h, c) = …`。安全。否则不修复：应由作者决定指哪一维。",
        ),
    )
    aspects = frozenset({"dim", "permute", "index", "split", "unpack"})
    invalid = (
        Invalid(_CHANNELS, (11,)),
        Invalid("import torch\n\ntorch.randn(2, 3).permute(0, 2, 1)\n", (3,)),
        Invalid("import torch\n\ntorch.randn(2, 3)[:, 3]\n", (3,)),
        Invalid("import torch\n\ntorch.randn(2, 6).split([2, 3], dim=1)\n", (3,)),
        Invalid("import torch\n\nbatch, channels, length = torch.randn(2, 3).shape\n", (3,)),
        Invalid(_RECURRENT.replace("(hidden, cell) =", "hidden, cell ="), (11,), _RECURRENT),
        Invalid(_GATED.replace("hidden =", "(hidden, cell) ="), (11,), _GATED.replace("hidden =", "hidden =")),
        Invalid(_GATED.replace("hidden =", "(hidden, cell) =").replace("return ", "return cell, "), (11,)),
    )
    valid = (
        Valid(_RECURRENT),
        Valid(
            _RECURRENT.replace("outputs, (hidden, cell) =", "outputs, *state =")
            .replace(", cell", "")
            .replace("hidden", "state")
        ),
        Valid(_RECURRENT.replace("(hidden, cell) =", "hidden =").replace("hidden, cell", "*hidden")),
        Valid(_GATED),
        Valid(_GATED.replace("hidden =", "(hidden,) =")),
        Valid(_GATED.replace("16, ", "16, num_layers=2, ").replace("hidden =", "(hidden, cell) =")),
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
            yield Finding(event.place, _unpacking(event), candidates=tuple(_unpacked(event)))
        else:
            yield broken(
                event, _says(event), Later(partial(_candidates, event)), at_layer=event.mismatch.operand == "dim"
            )


def _candidates(event: ShapeMismatch) -> Iterator[Candidate]:
    """Let the layer that gave what is split give as much as the parts make together."""
    tensor, size, parts = operand(event), event.mismatch.wanted, event.mismatch.found
    if event.mismatch.aspect != "split" or tensor is None:
        return
    if isinstance(size, (int, Expr)) and isinstance(parts, (int, Expr)):
        yield from producer_candidates(tensor, parts, size)


def _unpacked(event: ShapeMismatch) -> Iterator[Candidate]:
    """``out, (h, c) = …`` where the names are as many as the values of inner tuples together; ``h = …`` where the first
    of the names is the only one in use."""
    node, value, unit = event.place.node, event.bound["value"].value, event.place.unit
    if not isinstance(node, ast.Tuple):
        return
    names = [unit.segment(name) for name in node.elts]
    text = names[0]
    if isinstance(value, tuple):
        text = _grouped(value, iter(names)) if len(leaves(value)) == len(names) else ""
    elif not all(isinstance(name, ast.Name) for name in node.elts) or _are_read(names[1:], event.place):
        text = ""
    if text:
        yield Candidate(Text(f"unpack it as `{text}`", f"解包为 `{text}`"), replace(unit, node, text))


def _grouped(value: tuple[Value, ...], names: Iterator[str]) -> str:
    """The names in the brackets of the tuples whose items they take."""
    return ", ".join(f"({_grouped(item, names)})" if isinstance(item, tuple) else next(names) for item in value)


def _are_read(names: Sequence[str], place: Place) -> bool:
    """Whether the function around a place reads one of some variables."""
    function = function_of(place)
    return function is None or not names_in(function).isdisjoint(names)


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
