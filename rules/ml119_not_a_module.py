"""ML119: a list, function, class or tensor where a container of modules wants modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Edit
from modlint.interpret.events import NotModule
from modlint.interpret.names import layer_like
from modlint.rewrite import Edits, replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import nn_name
from modlint.rulekit.phrases import class_name
from modlint.syntax import Unit
from modlint.values import ClassValue, External, Function, ListValue, Tensor, Value

_RIGHT = """\
import torch
from torch import nn

layers = [nn.Linear(4, 8), nn.ReLU()]
net = nn.Sequential(*layers)
net(torch.randn(2, 4))
"""
_ITEMS = """\
import torch
import torch.nn.functional as F
from torch import nn

net = nn.Sequential(
    nn.Linear(4, 8),
    nn.ReLU(),
    nn.Linear(8, 2),
)
net(torch.randn(2, 4))
"""


_APPENDED = """\
import torch
from torch import nn

layers = nn.ModuleList([])
for width in (4, 8):
    pair = [nn.Linear(width, 2 * width), nn.ReLU()]
    layers.append(pair)
x = torch.randn(2, 4)
for linear, act in layers:
    x = act(linear(x))
"""
_NESTED = """\
import torch
from torch import nn

layers = nn.ModuleList([[nn.Linear(4, 8), nn.ReLU()]])
for linear, act in layers:
    act(linear(torch.randn(2, 4)))
"""


class NotAModule(Rule):
    meta = Meta(
        code="ML119",
        name="not-a-module",
        severity=Severity.ERROR,
        en=Doc(
            title="`nn.Sequential` or `nn.ModuleList` gets something else than modules",
            what="Finds lists, functions, classes that are not called, and tensors among the items of a "
            "container of modules.",
            why="The container registers each item as a submodule, so each must be a module. `Sequential` takes "
            "its modules one "
            "by one.",
            torch_says="TypeError: list is not a Module subclass",
            fix="Unpacks the list (`*layers`), or makes one module of it (`nn.ModuleList(layers)`) where one is wanted, "
            "calls the class (`nn.ReLU()`), or takes the module that does what the function does. Safe.",
        ),
        zh=Doc(
            title="`nn.Sequential` 或 `nn.ModuleList` 得到的不是模块",
            what="查找模块容器的元素中的列表、函数、没有调用的类和张量。",
            why="容器会把每个元素注册为子模块，因此每个元素都必须是模块；`Sequential` 逐个接收模块。",
            torch_says="TypeError: list is not a Module subclass",
            fix="解包列表（`*layers`）；只接受单个模块处用 `nn.ModuleList(layers)` 包装；调用类（`nn.ReLU()`），或换成与函数作用相同的模块。安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("*layers", "layers"), (5,), _RIGHT),
        Invalid(_RIGHT.replace("*layers", "[nn.Linear(4, 8), nn.ReLU()]"), (5,),
                _RIGHT.replace("*layers", "*[nn.Linear(4, 8), nn.ReLU()]")),
        Invalid(_ITEMS.replace("nn.ReLU()", "nn.ReLU"), (7,), _ITEMS),
        Invalid(_ITEMS.replace("nn.ReLU()", "F.relu"), (7,), _ITEMS),
        Invalid(_ITEMS.replace("nn.ReLU()", "lambda x: x"), (7,)),
        Invalid(_APPENDED, (7,), _APPENDED.replace("append(pair)", "append(nn.ModuleList(pair))")),
        Invalid(_NESTED, (4,), _NESTED.replace("[[", "[nn.ModuleList([").replace("]]", "])]")),
    )  # fmt: skip
    valid = (
        Valid(_RIGHT),
        Valid(_ITEMS),
        Valid(_RIGHT.replace("nn.Sequential(*layers)", "nn.Sequential(*nn.ModuleList(layers))")),
        Valid(_RIGHT.replace("nn.Sequential(*layers)", "nn.ModuleList(layers)[0]")),
        Valid(_APPENDED.replace("append(pair)", "append(nn.ModuleList(pair))")),
        Valid(_APPENDED.replace("append(pair)", "append(nn.Sequential(*pair))")),
        Valid(_APPENDED.replace("layers = nn.ModuleList([])", "layers = []")),
        Valid(_NESTED.replace("[[", "[nn.ModuleList([").replace("]]", "])]")),
        Valid(_RIGHT.replace("nn.Sequential(*layers)", "nn.ModuleDict({'a': layers[0]})['a']")),
        Valid("import torch\nfrom torch import nn\n\nnn.ParameterList([torch.ones(2), nn.Parameter(torch.ones(3))])\n"),
    )

    def check(self, event: NotModule) -> Iterator[Finding]:
        """At the item where it stands in the call, else at the call."""
        place, node = event.place, _item(event)
        kind = _kind(event.value)
        name = class_name(event.container)
        yield Finding(
            place if node is None else type(place)(place.unit, node),
            Text(f"`{name}` wants modules and gets {kind.en}", f"`{name}` 需要模块，得到的是{kind.zh}"),
            candidates=tuple(_candidates(place.unit, node, event)),
        )


def _item(event: NotModule) -> ast.expr | None:
    call = event.place.node
    args = call.args if isinstance(call, ast.Call) else []
    takes_list = class_name(event.container) != "Sequential" and not _is_method(call)
    if takes_list and len(args) == 1 and isinstance(args[0], ast.List):
        args = args[0].elts
    if any(isinstance(arg, ast.Starred) for arg in args) or event.position >= len(args):
        return None
    return args[event.position]


def _unpacked(unit: Unit, node: ast.expr, event: NotModule) -> tuple[Edits, str]:
    """``nn.Sequential(*layers)``; where one module is wanted, the list becomes one."""
    shown = unit.segment(node) if isinstance(node, ast.Name) else "[…]"
    start, end, is_sequential = unit.start(node), unit.end(node), class_name(event.container) == "Sequential"
    if is_sequential and not _is_method(event.place.node):
        return ((unit, Edit(start, start, "*")),), f"*{shown}"
    opening = f"{nn_name(unit)}.Sequential(*" if is_sequential else f"{nn_name(unit)}.ModuleList("
    return ((unit, Edit(start, start, opening)), (unit, Edit(end, end, ")"))), f"{opening}{shown})"


def _is_method(node: ast.AST) -> bool:
    """Whether a call adds to a container that is there already."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ADDING


_ADDING = frozenset({"append", "insert"})


def _kind(value: Value) -> Text:
    if isinstance(value, (ListValue, tuple)):
        return Text("a list", "列表")
    if isinstance(value, Function):
        return Text("a function", "函数")
    if isinstance(value, External):
        name = value.name.rpartition(".")[2]
        return (
            Text(f"the class `{name}`", f"类 `{name}`")
            if name[:1].isupper()
            else Text(f"the function `{name}`", f"函数 `{name}`")
        )
    if isinstance(value, ClassValue):
        return Text(f"the class `{value.name}`", f"类 `{value.name}`")
    return Text("a tensor", "张量") if isinstance(value, Tensor) else Text(f"`{value}`", f"`{value}`")


def _candidates(unit: Unit, node: ast.expr | None, event: NotModule) -> Iterator[Candidate]:
    if node is None:
        return
    edits, text = _repaired(unit, node, event)
    if edits:
        yield Candidate(Text(f"write `{text}`", f"改写为 `{text}`"), edits)


def _repaired(unit: Unit, node: ast.expr, event: NotModule) -> tuple[Edits, str]:
    written, value = unit.segment(node), event.value
    if isinstance(value, (ListValue, tuple)):
        return _unpacked(unit, node, event)
    if isinstance(value, ClassValue) or (isinstance(value, External) and value.name.rpartition(".")[2][:1].isupper()):
        return replace(unit, node, f"{written}()"), f"{written}()"
    layer = layer_like(value.name) if isinstance(value, External) else None
    text = f"{nn_name(unit)}.{layer.rpartition('.')[2]}()" if layer is not None else ""
    return (replace(unit, node, text), text) if text else ((), "")
