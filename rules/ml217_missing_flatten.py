"""ML217: a linear layer on the feature map of a convolution, without flattening it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.dims import Expr, product, substitute, symbols
from modlint.edits import Applicability, Edit
from modlint.interpret.events import OpCall, ShapeMismatch
from modlint.rewrite import Edits
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import set_argument
from modlint.rulekit.featuremaps import call_of, feature_map, whole_sample
from modlint.rulekit.mismatched import operand
from modlint.rulekit.phrases import comes_from, giver, named_layer
from modlint.syntax import Place
from modlint.values import Instance, Tensor

_BROKEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 32, kernel_size=3)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(7200, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv(x)))
        return self.fc(x)
"""
_RUN = "\n\nNet()(torch.randn(2, 3, 32, 32))\n"
_FLAT = _BROKEN.replace("self.fc(x)", "self.fc(x.flatten(1))")
_SEQUENTIAL = """\
import torch
from torch import nn

net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Linear(2704, 10))
net(torch.randn(2, 1, 28, 28))
"""
_DROPPED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Conv2d(1, 4, 3)
        self.head = nn.Sequential(nn.Dropout(), nn.Linear(2704, 10))

    def forward(self, x):
        return self.head(self.features(x))


Net()(torch.randn(2, 1, 28, 28))
"""
_RESIDUAL = """\
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self, features=2048):
        super().__init__()
        self.stem = nn.Conv2d(3, features, 7, stride=8)
        self.block = nn.Conv2d(features, features, 3, padding=1)
        self.fc = nn.Linear(features, 10)

    def forward(self, x):
        x = self.stem(x)
        x = F.avg_pool2d(torch.relu(self.block(x) + x), 4)
        return self.fc(x)
"""
_IMAGES = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 16)
        self.out = nn.Linear(16, 10)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))


Net()(torch.randn(8, 1, 28, 28))
"""
_FEATURES = 256


class MissingFlatten(Rule):
    meta = Meta(
        code="ML217",
        name="missing-flatten",
        severity=Severity.ERROR,
        en=Doc(
            title="A linear layer on an unflattened feature map",
            what="Finds `Linear` layers that get [B, C, H, W] from a convolution or a pool, or samples of several axes that have "
            "just its features together. When nothing in the "
            "file says how "
            "large the images are, it tells so only if the layer takes a multiple of the channels and at least 256: as "
            "a warning where images of some width up to 50,000 would fit.",
            why="`Linear` works along the last dimension alone: there it meets the width of the image, not all "
            "features.",
            torch_says="RuntimeError: mat1 and mat2 shapes cannot be multiplied (960x15 and 7200x10)",
            fix="Flattens the input from dimension 1 on, and sets `in_features` when the size is known. Safe where "
            "the code certainly fails, and where only images wider than 1,024 would fit, else a choice.",
        ),
        zh=Doc(
            title="线性层直接作用于未展平的特征图",
            what="查找从卷积或池化得到 [B, C, H, W]、或样本各维之积正好等于其输入数的 `Linear`。如果文件没有说明图像大小，"
            "仅当该层的输入数是通道数的倍数且不小于 256 时报告；若宽度不超过 50,000 的某种图像适用，则为警告。",
            why="`Linear` 只作用于最后一维：那里是图像的宽，而不是全部特征。",
            torch_says="RuntimeError: mat1 and mat2 shapes cannot be multiplied (960x15 and 7200x10)",
            fix="从第 1 维起展平输入；尺寸已知时同时设置 `in_features`。在必然报错处、或只有宽度超过 1024 的图像才适用时为安全，否则需要作者确认。",
        ),
    )
    aspects = frozenset({"in_features"})
    watches = frozenset({"torch.nn.Linear.forward"})
    invalid = (
        Invalid(_BROKEN + _RUN, (14,), _FLAT + _RUN),
        Invalid(_BROKEN.replace("7200", "1152") + _RUN, (14,), _FLAT + _RUN),
        Invalid(_BROKEN, (14,), _FLAT, raises=False),
        Invalid(_RESIDUAL, (16,), _RESIDUAL.replace("self.fc(x)", "self.fc(x.flatten(1))"), raises=False),
        Invalid(_DROPPED, (12,), _DROPPED.replace("self.features(x))", "self.features(x).flatten(1))")),
        Invalid(_SEQUENTIAL, (4,), _SEQUENTIAL.replace("nn.Linear", "nn.Flatten(), nn.Linear")),
        Invalid(_IMAGES, (12,), _IMAGES.replace("(x)))", "(x.flatten(1))))")),
        Invalid(
            _IMAGES.replace("8, 1, 28, 28", "8, 28, 28"),
            (12,),
            _IMAGES.replace("8, 1, 28, 28", "8, 28, 28").replace("(x)))", "(x.flatten(1))))"),
        ),
    )
    valid = (
        Valid(_IMAGES.replace("(x)))", "(x.flatten(1))))")),
        Valid(_IMAGES.replace("8, 1, 28, 28", "8, 28, 784")),
        Valid(_FLAT + _RUN),
        Valid(_RESIDUAL.replace("features=2048", "features=128")),
        Valid(_RESIDUAL.replace("2d", "1d")),
        Valid(_RESIDUAL.replace("self.fc(x)", "self.fc(x.mean(2).mean(2))")),
        Valid(_DROPPED.replace("self.features(x))", "self.features(x).flatten(1))")),
        Valid(_BROKEN.replace("7200", "15") + _RUN),
        Valid(_BROKEN.replace("self.fc(x)", "self.fc(x.view(x.size(0), -1))") + _RUN),
        Valid(_SEQUENTIAL.replace("nn.Linear(2704", "nn.Flatten(), nn.Linear(2704")),
        Valid(_BROKEN.replace("7200", "80")),
    )

    def check(self, event: ShapeMismatch | OpCall) -> Iterator[Finding]:
        layer, tensor = event.layer, operand(event)
        shape = _unflattened(event, tensor) if tensor is not None and event.bound else None
        if layer is None or layer.place is None or tensor is None or shape is None:
            return
        certain = isinstance(event, ShapeMismatch)
        if not certain and not _is_likely(layer, shape):
            return
        call = call_of(layer, event.place)
        place = Place(event.place.unit, call) if call is not None else layer.place
        source = giver(tensor, event.shapes)
        yield Finding(
            place,
            Text(
                f"{named_layer(layer)} gets a feature map that is not flattened: {source.en}",
                f"{named_layer(layer)} 收到未展平的特征图：{source.zh}",
            ),
            comes_from(tensor, event.shapes),
            tuple(_candidates(layer, place, call, shape, certain)),
            None if certain or _takes_only_wider(layer, shape[-1], _WIDEST) else Severity.WARNING,
        )


def _unflattened(event: ShapeMismatch | OpCall, tensor: Tensor) -> tuple[object, ...] | None:
    """The dims of a feature map, or of what would fit if it were flattened."""
    found = feature_map(tensor, event.shapes)
    if found is None and isinstance(event, ShapeMismatch):
        return whole_sample(tensor, event.shapes, event.mismatch.wanted)
    return found


def _is_likely(layer: Instance, shape: tuple[object, ...]) -> bool:
    """Whether the size of a linear layer speaks of all features, and not of the width of an image."""
    width, channels = layer.attrs.get("in_features"), shape[1]
    return isinstance(width, int) and isinstance(channels, int) and width >= _FEATURES and width % channels == 0


def _candidates(
    layer: Instance, place: Place, call: ast.Call | None, shape: tuple[object, ...], certain: bool
) -> Iterator[Candidate]:
    features = product(shape[1:])  # type: ignore[arg-type]
    sizes = set_argument(layer, "in_features", str(features)) if certain and isinstance(features, int) else ()
    title = Text("flatten its input", "先展平输入")
    trust = Applicability.SAFE if certain or _takes_only_wider(layer, shape[-1], _WIDE) else Applicability.UNSAFE
    edits = _flattened(place, call)
    if edits and certain and sizes and layer.attrs.get("in_features") != features:
        yield Candidate(title, (*edits, *sizes), trust=trust)
    elif edits:
        yield Candidate(title, edits, trust=trust)


def _takes_only_wider(layer: Instance, width: object, limit: int) -> bool:
    """Whether only images that are wider than ``limit`` would fit as they are."""
    sizes = symbols(width) if isinstance(width, Expr) else frozenset()
    widest = substitute(width, dict.fromkeys(sizes, limit)) if isinstance(width, Expr) else width
    wanted = layer.attrs.get("in_features")
    return isinstance(widest, int) and isinstance(wanted, int) and wanted > widest


_WIDE = 1_024
"""Wider than most images that are trained on."""
_WIDEST = 50_000
"""Wider than any image or series of samples that is trained on."""


def _flattened(place: Place, call: ast.Call | None) -> Edits:
    """``self.fc(x.flatten(1))``, or ``nn.Flatten()`` before the layer of a Sequential."""
    unit = place.unit
    if call is None:
        text = unit.segment(place.node)
        start = unit.start(place.node)
        prefix = text.split("Linear", 1)[0]
        return ((unit, Edit(start, start, f"{prefix}Flatten(), ")),)
    if len(call.args) != 1 or isinstance(call.args[0], ast.Starred):
        return ()
    given = call.args[0]
    simple = isinstance(given, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    if simple:
        return ((unit, Edit(unit.end(given), unit.end(given), ".flatten(1)")),)
    return ((unit, Edit(unit.start(given), unit.end(given), f"({unit.segment(given)}).flatten(1)")),)
