"""ML130: ``x.shape(0)`` and ``x.size[0]``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ClassRead, NotCallable
from modlint.interpret.modules import is_module_class
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.blocks import method
from modlint.syntax import Place, Unit, own_nodes
from modlint.values import Size

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(12, 2)

    def forward(self, x):
        x = x.view(x.SIZE, -1)
        return self.fc(x)


Net()(torch.randn(2, 3, 4))
"""


class ShapeCalled(Rule):
    meta = Meta(
        code="ML130",
        name="shape-called",
        severity=Severity.ERROR,
        en=Doc(
            title="`shape` is called, or `size` indexed",
            what="Finds `x.shape(0)` and `x.size[0]` in `forward`.",
            why="`shape` is an attribute and takes an index, `size` is a method and takes an argument.",
            torch_says="TypeError: 'torch.Size' object is not callable",
            fix="Writes `x.size(0)` and `x.shape[0]`. Safe.",
        ),
        zh=Doc(
            title="把 `shape` 当方法调用，或对 `size` 取下标",
            what="查找 `forward` 中的 `x.shape(0)` 和 `x.size[0]`。",
            why="`shape` 是属性，用下标；`size` 是方法，用参数。",
            torch_says="TypeError: 'torch.Size' object is not callable",
            fix="改写为 `x.size(0)` 和 `x.shape[0]`。安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("SIZE", "shape(0)"), (11,), _RIGHT.replace("SIZE", "size(0)")),
        Invalid(_RIGHT.replace("SIZE", "size[0]"), (11,), _RIGHT.replace("SIZE", "shape[0]")),
    )
    valid = (
        Valid(_RIGHT.replace("SIZE", "size(0)")),
        Valid(_RIGHT.replace("SIZE", "shape[0]")),
        Valid(_RIGHT.replace("x.SIZE", "x.size()[0]")),
        Valid(_RIGHT.replace("x.SIZE", "torch.Size([2])[0]")),
        Valid(_RIGHT.replace("x.SIZE", "F.shape(x)[0]").replace("class", "import numpy as F\n\n\nclass")),
    )

    def check(self, event: ClassRead | NotCallable) -> Iterator[Finding]:
        """At the expression; an error where it is known to be the shape of a tensor that is called."""
        if isinstance(event, NotCallable):
            written = _swapped(event.place.unit, event.place.node) if isinstance(event.value, Size) else None
            if written is not None:
                yield _finding(event.place.unit, event.place.node, written, None)
            return
        forward = method(event.node, "forward") if is_module_class(event.cls) else None
        if forward is None or event.cls.unit.mentioned.isdisjoint({"shape", "size"}):
            return
        names = {
            node.id for node in own_nodes(forward) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        local = names | {arg.arg for arg in forward.args.args[1:]}
        for node in own_nodes(forward):
            written = _swapped(event.cls.unit, node)
            if written is not None and _owner(node) in local:
                yield _finding(event.cls.unit, node, written, Severity.WARNING)


def _swapped(unit: Unit, node: ast.AST) -> str | None:
    """``x.size(0)`` for ``x.shape(0)``, ``x.shape[0]`` for ``x.size[0]``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "shape":
        return f"{unit.segment(node.func.value)}.size({', '.join(map(unit.segment, node.args))})"
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "size":
        return f"{unit.segment(node.value.value)}.shape[{unit.segment(node.slice)}]"
    return None


def _owner(node: ast.Call | ast.Subscript) -> str:
    """``x`` in ``x.shape(0)`` and ``x.size[0]``."""
    attribute = node.func if isinstance(node, ast.Call) else node.value
    return getattr(attribute.value, "id", "") if isinstance(attribute, ast.Attribute) else ""


def _finding(unit: Unit, node: ast.AST, written: str, severity: Severity | None) -> Finding:
    wrong = unit.segment(node)
    return Finding(
        Place(unit, node),
        Text(f"`{wrong}` fails: `shape` takes an index, `size` an argument",
             f"`{wrong}` 会报错：`shape` 用下标，`size` 用参数"),
        candidates=(Candidate(Text(f"write `{written}`", f"改写为 `{written}`"), replace(unit, node, written)),),
        severity=severity,
    )  # fmt: skip
