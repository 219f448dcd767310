"""ML129: a loop over layers that returns in its first round."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability, Edit
from modlint.interpret.events import ClassRead
from modlint.interpret.modules import is_module_class
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.blocks import method
from modlint.rulekit.siblings import parents
from modlint.syntax import Place, Unit, own_nodes

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


Net()(torch.randn(2, 4))
"""
_WRONG = _RIGHT.replace("        return x", "            return x")


class ReturnInLoop(Rule):
    meta = Meta(
        code="ML129",
        name="return-in-loop",
        severity=Severity.WARNING,
        en=Doc(
            title="A loop of `forward` returns in its first round",
            what="Finds `for` loops in `forward` that end in `return`, without a condition.",
            why="Only the first layer runs. The `return` was meant to stand after the loop.",
            torch_says="nothing: silently a different network",
            fix="Moves a `return` at the end of `forward` out of the loop. Unsafe: it changes the results.",
        ),
        zh=Doc(
            title="`forward` 里的循环在第一轮就返回",
            what="查找 `forward` 中无条件以 `return` 结尾的 `for` 循环。",
            why="只有第一层会运行；`return` 本应写在循环之后。",
            torch_says="没有提示：得到的是另一个网络",
            fix="把 `forward` 末尾的 `return` 移出循环。不安全：结果会改变。",
        ),
    )
    invalid = (
        Invalid(_WRONG, (13,), _RIGHT, raises=False),
        Invalid(_WRONG.replace("layer in self", "i, layer in enumerate(self").replace("s:\n", "s):\n"), (13,),
                _RIGHT.replace("layer in self", "i, layer in enumerate(self").replace("s:\n", "s):\n"), raises=False),
    )  # fmt: skip
    valid = (
        Valid(_RIGHT),
        Valid(
            _WRONG.replace(
                "            return x", "            if x.sum() > 0:\n                return x\n        return x"
            )
        ),
        Valid(
            _WRONG.replace(
                "            x = layer(x)",
                "            if x.sum() > 9:\n                continue\n            x = layer(x)",
            )
        ),
        Valid(_RIGHT.replace("        return x", "        while True:\n            return x")),
    )

    def check(self, event: ClassRead) -> Iterator[Finding]:
        """At the ``return``."""
        forward = method(event.node, "forward") if is_module_class(event.cls) else None
        for loop in own_nodes(forward) if forward is not None else ():
            last = loop.body[-1] if isinstance(loop, ast.For) else None
            if isinstance(last, ast.Return) and not any(isinstance(node, ast.Continue) for node in own_nodes(loop)):
                yield _finding(event.cls.unit, loop, last)


def _finding(unit: Unit, loop: ast.For, last: ast.Return) -> Finding:
    return Finding(
        Place(unit, last),
        Text(
            f"the loop of line {loop.lineno} returns in its first round",
            f"第 {loop.lineno} 行的循环在第一轮就返回",
        ),
        candidates=tuple(_candidates(unit, loop, last)),
    )


def _candidates(unit: Unit, loop: ast.For, last: ast.Return) -> Iterator[Candidate]:
    """Less indentation for a ``return`` of one line, where nothing follows the loop."""
    around = parents(unit)[loop]
    is_end = isinstance(around, ast.FunctionDef) and around.body[-1] is loop and len(loop.body) > 1 and not loop.orelse
    if is_end and last.lineno == last.end_lineno:
        start = unit.start(last)
        edit = Edit(start - (last.col_offset - loop.col_offset), start, "")
        title = Text("put it after the loop", "放到循环之后")
        yield Candidate(title, ((unit, edit),), trust=Applicability.UNSAFE)
