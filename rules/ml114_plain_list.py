"""ML114: layers in a plain list, tuple or dict."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import ClassRead, Constructed
from modlint.interpret.modules import is_module, is_module_class, named_modules, parameters
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import assignment_to, makes_module, nn_name
from modlint.rulekit.siblings import class_of, parents, self_attribute
from modlint.rulekit.training import called_name, root
from modlint.syntax import Place, Unit, nodes_in, own_nodes
from modlint.values import ClassValue, DictValue, Function, ListValue, Value

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
_SHARED = """\
import torch
from torch import nn


class Stack(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.stack = Stack([self.fc])

    def forward(self, x):
        return self.stack(x)


Net()(torch.randn(2, 4))
"""
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
_BY_TASK = "{task: nn.Linear(4, 2) for task in tasks}"
_TASKS = (
    _DICT.replace("self):", "self, tasks):").replace('{"one": nn.Linear(4, 2), "two": nn.Linear(4, 3)}', _BY_TASK)
    .replace("Net()", "Net(['one', 'two'])")
)  # fmt: skip
_CONTAINERS = {ast.List: "ModuleList", ast.ListComp: "ModuleList", ast.Tuple: "ModuleList", ast.Dict: "ModuleDict"}
_REGISTERING = frozenset({"add_module", "register_module", "setattr", "__setattr__"})
_TAKING_MODULES = frozenset({"Sequential", "ModuleList", "ModuleDict"})
_WITHOUT_PARAMETERS = (
    "LU",
    "Tanh",
    "Sigmoid",
    "Softmax",
    "Identity",
    "Flatten",
    "Upsample",
    "Pool1d",
    "Pool2d",
    "Pool3d",
)
_HOLDERS = (ListValue, DictValue, tuple)
_DICTS = (ast.Dict, ast.DictComp)
_DISPLAYS = (ast.List, ast.ListComp, ast.Tuple, *_DICTS)
_HARMLESS_USES = (ast.For, ast.comprehension, ast.Subscript, ast.Call, ast.Attribute)
_FUNCTIONS = """\
import functools

import torch
from torch import nn


class Basis(nn.Module):
    def __init__(self, powers):
        super().__init__()
        self.functions = []
        for power in powers:
            self.functions.append(functools.partial(torch.pow, exponent=power))

    def forward(self, x):
        return [function(x) for function in self.functions]


Basis([1, 2])(torch.randn(2))
"""
_BESIDE = """\
import torch
from torch import nn


class Named(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.names = []
        for layer in layers:
            self.names.append(str(layer))

    def forward(self, x):
        for layer, name in zip(self.layers, self.names):
            x = layer(x)
        return x


Named([nn.Linear(2, 2)])(torch.randn(2))
"""


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
        Invalid(_SHARED.replace("[self.fc]", "[nn.Linear(4, 4)]"), (8,), raises=False),
        Invalid(_DICT, (7,), _DICT.replace("{", "nn.ModuleDict({").replace("}", "})"), raises=False),
        Invalid(_PLAIN.replace(_LITERAL, _COMPREHENSION), (8,), _RIGHT.replace(_LITERAL, _COMPREHENSION), raises=False),
        Invalid(_TASKS, (7,), raises=False),
        Invalid(_TASKS.replace(_BY_TASK, "{}\n        for task in tasks:\n            self.heads[task] = nn.Linear(4, 2)"),
                (7,), _TASKS.replace(_BY_TASK, "nn.ModuleDict()\n        for task in tasks:\n"
                                     "            self.heads[task] = nn.Linear(4, 2)"), raises=False),
    )  # fmt: skip
    valid = (
        Valid(_FUNCTIONS),
        Valid(_BESIDE),
        Valid(_RIGHT),
        Valid(_TASKS.replace(_BY_TASK, "{task: len(task) for task in tasks}").replace("[head](x)", "[head] * x")),
        Valid(_TASKS.replace(_BY_TASK, "{task: nn.ReLU() for task in tasks}")),
        Valid(_TASKS.replace(_BY_TASK, "{'one': nn.MSELoss(), 'two': tasks}")),
        Valid(_PLAIN.replace("\n\n    def", "\n        self.stack = nn.Sequential(*self.layers)\n\n    def")),
        Valid(_PLAIN.replace("self.layers = [nn.Linear(4, 4), nn.Linear(4, 4)]",
                             "self.a = nn.Linear(4, 4)\n        self.layers = [self.a, self.a]")),
        Valid(_PLAIN.replace("\n\n    def", "\n        for i, layer in enumerate(self.layers):\n"
                             "            self.add_module(f'layer{i}', layer)\n\n    def")),
        Valid(_PLAIN.replace(_LITERAL, "[nn.ReLU(), nn.Tanh()]")),
        Valid(_PLAIN.replace("self.layers = [", "layers = [").replace("self.layers", "[]")),
        Valid(_APPENDED.replace("nn.Linear(4, 4)", "(4, 4)").replace("layer(x)", "x")),
        Valid(_SHARED),
        Valid(_DICT.replace("nn.Linear(4, 2)", "2").replace("nn.Linear(4, 3)", "3")),
    )  # fmt: skip

    def check(self, event: Constructed | ClassRead) -> Iterator[Finding]:
        """At the assignment of the list: by what an object holds, or by how the class reads when none was made."""
        if isinstance(event, ClassRead):
            yield from _as_written(event.cls)
            return
        owner = event.instance
        if not is_module_class(owner.cls):
            return
        containers = {name: value for name, value in owner.attrs.items() if isinstance(value, _HOLDERS)}
        registered = {id(module) for _, module in named_modules(owner)} if containers else set()
        for name, value in containers.items():
            place = owner.bindings.get(name)
            if place is not None and _hides_layers(value, place, name, registered):
                yield _finding(place, name, isinstance(value, DictValue))


def _as_written(cls: ClassValue) -> Iterator[Finding]:
    init = cls.namespace.get("__init__")
    if not is_module_class(cls) or not isinstance(init, Function):
        return
    for node in own_nodes(init.node):
        if isinstance(node, ast.Assign) and (isinstance(node.value, _DISPLAYS) or _is_made_a_list(node.value)):
            place, name = Place(cls.unit, node.targets[0]), self_attribute(node.targets[0])
            if name is not None and _makes_layers(place, name):
                yield _finding(place, name, isinstance(node.value, _DICTS))


def _is_made_a_list(node: ast.expr) -> bool:
    """``list(layers)``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("list", "tuple")


def _hides_layers(
    value: ListValue | DictValue | tuple[Value, ...], place: Place, name: str, registered: set[int]
) -> bool:
    if isinstance(value, (ListValue, DictValue)) and value.partial:
        return _makes_layers(place, name)
    items = _items(value)
    hidden = [item for item in items if is_module(item) and id(item) not in registered and not item.name]
    return len(hidden) == len(items) > 0 and any(parameters(item) or item.partial for item in hidden)


def _items(value: ListValue | DictValue | tuple[Value, ...]) -> list[Value]:
    if isinstance(value, ListValue):
        return value.items
    if isinstance(value, DictValue):
        return list(value.entries.values())
    return list(value)


def _makes_layers(place: Place, name: str) -> bool:
    """Whether the elements of a list whose length is not known are layers: made as such, or called one by one."""
    owner = class_of(place) or place.unit.tree
    made = [element for source in _sources(place, name) for element in _elements(owner, source)]
    if not made or any(_registers(node, name) for node in nodes_in(owner)):
        return False
    if any(isinstance(element, ast.Call) and called_name(element).endswith("Loss") for element in made):
        return False
    layers = [element for element in made if makes_module(place.unit, element)]
    if layers and all(called_name(layer) == "Parameter" for layer in layers if isinstance(layer, ast.Call)):
        return False
    if layers:
        return any(_has_parameters(place.unit, layer) for layer in layers)
    return any(not _is_foreign(place.unit, element) for element in made) and _calls_elements(owner, name)


def _is_foreign(unit: Unit, element: ast.expr) -> bool:
    """Whether a function of a library that is not torch makes an element."""
    imports = [node for node in unit.every if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names
             if "torch" not in (getattr(node, "module", None) or alias.name)}  # fmt: skip
    return isinstance(element, ast.Call) and root(element.func) in names


def _has_parameters(unit: Unit, element: ast.expr) -> bool:
    """Whether a layer is not one of those that have nothing to learn."""
    name = unit.segment(element.func).rpartition(".")[2] if isinstance(element, ast.Call) else ""
    return not name.endswith(_WITHOUT_PARAMETERS)


def _registers(node: ast.AST, name: str) -> bool:
    """``self.add_module(…)``, or ``nn.Sequential(*self.layers)``."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if function not in _TAKING_MODULES:
        return function in _REGISTERING
    return name in [self_attribute(inner) for arg in node.args for inner in nodes_in(arg)]


def _sources(place: Place, name: str) -> Iterator[ast.expr]:
    """The attribute itself, and what is assigned to it: ``convs`` of ``list(convs)``."""
    statement = assignment_to(place)
    if isinstance(place.node, ast.Attribute):
        yield place.node
    if statement is not None and statement.value is not None:
        yield statement.value
        if isinstance(statement.value, ast.Call) and _is_made_a_list(statement.value):
            yield from statement.value.args


def _elements(owner: ast.AST, source: ast.expr) -> Iterator[ast.expr]:
    """The calls that make the elements of a list: in a comprehension, or where it grows."""
    if isinstance(source, (ast.ListComp, ast.GeneratorExp)):
        yield source.elt
    elif isinstance(source, ast.DictComp):
        yield source.value
    elif isinstance(source, (ast.List, ast.Tuple)):
        yield from (element for element in source.elts if isinstance(element, ast.Call))
    elif isinstance(source, ast.Dict):
        yield from (element for element in source.values if isinstance(element, ast.Call))
    elif isinstance(source, (ast.Name, ast.Attribute)):
        written = ast.dump(source).replace("Store()", "Load()")
        for node in nodes_in(owner):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
                yield from node.args if ast.dump(node.func.value) == written else ()
            elif isinstance(node, ast.AugAssign) and isinstance(node.value, ast.List):
                yield from node.value.elts if ast.dump(node.target).replace("Store()", "Load()") == written else ()
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                yield from [node.value] if ast.dump(node.targets[0].value) == written else ()


def _elements_in(loop: ast.For | ast.comprehension, name: str) -> Iterator[ast.AST]:
    """The variables of a loop that hold an element of the list: one of those of ``zip`` and ``enumerate``."""
    source, target = loop.iter, loop.target
    if self_attribute(source) == name:
        yield from nodes_in(target)
    elif isinstance(source, ast.Call) and isinstance(target, ast.Tuple):
        given = [None, *source.args] if called_name(source) == "enumerate" else source.args
        for element, argument in zip(target.elts, given):
            if argument is not None and self_attribute(argument) == name:
                yield from nodes_in(element)


def _calls_elements(owner: ast.AST, name: str) -> bool:
    """Whether the class goes through the list and calls what is in it."""
    loops = [node for node in nodes_in(owner) if isinstance(node, (ast.For, ast.comprehension))]
    targets = {inner.id for loop in loops for inner in _elements_in(loop, name) if isinstance(inner, ast.Name)}
    called = [node.func for node in nodes_in(owner) if isinstance(node, ast.Call)]
    return any(
        (isinstance(function, ast.Name) and function.id in targets)
        or (isinstance(function, ast.Subscript) and self_attribute(function.value) == name)
        for function in called
    )


def _finding(place: Place, name: str, is_dict: bool) -> Finding:
    kind = "ModuleDict" if is_dict else "ModuleList"
    noun = Text("dict", "字典") if is_dict else Text("list", "列表")
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
    uses = [node for node in nodes_in(owner or place.unit.tree)
            if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load)]  # fmt: skip
    return all(isinstance(around[node], _HARMLESS_USES) for node in uses)
