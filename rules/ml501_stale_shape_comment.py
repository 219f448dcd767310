"""ML501: a comment that states another shape than its line gives."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Edit
from modlint.interpret.comments import ShapeComment, shape_comment
from modlint.interpret.events import Sized
from modlint.rewrite import Edits
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.phrases import shape_text
from modlint.rulekit.shapetext import agrees, corrected
from modlint.syntax import Unit

_STALE = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, kernel_size=3, stride=2, padding=1)
        self.fc = nn.Linear(16 * 16 * 16, 10)

    def forward(self, x):
        x = self.conv(x)  # [bs , 16 , 32 , 32 ] features
        x = x.flatten(1)  # -> (bs, 8192)
        return self.fc(x)  # [bs, num_classes]


print(Net()(torch.randn([4, 3, 32, 32])).shape)
"""
_RIGHT = _STALE.replace("32 , 32 ]", "16 , 16 ]").replace("8192", "4096")


class StaleShapeComment(Rule):
    meta = Meta(
        code="ML501",
        name="stale-shape-comment",
        severity=Severity.WARNING,
        en=Doc(
            title="A comment states another shape than its line gives",
            what="Compares comments such as `# [B, 64, 56, 56]`, `# -> (N, 2048)` or `# torch.Size([64, 10])` with "
            "the computed "
            "shape of the variable that their line assigns, returns or prints. Names stand for any size, and the "
            "batch of a "
            "comment may be another one.",
            why="Shape comments are what people copy into the next `Linear`. One that is wrong is worse than none.",
            torch_says="nothing: it does not read comments",
            fix="Rewrites the numbers that are wrong and keeps the spelling. Safe: only the comment changes.",
        ),
        zh=Doc(
            title="注释里的形状与该行的实际形状不符",
            what="把 `# [B, 64, 56, 56]`、`# -> (N, 2048)`、`# torch.Size([64, 10])` 这类注释与该行赋值、"
            "返回或打印的变量的形状比较。"
            "名字可以代表任意尺寸，注释里的批大小可以不同。",
            why="人们会把注释里的形状抄进下一个 `Linear`，错误的注释比没有注释更糟。",
            torch_says="没有提示：torch 不读注释",
            fix="改写其中错误的数字，保留原来的写法。安全：只改注释。",
        ),
    )
    invalid = (
        Invalid(_STALE, (12, 13), _RIGHT, raises=False),
        Invalid(
            """\
import torch
from torch import nn

x = nn.Conv2d(3, 64, 3)(torch.randn(1, 3, 8, 8))  # 输出：torch.Size([1, 32, 6, 6])
print(x.shape)  # torch.Size([1, 64, 8, 8])
""",
            (4, 5),
            """\
import torch
from torch import nn

x = nn.Conv2d(3, 64, 3)(torch.randn(1, 3, 8, 8))  # 输出：torch.Size([1, 64, 6, 6])
print(x.shape)  # torch.Size([1, 64, 6, 6])
""",
            raises=False,
        ),
    )
    valid = (
        Valid(_RIGHT),
        Valid(
            """\
import torch

x = torch.randn(4, 3, 8, 8)  # [1, 3, 8, 8]
x = x.mean(dim=(2, 3))  # pooled over the axes (2, 3)
x = x / 255  # [0, 1]
x = x.unsqueeze(1)  # (B, 3) -> (B, 1, 3)
x = x[0]  # 1 x 3
"""
        ),
        Valid(
            """\
import torch

x = torch.randn(4, 8, 6, 3)
x = x.permute(0, 3, 1, 2)  # [4, 8, 6, 3]
y = x.flatten(2).transpose(1, 2)  # (B, N, C), N = 48
z = x.flatten(1)  # shape: (144,)
"""
        ),
        Valid(
            """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2, padding=1)

    def forward(self, x):
        x = self.conv(x)  # [B, 8, H/2, W/2], first [B, 4, 16, 16]
        return x  # [4, 4, 16, 16]


for size in (32, 64):
    Block(4)(torch.randn(4, 4, size, size))
"""
        ),
    )

    def check(self, event: Sized) -> Iterator[Finding]:
        unit, node = event.place.unit, event.place.node
        comment = shape_comment(unit, node)
        if comment is None or any(agrees(comment.items, shape) for shape in (*event.shapes, *event.inputs)):
            return
        written, given = f"[{', '.join(comment.items)}]", shape_text(event.shapes[0])
        name = event.name.strip("<>")
        yield Finding(
            event.place,
            Text(
                f"the comment says {written}, but `{name}` is {given}", f"注释写的是 {written}，而 `{name}` 是 {given}"
            ),
            candidates=tuple(_candidates(unit, comment, event)) if event.decided else (),
            severity=None if event.decided else Severity.INFO,
        )


def _candidates(unit: Unit, comment: ShapeComment, event: Sized) -> Iterator[Candidate]:
    right = {corrected(comment.items, shape) for shape in event.shapes}
    items = right.pop() if len(right) == 1 else None
    if items is not None:
        text = f"[{', '.join(items)}]"
        yield Candidate(Text(f"write {text}", f"改为 {text}"), _edits(unit, comment, items))


def _edits(unit: Unit, comment: ShapeComment, items: tuple[str, ...]) -> Edits:
    return tuple(
        (unit, Edit(start, end, new))
        for (start, end), old, new in zip(comment.spans, comment.items, items)
        if old != new
    )
