"""ML219: a ``view(-1, N)`` that fits only by changing the number of samples."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from math import prod

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import OpCall
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import set_argument
from modlint.rulekit.featuremaps import feature_map
from modlint.rulekit.mismatched import operand
from modlint.rulekit.phrases import comes_from
from modlint.syntax import Place, nodes_in
from modlint.values import Instance, Open, Tensor

_WRONG = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.fc = nn.Linear(8 * 6 * 6, 10)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        x = x.view(-1, 8 * 6 * 6)
        return self.fc(x)


net = Net()
outputs = net(torch.randn(4, 3, 12, 12))
"""
_RIGHT = _WRONG.replace("view(-1, 8 * 6 * 6)", "flatten(1)").replace("8 * 6 * 6", "1152")
_EQUAL = _WRONG.replace("12, 12)", "16, 16)").replace("8 * 6 * 6", "4 * 8 * 8")


class MergedBatch(Rule):
    meta = Meta(
        code="ML219",
        name="merged-batch",
        severity=Severity.WARNING,
        en=Doc(
            title="A `view(-1, N)` changes the number of samples",
            what="Finds feature maps that are reshaped to rows of `N` features before a `Linear`, where a sample has another "
            "number of features.",
            why="`-1` takes what is left: the features of one sample are spread over several rows, or several samples are "
            "mixed in one. The layer runs, and its output has another batch size than the labels.",
            torch_says="ValueError: Expected input batch_size (16) to match target batch_size (4).",
            fix="Flattens from dimension 1 on and gives the layer as many features. Unsafe: it changes the model.",
        ),
        zh=Doc(
            title="`view(-1, N)` 改变了样本数",
            what="查找 `Linear` 之前把特征图变形为每行 `N` 个特征、而一个样本的特征数并非 `N` 的代码。",
            why="`-1` 取剩下的数：一个样本的特征被分到多行，或多个样本混进一行。该层能运行，但输出的批大小与标签不同。",
            torch_says="ValueError: Expected input batch_size (16) to match target batch_size (4).",
            fix="从第 1 维开始展平，并让该层接收同样多的特征。不安全：会改变模型。",
        ),
    )
    watches = frozenset({"torch.nn.Linear.forward"})
    invalid = (Invalid(_WRONG, (13,), _RIGHT, raises=False),)
    valid = (
        Valid(_RIGHT),
        Valid(_WRONG.replace("8 * 6 * 6", "8 * 12 * 12")),
        Valid(_WRONG.replace("8 * 6 * 6", "12 * 12")),
        Valid(_WRONG.split("outputs")[0]),
        Valid(_WRONG.replace("8 * 6 * 6", "5 * 5 * 5"), runs=False),
    )

    def check(self, event: OpCall) -> Iterator[Finding]:
        """At the ``view``."""
        tensor = operand(event)
        if event.layer is None or tensor is None or tensor.origin is None or not tensor.sources:
            return
        shape, sizes = event.shapes.get(id(tensor), tensor.shape), _sample(tensor.sources[0], event)
        if tensor.origin.op.rpartition(".")[2] not in ("view", "reshape") or not sizes or isinstance(shape, Open):
            return
        given = shape[-1]
        total = prod(sizes)
        if (
            len(shape) == 2
            and isinstance(given, int)
            and _holds(tensor.sources[0], event, given)
            and not _is_meant(tensor.origin.place, given, sizes)
        ):
            yield Finding(
                tensor.origin.place,
                Text(
                    f"a sample has {total} features here, not {given}: the rows are no samples any more",
                    f"这里一个样本有 {total} 个特征，而不是 {given} 个：各行不再是样本",
                ),
                comes_from(tensor.sources[0], event.shapes),
                tuple(_candidates(tensor.origin.place, event.layer, total)),
            )


def _holds(source: Tensor, event: OpCall, given: int) -> bool:
    """Whether rows of this size can be made of a feature map at all; if not, the ``view`` itself is wrong."""
    shape = event.shapes.get(id(source), source.shape)
    sizes = [size for size in shape if isinstance(size, int)] if isinstance(shape, tuple) else []
    return prod(sizes) % given == 0


def _sample(source: Tensor, event: OpCall) -> tuple[int, ...]:
    """The sizes of one sample of a feature map; empty when they are not known."""
    shape = feature_map(source, event.shapes)
    sizes = shape[1:] if shape is not None else ()
    return (
        tuple(size for size in sizes if isinstance(size, int)) if all(isinstance(size, int) for size in sizes) else ()
    )


def _is_meant(place: Place, given: int, sizes: tuple[int, ...]) -> bool:
    """Whether a row holds a sample, or on purpose a channel or a line of one: not when channels, height and width are
    written as a product."""
    trailing = {prod(sizes[start:]) for start in range(1, len(sizes))}
    written = place.node.args[-1] if isinstance(place.node, ast.Call) and place.node.args else place.node
    factors = [node for node in nodes_in(written) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)]
    return given == prod(sizes) or (given in trailing and len(factors) < 2)


def _candidates(place: Place, layer: Instance, total: int) -> Iterator[Candidate]:
    call = place.node
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        flat = replace(place.unit, call, f"{place.unit.segment(call.func.value)}.flatten(1)")
        title = Text("flatten every sample for itself", "逐个样本展平")
        edits = (*flat, *set_argument(layer, "in_features", str(total)))
        yield Candidate(title, edits, trust=Applicability.UNSAFE)
