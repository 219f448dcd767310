"""ML309: softmax over a single unit."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import OpCall
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import output_argument, producer
from modlint.rulekit.mismatched import operand
from modlint.rulekit.phrases import named_layer
from modlint.values import Open

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
_FUNCTIONS = ("softmax", "log_softmax")
_PREFIXES = ("torch.", "torch.Tensor.", "torch.nn.functional.")


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
    )
    valid = (
        Valid(_BROKEN.replace("nn.Linear(8, 1)", "nn.Linear(8, 2)").replace("torch.equal", "bool").replace(
            ", torch.ones(4, 1))", ".numel())")),
        Valid(_BROKEN.replace("dim=1)", "dim=0)").replace("torch.equal", "bool").replace(
            ", torch.ones(4, 1))", ".numel())")),
        Valid("import torch\n\nscores = torch.randn(4, 1)\ntorch.softmax(scores, dim=1)\n"),
    )  # fmt: skip

    def check(self, event: OpCall) -> Iterator[Finding]:
        tensor = operand(event)
        shape = event.shapes.get(id(tensor)) if tensor is not None else None
        dim = event.layer.attrs.get("dim") if event.layer is not None else event.bound["dim"].value
        if tensor is None or shape is None or not isinstance(dim, int):
            return
        rank, last = (None, shape.tail[-1:]) if isinstance(shape, Open) else (len(shape), shape[-1:])
        maker = producer(tensor)
        name = output_argument(maker) if maker is not None else None
        if maker is None or name is None or maker.arguments[name].value != 1 or last != (1,):
            return
        if dim == -1 or (rank is not None and dim == rank - 1):
            yield Finding(
                event.place,
                Text(
                    f"softmax over the one unit of {named_layer(maker)}: the result is always 1",
                    f"对 {named_layer(maker)} 的唯一单元做 softmax：结果恒为 1",
                ),
            )
