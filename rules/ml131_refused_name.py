"""ML131: a part of a module under a name that torch refuses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import RefusedName
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.syntax import Place, nodes_in

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleDict({"stage_1": nn.Linear(4, 4), "stage_2": nn.Linear(4, 2)})

    def forward(self, x):
        for stage in self.stages.values():
            x = torch.relu(stage(x))
        return x


Net()(torch.randn(2, 4))
"""
_LOOP = """\
from torch import nn

net = nn.Sequential()
for index in range(3):
    net.add_module(f"layer_{index}", nn.Linear(4, 4))
"""
_ORDERED = """\
from collections import OrderedDict

from torch import nn

net = nn.Sequential(OrderedDict([("fc_1", nn.Linear(4, 4)), ("relu_1", nn.ReLU())]))
"""
_BUFFER = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("image_mean", torch.zeros(3))

    def forward(self, x):
        return x - self.image_mean


Net()(torch.randn(2, 3))
"""


class RefusedNameOfPart(Rule):
    meta = Meta(
        code="ML131",
        name="refused-name",
        severity=Severity.ERROR,
        en=Doc(
            title="A part of a module has a name that torch refuses",
            what="Finds keys of `nn.ModuleDict` and names in `add_module`, `register_buffer` and `register_parameter` "
            "that are empty, hold a dot, or are those of a method such as `type` or `keys`.",
            why="A dot parts the names of nested modules in a state dict, and a part is an attribute of its module.",
            torch_says="KeyError: 'module name can\\'t contain \".\", got: stage.1'",
            fix="Writes `_` for the dot. Unsafe: the name stands in saved state dicts, and elsewhere in the code.",
        ),
        zh=Doc(
            title="模块的组成部分用了 torch 拒绝的名字",
            what="查找 `nn.ModuleDict` 的键，以及 `add_module`、`register_buffer`、`register_parameter` 的名字："
            "为空、含有点号，或与 `type`、`keys` 等方法同名。",
            why="state dict 用点号分隔嵌套模块的名字，而每个组成部分都是模块的属性。",
            torch_says="KeyError: 'module name can\\'t contain \".\", got: stage.1'",
            fix="把点号改为 `_`。不安全：这个名字会出现在保存的 state dict 和其他代码里。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace('"stage_1"', '"stage.1"'), (8,), _RIGHT),
        Invalid(_RIGHT.replace('"stage_1"', '"type"'), (8,)),
        Invalid(_RIGHT.replace('"stage_1"', '"keys"'), (8,)),
        Invalid(_LOOP.replace("layer_{", "layer.{"), (5,), _LOOP),
        Invalid(_ORDERED.replace("fc_1", "fc.1"), (5,), _ORDERED),
        Invalid(_ORDERED.replace("fc_1", ""), (5,)),
        Invalid(_BUFFER.replace('"image_mean"', '"image.mean"'), (8,), _BUFFER),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("stage_1", "1").replace("stage_2", "conv 3x3")),
        Valid(_RIGHT.replace("stage_1", "linear").replace("stage_2", "typed")),
        Valid(_LOOP),
        Valid(_LOOP.replace("layer_{index}", "{index}")),
        Valid(_ORDERED),
        Valid(_BUFFER),
        Valid('from torch import nn\n\nstate = {f"body.{name}": 1 for name in nn.Linear(4, 2).state_dict()}\n'),
        Valid('from torch import nn\n\nnet = nn.Module()\nsetattr(net, "body.0", nn.Linear(4, 2))\n'),
    )

    def check(self, event: RefusedName) -> Iterator[Finding]:
        """Where the part gets its name."""
        name = event.name
        yield Finding(
            event.place,
            Text(
                f"torch refuses `{name}` as the name of a part: {_reason(name).en}",
                f"torch 拒绝把 `{name}` 用作组成部分的名字：{_reason(name).zh}",
            ),
            candidates=tuple(_candidates(event.place, name)),
        )


def _reason(name: str) -> Text:
    if not name:
        return Text("it is empty", "名字为空")
    if "." in name:
        return Text("it has a dot", "含有点号")
    return Text("a method has this name", "与方法同名")


def _candidates(place: Place, name: str) -> Iterator[Candidate]:
    """``_`` for the dot, where the name is written out: as a string, or as the only f-string with a dot."""
    strings = [node for node in nodes_in(place.node) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    whole = [node for node in strings if node.value == name]
    formatted = [node for node in nodes_in(place.node) if isinstance(node, ast.JoinedStr)]
    for node in whole or formatted if "." in name and len(whole or formatted) == 1 else ():
        text = place.unit.segment(node).replace(".", "_")
        yield Candidate(
            Text(f"write `{text}`", f"改写为 `{text}`"), replace(place.unit, node, text), trust=Applicability.UNSAFE
        )
