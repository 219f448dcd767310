"""ML103: a call of the base's constructor that is written so that it does not run."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import CallMismatch, NotInitialised
from modlint.rewrite import replace_statement
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.constructors import SuperCall, constructors, super_call
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
_SPELLINGS = (
    "super.__init__()",
    "super().__init__",
    "super(self, Net).__init__()",
    "super(Net).__init__()",
    "super().__init__(self)",
    "super(Net, self).__init__(self)",
    "super().__init()",
    "super(nn.Linear, self).__init__()",
    "super()",
    "nn.Module.__init__()",
)


class MisspeltSuperInit(Rule):
    meta = Meta(
        code="ML103",
        name="misspelt-super-init",
        severity=Severity.ERROR,
        en=Doc(
            title="The call of the base's constructor is misspelt",
            what="Finds `super.__init__()`, `super().__init__` without a call, `super(self, Net)`, `super(Net)`, "
            "`super().__init__(self)`, `super().__init()`, and another class in `super(…)`.",
            why="Each of them raises, or does nothing at all: the constructor of `nn.Module` does not run.",
            torch_says="TypeError: descriptor '__init__' of 'super' object needs an argument",
            fix="Writes `super().__init__()` with the arguments that were passed. Safe.",
        ),
        zh=Doc(
            title="调用父类构造函数的写法有误",
            what="查找 `super.__init__()`、没有调用的 `super().__init__`、`super(self, Net)`、`super(Net)`、"
            "`super().__init__(self)`、`super().__init()` 以及 `super(…)` 里写成别的类。",
            why="这些写法要么报错，要么什么也不做：`nn.Module` 的构造函数没有正确运行。",
            torch_says="TypeError: descriptor '__init__' of 'super' object needs an argument",
            fix="改写为 `super().__init__()`，保留传入的参数。安全。",
        ),
    )
    invalid = tuple(Invalid(_RIGHT.replace("super().__init__()", spelling), (7,), _RIGHT) for spelling in _SPELLINGS)
    valid = (
        Valid(_RIGHT),
        *(
            Valid(_RIGHT.replace("super().__init__()", spelling))
            for spelling in (
                "super(Net, self).__init__()",
                "super(__class__, self).__init__()",
                "nn.Module.__init__(self)",
                "torch.nn.Module.__init__(self)",
                "super(Net, self).__init__(*())",
                "super().__init__(**{})",
                "super().__init__(); self.depth = 3",
                "super().__setattr__('width', 4); super().__init__()",
                "self.width = 4; super().__init__()",
            )
        ),
        Valid(
            """\
from torch import nn


class Base(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.width = width


class Net(Base):
    def __init__(self, width):
        super(Net, self).__init__(width)


Net(4)
"""
        ),
    )

    def check(self, event: NotInitialised | CallMismatch) -> Iterator[Finding]:
        """At the first constructor, in the order of inheritance, whose call does not run the next one as it should."""
        cls = event.instance.cls if isinstance(event, NotInitialised) else event.callee
        if not isinstance(cls, ClassValue):
            return
        for owner, init in constructors(cls):
            call = super_call(owner, init)
            if call is not None and not call.right and (isinstance(event, NotInitialised) or _is_at(event, call)):
                yield _finding(init, call)
            if call is None or not call.right:
                return


def _is_at(event: CallMismatch, call: SuperCall) -> bool:
    return event.place.node is call.statement.value


def _finding(init: Function, call: SuperCall) -> Finding:
    written = init.unit.segment(call.statement)
    return Finding(
        Place(init.unit, call.statement),
        Text(
            f"`{written}` does not run the constructor of the base class: it should be `{call.meant}`",
            f"`{written}` 没有正确运行父类的构造函数，应为 `{call.meant}`",
        ),
        candidates=(
            Candidate(
                Text(f"write `{call.meant}`", f"改写为 `{call.meant}`"),
                replace_statement(init.unit, call.statement, call.meant),
            ),
        ),
    )
