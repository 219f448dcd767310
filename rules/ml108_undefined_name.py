"""ML108: a name that nothing defines."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import UndefinedName
from modlint.likeness import closest, is_slip
from modlint.rewrite import insert_after, replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import attributes_of_self
from modlint.rulekit.importing import last_import
from modlint.rulekit.keeping import parameter_elsewhere
from modlint.rulekit.siblings import class_of, function_of, last_unread, parents
from modlint.syntax import Place, Unit, own_nodes

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.scale = 2

    def forward(self, x):
        features = self.fc(x)
        return features * self.scale


Net()(torch.randn(2, 4))
"""
_SIZED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=4, rate=0.5):
        super().__init__()
        self.width = width
        self.fc = nn.Linear(width, 2)
        self.rate_of_drop = rate

    def forward(self, x):
        x = x.view(-1, self.width)
        return torch.dropout(self.fc(x), self.rate_of_drop, self.training)


Net()(torch.randn(2, 4))
"""
_IN_ROUNDS = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, parts):
        super().__init__()
        self.parts = parts

    def forward(self, x):
        for index, part in enumerate(self.parts):
            if index == 0:
                total = part(x)
            else:
                total += part(x)
        return total
"""
_IMPORTS = {
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "optim": "from torch import optim",
    "np": "import numpy as np",
    "math": "import math",
    "plt": "import matplotlib.pyplot as plt",
    "DataLoader": "from torch.utils.data import DataLoader",
    "OrderedDict": "from collections import OrderedDict",
}
_ROUNDS = """\
import torch


def hierarchy(x, parts, layer):
    found = []
    for i, part in enumerate(torch.chunk(x, parts, dim=1)):
        if i == 0:
            last = part
        else:
            last = layer(part + last)
        found.append(last)
    return found


hierarchy(torch.randn(2, 6), 3, torch.relu)
"""


class UndefinedVariable(Rule):
    meta = Meta(
        code="ML108",
        name="undefined-name",
        severity=Severity.ERROR,
        en=Doc(
            title="A name that nothing defines",
            what="Finds names that neither the function, the file nor Python defines. In a page of "
            "documentation the top "
            "level may use names that the page leaves out. A file without any import is taken for an excerpt: "
            "what looks "
            "like a missing import is only an information there.",
            why="Python looks a name up when the line runs, and raises.",
            torch_says="NameError: name 'X' is not defined",
            fix="Writes the name that is spelt alike (`X` for `x`), puts `self.` before an attribute, keeps a "
            "parameter of the constructor, or adds the usual import. Safe for another letter case or a slip of one letter, attributes and imports; else unsafe.",
        ),
        zh=Doc(
            title="未定义的名字",
            what="查找函数、文件和 Python 都没有定义的名字。文档页面的顶层可以使用页面没有写出的名字。"
            "没有任何导入的文件被视为摘录，其中像是缺少导入的名字只作为提示。",
            why="Python 在运行到该行时才查找名字，找不到就报错。",
            torch_says="NameError: name 'X' is not defined",
            fix="改写为拼写相近的名字（`X` 改为 `x`），在属性前加 `self.`，保存构造函数的参数，或加入常用的导入。"
            "仅大小写不同、只差一个字母、属性和导入为安全，其余为不安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("return features", "return Features"), (13,), _RIGHT),
        Invalid(_RIGHT.replace("return features", "return featurse"), (13,), _RIGHT),
        Invalid(_RIGHT.replace("* self.scale", "* scale"), (13,), _RIGHT),
        Invalid(_RIGHT.replace("from torch import nn\n", ""), (4,), _RIGHT),
        Invalid(_RIGHT.replace("* self.scale", "* q_map"), (13,)),
        Invalid(
            _RIGHT.replace("return features * self.scale", "return q_map"), (13,), _RIGHT.replace(" * self.scale", "")
        ),
        Invalid(_SIZED.replace("        self.width = width\n", "").replace("self.width", "width"), (12,), _SIZED),
        Invalid(_SIZED.replace("x), self.rate_of_drop", "x), rate"), (14,), _SIZED),
        Invalid(_SIZED.replace("x), self.rate_of_drop", "x), ratio"), (14,)),
    )
    valid = (
        Valid(_SIZED),
        Valid(_SIZED.replace("class Net", "width = 4\n\n\nclass Net").replace("self.width)", "width)")),
        Valid(_IN_ROUNDS),
        Valid(_RIGHT),
        Valid("def double(x):\n    return factor * x\n\n\nfactor = 2\ndouble(3)\n"),
        Valid("from math import *\n\nprint(sqrt(4))\n"),
        Valid("def show():\n    print(__name__, __file__)\n", runs=False),
        Valid("try:\n    import no_such\nexcept ImportError:\n    no_such = None\nprint(no_such)\n"),
        Valid("def never(x):\n    return [y for y in x if (z := y)] and z\n\n\nnever([1])\n"),
        Valid("for i in range(3):\n    last = i\nprint(last)\n"),
        Valid(_ROUNDS),
        Valid("class Sizes:\n    small = 4\n    large = 2 * small\n\n\nSizes()\n"),
        Valid("def make():\n    global made\n    made = 3\n\n\nmake()\nprint(made)\n"),
    )

    def check(self, event: UndefinedName) -> Iterator[Finding]:
        """At the name, with what was probably meant."""
        node, unit = event.place.node, event.place.unit
        if not isinstance(node, ast.Name) or event.name == "self":
            return
        if not event.is_proof and _is_bound_on_the_way(event.place, event.name):
            return
        candidates = tuple(_candidates(unit, node, event.visible))
        if not candidates and _names_class_in_super(unit, node):
            return
        yield Finding(
            Place(unit, _first_use(unit, node)),
            Text(f"`{event.name}` is not defined", f"`{event.name}` 没有定义"),
            candidates=candidates,
            severity=_severity(unit, node, bool(candidates)),
        )


def _names_class_in_super(unit: Unit, node: ast.Name) -> bool:
    """``super(Other, self).__init__()``, which has a rule of its own."""
    call = parents(unit)[node]
    attribute = parents(unit)[call] if isinstance(call, ast.Call) else None
    is_super = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "super"
    return is_super and isinstance(attribute, ast.Attribute) and attribute.attr == "__init__"


def _is_bound_on_the_way(place: Place, name: str) -> bool:
    """Whether the function assigns the variable before, in a branch or a round that nobody can tell was taken."""
    function = function_of(place)
    stored = (node for node in own_nodes(function) if isinstance(node, ast.Name)) if function is not None else ()
    return any(node.id == name and isinstance(node.ctx, ast.Store) for node in stored)


def _severity(unit: Unit, node: ast.Name, has_candidates: bool) -> Severity | None:
    """What an excerpt leaves out may be defined where it was taken from."""
    if has_candidates:
        return None
    around = parents(unit)[node]
    looks_imported = isinstance(around, ast.Attribute) or (isinstance(around, ast.Call) and around.func is node)
    if looks_imported and last_import(unit) is None:
        return Severity.INFO
    return Severity.WARNING if unit.cell.index is not None else None


def _candidates(unit: Unit, node: ast.Name, visible: frozenset[str]) -> Iterator[Candidate]:
    if node.id in _own_attributes(unit, node):
        text = f"self.{node.id}"
        yield Candidate(Text(f"write `{text}`", f"改写为 `{text}`"), replace(unit, node, text))
        return
    kept = [*parameter_elsewhere(Place(unit, node))]
    if kept:
        yield from kept
        return
    statement, last = _IMPORTS.get(node.id), last_import(unit)
    if statement is not None and last is not None:
        yield Candidate(Text(f"add `{statement}`", f"加上 `{statement}`"), insert_after(unit, last, statement))
        return
    meant = closest(node.id, visible)
    if meant is None:
        yield from _dropped(unit, node)
    else:
        trust = Applicability.SAFE if is_slip(node.id, meant) else Applicability.UNSAFE
        yield Candidate(Text(f"write `{meant}`", f"改写为 `{meant}`"), replace(unit, node, meant), trust=trust)


def _dropped(unit: Unit, node: ast.Name) -> Iterator[Candidate]:
    """What the function has computed last, when a ``return`` names nothing that exists."""
    name = last_unread(Place(unit, node)) if isinstance(parents(unit)[node], ast.Return) else None
    if name is not None:
        yield Candidate(Text(f"return `{name}`", f"返回 `{name}`"), replace(unit, node, name), cost=2)


def _own_attributes(unit: Unit, node: ast.Name) -> set[str]:
    """The attributes of ``self`` that the class around a name assigns, and its methods."""
    owner = class_of(Place(unit, node))
    if owner is None:
        return set()
    methods = {inner.name for inner in owner.body if isinstance(inner, ast.FunctionDef)}
    return methods | attributes_of_self(owner, ast.Store)


def _first_use(unit: Unit, node: ast.Name) -> ast.Name:
    """What an import would mend is said once: where the file names it first."""
    if node.id not in _IMPORTS:
        return node
    uses = [other for other in unit.every if isinstance(other, ast.Name) and other.id == node.id]
    return min(uses, key=lambda other: (other.lineno, other.col_offset))
