"""ML121: a size that a division further up has made a float."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Because, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.divisions import divisions_behind, with_floor
from modlint.rulekit.phrases import class_name, library_name, value_text
from modlint.syntax import Place
from modlint.values import External

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.width = channels // 4
        self.conv1 = nn.Conv2d(channels, half, 3)
        self.conv2 = nn.Conv2d(half, self.width, 3)

    def forward(self, x):
        return self.conv2(self.conv1(x))


Net(8)(torch.randn(2, 8, 9, 9))
"""
_OPEN = _RIGHT.replace("\n\nNet(8)(torch.randn(2, 8, 9, 9))\n", "")
_HEADS = """\
import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.part = size // heads
        assert self.part * heads == size
        self.values = nn.Linear(self.part, self.part)

    def forward(self, x):
        return self.values(x) / self.part
"""
_PATHS = """\
import torch
from torch import nn


class Saved(nn.Module):
    def __init__(self, folder, name, step):
        super().__init__()
        self.path = folder / name
        self.fc = nn.Linear(4, len((folder / name).parts))
        self.scale = nn.Parameter(torch.full((4,), step / 2))

    def forward(self, x):
        return self.fc(x * self.scale)
"""


class FloatSize(Rule):
    meta = Meta(
        code="ML121",
        name="float-size",
        severity=Severity.ERROR,
        en=Doc(
            title="A size is a float, because `/` made it",
            what="Finds variables and attributes that a division has made a float and that are used as a size "
            "afterwards.",
            why="`/` gives a float even when it divides without a rest; a number of channels must be an integer.",
            torch_says="TypeError: empty(): argument 'size' must be tuple of ints, but found element of type "
            "float at pos 0",
            fix="Divides with `//`. Safe: with the float the layer cannot be made.",
        ),
        zh=Doc(
            title="尺寸被 `/` 变成了浮点数",
            what="查找因除法变成浮点数、之后又用作尺寸的变量和属性。",
            why="即使能整除，`/` 也总是得到浮点数；通道数必须是整数。",
            torch_says="TypeError: empty(): argument 'size' must be tuple of ints, but found element of type "
            "float at pos 0",
            fix="改用 `//`。安全：用浮点数无法创建该层。",
        ),
    )
    aspects = frozenset({"type"})
    invalid = (
        Invalid(_RIGHT.replace("half = channels // 2", "half = channels / 2"), (8,), _RIGHT),
        Invalid(_RIGHT.replace("self.width = channels // 4", "self.width = channels / 4"), (9,), _RIGHT),
        Invalid(_OPEN.replace("half = channels // 2", "half = channels / 2"), (8,), _OPEN, raises=False),
        Invalid(_HEADS.replace("size // heads", "size / heads"), (8,), _HEADS, raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_OPEN),
        Valid(_HEADS),
        Valid(_OPEN.replace("half = channels // 2", "half = int(channels / 2)")),
        Valid(_OPEN.replace("half = channels // 2", "half = round(channels / 2)")),
        Valid(
            _OPEN.replace("channels // 2", "channels / 2")
            .replace("nn.Conv2d(channels, half, 3)", "nn.Dropout(half)")
            .replace("(half, self", "(channels, self")
        ),
        Valid(
            _OPEN.replace("half = channels // 2", "half = math.ceil(channels / 2)").replace(
                "import", "import math\n\nimport", 1
            )
        ),
        Valid(_OPEN.replace("half = channels // 2", "half = channels // 2 if channels / 2 > 4 else 4")),
        Valid(_OPEN.replace("half = channels // 2", "half = (channels / 2).numerator")),
        Valid(_PATHS),
        Valid(_RIGHT.replace("half = channels // 2", "half = int(channels / 2)")),
        Valid(_RIGHT.replace("half = channels // 2", "scale = channels / 2\n        half = channels // 2")),
        Valid("import torch\n\nhalf = 8 / 2\ntorch.ones(2) * half\n"),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        """At the division, where the size comes from a variable."""
        unit, found = event.place.unit, event.mismatch.found
        user = class_name(event.layer) if event.layer is not None else library_name(External(event.op))
        shown = Text(f"the float {found}", f"浮点数 {found}") if isinstance(found, float) else value_text(found)
        for written, division in divisions_behind(event):
            yield Finding(
                Place(unit, division),
                Text(
                    f"`{written}` is {shown.en} after `/`, and a size must be an integer",
                    f"`{written}` 经 `/` 成为{shown.zh}，而尺寸必须是整数",
                ),
                why=(Because(event.place, Text(f"`{user}` takes it as a size", f"`{user}` 用它作尺寸")),),
                candidates=(with_floor(unit, division),),
            )
