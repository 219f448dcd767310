"""ML207: tensors that are joined and differ in more than the dimension along which they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import set_argument
from modlint.rulekit.joins import along
from modlint.rulekit.mismatched import wanted_and_found
from modlint.rulekit.paths import culprits
from modlint.rulekit.phrases import comes_from, named_layer, subject
from modlint.values import ListValue, Tensor

_AXIS = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(3, 8, 3, padding=1)
        self.right = nn.Conv2d(3, 16, 3, padding=1)

    def forward(self, x):
        return torch.cat([self.left(x), self.right(x)])


Net()(torch.randn(2, 3, 8, 8))
"""
_BORDER = """\
import torch
from torch import nn


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, kernel_size=3)

    def forward(self, x):
        return torch.cat([x, self.conv(x)], dim=1)


Dense()(torch.randn(2, 3, 8, 8))
"""
_UNEVEN = """\
import torch
from torch import nn


class Up(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x):
        narrow = nn.functional.interpolate(nn.functional.avg_pool2d(x, 2), scale_factor=2)
        return torch.cat([self.left(x), narrow])
"""
_BRANCHES = """\
import torch
from torch import nn


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(3, 8, 1)
        self.three = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.five = nn.Conv2d(3, 4, kernel_size=5, padding=2)

    def forward(self, x):
        return torch.cat([self.one(x), self.three(x), self.five(x)], dim=1)


Branches()(torch.randn(2, 3, 8, 8))
"""


class CatSizes(Rule):
    meta = Meta(
        code="ML207",
        name="cat-sizes",
        severity=Severity.ERROR,
        en=Doc(
            title="Joined tensors differ in another dimension than the joined one",
            what="Finds `cat` and `stack`, and their relatives, of tensors whose shapes do not go together.",
            why="`cat` joins along `dim`: all other sizes must be equal. `stack` needs equal shapes.",
            torch_says="RuntimeError: Sizes of tensors must match except in dimension 0. Expected size 8 but got "
            "size 16 for "
            "tensor number 1 in the list.",
            fix="Joins along the only dimension in which the shapes differ; or gives the convolutions the padding "
            "that keeps the "
            "size. Safe: the code certainly fails.",
        ),
        zh=Doc(
            title="拼接的张量在拼接维之外也不相同",
            what="查找形状不能拼在一起的 `cat`、`stack` 等。",
            why="`cat` 沿 `dim` 拼接，其余各维必须相等；`stack` 要求形状完全相同。",
            torch_says="RuntimeError: Sizes of tensors must match except in dimension 0. Expected size 8 but got "
            "size 16 for "
            "tensor number 1 in the list.",
            fix="沿唯一不同的维拼接；或给卷积加上保持尺寸的填充。安全：原代码必然报错。",
        ),
    )
    aspects = frozenset({"cat", "stack"})
    invalid = (
        Invalid(_AXIS, (12,), _AXIS.replace("(x)])", "(x)], dim=1)")),
        Invalid(_UNEVEN, (12,), _UNEVEN.replace("narrow])", "narrow], dim=1)"), raises=False),
        Invalid(_BRANCHES.replace(", padding=2", ", padding=1"), (10,), _BRANCHES),
        Invalid(_BORDER, (8,), _BORDER.replace("kernel_size=3)", "kernel_size=3, padding=1)")),
        Invalid("import torch\n\ntorch.stack([torch.randn(2, 3), torch.randn(2, 4)])\n", (3,)),
    )
    valid = (
        Valid(_UNEVEN.replace("narrow])", "narrow], dim=1)")),
        Valid(_BRANCHES),
        Valid(_AXIS.replace("(x)])", "(x)], dim=1)")),
        Valid(_BORDER.replace("kernel_size=3)", "kernel_size=3, padding=1)")),
        Valid("import torch\n\ntorch.cat([torch.randn(2, 3), torch.randn(5, 3)])\n"),
        Valid("import torch\n\ntorch.cat([torch.randn(0), torch.randn(5, 3)], dim=1)\n"),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        tensors = _joined(event)
        wanted, found = wanted_and_found(event)
        who = subject(event.layer, event.op)
        why = tuple(reason for tensor in tensors[:4] for reason in comes_from(tensor, event.shapes))
        candidates = tuple(_other_axis(event))
        pair = _apart(event, tensors)
        layers = list(culprits(*pair)) if pair is not None and not candidates else []
        for layer, argument, value, says in layers:
            if layer.place is not None:
                title = Text(f"set `{argument}` to {value}", f"把 `{argument}` 改为 {value}")
                met = Text(
                    f"line {event.place.line} joins {wanted.en} and {found.en}",
                    f"第 {event.place.line} 行拼接 {wanted.zh} 和 {found.zh}",
                )
                yield Finding(
                    layer.place,
                    Text(f"{named_layer(layer)} {says.en}: {met.en}", f"{named_layer(layer)} {says.zh}：{met.zh}"),
                    why,
                    (Candidate(title, set_argument(layer, argument, value)),),
                )
        if not layers:
            text = Text(f"{who} cannot join {wanted.en} and {found.en}", f"{who} 无法拼接 {wanted.zh} 和 {found.zh}")
            yield Finding(event.place, _along(text, event), why, candidates)


def _along(text: Text, event: ShapeMismatch) -> Text:
    dim = event.bound["dim"].value if "dim" in event.bound else None
    if event.mismatch.aspect != "cat" or not isinstance(dim, int):
        return text
    return Text(f"{text.en} along dimension {dim}", f"{text.zh}（沿第 {dim} 维）")


def _joined(event: ShapeMismatch) -> list[Tensor]:
    """The tensors in the list that is joined."""
    given = event.bound["tensors"].value if "tensors" in event.bound else ()
    items = given.items if isinstance(given, ListValue) else given if isinstance(given, tuple) else ()
    return [item for item in items if isinstance(item, Tensor)]


def _apart(event: ShapeMismatch, tensors: Sequence[Tensor]) -> tuple[Tensor, Tensor] | None:
    """The first tensor, and the first that does not go with it."""
    others = [other for other in tensors[1:] if event.shapes.get(id(other)) == event.mismatch.found]
    return (tensors[0], others[0]) if others else None


def _other_axis(event: ShapeMismatch) -> Iterator[Candidate]:
    """Join along the only axis in which the shapes differ, or do so whatever the size of the input."""
    wanted, found = event.mismatch.wanted, event.mismatch.found
    if event.mismatch.aspect != "cat" or "dim" not in event.bound:
        return
    if not isinstance(wanted, tuple) or not isinstance(found, tuple) or len(wanted) != len(found):
        return
    axes = [axis for axis, (a, b) in enumerate(zip(wanted, found)) if a != b]
    certain = [axis for axis in axes if isinstance(wanted[axis], int) and isinstance(found[axis], int)]
    if len(axes) == 1 or len(certain) == 1:
        yield along(event.place, (certain or axes)[0])
