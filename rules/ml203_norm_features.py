"""ML203: a normalisation layer that gets another number of features than it was made for."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ShapeMismatch
from modlint.rewrite import insert_statement
from modlint.rule import Candidate, Doc, Finding, Invalid, Later, Meta, Rule, Valid
from modlint.rulekit.candidates import producer, set_argument
from modlint.rulekit.mismatched import operand, size_finding
from modlint.rulekit.phrases import class_name
from modlint.rulekit.siblings import statement_of, unused_partner
from modlint.rulekit.sizing import own_text
from modlint.syntax import nodes_in
from modlint.values import Instance

_BROKEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.conv = nn.Conv2d(3, width, kernel_size=3)
        self.bn = nn.BatchNorm2d(32)

    def forward(self, x):
        return self.bn(self.conv(x))


Net()(torch.randn(2, 3, 8, 8))
"""
_SKIPPED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, n_in, n_1, n_2):
        super().__init__()
        self.fc1 = nn.Linear(n_in, n_1)
        self.bn1 = nn.BatchNorm1d(n_1)
        self.fc2 = nn.Linear(n_in, n_1)
        self.bn2 = nn.BatchNorm1d(n_2)

    def forward(self, x):
        x = torch.relu(self.bn1(self.fc1(x)))
        x = self.bn2(x)
        return x


Net(8, 6, 4)(torch.randn(2, 8))
"""
_CALLED = _SKIPPED.replace("fc2 = nn.Linear(n_in, n_1)", "fc2 = nn.Linear(n_1, n_2)").replace(
    "        x = self.bn2(x)", "        x = self.fc2(x)\n        x = self.bn2(x)"
)
_ARGUMENTS = {
    "BatchNorm": "num_features",
    "SyncBatch": "num_features",
    "InstanceN": "num_features",
    "GroupNorm": "num_channels",
    "LayerNorm": "normalized_shape",
    "RMSNorm": "normalized_shape",
}


class NormFeatures(Rule):
    meta = Meta(
        code="ML203",
        name="norm-features",
        severity=Severity.ERROR,
        en=Doc(
            title="A normalisation layer gets another number of features than it was made for",
            what="Finds batch, instance, group and layer norms whose input has another number of channels or features.",
            why="The layer holds one mean, variance, weight and bias for each feature.",
            torch_says="RuntimeError: running_mean should contain 16 elements not 32",
            fix="Sets the number of features to what arrives, as the layer before writes it; or changes that layer. When a "
            "layer of the same number was made and never called (`fc2` before `bn2`), it is called.",
        ),
        zh=Doc(
            title="归一化层收到的特征数与创建时不符",
            what="查找输入的通道数或特征数与创建时不同的批归一化、实例归一化、组归一化和层归一化。",
            why="该层为每个特征保存一个均值、方差、权重和偏置。",
            torch_says="RuntimeError: running_mean should contain 16 elements not 32",
            fix="把特征数改成实际到达的数（按前一层的写法）；或修改前一层。如果同号的层已创建却从未调用（`bn2` 之前的 `fc2`），则补上调用。",
        ),
    )
    aspects = frozenset({"num_features", "num_channels", "normalized_shape"})
    invalid = (
        Invalid(_BROKEN, (9,), _BROKEN.replace("BatchNorm2d(32)", "BatchNorm2d(width)")),
        Invalid(_SKIPPED, (11,), _CALLED),
    )
    valid = (
        Valid(_BROKEN.replace("BatchNorm2d(32)", "BatchNorm2d(width)")),
        Valid(_CALLED),
        Valid(
            """\
import torch
from torch import nn

nn.LayerNorm(6)(torch.randn(2, 5, 6))
nn.GroupNorm(2, 6)(torch.randn(2, 6, 5))
nn.BatchNorm1d(6)(torch.randn(2, 6, 5))
"""
        ),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        layer = event.layer
        argument = _ARGUMENTS.get(class_name(layer)[:9], "num_features") if layer is not None else ""
        for finding in size_finding(event, argument, Text("features", "特征")):
            if layer is None:
                yield finding
            else:
                made = partial(_candidates, event, layer, argument, finding.candidates)
                yield replace(finding, candidates=Later(made))


def _candidates(
    event: ShapeMismatch, layer: Instance, argument: str, sizes: Iterable[Candidate]
) -> Iterator[Candidate]:
    yield from _calls(event, layer, argument)
    yield from sizes


def _calls(event: ShapeMismatch, layer: Instance, argument: str) -> Iterator[Candidate]:
    """Call the layer that was made for this place and forgotten, with the sizes that fit."""
    tensor, statement = operand(event), statement_of(event.place)
    partner = unused_partner(event.place, layer)
    if tensor is None or partner is None or statement is None or not isinstance(statement, ast.Assign):
        return
    call = next((node for node in nodes_in(statement) if node is event.place.node), None)
    if not isinstance(call, ast.Call) or not call.args:
        return
    unit = event.place.unit
    variable = unit.segment(call.args[0])
    before, given = producer(tensor), own_text(layer, argument, partner.layer)
    sizes = own_text(before, "out_features", partner.layer) if before is not None else None
    if given is None or sizes is None or not isinstance(call.args[0], ast.Name):
        return
    yield Candidate(
        Text(f"call `{partner.name}` before it", f"在它之前调用 `{partner.name}`"),
        (
            *insert_statement(unit, statement, f"{variable} = self.{partner.name}({variable})"),
            *set_argument(partner.layer, "in_features", sizes),
            *set_argument(partner.layer, "out_features", given),
        ),
        cost=0,
    )
