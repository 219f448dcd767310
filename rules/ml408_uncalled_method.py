"""ML408: a method that is named and not called."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability, Edit
from modlint.interpret.events import UnitRead
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.training import called_name
from modlint.syntax import Place, Unit

_BROKEN = """\
import torch
from torch import nn

model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
optimizer.zero_grad
loss = model(torch.randn(8, 4)).pow(2).mean()
loss.backward()
optimizer.step
"""
_STATE = """\
import torch
from torch import nn

model, copy = nn.Linear(4, 1), nn.Linear(4, 1)
copy.load_state_dict(model.state_dict())
"""
_TAKING_STATE = frozenset({"load_state_dict", "save"})
_METHODS = frozenset({"backward", "step", "zero_grad", "eval", "train", "cuda", "cpu", "item", "detach_"})


class UncalledMethod(Rule):
    meta = Meta(
        code="ML408",
        name="uncalled-method",
        severity=Severity.WARNING,
        en=Doc(
            title="A method is named but not called",
            what="Finds statements such as `loss.backward`, `optimizer.step` or `model.eval` without parentheses, and "
            "`model.state_dict` that is loaded or saved without them.",
            why="Naming a method does not run it.",
            torch_says="nothing: nothing happens",
            fix="Adds the parentheses. Unsafe: what did nothing starts to work.",
        ),
        zh=Doc(
            title="只写了方法名，没有调用",
            what="查找没有括号的 `loss.backward`、`optimizer.step`、`model.eval` 等语句，以及加载或保存时没有括号的 "
            "`model.state_dict`。",
            why="只写方法名不会运行它。",
            torch_says="没有提示：什么都不发生",
            fix="加上括号。不安全：原本无效的语句会开始起作用。",
        ),
    )
    invalid = (
        Invalid(_BROKEN, (6, 9), _BROKEN.replace("zero_grad\n", "zero_grad()\n").replace("step\n", "step()\n"),
                raises=False),
        Invalid(_STATE.replace("state_dict())", "state_dict)"), (5,), _STATE),
    )  # fmt: skip
    valid = (
        Valid(_BROKEN.replace("zero_grad\n", "zero_grad()\n").replace("step\n", "step()\n")),
        Valid("class Config:\n    step = 1\n\n\nconfig = Config()\nprint(config.step)\n"),
        Valid("import torch\n\ntorch.randn(2).shape\n"),
        Valid(_STATE),
        Valid(_STATE + "print(model.state_dict)\n"),
    )

    def check(self, event: UnitRead) -> Iterator[Finding]:
        for statement in event.unit.nodes.get(ast.Expr, ()):
            named = statement.value
            if isinstance(named, ast.Attribute) and named.attr in _METHODS:
                yield _finding(event.unit, named)
        for call in event.unit.nodes.get(ast.Call, ()) if "state_dict" in event.unit.mentioned else ():
            first = call.args[0] if called_name(call) in _TAKING_STATE and call.args else None
            if isinstance(first, ast.Attribute) and first.attr == "state_dict":
                yield _finding(event.unit, first)


def _finding(unit: Unit, named: ast.Attribute) -> Finding:
    end, text = unit.end(named), unit.segment(named)
    title = Text(f"call it: `{text}()`", f"调用它：`{text}()`")
    return Finding(
        Place(unit, named),
        Text(f"`{text}` is named but not called", f"`{text}` 只写了名字，没有调用"),
        candidates=(Candidate(title, ((unit, Edit(end, end, "()")),), trust=Applicability.UNSAFE),),
    )
