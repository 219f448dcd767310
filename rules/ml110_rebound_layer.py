"""ML110: a layer that is lost because its attribute is assigned again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import Rebound
from modlint.interpret.modules import MODULE
from modlint.interpret.names import tables
from modlint.rewrite import rename_attribute
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import attributes_of_self
from modlint.rulekit.siblings import class_of, parents, statement_of
from modlint.syntax import Place, Unit, nodes_in

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 8)
        self.fc2 = nn.Linear(8, 16)
        self.fc3 = nn.Linear(16, 2)

    def forward(self, x):
        return self.fc3(self.fc2(self.fc1(x)))


Net()(torch.randn(2, 4))
"""
_TWICE = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, deep=False):
        super().__init__()
        self.head = nn.Linear(4, 8)
        self.head = nn.Linear(4, 2)


Net()
"""
_NEVER_BUILT = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, inner, norm_layer=nn.BatchNorm1d):
        super().__init__()
        self.body = inner.body()
        self.fc = nn.Linear(inner.width, 8)
        self.norm = norm_layer(8)

    def forward(self, x):
        return self.norm(self.fc(self.body(x)))
"""
_IN_BRANCH = "        if deep:\n            self.head = nn.Linear(4, 2)"
_IN_LOOP = "        for width in (2, 3):\n            self.head = nn.Linear(4, width)"


class ReboundLayer(Rule):
    meta = Meta(
        code="ML110",
        name="rebound-layer",
        severity=Severity.WARNING,
        en=Doc(
            title="A layer is assigned twice under one name",
            what="Finds layers whose attribute is assigned again in the same straight line of statements, "
            "before anybody "
            "reads it.",
            why="The first layer is gone, with its parameters: mostly a line was copied and the name not changed.",
            torch_says="nothing: the first layer is lost silently",
            fix="When the names count up (`fc1`, `fc2`, `fc2`), gives the second the next number. Safe when the "
            "code reads "
            "that name, else unsafe.",
        ),
        zh=Doc(
            title="同一个名字给两个层赋值",
            what="查找在同一段顺序语句中、无人读取之前就被再次赋值的层。",
            why="第一个层连同参数都会丢失：多半是复制了一行而没有改名。",
            torch_says="nothing: the first layer is lost silently",
            fix="名字依次编号时（`fc1`、`fc2`、`fc2`），给第二个用下一个编号。代码读取该名字时为安全，否则为不安全。若类只读取一个从未赋值的名字，则改用该名字：安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("self.fc3 = ", "self.fc2 = "), (10,), _RIGHT),
        Invalid(_NEVER_BUILT.replace("self.norm =", "self.fc ="), (9,), _NEVER_BUILT, raises=False),
        Invalid(_TWICE, (8,), raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_NEVER_BUILT),
        Valid(_TWICE.replace("        self.head = nn.Linear(4, 2)", _IN_BRANCH)),
        Valid(_TWICE.replace("self.head = nn.Linear(4, 2)", "self.head = nn.Sequential(self.head, nn.Linear(8, 2))")),
        Valid(_TWICE.replace("self.head = nn.Linear(4, 8)", "self.head = None")),
        Valid(_TWICE.replace("self.head = nn.Linear(4, 8)", "self.head = nn.Sequential()")),
        Valid(_TWICE.replace("self.head = nn.Linear(4, 2)", "self.tail = nn.Linear(4, 2)")),
        Valid(_TWICE.replace("        self.head = nn.Linear(4, 2)", _IN_LOOP)),
    )

    def check(self, event: Rebound) -> Iterator[Finding]:
        """At the second assignment."""
        second, node = event.place, event.place.node
        if not isinstance(node, ast.Attribute) or not _in_one_line_of_statements(event.first, second):
            return
        if _is_placeholder(statement_of(event.first)):
            return
        name, line = event.attribute, event.first.line
        free = _next_free(second.unit, node)
        series = Text("", "") if free is None else Text(f"; the next name is `{free}`", f"；下一个名字是 `{free}`")
        yield Finding(
            second,
            Text(
                f"`self.{name}` is assigned again: the layer of line {line} is lost{series.en}",
                f"`self.{name}` 被再次赋值：第 {line} 行的层丢失了{series.zh}",
            ),
            why=(Because(event.first, Text("it is assigned here first", "首先在这里赋值")),),
            candidates=(*_candidates(second.unit, node, free), *(_unassigned(event, node) if free is None else ())),
        )


def _is_placeholder(statement: ast.stmt | None) -> bool:
    """``nn.Sequential()``, ``nn.Identity()``: a module without anything in it, to be replaced."""
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Call) and not value.args and not value.keywords


def _in_one_line_of_statements(first: Place, second: Place) -> bool:
    """Whether two statements stand in one block, so that the second always follows the first."""
    if first.unit is not second.unit:
        return False
    one, other = statement_of(first), statement_of(second)
    around = parents(first.unit)
    if one is None or other is None or around[one] is not around[other] or one is other:
        return False
    return not isinstance(around[one], (ast.If, ast.Try)) or _same_branch(around[one], one, other)


def _same_branch(parent: ast.AST, one: ast.stmt, other: ast.stmt) -> bool:
    blocks = [getattr(parent, field, []) for field in ("body", "orelse", "finalbody")]
    return any(one in block and other in block for block in blocks)


def _next_free(unit: Unit, node: ast.Attribute) -> str | None:
    """``fc3`` after a second ``fc2``, when ``fc1`` exists and ``fc3`` is not assigned."""
    numbered = re.fullmatch(r"(.*\D)(\d+)", node.attr)
    if numbered is None:
        return None
    stem, number = numbered.group(1), int(numbered.group(2))
    stored = attributes_of_self(unit.tree, ast.Store)
    counts_up = f"{stem}{number - 1}" in stored and f"{stem}{number + 1}" not in stored
    return f"{stem}{number + 1}" if counts_up else None


def _candidates(unit: Unit, node: ast.Attribute, free: str | None) -> Iterator[Candidate]:
    if free is None:
        return
    trust = Applicability.SAFE if free in attributes_of_self(unit.tree, ast.Load) else Applicability.UNSAFE
    text = Text(f"name it `{free}`", f"命名为 `{free}`")
    yield Candidate(text, rename_attribute(unit, node, free), trust=trust)


def _unassigned(event: Rebound, node: ast.Attribute) -> Iterator[Candidate]:
    """The one attribute that the class reads and nothing gives it was meant, likelier by the second assignment."""
    unit, first = event.place.unit, event.first.node
    owner = class_of(event.place)
    missing = sorted(_missing(owner)) if owner is not None else []
    if len(missing) == 1 and not _is_assigned(unit, missing[0]) and isinstance(first, ast.Attribute):
        for cost, target in enumerate((node, first), 1):
            title = Text(
                f"assign line {target.lineno} to `self.{missing[0]}`",
                f"把第 {target.lineno} 行赋值给 `self.{missing[0]}`",
            )
            yield Candidate(title, rename_attribute(unit, target, missing[0]), cost)


def _missing(owner: ast.ClassDef) -> set[str]:
    """The attributes that a direct child of ``nn.Module`` reads of itself and has from nobody."""
    if [ast.unparse(base) for base in owner.bases] not in (["nn.Module"], ["torch.nn.Module"], ["Module"]):
        return set()
    given = {node.name for node in nodes_in(owner) if isinstance(node, ast.FunctionDef)}
    given |= {node.id for node in nodes_in(owner) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return set(attributes_of_self(owner, ast.Load) - attributes_of_self(owner, ast.Store) - given - tables()[MODULE])


def _is_assigned(unit: Unit, name: str) -> bool:
    """Whether any code of a file assigns an attribute of a name, or names it in a string."""
    stored = (node.attr for node in unit.nodes.get(ast.Attribute, ()) if isinstance(node.ctx, ast.Store))
    return name in stored or any(node.value == name for node in unit.nodes.get(ast.Constant, ()))
