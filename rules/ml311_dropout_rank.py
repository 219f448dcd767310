"""ML311: channel dropout on another number of dimensions than it is made for."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import OpCall
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import rename_class
from modlint.rulekit.mismatched import operand
from modlint.rulekit.phrases import giver, named_layer
from modlint.values import Open

_BROKEN = """\
import torch
from torch import nn

net = nn.Sequential(
    nn.Linear(8, 16),
    nn.Dropout2d(0.5),
    nn.Linear(16, 2),
)
net(torch.randn(4, 8))
"""
_FIT = {2: "", 3: "1d"}


class DropoutRank(Rule):
    meta = Meta(
        code="ML311",
        name="dropout-rank",
        severity=Severity.WARNING,
        en=Doc(
            title="`Dropout2d` on features or sequences",
            what="Finds `nn.Dropout2d` whose input is [batch, features] or [batch, channels, length].",
            why="It drops whole feature maps of images. On two dimensions there are none, and three are read as a "
            "batch of "
            "sequences: both are deprecated.",
            torch_says="UserWarning: dropout2d: Received a 2-D input to dropout2d, which is deprecated",
            fix="Uses `nn.Dropout`, or `nn.Dropout1d` for three dimensions. Safe: that is what torch does with them.",
        ),
        zh=Doc(
            title="对特征或序列使用 `Dropout2d`",
            what="查找输入为 [批, 特征] 或 [批, 通道, 长度] 的 `nn.Dropout2d`。",
            why="它按整张特征图丢弃。二维输入没有特征图，三维输入会被当作一批序列，两种用法都已弃用。",
            torch_says="UserWarning: dropout2d: Received a 2-D input to dropout2d, which is deprecated",
            fix="改用 `nn.Dropout`，三维时用 `nn.Dropout1d`。安全：torch 实际上就是这样处理的。",
        ),
    )
    watches = frozenset({"torch.nn.Dropout2d.forward"})
    invalid = (Invalid(_BROKEN, (6,), _BROKEN.replace("Dropout2d", "Dropout"), raises=False),)
    valid = (
        Valid(_BROKEN.replace("Dropout2d", "Dropout")),
        Valid("import torch\nfrom torch import nn\n\nnn.Dropout2d(0.5)(torch.randn(2, 3, 4, 4))\n"),
        Valid("import torch\nfrom torch import nn\n\nnn.Dropout1d(0.5)(torch.randn(2, 3, 4))\n"),
    )

    def check(self, event: OpCall) -> Iterator[Finding]:
        layer, tensor = event.layer, operand(event)
        shape = event.shapes.get(id(tensor)) if tensor is not None else None
        fit = None if shape is None or isinstance(shape, Open) else _FIT.get(len(shape))
        if layer is None or layer.place is None or tensor is None or fit is None:
            return
        source = giver(tensor, event.shapes)
        title = Text(f"use `Dropout{fit}`", f"改用 `Dropout{fit}`")
        yield Finding(
            layer.place,
            Text(f"{named_layer(layer)} is for images; {source.en}", f"{named_layer(layer)} 用于图像；{source.zh}"),
            candidates=(Candidate(title, rename_class(layer, "Dropout2d", f"Dropout{fit}")),),
        )
