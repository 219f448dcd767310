"""ML128: a ``ModuleList`` or ``ModuleDict`` is called as if it were a layer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability, Edit
from modlint.interpret.events import NoForward
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.candidates import rename_class
from modlint.rulekit.phrases import library_name, made_here
from modlint.values import External

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))

    def forward(self, x):
        return self.layers(x)


Net()(torch.randn(2, 4))
"""
_LIST = _RIGHT.replace(
    "nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))", "nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 2)])"
)
_LOOP = _LIST.replace("return self.layers(x)", "for layer in self.layers:\n            x = layer(x)\n        return x")


class ContainerCalled(Rule):
    meta = Meta(
        code="ML128",
        name="container-called",
        severity=Severity.ERROR,
        en=Doc(
            title="A `ModuleList` or `ModuleDict` is called",
            what="Finds `self.layers(x)` where `self.layers` is an `nn.ModuleList` or `nn.ModuleDict`.",
            why="These hold layers and do not know in which order to run them. `nn.Sequential` does.",
            torch_says='NotImplementedError: Module [ModuleList] is missing the required "forward" function',
            fix="Makes an `nn.Sequential` of the list. Unsafe where the list is used otherwise, too.",
        ),
        zh=Doc(
            title="调用了 `ModuleList` 或 `ModuleDict`",
            what="查找 `self.layers` 是 `nn.ModuleList` 或 `nn.ModuleDict` 时的 `self.layers(x)`。",
            why="它们只保存各层，不知道按什么顺序运行；`nn.Sequential` 才知道。",
            torch_says='NotImplementedError: Module [ModuleList] is missing the required "forward" function',
            fix="把列表改成 `nn.Sequential`。列表另有用处时不安全。",
        ),
    )
    invalid = (
        Invalid(_LIST, (11,), _LIST.replace("nn.ModuleList([", "nn.Sequential(*[")),
        Invalid(
            _LIST.replace("ModuleList([nn.Linear(4, 4), nn.Linear(4, 2)])", "ModuleDict({'a': nn.Linear(4, 4)})"), (11,)
        ),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_LOOP),
        Valid(_LIST.replace("self.layers(x)", "self.layers[1](self.layers[0](x))")),
        Valid(_LIST.replace("self.layers(x)", "nn.Sequential(*self.layers)(x)")),
    )

    def check(self, event: NoForward) -> Iterator[Finding]:
        """At the call."""
        container = event.instance
        if isinstance(container.cls, External):
            name = library_name(container.cls)
            yield Finding(
                event.place,
                Text(f"an `nn.{name}` cannot be called", f"`nn.{name}` 不能被调用"),
                made_here(container),
                tuple(_candidates(event)),
            )


def _candidates(event: NoForward) -> Iterator[Candidate]:
    """``nn.Sequential(*[…])``."""
    place, edits = event.instance.place, rename_class(event.instance, "ModuleList", "Sequential")
    call = place.node if edits and place is not None else None
    if place is not None and isinstance(call, ast.Call) and len(call.args) == 1:
        start = place.unit.start(call.args[0])
        star = (place.unit, Edit(start, start, "*"))
        yield Candidate(Text("use `nn.Sequential`", "改用 `nn.Sequential`"), (*edits, star), trust=Applicability.UNSAFE)
