"""ML114: layers in a plain list, tuple or dict."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.constructors import is_layer
from modlint.definitions import assignment_to, makes_module, nn_name, self_attribute
from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import Constructed
from modlint.interpret.modules import is_module, is_module_class, named_modules, parameters
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.siblings import class_of, parents
from modlint.syntax import Place
from modlint.values import DictValue, ListValue, Value

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


Net()(torch.randn(2, 4))
"""
_LITERAL = "[nn.Linear(4, 4), nn.Linear(4, 4)]"
_COMPREHENSION = "[nn.Linear(4, 4) for _ in range(2)]"
_PLAIN = _RIGHT.replace("nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])", _LITERAL)
_APPENDED = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.layers = []
        for _ in range(depth):
            self.layers.append(nn.Linear(4, 4))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


Net(2)
"""
_DICT = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = {"one": nn.Linear(4, 2), "two": nn.Linear(4, 3)}

    def forward(self, x, head):
        return self.heads[head](x)


Net()
"""
_CONTAINERS = {ast.List: "ModuleList", ast.ListComp: "ModuleList", ast.Tuple: "ModuleList", ast.Dict: "ModuleDict"}
_HARMLESS_USES = (ast.For, ast.comprehension, ast.Subscript, ast.Call, ast.Attribute)


class PlainList(Rule):
    meta = Meta(
        code="ML114",
        name="plain-list",
        severity=Severity.WARNING,
        en=Doc(
            title="Layers in a plain list, tuple or dict",
            what="Finds layers with parameters that a module keeps in a Python list, tuple or dict and "
            "registers nowhere else.",
            why="Only attributes and torch's own containers are registered: `parameters()`, `to()` and "
            "`state_dict()` do not "
            "see the layers, so they are not trained, moved or saved.",
            torch_says="nothing: the parameters are missing silently",
            fix="Wraps the list in `nn.ModuleList`, the dict in `nn.ModuleDict`. Safe when the class only goes "
            "through it, "
            "indexes it and appends to it; else unsafe.",
        ),
        zh=Doc(
            title="把层放在普通的列表、元组或字典里",
            what="查找模块存放在 Python 列表、元组或字典里、又没有在别处注册的带参数的层。",
            why="只有属性和 torch 自己的容器才会被注册：`parameters()`、`to()`、`state_dict()` 看不到这些层，"
            "因此它们不会被训练、移动或保存。",
            torch_says="nothing: the parameters are missing silently",
            fix="把列表包在 `nn.ModuleList`、把字典包在 `nn.ModuleDict` 里。类只遍历、索引、追加时为安全，"
            "否则为不安全。",
        ),
    )
    invalid = (
        Invalid(_PLAIN, (8,), _RIGHT, raises=False),
        Invalid(_APPENDED, (7,), _APPENDED.replace("self.layers = []", "self.layers = nn.ModuleList()"), raises=False),
        Invalid(_DICT, (7,), _DICT.replace("{", "nn.ModuleDict({").replace("}", "})"), raises=False),
        Invalid(_PLAIN.replace(_LITERAL, _COMPREHENSION), (8,), _RIGHT.replace(_LITERAL, _COMPREHENSION), raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_PLAIN.replace("\n\n    def", "\n        self.stack = nn.Sequential(*self.layers)\n\n    def")),
        Valid(_PLAIN.replace("self.layers = [nn.Linear(4, 4), nn.Linear(4, 4)]",
                             "self.a = nn.Linear(4, 4)\n        self.layers = [self.a, self.a]")),
        Valid(_PLAIN.replace("\n\n    def", "\n        for i, layer in enumerate(self.layers):\n"
                             "            self.add_module(f'layer{i}', layer)\n\n    def")),
        Valid(_PLAIN.replace(_LITERAL, "[nn.ReLU(), nn.Tanh()]")),
        Valid(_PLAIN.replace("self.layers = [", "layers = [").replace("self.layers", "[]")),
        Valid(_APPENDED.replace("nn.Linear(4, 4)", "(4, 4)").replace("layer(x)", "x")),
        Valid(_DICT.replace("nn.Linear(4, 2)", "2").replace("nn.Linear(4, 3)", "3")),
    )  # fmt: skip

    def check(self, event: Constructed) -> Iterator[Finding]:
        """At the assignment of the list."""
        owner = event.instance
        if not is_module_class(owner.cls):
            return
        registered = {id(module) for _, module in named_modules(owner)}
        for name, value in owner.attrs.items():
            place = owner.bindings.get(name)
            if place is not None and _hides_layers(value, place, name, registered):
                yield _finding(place, name, value)


def _hides_layers(value: Value, place: Place, name: str, registered: set[int]) -> bool:
    if isinstance(value, (ListValue, DictValue)) and value.partial:
        return _makes_layers(place, name)
    items = _items(value)
    hidden = [item for item in items if is_module(item) and id(item) not in registered]
    return len(hidden) == len(items) > 0 and any(parameters(item) or item.partial for item in hidden)


def _items(value: Value) -> list[Value]:
    if isinstance(value, ListValue):
        return value.items
    if isinstance(value, DictValue):
        return list(value.entries.values())
    return list(value) if isinstance(value, tuple) else []


def _makes_layers(place: Place, name: str) -> bool:
    """Whether the elements of a list whose length is not known are made as layers, here or where they are appended."""
    statement = assignment_to(place)
    made = [statement.value.elt] if statement is not None and isinstance(statement.value, ast.ListComp) else []
    made += [call.args[0] for call in _appended(place, name)]
    return any(is_layer(element) and makes_module(place.unit, element) for element in made)


def _appended(place: Place, name: str) -> Iterator[ast.Call]:
    """The calls ``self.name.append(…)`` of the class."""
    for node in ast.walk(class_of(place) or place.unit.tree):
        target = node.func if isinstance(node, ast.Call) and node.args else None
        if isinstance(target, ast.Attribute) and target.attr == "append" and self_attribute(target.value) == name:
            assert isinstance(node, ast.Call)
            yield node


def _finding(place: Place, name: str, value: Value) -> Finding:
    kind = "ModuleDict" if isinstance(value, DictValue) else "ModuleList"
    noun = Text("dict", "字典") if isinstance(value, DictValue) else Text("list", "列表")
    return Finding(
        place,
        Text(
            f"the layers in `self.{name}` are not registered: it is a plain {noun.en}, not `nn.{kind}`",
            f"`self.{name}` 里的层没有注册：它是普通{noun.zh}，而不是 `nn.{kind}`",
        ),
        candidates=tuple(_candidates(place, name)),
    )


def _candidates(place: Place, name: str) -> Iterator[Candidate]:
    statement = assignment_to(place)
    container = _CONTAINERS.get(type(statement.value)) if statement is not None else None
    if statement is None or statement.value is None or container is None:
        return
    unit = place.unit
    text = unit.segment(statement.value)
    inner = "" if text in ("[]", "{}", "()") else text
    wrapped = f"{nn_name(unit)}.{container}({inner})"
    trust = Applicability.SAFE if _is_used_as_a_container(place, name) else Applicability.UNSAFE
    title = Text(f"use `nn.{container}`", f"改用 `nn.{container}`")
    yield Candidate(title, replace(unit, statement.value, wrapped), trust=trust)


def _is_used_as_a_container(place: Place, name: str) -> bool:
    """Whether the class does with the list only what a container of torch does as well."""
    owner, around = class_of(place), parents(place.unit)
    uses = [node for node in ast.walk(owner or place.unit.tree)
            if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load)]  # fmt: skip
    return all(isinstance(around[node], _HARMLESS_USES) for node in uses)
