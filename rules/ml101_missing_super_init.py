"""ML101: a module that never calls ``super().__init__()``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import NotInitialised
from modlint.rewrite import insert_after, insert_first
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.constructors import constructors, super_call
from modlint.rulekit.leftovers import unread_containers
from modlint.syntax import Place, nodes_in
from modlint.values import ClassValue, External, Function

_CHAIN = """\
import torch
from torch import nn


class Chain(nn.Sequential):
    def __init__(self, *parts):
        super().__init__(*parts)

    def forward(self, x):
        for part in self:
            x = part(x)
        return x


Chain(nn.Linear(4, 2))(torch.randn(2, 4))
"""
_HEAD = """\
import torch
from torch import nn


class Head(nn.Sequential):
    def __init__(self, width):
        layers = [nn.Linear(4, width)]
        layers.append(nn.ReLU())
        super().__init__(*layers)


Head(2)(torch.randn(2, 4))
"""


class MissingSuperInit(Rule):
    meta = Meta(
        code="ML101",
        name="missing-super-init",
        severity=Severity.ERROR,
        en=Doc(
            title="`__init__` does not call `super().__init__()`",
            what="Finds modules whose `__init__` does not run the constructor of `nn.Module`.",
            why="`nn.Module.__init__` makes the registries for parameters, submodules and hooks. Without them no layer "
            "can be assigned and the model cannot be called.",
            torch_says="AttributeError: cannot assign module before Module.__init__() call",
            fix="Puts `super().__init__()` at the top of `__init__`; a body of `pass` gives way to it. Or gives a "
            "`Sequential`, at the end, the list of layers that the constructor has made and not used. Safe.",
        ),
        zh=Doc(
            title="`__init__` 没有调用 `super().__init__()`",
            what="查找 `__init__` 没有运行 `nn.Module` 构造函数的模块。",
            why="`nn.Module.__init__` 会创建参数、子模块和钩子的登记表。没有它们就不能赋值网络层，模型也无法调用。",
            torch_says="AttributeError: cannot assign module before Module.__init__() call",
            fix="在 `__init__` 的第一行加入 `super().__init__()`；如果函数体只有 `pass`，则用它替换。对 `Sequential` 则在末尾传入已创建却未使用的层列表。安全。",
        ),
    )
    invalid = (
        Invalid(
            """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
""",
            lines=(7,),
            fixed="""\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
""",
        ),
        Invalid(
            """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        pass

    def forward(self, x):
        return x


Net()(torch.randn(2, 4))
""",
            lines=(6,),
            fixed="""\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x


Net()(torch.randn(2, 4))
""",
        ),
        Invalid(
            _CHAIN.replace("        super().__init__(*parts)\n", "        pass\n"),
            (6,),
            _CHAIN.replace("(*parts)\n", "(*parts)\n", 1),
        ),
        Invalid(_HEAD.replace("        super().__init__(*layers)\n", ""), (6,), _HEAD),
        Invalid(
            _HEAD.replace("super().__init__(*layers)", "self.width = width"),
            (6,),
            _HEAD.replace("super().__init__(*layers)", "self.width = width").replace(
                "        layers =", "        super().__init__()\n        layers ="
            ),
        ),
    )
    valid = (
        Valid(_CHAIN),
        Valid(_HEAD),
        Valid(
            """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""
        ),
        Valid(
            """\
import torch
from torch import nn


class Base(nn.Module):
    def __init__(self):
        nn.Module.__init__(self)
        self.scale = 2


class Net(Base):
    def forward(self, x):
        return x * self.scale


Net()(torch.randn(2, 4))
"""
        ),
        Valid(
            """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        self.width = width
        super().__init__()
        self.fc = nn.Linear(width, 2)

    def forward(self, x):
        return self.fc(x)


Net(4)(torch.randn(2, 4))
"""
        ),
        Valid(
            """\
class Plain:
    def __init__(self):
        self.layers = []


Plain()
"""
        ),
    )

    def check(self, event: NotInitialised) -> Iterator[Finding]:
        """Where torch raises, or at the constructor: the first, in the order of inheritance, that does not call the next."""
        for owner, init in constructors(event.cls):
            call = super_call(owner, init)
            if call is None:
                yield _finding(event, owner, init)
            if call is None or not call.right:
                return


def _finding(event: NotInitialised, owner: ClassValue, init: Function) -> Finding:
    assert isinstance(init.node, ast.FunctionDef)
    constructor, so = Place(init.unit, init.node), _consequence(event)
    filled = _filled(owner, init)
    call = f"super().__init__({filled or _passed_on(owner, init.node)})"
    return Finding(
        constructor if event.attribute is None else event.place,
        Text(
            f"`{owner.name}.__init__` never calls `super().__init__()`, so {so.en}",
            f"`{owner.name}.__init__` 没有调用 `super().__init__()`，因此{so.zh}",
        ),
        why=(Because(constructor, Text("the constructor begins here", "构造函数从这里开始")),),
        candidates=(
            Candidate(
                Text(f"call `{call}` last", f"最后调用 `{call}`"), insert_after(init.unit, init.node.body[-1], call)
            )
            if filled
            else Candidate(Text(f"call `{call}` first", f"先调用 `{call}`"), insert_first(init.unit, init.node, call)),
        ),
    )


def _filled(owner: ClassValue, init: Function) -> str:
    """``*layers``, when the base is a container of torch, and the constructor fills a list that it makes nothing of."""
    assert isinstance(init.node, ast.FunctionDef)
    unread = unread_containers(init.node, init.unit)
    assigns = any(isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) for node in nodes_in(init.node))
    if not _holds_modules(owner) or assigns or len(unread) != 1:
        return ""
    ((name, made),) = unread.items()
    is_unpacked = isinstance(made, (ast.List, ast.ListComp)) and _holds_modules(owner) == "torch.nn.Sequential"
    return f"*{name}" if is_unpacked else name


def _passed_on(owner: ClassValue, init: ast.FunctionDef) -> str:
    """``*args``, when the base is a container of torch and nothing else is made of them."""
    vararg = init.args.vararg
    names = {node.id for statement in init.body for node in nodes_in(statement) if isinstance(node, ast.Name)}
    return f"*{vararg.arg}" if _holds_modules(owner) and vararg is not None and vararg.arg not in names else ""


def _holds_modules(owner: ClassValue) -> str:
    """The container of torch that a class derives from, if any."""
    base = owner.mro[1]
    return base.name if isinstance(base, External) and base.name in _CONTAINERS else ""


_CONTAINERS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"})


def _consequence(event: NotInitialised) -> Text:
    if event.attribute is None:
        return Text("the model cannot be called", "模型无法调用")
    return Text(f"`self.{event.attribute}` cannot be assigned", f"`self.{event.attribute}` 无法赋值")
