"""ML123: a class that was meant to be a module and does not inherit from ``nn.Module``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ClassRead, NotCallable
from modlint.interpret.modules import is_module_class
from modlint.rewrite import add_base, insert_first
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.constructors import super_call
from modlint.rulekit.definitions import is_module_like, methods, misnamed_forward, nn_name
from modlint.syntax import Place
from modlint.values import ClassValue, Function

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
_CALLABLE = """\
import torch
from torch import nn


class Ensemble:
    def __init__(self):
        self.one = nn.Linear(4, 2)
        self.two = nn.Linear(4, 2)

    def forward(self, x):
        return self.one(x) + self.two(x)

    def __call__(self, x):
        return self.forward(x)


Ensemble()(torch.randn(2, 4))
"""


class MissingBase(Rule):
    meta = Meta(
        code="ML123",
        name="missing-base",
        severity=Severity.ERROR,
        en=Doc(
            title="A class with layers and `forward` that is no `nn.Module`",
            what="Finds classes without a base whose constructor makes layers and that define `forward`, but no "
            "`__call__`. An error where such an object is called, else a warning.",
            why="Without `nn.Module` the object cannot be called, has no parameters and cannot be moved or saved.",
            torch_says="TypeError: 'Net' object is not callable",
            fix="Adds the base, and `super().__init__()` where it is missing. Safe.",
        ),
        zh=Doc(
            title="有层和 `forward`、却不是 `nn.Module` 的类",
            what="查找没有基类、构造函数创建了层、定义了 `forward` 却没有 `__call__` 的类。调用其对象时为错误，否则为警告。",
            why="没有 `nn.Module`，对象就不能被调用，没有参数，也不能移动或保存。",
            torch_says="TypeError: 'Net' object is not callable",
            fix="加上基类，并在缺少时加上 `super().__init__()`。安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("(nn.Module)", ""), (5,), _RIGHT),
        Invalid(_RIGHT.replace("(nn.Module)", "()").replace("        super().__init__()\n", ""), (5,), _RIGHT),
        Invalid(_RIGHT.replace("(nn.Module)", "(object)"), (5,), _RIGHT.replace("(nn.Module)", "(nn.Module)")),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_CALLABLE),
        Valid(_RIGHT.replace("(nn.Module)", "").replace("forward", "predict").replace("Net()(", "Net().predict(")),
        Valid(
            "class Step:\n    def __init__(self):\n        self.size = 2\n\n    def forward(self, x):\n        return x\n\n\nStep()\n"
        ),
    )

    def check(self, event: ClassRead | NotCallable) -> Iterator[Finding]:
        """At the class; an error where an object of it is called."""
        cls = event.cls if isinstance(event, ClassRead) else getattr(event.value, "cls", None)
        if not isinstance(cls, ClassValue):
            return
        names = {function.name for function in methods(cls)}
        misses = not is_module_class(cls) and is_module_like(cls) and "__call__" not in names
        if misses and ("forward" in names or misnamed_forward(cls) is not None):
            yield Finding(
                Place(cls.unit, cls.node),
                Text(f"`{cls.name}` does not inherit from `nn.Module`", f"`{cls.name}` 没有继承 `nn.Module`"),
                why=() if isinstance(event, ClassRead) else (_called(event),),
                candidates=(_candidate(cls),),
                severity=Severity.WARNING if isinstance(event, ClassRead) else None,
            )


def _called(event: NotCallable) -> Because:
    return Because(event.place, Text("it is called here: that fails", "在这里被调用，会失败"))


def _candidate(cls: ClassValue) -> Candidate:
    base = f"{nn_name(cls.unit)}.Module"
    edits = add_base(cls.unit, cls.node, base)
    init = cls.namespace.get("__init__")
    if isinstance(init, Function) and isinstance(init.node, ast.FunctionDef) and super_call(cls, init) is None:
        edits = (*edits, *insert_first(cls.unit, init.node, "super().__init__()"))
    return Candidate(Text(f"inherit from `{base}`", f"继承 `{base}`"), edits)
