"""ML112: a call that does not fit the signature of what it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set

from modlint.diagnostics import Severity, Text
from modlint.interpret.classes import find_in
from modlint.interpret.events import CallMismatch
from modlint.interpret.names import signature_in_torch
from modlint.interpret.signatures import signature_of
from modlint.likeness import closest
from modlint.ops import registry
from modlint.rewrite import rename_keyword
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.arguments import with_argument
from modlint.rulekit.constructors import constructors, super_call
from modlint.rulekit.definitions import misnamed_init
from modlint.rulekit.misfits import is_given_a_tensor, joins_without_a_sequence
from modlint.rulekit.siblings import class_of, function_of, self_attribute
from modlint.rulekit.training import called_name
from modlint.signature import BindError, Signature
from modlint.syntax import Place
from modlint.values import ClassValue, External, Function

_RIGHT = """\
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.conv = nn.Conv2d(width, width, kernel_size=depth)

    def forward(self, x):
        return self.conv(x)


net = nn.Sequential(
    Block(4, 1),
    Block(4, 1),
    Block(4, 1),
)
net(torch.randn(2, 4, 5, 5))
"""
_NAMED = _RIGHT.replace("(width, width, ", "(in_channels=width, out_channels=width, ")
_GRAPH = """\
import torch
from torch import nn


class Hop(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)

    def forward(self, x, adjacency):
        return adjacency @ self.fc(x)


class Net(nn.Module):
    def __init__(self, width, shift):
        super().__init__()
        self.first = Hop(width)
        self.shift = shift

    def forward(self, x, adjacency):
        return self.first(x, adjacency) + self.shift


Net(4, 1)(torch.randn(3, 4), torch.ones(3, 3))
"""
_HELD = (
    _GRAPH.replace("Net(4, 1)(torch.randn(3, 4), torch.ones(3, 3))", "Net(4, torch.ones(3, 3))(torch.randn(3, 4))")
    .replace(
        "self, x, adjacency):\n        return self.first(x, adjacency) + self.shift",
        "self, x):\n        return self.first(x, self.adjacency)",
    )
    .replace("self.shift = shift", "self.adjacency = shift")
)
_OPEN = """\
from torch import nn


class Block(nn.Module):
    def __init__(self, width, **options):
        super().__init__()
        self.conv = nn.Conv2d(width, width, **options)
"""
_INJECTED = """\
from unittest.mock import patch

from torch import nn


class Net(nn.Module):
    @patch("os.getcwd")
    def forward(self, x, folder):
        return x


@patch("os.getcwd")
def main(folder):
    return Net()(folder)


main()
"""
_PASSED_ON = """\
import torch
from torch import nn


class Net(nn.Module):
    def features(self, x, masks=None):
        return {"x": x}

    def forward(self, *args, **kwargs):
        return self.features(*args, **kwargs)["x"]


def small():
    net = Net()
    return net
"""
_CHOSEN = """\
import torch
from torch import nn


class Routed(nn.Module):
    def __init__(self, experts=0, width=4):
        super().__init__()
        self.conv = nn.Bilinear(width, width, width) if experts > 0 else nn.Linear(width, width)

    def forward(self, x, routing):
        return self.conv(x, routing)


def make(experts):
    return Routed(experts)


make(2)(torch.randn(2, 4), torch.randn(2, 4))
"""


class CallSignature(Rule):
    meta = Meta(
        code="ML112",
        name="call-signature",
        severity=Severity.ERROR,
        en=Doc(
            title="A call does not fit the signature",
            what="Finds calls of torch's and the project's classes, functions and methods that lack an "
            "argument, pass one too "
            "many, one twice, or one that does not exist.",
            why="Python binds the arguments before anything runs.",
            torch_says="TypeError: Block.__init__() missing 1 required positional argument: 'depth'",
            fix="Passes the variable or attribute of the same name, what the other calls in the file pass, or a size that "
            "stands nearby, or renames a misspelt keyword. Safe for the same name, for a keyword, and for a size that the shapes "
            "force; unsafe for what could as well be another value.",
        ),
        zh=Doc(
            title="调用与函数签名不符",
            what="查找对 torch 和项目自身的类、函数、方法的调用：缺少参数、参数过多、重复或不存在。",
            why="Python 在运行任何代码之前先绑定参数。",
            torch_says="TypeError: Block.__init__() missing 1 required positional argument: 'depth'",
            fix="补上同名的变量或属性、文件中其他调用传入的值或附近的尺寸，或改正拼错的关键字。同名变量、关键字以及由形状唯一确定的尺寸为安全；也可能是其他值的为不安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("    Block(4, 1),\n)", "    Block(4),\n)"), (17,), _RIGHT),
        Invalid(_RIGHT.replace("kernel_size=depth", "kernal_size=depth"), (8,), _RIGHT),
        Invalid(_RIGHT.replace("(width, width, ", "(width, "), (8,), _RIGHT),
        Invalid(_NAMED.replace("in_channels", "in_channel"), (8,), _NAMED),
        Invalid(_NAMED.replace("_channels", "_channel"), (8,), _NAMED),
        Invalid(_RIGHT.replace("    Block(4, 1),\n)", "    Block(4, 1, 2),\n)"), (17,)),
        Invalid(_RIGHT.replace("    Block(4, 1),\n)", "    Block(4, width=1),\n)"), (17,)),
        Invalid(_RIGHT.replace("self.conv(x)", "self.conv(x, x)"), (11,)),
        Invalid(_GRAPH.replace("self.first(x, adjacency)", "self.first(x)"), (21,), _GRAPH),
        Invalid(_HELD.replace("self.first(x, self.adjacency)", "self.first(x)"), (21,), _HELD),
        Invalid(
            _GRAPH.replace("self.first(x, adjacency)", "self.first(x)").replace(
                "forward(self, x, adjacency):\n        return self", "forward(self, x, edges):\n        return self"
            ),
            (21,),
        ),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_GRAPH),
        Valid(_HELD),
        Valid(_RIGHT.replace("Block(4, 1)", "Block(depth=1, width=4)")),
        Valid(_RIGHT.replace("Block(4, 1)", "Block(*(4, 1))")),
        Valid(_RIGHT.replace("Block(4, 1)", "Block(4, **{'depth': 1})")),
        Valid(_RIGHT.replace("width, depth):", "width, depth=1):").replace("Block(4, 1)", "Block(4)")),
        Valid(
            _RIGHT.replace("width, depth):", "*sizes, **named):").replace("width, width, kernel_size=depth", "4, 4, 1")
        ),
        Valid(_OPEN),
        Valid(_CHOSEN),
        Valid(_PASSED_ON),
        Valid("import torch\n\ntorch.cat([torch.ones(2), torch.ones(3)], axis=0).sum(axis=0, keepdims=True)\n"),
        Valid(_INJECTED),
        Valid("from functools import partial\n\nfrom torch import nn\n\npartial(nn.Conv2d, kernel_size=3)(3, 4)\n"),
    )

    def check(self, event: CallMismatch) -> Iterator[Finding]:
        """At the call; one finding for each thing that does not fit."""
        if _has_its_own_rule(event) or _may_hold_another(event):
            return
        signature = _signature(event)
        for error in event.errors:
            if error.kind == "missing" and (_may_be_passed(event) or _is_misspelt(event, error)):
                continue
            yield Finding(
                event.place,
                _message(event, error),
                why=tuple(_definition(event)),
                candidates=tuple(_candidates(event, error, signature)),
            )


def _has_its_own_rule(event: CallMismatch) -> bool:
    """A constructor under another name or called wrongly, ``nn.Sigmoid(x)``, or ``torch.cat(a, b)``."""
    if is_given_a_tensor(event) or joins_without_a_sequence(event) or _runs_base_without_self(event):
        return True
    cls = event.callee
    if not isinstance(cls, ClassValue):
        return False
    calls = (super_call(owner, init) for owner, init in constructors(cls))
    misspelt = any(call is not None and not call.right and call.statement.value is event.place.node for call in calls)
    return misspelt or misnamed_init(cls) is not None


def _may_hold_another(event: CallMismatch) -> bool:
    """Whether the layer that an attribute holds was chosen by something that is not known."""
    call = event.place.node
    is_attribute = isinstance(call, ast.Call) and self_attribute(call.func) is not None
    return not event.is_proof and is_attribute and isinstance(event.callee, External)


def _runs_base_without_self(event: CallMismatch) -> bool:
    """``nn.Module.__init__()`` in a constructor."""
    call, function = event.place.node, function_of(event.place)
    runs_init = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "__init__"
    lacks_self = any(error.kind == "missing" and "self" in error.names for error in event.errors)
    return runs_init and lacks_self and function is not None and function.name == "__init__"


def _is_misspelt(event: CallMismatch, missing: BindError) -> bool:
    """Whether what is missing was passed under names that are no parameters."""
    passed = [name for error in event.errors if error.kind == "unexpected" for name in error.names]
    return {closest(name, missing.names) for name in passed} >= {*missing.names}


def _may_be_passed(event: CallMismatch) -> bool:
    """Whether the call passes on ``*args`` or ``**kwargs`` of a function that nobody in the file calls."""
    call, function = event.place.node, function_of(event.place)
    if not isinstance(call, ast.Call) or function is None or not event.trail:
        return False
    starred = [arg.value for arg in call.args if isinstance(arg, ast.Starred)]
    passed_on = {node.id for node in (*starred, *(word.value for word in call.keywords if word.arg is None))
                 if isinstance(node, ast.Name)}  # fmt: skip
    own = {arg.arg for arg in (function.args.vararg, function.args.kwarg) if arg is not None}
    return bool(passed_on & own) and not _is_called_by(event.trail[0].node, event.place)


def _is_called_by(caller: ast.AST, place: Place) -> bool:
    """Whether the code calls the function around a place, and does not only make an object of its class."""
    cls = class_of(place)
    return isinstance(caller, ast.Call) and (cls is None or called_name(caller) != cls.name)


def _signature(event: CallMismatch) -> Signature | None:
    callee = event.callee
    if isinstance(callee, ClassValue):
        callee = find_in(callee, "__init__")
    if isinstance(callee, Function):
        return signature_of(callee)
    if isinstance(callee, External):
        entry = registry.LAYERS.get(callee.name) or registry.OPS.get(callee.name)
        return entry.signature if entry is not None else signature_in_torch(callee.name)
    return None


def _message(event: CallMismatch, error: BindError) -> Text:
    """What Python says."""
    name, names = f"`{event.name}()`", error.names
    quoted = [f"`{one}`" for one in names]
    if error.kind == "missing":
        return Text(
            f"{name} misses {len(names)} required argument{'s' * (len(names) > 1)}: {', '.join(quoted)}",
            f"{name} 缺少 {len(names)} 个必需参数：{'、'.join(quoted)}",
        )
    if error.kind == "unexpected":
        return Text(f"{name} has no parameter {', '.join(quoted)}", f"{name} 没有参数 {'、'.join(quoted)}")
    if error.kind == "twice":
        return Text(f"{name} gets {', '.join(quoted)} twice", f"{name} 的参数 {'、'.join(quoted)} 传了两次")
    takes = int(names[0])
    return Text(
        f"{name} takes {takes} argument{'s' * (takes != 1)} but {takes + len(names)} are given",
        f"{name} 接受 {takes} 个参数，却传了 {takes + len(names)} 个",
    )


def _definition(event: CallMismatch) -> Iterator[Because]:
    callee = event.callee
    if isinstance(callee, ClassValue):
        callee = find_in(callee, "__init__")
    if isinstance(callee, Function) and isinstance(callee.node, ast.FunctionDef):
        yield Because(Place(callee.unit, callee.node), Text("it is defined here", "在这里定义"))


def _meant(names: Sequence[str], free: Set[str]) -> dict[str, str]:
    """The parameters that misspelt keywords stand for, each for one; empty when that is not known of all."""
    meant = {name: other for name in names if (other := closest(name, free)) is not None}
    return meant if len(meant) == len(set(meant.values())) == len(names) else {}


def _candidates(event: CallMismatch, error: BindError, signature: Signature | None) -> Iterator[Candidate]:
    unit, call = event.place.unit, event.place.node
    if not isinstance(call, ast.Call) or signature is None:
        return
    if error.kind == "unexpected":
        meant = _meant(
            error.names, {*signature.positional, *signature.keyword_only} - {word.arg for word in call.keywords}
        )
        if meant:
            shown = ", ".join(f"`{name}=`" for name in meant.values())
            edits = (edit for name, other in meant.items() for edit in rename_keyword(unit, call, name, other))
            yield Candidate(Text(f"write {shown}", f"改写为 {shown}"), tuple(edits))
    elif error.kind == "missing" and len(error.names) == len(event.errors) == 1:
        yield from with_argument(event, error.names[0], signature)
