"""ML105: a method without ``self``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import ClassRead, MissingSelf, UndefinedName
from modlint.rewrite import add_first_parameter
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import is_module_like, is_named, methods
from modlint.rulekit.siblings import class_of
from modlint.syntax import Place, Unit, nodes_in, own_nodes
from modlint.values import Function

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.scaled(self.fc(x))

    def scaled(self, x):
        return 2 * x


Net()(torch.randn(2, 4))
"""
_BARE = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return x
"""
_HELPER = """\
import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return x

    def describe():
        return 'a net'


Net()(torch.randn(2, 4))
"""


class MissingSelfParameter(Rule):
    meta = Meta(
        code="ML105",
        name="missing-self",
        severity=Severity.ERROR,
        en=Doc(
            title="A method without `self`",
            what="Finds `__init__`, `forward` and other methods that are called on an object, or use `self`, "
            "and have no "
            "parameter for it. `@staticmethod` is legal.",
            why="Python passes the object as the first argument: without `self` there is one argument too many.",
            torch_says="TypeError: Net.forward() takes 1 positional argument but 2 were given",
            fix="Puts `self` first. Safe when the method is called so, or uses `self`; else unsafe.",
        ),
        zh=Doc(
            title="方法缺少 `self`",
            what="查找在对象上调用、或使用了 `self`，却没有相应参数的 `__init__`、`forward` 等方法。"
            "`@staticmethod` 合法。",
            why="Python 会把对象作为第一个参数传入：没有 `self` 就多出一个参数。",
            torch_says="TypeError: Net.forward() takes 1 positional argument but 2 were given",
            fix="在参数最前面加上 `self`。方法确实这样被调用、或使用了 `self` 时为安全，否则为不安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("__init__(self):", "__init__():"), (6,), _RIGHT),
        Invalid(_RIGHT.replace("forward(self, x)", "forward(x)"), (10,), _RIGHT),
        Invalid(_RIGHT.replace("scaled(self, x)", "scaled(x)"), (13,), _RIGHT),
        Invalid(_BARE.replace("self, x", "x"), (9,), _BARE, raises=False),
        Invalid(_HELPER, (9,), _HELPER.replace("describe()", "describe(self)"), raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("    def scaled(self, x)", "    @staticmethod\n    def scaled(x)")),
        Valid(_RIGHT.replace("    def scaled(self, x)", "    @classmethod\n    def scaled(cls, x)")),
        Valid(_RIGHT.replace("scaled(self, x)", "scaled(*args)").replace("2 * x", "2 * args[1]")),
        Valid(_RIGHT.replace("self", "this").replace("nn.Module", "torch.nn.Module")),
        Valid(_HELPER.replace("    def describe", "    @staticmethod\n    def describe")),
        Valid(_HELPER.replace("Net()(", "Net.describe()\nNet()(")),
        Valid(_HELPER.replace("describe()", "describe(net)")),
        Valid(_BARE.replace("self, x", "this").replace("return x", "return this.fc.weight") + "\n\nNet()()\n"),
        Valid("class Sizes:\n    def small():\n        return 4\n\n\nSizes.small()\n"),
    )

    def check(self, event: MissingSelf | UndefinedName | ClassRead) -> Iterator[Finding]:
        """An error where the method was called, a warning where nobody calls it."""
        if isinstance(event, MissingSelf):
            yield from _finding(event.function.unit, event.function.node, Applicability.SAFE)
        elif isinstance(event, ClassRead):
            for function in methods(event.cls) if is_module_like(event.cls) else ():
                if _lacks_self(function):
                    trust = Applicability.SAFE if _uses_self(function.node) else Applicability.UNSAFE
                    yield from _finding(function.unit, function.node, trust, Severity.WARNING)
        elif event.name == "self":
            node = _method_around(event.place)
            if node is not None:
                yield from _finding(event.place.unit, node, Applicability.SAFE)


def _finding(unit: Unit, node: ast.AST, trust: Applicability, severity: Severity | None = None) -> Iterator[Finding]:
    if not isinstance(node, ast.FunctionDef):
        return
    yield Finding(
        Place(unit, node),
        Text(f"`{node.name}` is a method and lacks `self`", f"方法 `{node.name}` 缺少 `self`"),
        candidates=(
            Candidate(Text("add `self`", "加上 `self`"), add_first_parameter(unit, node, "self"), trust=trust),
        ),
        severity=severity,
    )


def _lacks_self(function: Function) -> bool:
    """Whether a method can never be called on an object, or uses a ``self`` that nobody gives."""
    node = function.node
    if not isinstance(node, ast.FunctionDef) or node.decorator_list or is_named(function.unit, function.name):
        return False
    names = {arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    takes_nothing = not node.args.posonlyargs and not node.args.args and node.args.vararg is None
    return takes_nothing or ("self" not in names and _uses_self(node))


def _uses_self(node: ast.AST) -> bool:
    named = [inner for inner in own_nodes(node) if isinstance(inner, ast.Name) and inner.id == "self"]
    return bool(named) and all(isinstance(inner.ctx, ast.Load) for inner in named)


def _method_around(place: Place) -> ast.FunctionDef | None:
    """The method of a class in which a name stands."""
    owner = class_of(place)
    for node in owner.body if owner is not None else ():
        if (
            isinstance(node, ast.FunctionDef)
            and not node.decorator_list
            and any(i is place.node for i in nodes_in(node))
        ):
            return node
    return None
