"""ML308: a model whose final softmax runs over the batch."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import ModelRun
from modlint.rewrite import Edits, replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import set_argument
from modlint.rulekit.losses import classes, final_activation
from modlint.syntax import Place
from modlint.values import Instance, Tensor

_BROKEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        x = self.fc(x.flatten(1))
        return torch.softmax(x, dim=0)


print(Net()(torch.randn(4, 8)).sum(dim=1))
"""
_LAYER = """\
import torch
from torch import nn

net = nn.Sequential(nn.Flatten(), nn.Linear(8, 3), nn.LogSoftmax(dim=0))
net(torch.randn(4, 8))
"""
_TRAINED = (
    _BROKEN.replace("        x = self.fc(x.flatten(1))\n", "")
    .replace("softmax(x", "log_softmax(self.fc(x)")
    .replace(
        "print(Net()(torch.randn(4, 8)).sum(dim=1))",
        "net = Net()\nloss = nn.NLLLoss()(net(torch.randn(4, 8)), torch.tensor([0, 1, 2, 0]))",
    )
)


class SoftmaxOverBatch(Rule):
    meta = Meta(
        code="ML308",
        name="softmax-over-batch",
        severity=Severity.WARNING,
        en=Doc(
            title="The final softmax runs over the batch",
            what="Finds models that end in a softmax or log-softmax with `dim=0` on [batch, classes].",
            why="The probabilities of a class then sum to 1 over the samples of a batch, and not those of a sample "
            "over the "
            "classes: every prediction depends on the other samples.",
            torch_says="nothing: the model does not learn",
            fix="Sets `dim=1`. Unsafe: it changes the results.",
        ),
        zh=Doc(
            title="最后的 softmax 作用在批上",
            what="查找在 [批, 类别] 上以 `dim=0` 的 softmax 或 log-softmax 结尾的模型。",
            why="这样每个类别的概率在批内各样本上和为 1，而不是每个样本在各类别上和为 1：预测会依赖同批的其他样本。",
            torch_says="没有提示：模型学不到东西",
            fix="改为 `dim=1`。不安全：结果会改变。",
        ),
    )
    invalid = (
        Invalid(_BROKEN, (12,), _BROKEN.replace("dim=0", "dim=1"), raises=False),
        Invalid(_LAYER, (4,), _LAYER.replace("dim=0", "dim=1"), raises=False),
        Invalid(_TRAINED, (11,), _TRAINED.replace("dim=0", "dim=1"), raises=False),
    )
    valid = (
        Valid(_BROKEN.replace("dim=0", "dim=1")),
        Valid(_LAYER.replace("dim=0", "dim=-1")),
        Valid(_BROKEN.replace("nn.Linear(8, 3)", "nn.Linear(8, 1)")),
        Valid(_TRAINED.split("loss =")[0] + "print(net(torch.randn(8)).argmax())\n"),
    )

    def check(self, event: ModelRun) -> Iterator[Finding]:
        activation = final_activation(event)
        if activation is None or activation.kind not in ("softmax", "log_softmax") or classes(event) in (None, 1):
            return
        place, layer = activation.place, _layer(event.output)
        dim = layer.attrs.get("dim") if layer is not None else _written(place)
        if dim == 0:
            where = layer.place if layer is not None and layer.place is not None else place
            yield Finding(
                where,
                Text(
                    f"this {activation.kind} runs over the batch: `dim=0` of [batch, classes]",
                    f"这个 {activation.kind} 作用在批上：[批, 类别] 的 `dim=0`",
                ),
                candidates=tuple(_candidates(place, layer)),
            )


def _layer(output: object) -> Instance | None:
    return output.origin.layer if isinstance(output, Tensor) and output.origin is not None else None


def _node(place: Place) -> ast.expr | None:
    """The expression for ``dim`` in ``F.softmax(x, dim=0)``, ``torch.softmax(x, 0)`` and ``x.softmax(0)``."""
    call = place.node
    if not isinstance(call, ast.Call):
        return None
    named = [word.value for word in call.keywords if word.arg == "dim"]
    constants = [node for node in call.args if isinstance(node, ast.Constant) and isinstance(node.value, int)]
    return next(iter([*named, *constants]), None)


def _written(place: Place) -> object:
    node = _node(place)
    return node.value if isinstance(node, ast.Constant) else None


def _candidates(place: Place, layer: Instance | None) -> Iterator[Candidate]:
    node = _node(place)
    edits: Edits = ()
    if layer is not None:
        edits = set_argument(layer, "dim", "1")
    elif node is not None:
        edits = replace(place.unit, node, "1")
    if edits:
        yield Candidate(Text("use `dim=1`", "改用 `dim=1`"), edits, trust=Applicability.UNSAFE)
