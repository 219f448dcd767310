"""ML205: a layer or operation for another number of dimensions than its input has."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.mismatched import operand
from modlint.rulekit.phrases import class_name, comes_from, giver, library_name, named_layer
from modlint.values import External

_BROKEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 16)
        self.conv = nn.Conv2d(16, 4, kernel_size=3)

    def forward(self, x):
        return self.conv(self.fc(x))


Net()(torch.randn(2, 8))
"""


class LayerRank(Rule):
    meta = Meta(
        code="ML205",
        name="layer-rank",
        severity=Severity.ERROR,
        en=Doc(
            title="A layer gets another number of dimensions than it takes",
            what="Finds layers and operations, such as `Conv2d`, `MaxPool2d` or `bmm`, whose input has the wrong number of "
            "dimensions.",
            why="A layer knows which axis is the batch, which holds the channels and which are spatial by counting them.",
            torch_says="RuntimeError: Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [2, 16]",
            fix="None: which dimension is missing or too much is the author's choice.",
        ),
        zh=Doc(
            title="层收到的维数与其要求不符",
            what="查找输入维数不正确的层和运算，例如 `Conv2d`、`MaxPool2d`、`bmm`。",
            why="层通过维数来判断哪一维是批、哪一维是通道、哪些是空间维。",
            torch_says="RuntimeError: Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [2, 16]",
            fix="无：缺少或多出哪一维由作者决定。",
        ),
    )
    aspects = frozenset({"rank"})
    invalid = (Invalid(_BROKEN, (12,)),)
    valid = (
        Valid(
            """\
import torch
from torch import nn

nn.Conv2d(3, 4, 3)(torch.randn(3, 8, 8))
nn.MaxPool1d(2)(torch.randn(2, 4, 8))
"""
        ),
        Valid(
            """\
import torch

torch.bmm(torch.randn(2, 3, 4), torch.randn(2, 4, 5))
"""
        ),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        layer, tensor = event.layer, operand(event)
        if tensor is None or (layer is not None and "Norm" in class_name(layer)):
            return
        wanted = event.mismatch.wanted if isinstance(event.mismatch.wanted, tuple) else (event.mismatch.wanted,)
        ranks = " or ".join(f"{rank}-D" for rank in sorted(rank for rank in wanted if isinstance(rank, int)))
        name = named_layer(layer) if layer is not None else f"`{library_name(External(event.op))}`"
        source = giver(tensor, event.shapes)
        yield Finding(
            event.place,
            Text(
                f"{name} takes {ranks} input; {source.en}", f"{name} 需要 {ranks.replace('or', '或')} 输入；{source.zh}"
            ),
            why=comes_from(tensor, event.shapes),
        )
