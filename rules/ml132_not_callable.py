"""ML132: something is called that is no function, layer or class."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import NotCallable
from modlint.interpret.names import meant
from modlint.rewrite import rename_attribute
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import is_module_like
from modlint.rulekit.phrases import comes_from
from modlint.rulekit.siblings import class_of, self_attribute
from modlint.syntax import Place, nodes_in
from modlint.values import (
    ClassValue,
    DictValue,
    External,
    Instance,
    ListValue,
    SetValue,
    Size,
    Tensor,
    Value,
)

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, dropout=0.5):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.rate = dropout
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 2)])
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x):
        x = self.dropout(self.fc(x))
        x = self.scale * x
        for layer in self.layers:
            x = layer(x)
        return x


Net()(torch.randn(2, 4))
"""
_OPTIMIZER = """\
import torch
from torch import nn

net = nn.Linear(4, 2)
optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
"""
_CALLABLE = """\
import torch


class Twice:
    def __call__(self, x):
        return 2 * x


class Chosen:
    def __init__(self, function):
        self.function = function

    def run(self, x):
        return self.function(x)


Twice()(torch.ones(2))
Chosen(Twice()).run(torch.ones(2))
Chosen(torch.relu).run(torch.ones(2))
[torch.relu, torch.tanh][1](torch.ones(2))
{"relu": torch.relu}["relu"](torch.ones(2))
"""
_OPTIONAL = """\
import torch
from torch import nn


class Net(nn.Module):
    norm = None

    def forward(self, x):
        return x if self.norm is None else self.norm(x)


class Normed(Net):
    norm = nn.LayerNorm(4)


Net()(torch.randn(2, 4))
Normed()(torch.randn(2, 4))
"""


class NotCallableValue(Rule):
    meta = Meta(
        code="ML132",
        name="not-callable",
        severity=Severity.ERROR,
        en=Doc(
            title="Something is called that cannot be called",
            what="Finds calls of a number, a string, a list, a tensor or parameter, an object without `__call__`, or "
            "of a module of torch such as `torch.optim.adam`.",
            why="Often an attribute keeps a setting where a layer was meant: `self.dropout = 0.5`, `self.layers = []`.",
            torch_says="TypeError: 'float' object is not callable",
            fix="Writes the class for the module: `torch.optim.Adam`. Safe. Nothing for the others.",
        ),
        zh=Doc(
            title="调用了不能调用的东西",
            what="查找对数字、字符串、列表、张量或参数、没有 `__call__` 的对象，以及 `torch.optim.adam` 这类 torch 模块的调用。",
            why="常见原因是属性里保存的是设置而不是层：`self.dropout = 0.5`、`self.layers = []`。",
            torch_says="TypeError: 'float' object is not callable",
            fix="把模块改写为类：`torch.optim.Adam`，安全。其他情况不修复。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("= nn.Dropout(dropout)", "= dropout"), (15,)),
        Invalid(_RIGHT.replace("self.scale * x", "self.scale(x)"), (16,)),
        Invalid(_RIGHT.replace("nn.ModuleList([", "([").replace("in self.layers:", "in [self.layers]:"), (18,)),
        Invalid(_OPTIMIZER.replace("Adam", "adam"), (5,), _OPTIMIZER),
        Invalid("import torch.nn.functional as F\n\nF(1)\n", (3,)),
        Invalid(_CALLABLE.replace("__call__", "call"), (14, 17)),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("self.dropout(self.fc(x))", "nn.functional.dropout(self.fc(x), self.rate)")),
        Valid(_OPTIMIZER),
        Valid(
            _OPTIMIZER.replace("import torch\n", "from torch.optim.adam import Adam\n").replace("= torch.optim.", "= ")
        ),
        Valid(_CALLABLE),
        Valid(_OPTIONAL),
        Valid("import torch.nn.functional as F\n\nf(F.relu)\n", runs=False),
        Valid(_OPTIONAL.replace("x if self.norm is None else self.norm(x)", "self.norm(x) if self.norm else x")),
    )

    def check(self, event: NotCallable) -> Iterator[Finding]:
        """At the call."""
        if _has_its_own_rule(event):
            return
        place, kind = event.place, _kind(event.value)
        assert isinstance(place.node, ast.Call)
        written = place.unit.segment(place.node.func)
        yield Finding(
            place,
            Text(f"`{written}` is {kind.en}, which cannot be called", f"`{written}` 是{kind.zh}，不能调用"),
            why=tuple(_reasons(event)),
            candidates=tuple(_candidates(event)),
        )


def _has_its_own_rule(event: NotCallable) -> bool:
    """``x.shape(0)``, an object that was meant to be a module, or a call that stands in no text."""
    cls = event.value.cls if isinstance(event.value, Instance) else None
    forgotten = isinstance(cls, ClassValue) and is_module_like(cls)
    call = event.place.node
    if not isinstance(call, ast.Call) or isinstance(event.value, Size) or forgotten:
        return True
    return (
        isinstance(event.value, External)
        and isinstance(call.func, ast.Name)
        and not _is_imported(event.place, call.func)
    )


def _is_imported(place: Place, name: ast.Name) -> bool:
    """Whether a file imports something under this very name, and the name is no misspelling of another."""
    imports = (node for node in place.unit.every if isinstance(node, (ast.Import, ast.ImportFrom)))
    return any((alias.asname or alias.name) == name.id for node in imports for alias in node.names)


def _kind(value: Value) -> Text:
    if isinstance(value, Tensor) and value.parameter:
        return Text("a parameter", "参数")
    if isinstance(value, Instance) and isinstance(value.cls, ClassValue):
        return Text(f"an object of `{value.cls.name}`", f"`{value.cls.name}` 的对象")
    return next(text for kind, text in _KINDS if isinstance(value, kind))


_KINDS: tuple[tuple[type | tuple[type, ...], Text], ...] = (
    (Tensor, Text("a tensor", "张量")),
    (ListValue, Text("a list", "列表")),
    (DictValue, Text("a dict", "字典")),
    (SetValue, Text("a set", "集合")),
    (tuple, Text("a tuple", "元组")),
    (str, Text("a string", "字符串")),
    ((int, float), Text("a number", "数字")),
    (External, Text("a module", "模块")),
)


def _reasons(event: NotCallable) -> Iterator[Because]:
    """Where the value was made, or the attribute assigned."""
    if isinstance(event.value, Tensor):
        yield from comes_from(event.value, {})
        return
    call, cls = event.place.node, class_of(event.place)
    name = self_attribute(call.func) if isinstance(call, ast.Call) else None
    stored = (
        [node for node in nodes_in(cls) if self_attribute(node) == name and _is_stored(node)] if cls and name else []
    )
    for node in stored[:1]:
        yield Because(
            Place(event.place.unit, node), Text(f"`self.{name}` is assigned here", f"`self.{name}` 在这里赋值")
        )


def _is_stored(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store)


def _candidates(event: NotCallable) -> Iterator[Candidate]:
    """``torch.optim.Adam`` for ``torch.optim.adam``."""
    function = event.place.node.func if isinstance(event.place.node, ast.Call) else None
    if isinstance(event.value, External) and isinstance(function, ast.Attribute):
        package, _, name = event.value.name.rpartition(".")
        cls = meant(package, name)
        if cls is not None and cls.lower() == name:
            title = Text(f"write `{cls}`", f"改写为 `{cls}`")
            yield Candidate(title, rename_attribute(event.place.unit, function, cls))
