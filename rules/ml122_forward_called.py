"""ML122: ``self.layer.forward(x)``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Edit
from modlint.interpret.events import ClassRead
from modlint.interpret.modules import is_module_class
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import made_layers, methods, self_attribute
from modlint.syntax import Place, own_nodes

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""


class ForwardCalled(Rule):
    meta = Meta(
        code="ML122",
        name="forward-called",
        severity=Severity.INFO,
        en=Doc(
            title="`forward` of a layer is called by name",
            what="Finds `self.layer.forward(x)`.",
            why="Calling the layer runs its hooks as well: profilers, pruning and quantisation rest on them.",
            torch_says="nothing: hooks do not run",
            fix="Calls the layer itself. Safe.",
        ),
        zh=Doc(
            title="直接调用层的 `forward`",
            what="查找 `self.layer.forward(x)`。",
            why="调用层本身还会运行它的钩子：性能分析、剪枝、量化都依赖钩子。",
            torch_says="nothing: hooks do not run",
            fix="改为调用层本身。安全。",
        ),
    )
    invalid = (Invalid(_RIGHT.replace("self.fc(x)", "self.fc.forward(x)"), (11,), _RIGHT, raises=False),)
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("nn.Module", "nn.Identity").replace("self.fc(x)", "super().forward(self.fc(x))")),
        Valid(_RIGHT.replace("Net()(", "Net().forward(")),
        Valid(_RIGHT.replace("self.fc(x)", "nn.Linear.forward(self.fc, x)")),
    )

    def check(self, event: ClassRead) -> Iterator[Finding]:
        """At the call."""
        layers = made_layers(event.cls) if is_module_class(event.cls) else {}
        for function in methods(event.cls) if layers else ():
            for node in own_nodes(function.node):
                target = node.func if isinstance(node, ast.Call) else None
                if (
                    isinstance(target, ast.Attribute)
                    and target.attr == "forward"
                    and self_attribute(target.value) in layers
                ):
                    unit, layer = function.unit, function.unit.segment(target.value)
                    edit = Edit(unit.end(target.value), unit.end(target), "")
                    yield Finding(
                        Place(unit, node),
                        Text(f"call `{layer}(…)`: its hooks do not run so", f"应调用 `{layer}(…)`：这样写不会运行钩子"),
                        candidates=(Candidate(Text(f"call `{layer}(…)`", f"调用 `{layer}(…)`"), ((unit, edit),)),),
                    )
