"""ML312: two linear layers with nothing between them."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import OpCall
from modlint.rule import Because, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.mismatched import operand
from modlint.rulekit.phrases import class_name, named_layer

_BROKEN = """\
import torch
from torch import nn

net = nn.Sequential(
    nn.Linear(8, 32),
    nn.Linear(32, 2),
)
net(torch.randn(4, 8))
"""


class LinearAfterLinear(Rule):
    meta = Meta(
        code="ML312",
        name="linear-after-linear",
        severity=Severity.INFO,
        en=Doc(
            title="Two `Linear` layers without a non-linearity between them",
            what="Finds `Linear` layers that get the output of another one as it is.",
            why="Two linear maps in a row are one linear map: the model is no more expressive than with a single "
            "layer. It is "
            "meant where a matrix is factorised into narrow ones.",
            torch_says="nothing",
            fix="None: which activation belongs there is the author's choice.",
        ),
        zh=Doc(
            title="两个 `Linear` 之间没有非线性",
            what="查找直接接收另一个 `Linear` 输出的 `Linear`。",
            why="两个线性映射连在一起仍是一个线性映射，表达能力不会增加；只有把矩阵分解成窄矩阵时才是有意的。",
            torch_says="没有提示",
            fix="无：用哪个激活函数由作者决定。",
        ),
    )
    watches = frozenset({"torch.nn.Linear.forward"})
    invalid = (Invalid(_BROKEN, (6,), raises=False),)
    valid = (
        Valid(_BROKEN.replace("    nn.Linear(32, 2)", "    nn.ReLU(),\n    nn.Linear(32, 2)")),
        Valid(_BROKEN.replace("nn.Linear(8, 32)", "nn.Linear(8, 1)").replace("nn.Linear(32, 2)", "nn.Linear(1, 2)")),
    )

    def check(self, event: OpCall) -> Iterator[Finding]:
        layer, tensor = event.layer, operand(event)
        before = tensor.origin.layer if tensor is not None and tensor.origin is not None else None
        if layer is None or layer.place is None or before is None or class_name(before) != "Linear":
            return
        if before.place is None or _narrows(before.attrs.get("in_features"), before.attrs.get("out_features")):
            return
        made = Text(f"{named_layer(before)} comes right before it", f"{named_layer(before)} 紧接在它之前")
        yield Finding(
            layer.place,
            Text(
                f"{named_layer(layer)} follows {named_layer(before)} without a non-linearity",
                f"{named_layer(layer)} 与 {named_layer(before)} 之间没有非线性",
            ),
            (Because(before.place, made),),
        )


def _narrows(wide: object, narrow: object) -> bool:
    """Whether the first layer is a bottleneck: a factorised matrix."""
    return isinstance(wide, int) and isinstance(narrow, int) and narrow < wide
