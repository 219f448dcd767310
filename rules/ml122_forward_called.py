"""ML122: ``self.layer.forward(x)``."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Edit
from modlint.interpret.events import ClassRead, UnitRead
from modlint.interpret.modules import is_module_class
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import made_layers, methods
from modlint.rulekit.siblings import self_attribute
from modlint.rulekit.training import models
from modlint.syntax import Place, Unit, own_nodes

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
_USED = _RIGHT.replace("Net()(", "net = Net()\nnet(")


class ForwardCalled(Rule):
    meta = Meta(
        code="ML122",
        name="forward-called",
        severity=Severity.INFO,
        en=Doc(
            title="`forward` of a layer is called by name",
            what="Finds `self.layer.forward(x)`, and `model.forward(x)` in the code that uses a model.",
            why="Calling the layer runs its hooks as well: profilers, pruning and quantisation rest on them.",
            torch_says="nothing: hooks do not run",
            fix="Calls the layer itself. Safe.",
        ),
        zh=Doc(
            title="直接调用层的 `forward`",
            what="查找 `self.layer.forward(x)`，以及使用模型的代码里的 `model.forward(x)`。",
            why="调用层本身还会运行它的钩子：性能分析、剪枝、量化都依赖钩子。",
            torch_says="nothing: hooks do not run",
            fix="改为调用层本身。安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("self.fc(x)", "self.fc.forward(x)"), (11,), _RIGHT, raises=False),
        Invalid(_USED.replace("net(t", "net.forward(t"), (15,), _USED, raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("nn.Module", "nn.Identity").replace("self.fc(x)", "super().forward(self.fc(x))")),
        Valid(_RIGHT.replace("Net()(", "Net().forward(")),
        Valid(_RIGHT.replace("self.fc(x)", "nn.Linear.forward(self.fc, x)")),
    )

    def check(self, event: ClassRead | UnitRead) -> Iterator[Finding]:
        """At the call: of a layer in the methods of its class, of a model in the code that uses it."""
        unit = event.unit if isinstance(event, UnitRead) else event.cls.unit
        if ".forward(" not in unit.text:
            return
        if isinstance(event, UnitRead):
            known = models(event.document)
            called = ((event.unit, call) for call in event.unit.nodes.get(ast.Call, ()) if _is_forward(call, known))
        else:
            layers = made_layers(event.cls) if is_module_class(event.cls) else {}
            called = (
                (function.unit, call)
                for function in (methods(event.cls) if layers else ())
                for call in own_nodes(function.node)
                if _is_forward(call, layers)
            )
        yield from (_finding(unit, call) for unit, call in called)


def _is_forward(call: ast.AST, known: Collection[str]) -> bool:
    """Whether a node is ``….forward(…)`` of one of the known names."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "forward":
        return False
    return (self_attribute(call.func.value) or getattr(call.func.value, "id", "")) in known


def _finding(unit: Unit, call: ast.Call) -> Finding:
    assert isinstance(call.func, ast.Attribute)
    layer, edit = unit.segment(call.func.value), Edit(unit.end(call.func.value), unit.end(call.func), "")
    return Finding(
        Place(unit, call),
        Text(f"call `{layer}(…)`: its hooks do not run so", f"应调用 `{layer}(…)`：这样写不会运行钩子"),
        candidates=(Candidate(Text(f"call `{layer}(…)`", f"调用 `{layer}(…)`"), ((unit, edit),)),),
    )
