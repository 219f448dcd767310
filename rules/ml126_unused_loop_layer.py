"""ML126: a loop over layers that never uses the layer of the round."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import ClassRead
from modlint.interpret.modules import is_module_class
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import methods
from modlint.rulekit.siblings import self_attribute
from modlint.syntax import Place, Unit, nodes_in, own_nodes

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])

    def forward(self, x):
        x = self.first(x)
        for layer in self.layers:
            x = layer(x)
        return x


Net()(torch.randn(2, 4))
"""


class UnusedLoopLayer(Rule):
    meta = Meta(
        code="ML126",
        name="unused-loop-layer",
        severity=Severity.WARNING,
        en=Doc(
            title="A loop over layers calls another layer in every round",
            what="Finds `for layer in self.layers:` whose body never uses `layer` and calls an attribute instead.",
            why="The same layer runs every time, and those in the list never.",
            torch_says="nothing: silently a different network",
            fix="Calls the layer of the round, when the body calls one attribute. Unsafe.",
        ),
        zh=Doc(
            title="遍历各层的循环每次都调用别的层",
            what="查找循环体从不使用 `layer`、却调用某个属性的 `for layer in self.layers:`。",
            why="每次运行的都是同一个层，列表里的层从未运行。",
            torch_says="nothing: silently a different network",
            fix="循环体只调用一个属性时，改为调用当前的层。不安全。",
        ),
    )
    invalid = tuple(
        Invalid(_RIGHT.replace("x = layer(x)", f"x = {other}(x)"), (14,), _RIGHT, raises=False)
        for other in ("self.first", "self.layers[0]")
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("for layer in", "for _ in").replace("x = layer(x)", "x = self.first(x)")),
        Valid(_RIGHT.replace("in self.layers", "in range(2)").replace("x = layer(x)", "x = self.first(x)")),
        Valid(_RIGHT.replace("layer in self.layers", "i, layer in enumerate(self.layers)")),
    )

    def check(self, event: ClassRead) -> Iterator[Finding]:
        """At the call that stands for the layer of the round."""
        for function in methods(event.cls) if is_module_class(event.cls) else ():
            for node in own_nodes(function.node):
                if isinstance(node, ast.For) and isinstance(node.target, ast.Name) and self_attribute(node.iter):
                    yield from _judged(function.unit, node, node.target.id)


def _layer(call: ast.AST) -> ast.expr | None:
    """``self.fc`` in ``self.fc(x)``, ``self.layers[0]`` in ``self.layers[0](x)``."""
    if not isinstance(call, ast.Call):
        return None
    function = call.func
    is_item = isinstance(function, ast.Subscript) and isinstance(function.slice, ast.Constant)
    return function if self_attribute(function.value if is_item else function) else None  # type: ignore[attr-defined]


def _judged(unit: Unit, loop: ast.For, name: str) -> Iterator[Finding]:
    inner = [node for statement in loop.body for node in nodes_in(statement)]
    if name.startswith("_") or any(isinstance(node, ast.Name) and node.id == name for node in inner):
        return
    calls = [layer for node in inner if (layer := _layer(node)) is not None]
    for call in calls[:1]:
        title = Text(f"call `{name}`", f"改为调用 `{name}`")
        edits = replace(unit, call, name) if len(calls) == 1 else ()
        written = unit.segment(call)
        yield Finding(
            Place(unit, call),
            Text(
                f"the loop never uses `{name}` and calls `{written}` every time",
                f"循环从未使用 `{name}`，每次都调用 `{written}`",
            ),
            candidates=(Candidate(title, edits, trust=Applicability.UNSAFE),) if edits else (),
        )
