"""ML204: a batch or instance norm for another number of dimensions than its input has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import rename_class
from modlint.rulekit.mismatched import operand
from modlint.rulekit.phrases import class_name, comes_from, giver, named_layer
from modlint.values import Instance, Open, Shape

_BROKEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, kernel_size=3)
        self.bn = nn.BatchNorm1d(16)

    def forward(self, x):
        return self.bn(self.conv(x))


Net()(torch.randn(2, 3, 8, 8))
"""
_NORM = re.compile(r"(?:BatchNorm|InstanceNorm)([123])d$")
_AXES_OF_RANK = {2: 1, 3: 1, 4: 2, 5: 3}


class NormRank(Rule):
    meta = Meta(
        code="ML204",
        name="norm-rank",
        severity=Severity.ERROR,
        en=Doc(
            title="`BatchNorm1d` after a two-dimensional convolution, and its relatives",
            what="Finds batch and instance norms whose `1d`, `2d` or `3d` does not go with the number of dimensions that "
            "arrives.",
            why="The norms check the number of dimensions of their input before anything else.",
            torch_says="ValueError: expected 2D or 3D input (got 4D input)",
            fix="Changes the class to the one for the dimensions that arrive. Safe: the code certainly fails, and the "
            "parameters stay the same.",
        ),
        zh=Doc(
            title="二维卷积之后使用 `BatchNorm1d` 等维数不符的归一化",
            what="查找 `1d`、`2d`、`3d` 与输入维数不匹配的批归一化和实例归一化。",
            why="归一化层首先检查输入的维数。",
            torch_says="ValueError: expected 2D or 3D input (got 4D input)",
            fix="改用与输入维数相符的类。安全：原代码必然报错，且参数不变。",
        ),
    )
    aspects = frozenset({"rank"})
    invalid = (
        Invalid(_BROKEN, (9,), _BROKEN.replace("BatchNorm1d", "BatchNorm2d")),
        Invalid(
            """\
import torch
from torch import nn

net = nn.Sequential(
    nn.Linear(8, 4),
    nn.BatchNorm2d(4),
)
net(torch.randn(2, 8))
""",
            (6,),
            """\
import torch
from torch import nn

net = nn.Sequential(
    nn.Linear(8, 4),
    nn.BatchNorm1d(4),
)
net(torch.randn(2, 8))
""",
        ),
    )
    valid = (
        Valid(_BROKEN.replace("BatchNorm1d", "BatchNorm2d")),
        Valid(
            """\
import torch
from torch import nn

nn.BatchNorm1d(4)(torch.randn(2, 4))
nn.BatchNorm1d(4)(torch.randn(2, 4, 6))
nn.InstanceNorm2d(4)(torch.randn(4, 6, 6))
"""
        ),
        Valid(
            """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, norm=nn.BatchNorm3d):
        super().__init__()
        self.conv = nn.Conv3d(1, 4, 3)
        self.norm = norm(4)

    def forward(self, x):
        return self.norm(self.conv(x))


Block()(torch.randn(2, 1, 5, 5, 5))
"""
        ),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        layer, tensor = event.layer, operand(event)
        norm = _NORM.search(class_name(layer)) if layer is not None else None
        if layer is None or layer.place is None or norm is None or tensor is None:
            return
        wanted = " or ".join(f"{rank}-D" for rank in sorted(_ranks(event)))
        source = giver(tensor, event.shapes)
        yield Finding(
            layer.place,
            Text(
                f"{named_layer(layer)} takes {wanted} input; {source.en}",
                f"{named_layer(layer)} 需要 {wanted.replace('or', '或')} 输入；{source.zh}",
            ),
            why=comes_from(tensor, event.shapes),
            candidates=tuple(_candidates(layer, norm.group(1), event.shapes.get(id(tensor), ()))),
        )


def _ranks(event: ShapeMismatch) -> tuple[int, ...]:
    wanted = event.mismatch.wanted
    return tuple(rank for rank in wanted if isinstance(rank, int)) if isinstance(wanted, tuple) else ()


def _candidates(layer: Instance, axes: str, shape: Shape) -> Iterator[Candidate]:
    right = None if isinstance(shape, Open) else _AXES_OF_RANK.get(len(shape))
    edits = rename_class(layer, f"{axes}d", f"{right}d") if right else ()
    if edits:
        name = class_name(layer).replace(f"{axes}d", f"{right}d")
        yield Candidate(Text(f"use `{name}`", f"改用 `{name}`"), edits)
