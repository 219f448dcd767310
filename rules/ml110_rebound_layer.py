"""ML110: a layer that is lost because its attribute is assigned again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import MissingAttribute, Rebound
from modlint.interpret.modules import MODULE
from modlint.interpret.names import tables
from modlint.likeness import is_slip
from modlint.rewrite import rename_attribute
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.absence import is_assigned_elsewhere, is_left_to_misnamed_init
from modlint.rulekit.definitions import attributes_of_self
from modlint.rulekit.overwritten import Overwritten, overwritten, renamings
from modlint.rulekit.siblings import class_of, parents, statement_of
from modlint.syntax import Place, Unit, nodes_in
from modlint.values import ClassValue, Instance

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
_CUT = """\
import torch
from torch import nn


class Stem(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)

    def forward(self, x):
        x = self.conv(x)
        return self.norm(x)


Stem()(torch.randn(2, 3, 8, 8))
"""
_SCALED = """\
import torch
from torch import nn


class Scaled(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(width))
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x):
        x = x + self.bias
        return x * self.scale


Scaled(4)(torch.randn(2, 4))
"""
_IN_BRANCH = "        if deep:\n            self.head = nn.Linear(4, 2)"
_IN_LOOP = "        for width in (2, 3):\n            self.head = nn.Linear(4, width)"


class ReboundLayer(Rule):
    meta = Meta(
        code="ML110",
        name="rebound-layer",
        severity=Severity.ERROR,
        en=Doc(
            title="A layer is assigned twice under one name",
            what="Finds layers whose attribute is assigned again in the same straight line of statements, "
            "before anybody reads it. An error where the code reads another attribute that nothing assigns.",
            why="The first layer is gone, with its parameters: mostly a line was copied and the name not changed.",
            torch_says="nothing: the first layer is lost silently",
            fix="When the names count up (`fc1`, `fc2`, `fc2`), gives the second the next number. Safe when the "
            "code reads "
            "that name, else unsafe.",
        ),
        zh=Doc(
            title="同一个名字给两个层赋值",
            what="查找在同一段顺序语句中、无人读取之前就被再次赋值的层。若代码还读取另一个从未赋值的属性，则为错误。",
            why="第一个层连同参数都会丢失：多半是复制了一行而没有改名。",
            torch_says="nothing: the first layer is lost silently",
            fix="名字依次编号时（`fc1`、`fc2`、`fc2`），给第二个用下一个编号。代码读取该名字时为安全，否则为不安全。若类只读取一个从未赋值的名字，则改用该名字：安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("self.fc3 = ", "self.fc2 = "), (10,), _RIGHT),
        Invalid(_NEVER_BUILT.replace("self.norm =", "self.fc ="), (9,), _NEVER_BUILT, raises=False),
        Invalid(_TWICE, (8,), raises=False),
        Invalid(_CUT.replace("self.norm = nn", "self.conv = nn"), (9,), _CUT),
        Invalid(_SCALED.replace("self.scale =", "self.bias ="), (9,), _SCALED),
        Invalid(_TWICE.replace("\n\nNet", '\n        self.__delattr__("head")\n\n\nNet', 1), (8,), raises=False),
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
        Valid(_SCALED),
        Valid(_SCALED.replace("self.scale = nn.Parameter(", "self.bias = 2 * (self.bias + "), runs=False),
        Valid(
            _SCALED.replace("self.scale = nn", "self.bias = nn").replace("nn.Parameter(torch.zeros(width))", "None"),
            runs=False,
        ),
        Valid(
            _SCALED.replace("self.scale = nn", "self.bias = nn")
            .replace("x + self.bias", "x")
            .replace("self.scale", "self.biass"),
            runs=False,
        ),
        Valid(
            _SCALED.replace("self.scale = nn", "self.bias = nn") + "\n\ndef give(model):\n    model.scale = 2\n",
            runs=False,
        ),
    )

    def check(self, event: Rebound | MissingAttribute) -> Iterator[Finding]:
        """At the second assignment."""
        yield from _lost_layer(event) if isinstance(event, Rebound) else _lost_name(event)


def _lost_layer(event: Rebound) -> Iterator[Finding]:
    second, node = event.place, event.place.node
    if not isinstance(node, ast.Attribute) or not _in_one_line_of_statements(event.first, second):
        return
    if _is_placeholder(statement_of(event.first)):
        return
    free = _next_free(second.unit, node)
    yield Finding(
        second,
        _again(node, event.first.line, Text("", "") if free is None else _next_name(free)),
        why=(_assigned_first(event.first),),
        candidates=(*_candidates(second.unit, node, free), *(_unassigned(event, node) if free is None else ())),
        severity=Severity.WARNING,
    )


def _lost_name(event: MissingAttribute) -> Iterator[Finding]:
    """Nothing assigns an attribute that is read, and one that is assigned twice took its name away."""
    cls = event.receiver.cls if isinstance(event.receiver, Instance) else None
    if not isinstance(cls, ClassValue) or not _is_never_assigned(event, cls):
        return
    pairs = [pair for pair in overwritten(cls, event.name) if _is_lost(Place(cls.unit, pair.first), pair)]
    for pair in pairs if len(pairs) == 1 else ():
        first = Place(cls.unit, pair.first)
        name = event.name
        yield Finding(
            Place(cls.unit, pair.second),
            _again(
                pair.second, first.line, Text(f"; nothing assigns `self.{name}`", f"；没有代码给 `self.{name}` 赋值")
            ),
            why=(
                _assigned_first(first),
                Because(event.place, Text(f"`self.{name}` is read here", f"在这里读取 `self.{name}`")),
            ),
            candidates=tuple(renamings(cls.unit, pair, name)),
        )


def _is_never_assigned(event: MissingAttribute, cls: ClassValue) -> bool:
    """Whether no code assigns the attribute, and it is no slip for one that the class assigns and never reads."""
    if is_left_to_misnamed_init(event, cls) or is_assigned_elsewhere(event, cls):
        return False
    unread = attributes_of_self(cls.node, ast.Store) - attributes_of_self(cls.node, ast.Load)
    return not any(is_slip(event.name, name) for name in unread)


def _is_lost(first: Place, pair: Overwritten) -> bool:
    return pair.is_unread and not _is_placeholder(statement_of(first))


def _again(target: ast.Attribute, line: str, what_follows: Text) -> Text:
    name = target.attr
    return Text(
        f"`self.{name}` is assigned again: what line {line} gave it is lost{what_follows.en}",
        f"`self.{name}` 被再次赋值：第 {line} 行给它的值丢失了{what_follows.zh}",
    )


def _next_name(free: str) -> Text:
    return Text(f"; the next name is `{free}`", f"；下一个名字是 `{free}`")


def _assigned_first(place: Place) -> Because:
    return Because(place, Text("it is assigned here first", "首先在这里赋值"))


def _is_placeholder(statement: ast.stmt | None) -> bool:
    """``None``, ``nn.Sequential()``, ``nn.Identity()``: something with nothing in it, to be replaced."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call):
        return not value.args and not value.keywords
    return isinstance(value, (ast.Constant, ast.List, ast.Dict))


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
        yield from renamings(unit, Overwritten(first, node, ()), missing[0])


def _missing(owner: ast.ClassDef) -> set[str]:
    """The attributes that a direct child of ``nn.Module`` reads of itself and has from nobody."""
    if [ast.unparse(base) for base in owner.bases] not in (["nn.Module"], ["torch.nn.Module"], ["Module"]):
        return set()
    given = {node.name for node in nodes_in(owner) if isinstance(node, ast.FunctionDef)}
    given |= {node.id for node in nodes_in(owner) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    given |= tables()[MODULE] | frozenset(dir(object))
    return set(attributes_of_self(owner, ast.Load) - attributes_of_self(owner, ast.Store) - given)


def _is_assigned(unit: Unit, name: str) -> bool:
    """Whether any code of a file assigns an attribute of a name, or names it in a string."""
    stored = (node.attr for node in unit.nodes.get(ast.Attribute, ()) if isinstance(node.ctx, ast.Store))
    return name in stored or any(node.value == name for node in unit.nodes.get(ast.Constant, ()))
