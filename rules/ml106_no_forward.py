"""ML106: a module that is called and has no ``forward``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.classes import find_in
from modlint.interpret.events import ClassRead, NoForward
from modlint.interpret.objects import is_bare
from modlint.interpret.scope import MISSING
from modlint.likeness import is_slip
from modlint.rewrite import move_out, rename_definition
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.constructors import is_layer
from modlint.rulekit.definitions import is_module_like, methods, misnamed_forward, nested_forward
from modlint.syntax import Place, nodes_in, own_nodes
from modlint.values import ClassValue

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""
_ABSENT = _RIGHT.replace("    def forward(self, x):\n        return self.fc(x)\n\n\n", "\n").replace(
    "\n\n\n\n", "\n\n\n"
)
_NESTED = _RIGHT.replace(
    "    def forward(self, x):\n        return", "        def forward(self, x):\n            return"
)
_PATCHED = """\
from torch import nn


class Patched(nn.Module):
    def load(self):
        self.model = nn.Linear(4, 2)

        def forward(x):
            return 2 * x

        self.model.forward = forward
"""
_UNCALLED = "from torch import nn\n\n\nclass Double(nn.Module):\n    def foward(self, x):\n        return 2 * x\n"


class MissingForward(Rule):
    meta = Meta(
        code="ML106",
        name="no-forward",
        severity=Severity.ERROR,
        en=Doc(
            title="A module without `forward`",
            what="Finds modules that are called and define no `forward`: it is misspelt (`foward`, `Forward`, `call`), "
            "stands inside of `__init__`, or is absent. When nobody calls the module it is a warning.",
            why="Calling a module runs its `forward`; that of `nn.Module` only raises.",
            torch_says='NotImplementedError: Module [Net] is missing the required "forward" function',
            fix="Renames the method, or moves it out of the constructor. Safe for a slip of one letter and when "
            "the module is called, else unsafe. "
            "Nothing when there is no such method.",
        ),
        zh=Doc(
            title="模块没有 `forward`",
            what="查找被调用却没有定义 `forward` 的模块：名字拼错（`foward`、`forwad`、`Forward`、`call`）、"
            "写在 `__init__` 里面，或根本没有。无人调用该模块时为警告。",
            why="调用模块就是运行它的 `forward`；`nn.Module` 自带的只会报错。",
            torch_says='NotImplementedError: Module [Net] is missing the required "forward" function',
            fix="重命名该方法，或把它移出构造函数。只差一个字母或模块被调用时为安全，否则为不安全。"
            "没有这样的方法时不修复。",
        ),
    )
    invalid = (
        *(Invalid(_RIGHT.replace("forward", name), (10,), _RIGHT) for name in ("foward", "forwad", "Forward", "call")),
        Invalid(_NESTED, (10,), _RIGHT),
        Invalid(_ABSENT, (5,)),
        Invalid(_ABSENT.replace("Net()(torch.randn(2, 4))", "Net()"), (5,), raises=False),
        Invalid(_UNCALLED, (5,), _UNCALLED.replace("foward", "forward"), raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("forward", "__call__")),
        Valid(_ABSENT.replace("Net()(torch.randn(2, 4))", "def make():\n    return Net().fc(torch.ones(2, 4))\n")),
        Valid(_ABSENT.replace("Net()(torch.randn(2, 4))", "class Deep(Net):\n    forward = torch.relu\n")),
        Valid("from torch import nn\n\n\nclass Base(nn.Module):\n    def encode(self, x):\n        return x\n"),
        Valid(
            "import torch\nfrom torch import nn\n\n\nclass Double(nn.Identity):\n    pass\n\n\n"
            "Double()(torch.ones(2))\n"
        ),
        Valid(
            "import torch\nfrom torch import nn\n\n\nclass Base(nn.Module):\n    def forward(self, x):\n        "
            "return x\n"
            "\n\nclass Net(Base):\n    pass\n\n\nNet()(torch.ones(2))\n"
        ),
        Valid(
            "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n"
            "        super().__init__()\n        self.forward = torch.relu\n\n\nNet()(torch.ones(2))\n"
        ),
        Valid(
            "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def forwards(self, x):\n        "
            "return [x]\n"
            "\n"
            "    def forward(self, x):\n        return self.forwards(x)[0]\n\n\nNet()(torch.ones(2))\n"
        ),
        Valid(_PATCHED),
        Valid("class Mail:\n    def foward(self, to):\n        return to\n"),
    )

    def check(self, event: NoForward | ClassRead) -> Iterator[Finding]:
        """At the method that was meant, or at the class."""
        cls = event.cls if isinstance(event, ClassRead) else event.instance.cls
        if not isinstance(cls, ClassValue) or not is_module_like(cls):
            return
        called = isinstance(event, NoForward) and (event.place is not event.instance.place or event.instance.name != "")
        trust = Applicability.SAFE if called else Applicability.UNSAFE
        node, candidate = _meant(cls, trust)
        if called or candidate is not None or _is_unfinished(cls):
            yield Finding(
                Place(cls.unit, node),
                _message(cls, node),
                why=(Because(event.place, Text("it is called here: that fails", "在这里被调用，会失败")),)
                if called
                else (),
                candidates=(candidate,) if candidate is not None else (),
                severity=None if called else Severity.WARNING,
            )


def _is_unfinished(cls: ClassValue) -> bool:
    """Whether a class makes layers and does nothing else, and no class or function of the file uses it."""
    own = list(methods(cls))
    makes_layers = any(is_layer(inner) for function in own for inner in own_nodes(function.node))
    misses = find_in(cls, "forward") is MISSING and find_in(cls, "__call__") is MISSING and is_bare(cls)
    return makes_layers and misses and [function.name for function in own] == ["__init__"] and not _is_used(cls)


def _is_used(cls: ClassValue) -> bool:
    """Whether anything inside of a class or function, or a base list, names the class."""
    definitions = [node for node in cls.unit.tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    return any(
        isinstance(node, ast.Name) and node.id == cls.name
        for definition in definitions
        if definition is not cls.node
        for node in nodes_in(definition)
    )


def _meant(cls: ClassValue, trust: Applicability) -> tuple[ast.ClassDef | ast.FunctionDef, Candidate | None]:
    """Where ``forward`` was meant to be, and how to make it so."""
    misnamed, nested = misnamed_forward(cls), nested_forward(cls)
    if misnamed is not None and isinstance(misnamed.node, ast.FunctionDef):
        trust = Applicability.SAFE if is_slip(misnamed.name, "forward") else trust
        edits = rename_definition(cls.unit, misnamed.node, "forward")
        return misnamed.node, Candidate(Text("rename it to `forward`", "重命名为 `forward`"), edits, trust=trust)
    if nested is not None:
        text = Text(f"move it out of `{nested[1].name}`", f"把它移出 `{nested[1].name}`")
        return nested[0], Candidate(text, move_out(cls.unit, *nested), trust=trust)
    return cls.node, None


def _message(cls: ClassValue, node: ast.ClassDef | ast.FunctionDef) -> Text:
    if isinstance(node, ast.ClassDef):
        return Text(f"`{cls.name}` has no `forward`", f"`{cls.name}` 没有 `forward`")
    if node.name == "forward":
        return Text(
            f"`forward` stands inside of another method: `{cls.name}` has none",
            f"`forward` 写在另一个方法里面：`{cls.name}` 没有 `forward`",
        )
    return Text(
        f"`{node.name}` is not `forward`: `{cls.name}` has none",
        f"`{node.name}` 不是 `forward`：`{cls.name}` 没有 `forward`",
    )
