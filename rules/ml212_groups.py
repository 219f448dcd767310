"""ML212: sizes that groups or heads do not divide."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.mismatched import broken, wanted_and_found

_IMPORTS = "import torch\nfrom torch import nn\n\n"


class Groups(Rule):
    meta = Meta(
        code="ML212",
        name="groups",
        severity=Severity.ERROR,
        en=Doc(
            title="Groups or heads do not divide the channels",
            what="Finds grouped convolutions, group norms, attention and pixel shuffles whose number of channels is "
            "no multiple "
            "of the groups, heads or upscaling, and attention on another embedding size than it was made for.",
            why="Every group and every head gets the same number of channels.",
            torch_says="ValueError: in_channels must be divisible by groups",
            fix="None: either number may be the wrong one.",
        ),
        zh=Doc(
            title="分组数或头数不能整除通道数",
            what="查找通道数不是组数、头数或放大倍数的倍数的分组卷积、组归一化、注意力和像素重排，"
            "以及嵌入维度与创建时不同的注意力。",
            why="每个组、每个头分到的通道数必须相同。",
            torch_says="ValueError: in_channels must be divisible by groups",
            fix="无：两个数都可能是错的。",
        ),
    )
    aspects = frozenset({"groups", "num_heads", "embed_dim", "head_dim", "pixel_shuffle"})
    invalid = (
        Invalid(_IMPORTS + "nn.Conv2d(3, 8, 3, groups=2)\n", (4,)),
        Invalid(_IMPORTS + "nn.MultiheadAttention(10, num_heads=3)\n", (4,)),
        Invalid(_IMPORTS + "nn.GroupNorm(3, 8)\n", (4,)),
        Invalid(_IMPORTS + "nn.PixelShuffle(2)(torch.randn(1, 6, 4, 4))\n", (4,)),
    )
    valid = (
        Valid(_IMPORTS + "nn.Conv2d(4, 8, 3, groups=2)\n"),
        Valid(_IMPORTS + "nn.Conv2d(4, 4, 3, groups=4)\n"),
        Valid(_IMPORTS + "nn.MultiheadAttention(12, num_heads=3)\n"),
        Valid(_IMPORTS + "nn.GroupNorm(4, 8)\n"),
        Valid(_IMPORTS + "nn.PixelShuffle(2)(torch.randn(1, 8, 4, 4))\n"),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        yield broken(event, _says(event), at_layer=event.mismatch.aspect != "embed_dim")


def _says(event: ShapeMismatch) -> Text:
    aspect, operand = event.mismatch.aspect, event.mismatch.operand
    wanted, found = wanted_and_found(event)
    if isinstance(event.mismatch.wanted, int) and isinstance(event.mismatch.found, int) and aspect != "embed_dim":
        what = f"`{operand}` " if operand is not None and operand != "input" else ""
        return Text(
            f"has {what}{found.en}, which is not divisible by {wanted.en}",
            f"的 {what}{found.zh} 不能被 {wanted.zh} 整除",
        )
    return Text(f"needs `{aspect}` {wanted.en}, but gets {found.en}", f"需要 `{aspect}` {wanted.zh}，却得到 {found.zh}")
