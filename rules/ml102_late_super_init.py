"""ML102: ``super().__init__()`` is called after the first layer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import NotInitialised
from modlint.rewrite import insert_first, insert_statement, remove_statement
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.constructors import constructors, super_call
from modlint.syntax import Place, nodes_in
from modlint.values import Function

_BROKEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(4, 2)
        super().__init__()

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""
_FIXED = """\
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
_BRANCHED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, bias=True):
        bias = bool(bias)
        if bias:
            self.fc = nn.Linear(4, 2)
        else:
            self.fc = nn.Linear(4, 2, bias=False)
        super().__init__()

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""
_BRANCHED_FIXED = _BRANCHED.replace("        super().__init__()\n", "").replace(
    "        bias = bool", "        super().__init__()\n        bias = bool"
)


class LateSuperInit(Rule):
    meta = Meta(
        code="ML102",
        name="late-super-init",
        severity=Severity.ERROR,
        en=Doc(
            title="`super().__init__()` comes after the first layer",
            what="Finds constructors that assign a layer or parameter before they run the constructor of `nn.Module`.",
            why="`nn.Module.__init__` makes the registries that a layer is put into. Plain values may come first.",
            torch_says="AttributeError: cannot assign module before Module.__init__() call",
            fix="Moves the call to the top of `__init__`. Safe.",
        ),
        zh=Doc(
            title="`super().__init__()` 写在第一个层之后",
            what="查找在运行 `nn.Module` 构造函数之前就给属性赋值网络层或参数的 `__init__`。",
            why="`nn.Module.__init__` 会创建登记网络层的表；普通的值可以写在它前面。",
            torch_says="AttributeError: cannot assign module before Module.__init__() call",
            fix="把调用移到 `__init__` 的第一行。安全。",
        ),
    )
    invalid = (Invalid(_BROKEN, lines=(7,), fixed=_FIXED), Invalid(_BRANCHED, lines=(9,), fixed=_BRANCHED_FIXED))
    valid = (
        Valid(_FIXED),
        Valid(
            """\
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        self.width = width
        sizes = [width, 2 * width]
        super().__init__()
        self.fc = nn.Linear(*sizes)


Net(4)
"""
        ),
        Valid(
            """\
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        first = nn.Linear(4, 2)
        super().__init__(first, nn.ReLU())


Net()
"""
        ),
    )

    def check(self, event: NotInitialised) -> Iterator[Finding]:
        for owner, init in constructors(event.cls):
            call = super_call(owner, init)
            if call is None or not call.right or event.attribute is None:
                return
            assert isinstance(init.node, ast.FunctionDef)
            early = _early(init.node, event.place)
            if early is not None and call.statement in init.node.body and early.lineno < call.statement.lineno:
                yield _finding(event, init, call.statement, early)
                return


def _early(init: ast.FunctionDef, place: Place) -> ast.stmt | None:
    """The statement of the constructor's own body in which the layer was assigned."""
    return next((statement for statement in init.body if place.node in nodes_in(statement)), None)


def _finding(event: NotInitialised, init: Function, call: ast.stmt, early: ast.stmt) -> Finding:
    assert isinstance(init.node, ast.FunctionDef)
    name, unit = event.attribute, init.unit
    late = Place(unit, call)
    text, gone = unit.segment(call), remove_statement(unit, call)
    first = Text("move it to the top of `__init__`", "把它移到 `__init__` 的第一行")
    before = Text(f"move it before `self.{name}`", f"把它移到 `self.{name}` 之前")
    return Finding(
        event.place,
        Text(
            f"`self.{name}` is assigned before `super().__init__()` is called (line {late.line})",
            f"`self.{name}` 在调用 `super().__init__()`（第 {late.line} 行）之前就赋值",
        ),
        why=(Because(late, Text("the constructor of `nn.Module` runs here", "`nn.Module` 的构造函数在这里运行")),),
        candidates=(
            Candidate(first, (*insert_first(unit, init.node, text), *gone)),
            Candidate(before, (*insert_statement(unit, early, text), *gone), cost=2),
        ),
    )
