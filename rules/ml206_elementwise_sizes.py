"""ML206: tensors that are added, multiplied or compared and do not broadcast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from modlint.diagnostics import Severity, Text
from modlint.dims import Dim
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Candidate, Doc, Finding, Invalid, Later, Meta, Rule, Valid
from modlint.rulekit.candidates import set_argument
from modlint.rulekit.paths import culprits
from modlint.rulekit.phrases import comes_from, named_layer, shape_text
from modlint.rulekit.sizing import producer_candidates
from modlint.values import Open, Tensor

_BROKEN = """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3)

    def forward(self, x):
        return x + self.conv2(torch.relu(self.conv1(x)))


Block(8)(torch.randn(2, 8, 16, 16))
"""
_STRIDED = """\
import torch
from torch import nn


class Down(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, kernel_size=3, stride=stride, padding=1)
        self.conv2 = nn.Conv2d(c_out, c_out, kernel_size=3, stride=stride, padding=1)
        self.shortcut = nn.Conv2d(c_in, c_out, kernel_size=1, stride=stride)

    def forward(self, x):
        return self.shortcut(x) + self.conv2(torch.relu(self.conv1(x)))


Down(8, 16, 2)(torch.randn(2, 8, 16, 16))
"""
_DOWN = _STRIDED.replace("(c_out, c_out, kernel_size=3, stride=stride", "(c_out, c_out, kernel_size=3, stride=1")
_GATED = """\
import torch
from torch import nn


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(8, 16, 3, stride=2), nn.Conv2d(16, 16, 3, stride=2))
        self.gate = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        gate = self.gate(x.mean((2, 3), keepdim=True))
        return self.body(x) * gate


Gated()(torch.randn(2, 8, 16, 16))
"""


class ElementwiseSizes(Rule):
    meta = Meta(
        code="ML206",
        name="elementwise-sizes",
        severity=Severity.ERROR,
        en=Doc(
            title="Tensors that are added or multiplied do not have the same shape",
            what="Finds elementwise operations, residual connections above all, whose operands do not broadcast. In a "
            "residual block it names the convolutions that lose a border or stride once too often.",
            why="Two sizes must be equal, or one of them 1. A 3×3 convolution without padding loses two rows and "
            "columns.",
            torch_says="RuntimeError: The size of tensor a (16) must match the size of tensor b (14) at "
            "non-singleton dimension 3",
            fix="Gives the convolutions the padding that keeps the size, and takes the stride from the later ones; or lets the layer before one operand give as many features as the other has.",
        ),
        zh=Doc(
            title="相加或相乘的张量形状不一致",
            what="查找操作数无法广播的逐元素运算，尤其是残差连接；在残差块里会指出丢失边缘或多做一次步幅的卷积。",
            why="两个尺寸必须相等，或其中之一为 1。没有填充的 3×3 卷积会丢掉两行两列。",
            torch_says="RuntimeError: The size of tensor a (16) must match the size of tensor b (14) at "
            "non-singleton dimension 3",
            fix="给卷积加上保持尺寸的填充，并去掉后面卷积的步幅；或让某个操作数之前的层输出与另一个相同的特征数。",
        ),
    )
    aspects = frozenset({"broadcast", "expand"})
    invalid = (
        Invalid(_BROKEN, (9,), _BROKEN.replace("kernel_size=3)\n", "kernel_size=3, padding=1)\n")),
        Invalid(_STRIDED, (9,), _DOWN),
        Invalid(_DOWN.replace("kernel_size=1, stride=stride", "kernel_size=1"), (10,), _DOWN),
        Invalid(_GATED, (13,)),
        Invalid("import torch\n\ntorch.randn(2, 3) + torch.randn(2, 4)\n", (3,)),
    )  # fmt: skip
    valid = (
        Valid(_BROKEN.replace("kernel_size=3)\n", "kernel_size=3, padding=1)\n")),
        Valid(_DOWN),
        Valid(_GATED.replace("Conv2d(8, 8, 1)", "Conv2d(8, 16, 1)")),
        Valid("import torch\n\ntorch.randn(2, 3, 4) * torch.randn(3, 1) + torch.randn(4)\n"),
        Valid(
            """\
import torch
from torch import nn


class Crop(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3)

    def forward(self, x):
        return x[:, :, 1:-1, 1:-1] + self.conv(x)


Crop()(torch.randn(2, 4, 9, 9))
"""
        ),
        Valid(
            """\
import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.AvgPool2d(56)
        self.conv = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.conv(self.pool(x)))
"""
        ),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        tensors = [passed.value for passed in event.bound.values() if isinstance(passed.value, Tensor)]
        shown = f"{shape_text(event.mismatch.wanted)} and {shape_text(event.mismatch.found)}"
        shown_zh = shown.replace(" and ", " 和 ")
        why = tuple(reason for tensor in tensors[:2] for reason in comes_from(tensor, event.shapes))
        found = list(culprits(*tensors)) if len(tensors) == 2 and _differ_in_space(event, tensors) else []
        for layer, argument, value, says in found:
            if layer.place is not None:
                text = Text(f"set `{argument}` to {value}", f"把 `{argument}` 改为 {value}")
                yield Finding(
                    layer.place,
                    Text(
                        f"{named_layer(layer)} {says.en}: line {event.place.line} needs equal shapes and gets {shown}",
                        f"{named_layer(layer)} {says.zh}：第 {event.place.line} 行需要相同的形状，却得到 {shown_zh}",
                    ),
                    why,
                    (Candidate(text, set_argument(layer, argument, value)),),
                )
        if not found:
            text = Text(f"{shown} do not broadcast", f"{shown_zh} 无法广播")
            yield Finding(event.place, text, why, Later(partial(_sized, event, tensors)) if len(tensors) == 2 else ())


def _differ_in_space(event: ShapeMismatch, tensors: Sequence[Tensor]) -> bool:
    """Whether the operands may differ in another size than that of their channels."""
    shapes = [event.shapes.get(id(tensor), ()) for tensor in tensors]
    rank = max((len(shape) for shape in shapes if not isinstance(shape, Open)), default=0)
    return _apart(event, tensors).keys() != {rank - 2}


def _apart(event: ShapeMismatch, tensors: Sequence[Tensor]) -> dict[int, tuple[Dim, Dim]]:
    """The sizes of two operands that do not broadcast, by their index from the last one."""
    one, other = (event.shapes.get(id(tensor), ()) for tensor in tensors)
    if isinstance(one, Open) or isinstance(other, Open):
        return {}
    pairs = enumerate(zip(reversed(one), reversed(other)))
    return {index: pair for index, pair in pairs if pair[0] != pair[1] and 1 not in pair}


def _sized(event: ShapeMismatch, tensors: Sequence[Tensor]) -> Iterator[Candidate]:
    """Let the layer that decides the features of one operand give as many as the other has."""
    apart = list(_apart(event, tensors).values())
    if len(apart) == 1:
        has, needs = apart[0]
        yield from producer_candidates(tensors[0], needs, has)
        yield from producer_candidates(tensors[1], has, needs)
