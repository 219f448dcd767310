"""ML309: softmax over a single unit."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ModelRun, OpCall
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import output_argument, producer
from modlint.rulekit.losses import classes, final_activation
from modlint.rulekit.mismatched import operand
from modlint.rulekit.phrases import named_layer
from modlint.signature import Passed
from modlint.syntax import Place
from modlint.values import Instance, Open, Shape, Tensor

_BROKEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 1)

    def forward(self, x):
        return torch.softmax(self.fc(x.flatten(1)), dim=1)


assert torch.equal(Net()(torch.randn(4, 8)), torch.ones(4, 1))
"""
_TRAINED = _BROKEN.split("assert")[0].replace(".flatten(1)", "") + (
    "net = Net()\nloss = nn.BCELoss()(net(torch.randn(4, 8)), torch.ones(4, 1))\n"
)
_FUNCTIONS = ("softmax", "log_softmax")
_PREFIXES = ("torch.", "torch.Tensor.", "torch.nn.functional.")
_BIASED = """\
import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Linear(2, 1)

    def forward(self, scores):
        return torch.softmax(scores + self.bias(torch.zeros(1, 2)), dim=-1)


Attention()(torch.randn(3, 1))
"""


class SoftmaxOfOne(Rule):
    meta = Meta(
        code="ML309",
        name="softmax-of-one",
        severity=Severity.WARNING,
        en=Doc(
            title="Softmax over a single unit",
            what="Finds softmax and log-softmax along the only output of a layer with one unit.",
            why="A single number is normalised to 1 (its logarithm to 0), whatever it is: the model is constant.",
            torch_says="nothing: the output is 1 for every input, and all gradients are 0",
            fix="None: for two classes use two units, or one unit with `sigmoid`.",
        ),
        zh=Doc(
            title="对单个单元做 softmax",
            what="查找沿只有一个输出单元的层做的 softmax 和 log-softmax。",
            why="单个数归一化后总是 1（对数为 0），与其值无关：模型成了常数。",
            torch_says="没有提示：任何输入的输出都是 1，梯度全为 0",
            fix="无：二分类请用两个单元，或一个单元加 `sigmoid`。",
        ),
    )
    watches = frozenset(
        [f"{prefix}{name}" for prefix in _PREFIXES for name in _FUNCTIONS]
        + ["torch.nn.Softmax.forward", "torch.nn.LogSoftmax.forward"]
    )
    invalid = (
        Invalid(_BROKEN, (11,), raises=False),
        Invalid(
            "import torch\nfrom torch import nn\n\n"
            "nn.Sequential(nn.Flatten(), nn.Linear(8, 1), nn.LogSoftmax(dim=1))(torch.randn(4, 8))\n",
            (4,),
            raises=False,
        ),
        Invalid(_TRAINED, (11,), raises=False),
    )
    valid = (
        Valid(_BIASED),
        Valid(_BROKEN.replace("nn.Linear(8, 1)", "nn.Linear(8, 2)").replace("torch.equal", "bool").replace(
            ", torch.ones(4, 1))", ".numel())")),
        Valid(_BROKEN.replace("dim=1)", "dim=0)").replace("torch.equal", "bool").replace(
            ", torch.ones(4, 1))", ".numel())")),
        Valid(_TRAINED.split("loss =")[0] + "net(torch.randn(4, 5, 8)).sum()\n"),
        Valid("import torch\n\nscores = torch.randn(4, 1)\ntorch.softmax(scores, dim=1)\n"),
    )  # fmt: skip

    def check(self, event: OpCall | ModelRun) -> Iterator[Finding]:
        """At the softmax: by the axis of a known rank, or at the end of a model that scores the samples of a batch."""
        if isinstance(event, OpCall):
            tensor = operand(event)
            if tensor is not None and _is_last(_dim(event.layer, event.bound), event.shapes.get(id(tensor))):
                yield from _judged(event.place, tensor)
            return
        activation, output = final_activation(event), event.output
        if activation is None or not isinstance(output, Tensor) or output.origin is None or not output.sources:
            return
        is_last = isinstance(output.shape, Open) and _written(activation.place, output.origin.layer) == 1
        if is_last and activation.kind in _FUNCTIONS and classes(event) == 1:
            yield from _judged(activation.place, output.sources[0])


def _dim(layer: Instance | None, bound: Mapping[str, Passed]) -> object:
    return layer.attrs.get("dim") if layer is not None else bound["dim"].value


def _written(place: Place, layer: Instance | None) -> object:
    """The axis of a softmax as it is written: ``dim=1``, or the setting of its layer."""
    if layer is not None:
        return layer.attrs.get("dim")
    words = place.node.keywords if isinstance(place.node, ast.Call) else []
    return next((getattr(word.value, "value", None) for word in words if word.arg == "dim"), None)


def _is_last(dim: object, shape: Shape | None) -> bool:
    if isinstance(shape, tuple):
        return bool(shape) and shape[-1] == 1 and dim in (-1, len(shape) - 1)
    return isinstance(shape, Open) and shape.tail[-1:] == (1,) and dim == -1


def _judged(place: Place, tensor: Tensor) -> Iterator[Finding]:
    maker = producer(tensor) if _is_made_alone(tensor) else None
    name = output_argument(maker) if maker is not None else None
    if maker is not None and name is not None and maker.arguments[name].value == 1:
        yield Finding(
            place,
            Text(
                f"softmax over the one unit of {named_layer(maker)}: the result is always 1",
                f"对 {named_layer(maker)} 的唯一单元做 softmax：结果恒为 1",
            ),
        )


def _is_made_alone(tensor: Tensor) -> bool:
    """Whether what the last layer gives is only reshaped or activated, and not added to scores of something else."""
    made: Tensor | None = tensor
    while (
        made is not None
        and made.origin is not None
        and (made.origin.layer is None or output_argument(made.origin.layer) is None)
    ):
        made = made.sources[0] if len(made.sources) == 1 else None
    return made is not None
