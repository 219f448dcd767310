"""ML111: a layer that is made and never used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.classes import find_in
from modlint.interpret.events import ClassRead
from modlint.interpret.modules import is_module_class
from modlint.interpret.objects import is_bare
from modlint.interpret.scope import MISSING
from modlint.likeness import closest
from modlint.rewrite import rename_attribute
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import attributes_of_self, makes_module, methods
from modlint.rulekit.siblings import self_attribute
from modlint.rulekit.training import called_name
from modlint.syntax import Place, Unit, nodes_in, own_nodes
from modlint.values import ClassValue

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 4)
        self.fc2 = nn.Linear(4, 4)
        self.fc3 = nn.Linear(4, 4)

    def forward(self, x):
        x = self.fc1(x)
        x = self.fc2(x)
        return self.fc3(x)


Net()(torch.randn(2, 4))
"""
_SECOND = "        x = self.fc2(x)\n"
_COPIED = _RIGHT.replace("self.fc2(x)", "self.fc1(x)").replace("self.fc3(x)", "self.fc1(x)")
_LOOP = "        for layer in self.children():\n            x = layer(x)\n"
_REACHING_ALL = frozenset(
    {"children", "modules", "named_children", "named_modules", "_modules", "__dict__", "getattr", "vars"}
)


class UnusedLayer(Rule):
    meta = Meta(
        code="ML111",
        name="unused-layer",
        severity=Severity.WARNING,
        en=Doc(
            title="A layer is made and never used",
            what="Finds layers that `__init__` assigns and that no code of the file names again. When the names "
            "count up and "
            "the first is called every time (`self.fc1` thrice), it names the calls.",
            why="The network is another one than it looks like; the parameters get no gradient.",
            torch_says="nothing: silently a different network",
            fix="Calls the layers in their order, when there are as many calls as layers. Unsafe, "
            "but where the code fails without it.",
        ),
        zh=Doc(
            title="创建了层却从未使用",
            what="查找 `__init__` 中赋值、而文件里再无代码提到的层。若同组编号的层中第一个被反复调用"
            "（三次 `self.fc1`），则指出这些调用。",
            why="网络并不是看上去的样子，这些参数也得不到梯度。",
            torch_says="nothing: silently a different network",
            fix="调用次数与层数相同时，改为依次调用各层。不安全，除非原代码必然报错。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace(_SECOND, ""), (9,), raises=False),
        Invalid(_COPIED, (14, 15), _RIGHT, raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace(_SECOND, "        x = getattr(self, 'fc2')(x)\n")),
        Valid(_RIGHT.replace(_SECOND, _LOOP)),
        Valid(_RIGHT.replace(_SECOND, "") + "\n\nprint(Net().fc2)\n"),
        Valid(_RIGHT.replace("self.fc2 = nn.Linear(4, 4)", "self.fc2 = None").replace("self.fc2(x)", "x")),
        Valid(_RIGHT.replace("self.fc2 = nn.Linear(4, 4)", "self.loss = nn.MSELoss()").replace("self.fc2(x)", "x")),
        Valid(
            _RIGHT.replace("self.fc2 = nn.Linear(4, 4)", "self.first = nn.Buffer(torch.ones(4))").replace(
                "self.fc2(x)", "x"
            )
        ),
        Valid(_COPIED.replace("        self.fc2 = nn.Linear(4, 4)\n        self.fc3 = nn.Linear(4, 4)\n", "")),
    )

    def check(self, event: ClassRead) -> Iterator[Finding]:
        """At calls of the wrong sibling, else at the assignment."""
        cls = event.cls
        if not is_module_class(cls) or not is_bare(cls) or find_in(cls, "forward") is MISSING:
            return
        unused = dict(_unused(cls))
        if not unused or _reaches_all(cls):
            return
        for stem, calls in _repeated(cls, unused):
            names = [name for name in unused if _stem(name) == stem]
            if len(calls) == len(names) + 1:
                yield from _wrong_calls(cls.unit, calls, names, unused)
                unused = {name: node for name, node in unused.items() if name not in names}
        for name, node in unused.items():
            message = Text(
                f"`self.{name}` is made, and nothing in this file uses it",
                f"`self.{name}` 创建后，本文件中没有代码使用它",
            )
            yield Finding(Place(cls.unit, node), message)


def _reaches_all(cls: ClassValue) -> bool:
    """Whether the class goes through its layers without naming them, or some code makes up the name."""
    names = {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in nodes_in(cls.node)}
    return bool(names & _REACHING_ALL)


def _unused(cls: ClassValue) -> Iterator[tuple[str, ast.AST]]:
    """The layers that ``__init__`` assigns and nothing in the files of the class and its bases names, in their order."""
    used = set().union(*(_named_in(base.unit) for base in cls.mro if isinstance(base, ClassValue)))
    for function in methods(cls):
        for node in _assignments(function.node) if function.name == "__init__" else ():
            name = self_attribute(node.targets[0])
            if name and name not in used and _makes_layer(cls.unit, node.value) and name not in _meant_in(cls):
                yield name, node.targets[0]


def _makes_layer(unit: Unit, value: ast.expr) -> bool:
    """Whether an expression makes something that is of no use but in ``forward``: a buffer may be kept for others."""
    return makes_module(unit, value) and not (isinstance(value, ast.Call) and called_name(value) == "Buffer")


@lru_cache(maxsize=64)
def _named_in(unit: Unit) -> set[str]:
    """The attributes that code of a file reads, and the strings in it, which may name some."""
    nodes = unit.every
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
    return read | {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@lru_cache(maxsize=64)
def _meant_in(cls: ClassValue) -> set[str]:
    """The attributes that code of a class may mean where it reads ``self.covn1``, or ``conv1`` without ``self``."""
    assigned = attributes_of_self(cls.node, ast.Store)
    misspelt = attributes_of_self(cls.node, ast.Load) - assigned
    bare = {node.id for node in nodes_in(cls.node) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return bare | {meant for name in misspelt if (meant := closest(name, assigned)) is not None}


def _assignments(node: ast.AST) -> list[ast.Assign]:
    return [inner for inner in own_nodes(node) if isinstance(inner, ast.Assign) and len(inner.targets) == 1]


def _stem(name: str) -> str:
    return re.sub(r"\d+$", "", name)


def _repeated(cls: ClassValue, unused: dict[str, ast.AST]) -> Iterator[tuple[str, list[ast.Attribute]]]:
    """Numbered layers of which ``forward`` calls the first again and again, while the others are unused."""
    calls: dict[str, list[ast.Attribute]] = {}
    for function in methods(cls):
        for node in own_nodes(function.node) if function.name == "forward" else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and self_attribute(node.func):
                calls.setdefault(node.func.attr, []).append(node.func)
    for name, found in calls.items():
        if len(found) > 1 and _stem(name) != name and any(_stem(other) == _stem(name) for other in unused):
            yield _stem(name), sorted(found, key=lambda call: (call.lineno, call.col_offset))


def _wrong_calls(
    unit: Unit, calls: Sequence[ast.Attribute], names: Sequence[str], made: dict[str, ast.AST]
) -> Iterator[Finding]:
    first, *others = calls
    in_order = Candidate(
        Text("call the layers in their order", "依次调用各层"),
        tuple(edit for call, name in zip(others, names) for edit in rename_attribute(unit, call, name)),
        trust=Applicability.UNSAFE,
    )
    for call, name in zip(others, names):
        yield Finding(
            Place(unit, call),
            Text(
                f"`self.{first.attr}` is called again and `self.{name}` never",
                f"再次调用了 `self.{first.attr}`，而 `self.{name}` 从未使用",
            ),
            why=(Because(Place(unit, made[name]), Text(f"`self.{name}` is made here", f"`self.{name}` 在这里创建")),),
            candidates=(in_order,),
        )
