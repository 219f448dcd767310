"""ML218: a flatten that takes the batch with it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import OpCall, ShapeMismatch
from modlint.rewrite import Edits, insert_argument, replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import set_argument
from modlint.rulekit.featuremaps import flattened_batch
from modlint.rulekit.mismatched import operand
from modlint.rulekit.phrases import comes_from, named_layer, shape_text
from modlint.values import Origin, Tensor

_BROKEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, kernel_size=3)
        self.fc = nn.Linear(8 * 6 * 6, 10)

    def forward(self, x):
        x = torch.flatten(self.conv(x))
        return self.fc(x)


Net()(torch.randn(4, 3, 8, 8))
"""
_SAMPLE = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 2)

    def forward(self, sample):
        return self.fc(sample.flatten())


Net()(torch.randn(3, 4))
"""
_METHOD = _BROKEN.replace("torch.flatten(self.conv(x))", "self.conv(x).view(-1)")


class FlattenedBatch(Rule):
    meta = Meta(
        code="ML218",
        name="flattened-batch",
        severity=Severity.ERROR,
        en=Doc(
            title="A flatten that takes the batch with it",
            what="Finds `flatten()`, `torch.flatten(x)` and `view(-1)` of a batch before a `Linear`.",
            why="Without a start they flatten everything, the batch too: the layer gets the values of all samples "
            "in one row.",
            torch_says="RuntimeError: size mismatch, got input (1152), mat (1x1152), vec (288)",
            fix="Flattens from dimension 1 on. Safe: the code certainly fails.",
        ),
        zh=Doc(
            title="展平时把批也展平了",
            what="查找 `Linear` 之前对一批数据做的 `flatten()`、`torch.flatten(x)` 和 `view(-1)`。",
            why="不指定起始维就会展平所有维，包括批：该层得到的是一行里所有样本的值。",
            torch_says="RuntimeError: size mismatch, got input (1152), mat (1x1152), vec (288)",
            fix="从第 1 维开始展平。安全：原代码必然报错。",
        ),
    )
    aspects = frozenset({"in_features"})
    watches = frozenset({"torch.nn.Linear.forward"})
    invalid = (
        Invalid(_BROKEN, (12,), _BROKEN.replace("conv(x))", "conv(x), 1)")),
        Invalid(_METHOD, (12,), _METHOD.replace("view(-1)", "flatten(1)")),
        Invalid(_BROKEN.split("\n\n\nNet()")[0] + "\n", (12,), _BROKEN.split("\n\n\nNet()")[0].replace(
            "conv(x))", "conv(x), 1)") + "\n", raises=False),
    )  # fmt: skip
    valid = (
        Valid(_BROKEN.replace("conv(x))", "conv(x), 1)")),
        Valid(_METHOD.replace("view(-1)", "view(4, -1)")),
        Valid(_BROKEN.replace("torch.flatten(self.conv(x))", "nn.Flatten()(self.conv(x))")),
        Valid("import torch\nfrom torch import nn\n\nnn.Linear(24, 2)(torch.randn(2, 3, 4).flatten())\n"),
        Valid(_SAMPLE),
    )

    def check(self, event: ShapeMismatch | OpCall) -> Iterator[Finding]:
        """A call that would fit a batch of one size alone is likely to be wrong, too."""
        tensor = operand(event) if event.bound else None
        origin = flattened_batch(tensor, event.shapes) if tensor is not None else None
        if event.layer is None or tensor is None or origin is None:
            return
        if isinstance(event, OpCall) and _is_one_sample(tensor.sources[0], event):
            return
        shape = shape_text(event.shapes.get(id(tensor), tensor.shape))
        yield Finding(
            origin.place,
            Text(
                f"`{origin.label}` flattens the batch, too: {named_layer(event.layer)} gets {shape}",
                f"`{origin.label}` 把批也展平了：{named_layer(event.layer)} 得到 {shape}",
            ),
            comes_from(tensor.sources[0], event.shapes),
            tuple(_candidates(origin)),
            None if isinstance(event, ShapeMismatch) else Severity.WARNING,
        )


def _is_one_sample(source: Tensor, event: OpCall) -> bool:
    """Whether the layer was made for all elements of what comes in, whose first dimension is no batch of one."""
    shape = event.shapes.get(id(source), source.shape)
    return isinstance(shape, tuple) and isinstance(shape[0], int) and shape[0] > 1


def _candidates(origin: Origin) -> Iterator[Candidate]:
    edits = set_argument(origin.layer, "start_dim", "1") if origin.layer is not None else _from_one(origin)
    if edits:
        yield Candidate(Text("flatten from dimension 1 on", "从第 1 维开始展平"), edits)


def _from_one(origin: Origin) -> Edits:
    call, unit = origin.place.node, origin.place.unit
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return ()
    if origin.label == "flatten" and len(call.args) <= 1:
        return insert_argument(unit, call, "1")
    is_method = origin.op.startswith("torch.Tensor.")
    return replace(unit, call, f"{unit.segment(call.func.value)}.flatten(1)") if is_method else ()
