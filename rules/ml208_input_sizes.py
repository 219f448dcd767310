"""ML208: a layer that lets the model take certain sizes of input only."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ModelRun
from modlint.interpret.sizes import Sizes
from modlint.progressions import Allowed
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import ancestry
from modlint.rulekit.featuremaps import feature_map
from modlint.rulekit.phrases import allowed_text, named_layer
from modlint.values import Origin, Tensor

_PINNED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, kernel_size=3)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(8 * 15 * 15, 10)

    def forward(self, x):
        return self.fc(self.pool(self.conv(x)).flatten(1))


net = Net()
assert net(torch.randn(2, 3, 32, 32)).shape == net(torch.randn(2, 3, 33, 33)).shape == (2, 10)
try:
    net(torch.randn(2, 3, 34, 34))
except RuntimeError:
    pass
else:
    raise AssertionError
"""
_SKIP = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(1, 4, kernel_size=2, stride=2)
        self.up = nn.ConvTranspose2d(4, 1, kernel_size=2, stride=2)

    def forward(self, x):
        return torch.cat([x, self.up(self.down(x))], dim=1)


net = Net()
net(torch.randn(2, 1, 6, 6))
try:
    net(torch.randn(2, 1, 7, 7))
except RuntimeError:
    pass
else:
    raise AssertionError
"""
_IMPORTS = "import torch\nfrom torch import nn\n\n"
_POOLED = _PINNED.replace("nn.MaxPool2d(2)", "nn.AdaptiveAvgPool2d(15)").split("net = ")[0]


class InputSizes(Rule):
    meta = Meta(
        code="ML208",
        name="input-sizes",
        severity=Severity.INFO,
        en=Doc(
            title="The model takes certain sizes of input only",
            what="Tells, for a model whose layers fit only some heights and widths (or lengths) of the input, which "
            "ones these "
            "are, and which layer decides it.",
            why="A `Linear` after flattened feature maps, or a skip connection that meets an upsampled map, works "
            "for the size "
            "that the author had in mind. Images of another size fail deep inside of the model.",
            torch_says="RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x2048 and 1800x10)",
            fix="None: this is an information. Adaptive pooling before the layer makes it independent of the size.",
        ),
        zh=Doc(
            title="模型只接受特定尺寸的输入",
            what="如果模型的某一层只适合某些高和宽（或长度）的输入，则说明是哪些尺寸、由哪一层决定。",
            why="展平之后的 `Linear`，或与上采样结果相接的跳跃连接，只适用于作者设想的尺寸；"
            "其他尺寸的图像会在模型内部报错。",
            torch_says="RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x2048 and 1800x10)",
            fix="无：这只是一条信息。在该层之前使用自适应池化可以不受输入尺寸限制。",
        ),
    )
    invalid = (
        Invalid(_PINNED, (10,), raises=False),
        Invalid(_SKIP, (12,), raises=False),
    )
    valid = (
        Valid(_POOLED + "Net()(torch.randn(2, 3, 40, 50))\n"),
        Valid(_IMPORTS + "nn.Sequential(nn.Conv2d(3, 8, 7), nn.ReLU())(torch.randn(2, 3, 9, 9))\n"),
        Valid(_IMPORTS + "nn.Sequential(nn.Flatten(), nn.Linear(12, 8))(torch.randn(2, 12))\n"),
    )

    def check(self, event: ModelRun) -> Iterator[Finding]:
        sizes = event.sizes
        told = _told(sizes) if sizes is not None and event.made_up and not _is_unflattened(event) else None
        if sizes is not None and told is not None:
            layer = sizes.pinned_by.layer
            place = layer.place if layer is not None and layer.place is not None else sizes.pinned_by.place
            who = _who(sizes.pinned_by)
            yield Finding(place, Text(f"{who} fits only inputs with {told.en}", f"{who} 只适合 {told.zh} 的输入"))


def _is_unflattened(event: ModelRun) -> bool:
    """Whether the layer that decides it works on a feature map that somebody forgot to flatten."""
    if event.sizes is None or not isinstance(event.output, Tensor):
        return False
    made = (one for one in ancestry(event.output) if one.origin is not None and one.sources)
    layer = event.sizes.pinned_by.layer
    return any(
        one.origin is not None and one.origin.layer is layer and feature_map(one.sources[0], {}) is not None
        for one in made
        if layer is not None and "in_features" in layer.attrs
    )


def _who(origin: Origin) -> str:
    return named_layer(origin.layer) if origin.layer is not None else f"`{origin.label}`"


def _told(sizes: Sizes) -> Text | None:
    """``H = W: 163..226``, or one after the other when no equal ones fit; None when nothing but a minimum is asked."""
    if _are_features(sizes):
        return None
    if sizes.equal is not None and sizes.equal.progressions:
        described = {" = ".join(sizes.alone): sizes.equal}
    else:
        described = dict(sizes.alone)
    if not any(map(_is_narrow, described.values())):
        return None
    parts = {name: allowed_text(allowed) for name, allowed in described.items()}
    return Text(
        " and ".join(f"{name}: {text.en}" for name, text in parts.items()),
        "，".join(f"{name}：{text.zh}" for name, text in parts.items()),
    )


def _are_features(sizes: Sizes) -> bool:
    """Whether the last axis is not spatial but holds what a ``Linear`` takes, as in ``[B, H, W, C]``."""
    layer = sizes.pinned_by.layer
    width = layer.attrs.get("in_features") if layer is not None else None
    return width is not None and any(str(allowed) == str(width) for allowed in sizes.alone.values())


def _is_narrow(allowed: Allowed) -> bool:
    return any(values.high is not None or values.step > 1 for values in allowed.progressions)
