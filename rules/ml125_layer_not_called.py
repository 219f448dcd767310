"""ML125: a layer stands where its output is meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Edit
from modlint.interpret.events import ShapeMismatch
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.misfits import is_layer_for_tensor
from modlint.rulekit.phrases import class_name, library_name
from modlint.rulekit.siblings import class_of, self_attribute
from modlint.syntax import Place, nodes_in
from modlint.values import External, Instance, Tensor, Unknown

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        x = self.body(x)
        return self.head(x)


Net()(torch.randn(2, 4))
"""


class LayerNotCalled(Rule):
    meta = Meta(
        code="ML125",
        name="layer-not-called",
        severity=Severity.ERROR,
        en=Doc(
            title="A layer is passed on and not called",
            what="Finds layers that are given to another layer or operation where a tensor is wanted, such as "
            "`x = self.body` before `self.head(x)`.",
            why="`self.body` is the layer itself; only `self.body(x)` computes something.",
            torch_says="TypeError: linear(): argument 'input' (position 1) must be Tensor, not Sequential",
            fix="Calls the layer with the variable that it is assigned to. Safe.",
        ),
        zh=Doc(
            title="传递了层而没有调用它",
            what="查找在需要张量的地方传入的层，例如在 `self.head(x)` 之前写了 `x = self.body`。",
            why="`self.body` 是层本身，只有 `self.body(x)` 才会计算。",
            torch_says="TypeError: linear(): argument 'input' (position 1) must be Tensor, not Sequential",
            fix="用所赋值的变量调用该层。安全。",
        ),
    )
    aspects = frozenset({"type"})
    invalid = (
        Invalid(_RIGHT.replace("self.body(x)", "self.body"), (12,), _RIGHT),
        Invalid(_RIGHT.replace("self.head(x)", "self.head(self.body)"), (13,)),
        Invalid(_RIGHT.replace("self.head(x)", "torch.relu(self.head)"), (13,)),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("x = self.body(x)", "body = self.body\n        x = body(x)")),
        Valid(_RIGHT.replace("x = self.body(x)", "x = nn.Sequential(self.body)(x)")),
        Valid(_RIGHT.replace("x = self.body(x)", "x = [part(x) for part in [self.body]][0]")),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        """Where the layer is taken for its output, else where that is used."""
        layer = event.mismatch.found
        if not is_layer_for_tensor(event) or not isinstance(layer, Instance) or _is_made_of_input(layer):
            return
        taken = _assignment(layer)
        user = class_name(event.layer) if event.layer is not None else library_name(External(event.op))
        name = f"self.{layer.name}" if layer.name else class_name(layer)
        yield Finding(
            event.place if taken is None else Place(event.place.unit, taken),
            Text(
                f"`{name}` is a layer that nobody calls: `{user}` (line {event.place.line}) wants its output",
                f"`{name}` 是没有被调用的层：`{user}`（第 {event.place.line} 行）需要它的输出",
            ),
            why=(Because(event.place, Text("its output is wanted here", "这里需要它的输出")),),
            candidates=tuple(_candidates(event.place, taken)),
        )


def _is_made_of_input(layer: Instance) -> bool:
    """``nn.Flatten(x)``: another rule says that the class was called for the layer."""
    first = next(iter(layer.arguments.values()), None)
    return not layer.name and first is not None and isinstance(first.value, (Tensor, Unknown))


def _assignment(layer: Instance) -> ast.Assign | None:
    """The one statement ``x = self.layer`` of the class."""
    owner = class_of(layer.place) if layer.place is not None else None
    assignments = [node for node in nodes_in(owner) if isinstance(node, ast.Assign)] if owner is not None else []
    found = [node for node in assignments
             if self_attribute(node.value) == layer.name and isinstance(node.targets[0], ast.Name)]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _candidates(place: Place, taken: ast.Assign | None) -> Iterator[Candidate]:
    if taken is not None:
        unit = place.unit
        end, variable = unit.end(taken.value), unit.segment(taken.targets[0])
        text = f"{unit.segment(taken.value)}({variable})"
        yield Candidate(Text(f"write `{text}`", f"改写为 `{text}`"), ((unit, Edit(end, end, f"({variable})")),))
