"""ML117: a method or attribute that hides one of ``nn.Module``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import ClassRead
from modlint.interpret.modules import is_module_class
from modlint.interpret.signatures import signature_of
from modlint.rewrite import Edits, rename_attribute, rename_definition
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import attributes_of_self, methods
from modlint.rulekit.siblings import function_of, self_attribute
from modlint.signature import Signature
from modlint.syntax import Place, nodes_in
from modlint.values import ClassValue, Function, Wrapped

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.parts = [1, 2]

    def forward(self, x):
        return self.fc(x)

    def train_step(self, data, label):
        return self(data) - label


net = Net()
net.train_step(torch.randn(2, 4), 1)
net.eval()
"""
_IMPORTED = _RIGHT.replace("\nnet = Net()\nnet", "\n\ndef fit(net):\n    net").replace("\nnet.eval", "\n    net.eval")
_FREEZE = """\
from torch import nn


class Net(nn.Module):
    def train(self, mode=True):
        return super().train(False)

    def to(self, *args, **kwargs):
        return super().to(*args, **kwargs)

    def state_dict(self, *args, **kwargs):
        return super().state_dict(*args, **kwargs)


Net().eval()
"""
_PROPERTY = "    @property\n    def parts(self):\n        return 3\n\n"
_TRAINER = """\
class Trainer:
    def train(self, data, label):
        self.modules = [data, label]


Trainer().train(1, 2)
"""
_TAKES = {"train": ("mode",), "eval": (), "apply": ("fn",), "parameters": (), "children": (), "modules": (), "cuda": (),
          "cpu": (), "zero_grad": (), "named_parameters": (), "named_modules": (), "named_children": (), "buffers": (),
          "state_dict": (), "requires_grad_": ()}  # fmt: skip


class ShadowedModuleAttribute(Rule):
    meta = Meta(
        code="ML117",
        name="shadowed-module-attribute",
        severity=Severity.WARNING,
        en=Doc(
            title="A method or attribute hides one of `nn.Module`",
            what="Finds methods such as `def train(self, data)` that cannot be called as torch calls them, "
            "attributes such as "
            "`self.modules = […]`, and attributes that a read-only property hides.",
            why="`eval()` calls `train(False)`, `train()` goes through `children()`, `to()` through `_apply`: "
            "what hides them "
            "breaks the others.",
            torch_says="TypeError: Net.train() missing 1 required positional argument: 'label'",
            fix="Renames `train` to `train_step` where it is defined and called, an attribute by a trailing "
            "underscore. Safe for a method that needs several arguments, in a program that calls it; else unsafe.",
        ),
        zh=Doc(
            title="方法或属性遮盖了 `nn.Module` 自带的",
            what="查找无法按 torch 的方式调用的方法（如 `def train(self, data)`）、`self.modules = […]` 之类的属性，"
            "以及被只读 property 遮盖的属性。",
            why="`eval()` 会调用 `train(False)`，`train()` 会遍历 `children()`，`to()` 会用到 `_apply`："
            "遮盖它们会破坏其他方法。",
            torch_says="TypeError: Net.train() missing 1 required positional argument: 'label'",
            fix="在定义和调用处把 `train` 改名为 `train_step`，给属性名加上下划线。需要多个参数、且由本文件的程序直接调用的方法为安全，否则为不安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("train_step", "train"), (14,), _RIGHT),
        Invalid(_IMPORTED.replace("train_step", "train"), (14,), _IMPORTED, raises=False),
        Invalid(_RIGHT.replace("parts", "modules"), (9,), _RIGHT.replace("parts", "modules_"), raises=False),
        Invalid(_RIGHT.replace("    def train_step", _PROPERTY + "    def train_step"), (9,)),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_FREEZE),
        Valid(_RIGHT.replace("train_step", "fit")),
        Valid(_RIGHT.replace("self.parts", "self.training_steps")),
        Valid(_TRAINER),
    )

    def check(self, event: ClassRead) -> Iterator[Finding]:
        """At the definition, or at the first assignment."""
        cls = event.cls
        if not is_module_class(cls):
            return
        for function in methods(cls):
            if isinstance(function.node, ast.FunctionDef) and _cannot_be_called(function):
                yield _method(function, function.node)
        for name in sorted(attributes_of_self(cls.node, ast.Store)):
            if name in _TAKES or _is_read_only(cls, name):
                yield _attribute(cls, name)


def _cannot_be_called(function: Function) -> bool:
    """Whether a method of a name that torch uses cannot take what torch passes."""
    passed = _TAKES.get(function.name)
    if passed is None:
        return False
    signature = signature_of(function)
    required = _required(signature)
    return len(required) > len(passed) or (required != [] and required[0] not in ("mode", "fn", "function"))


def _required(signature: Signature) -> list[str]:
    return [name for name in (*signature.positional[1:], *signature.keyword_only) if name not in signature.defaults]


def _is_read_only(cls: ClassValue, name: str) -> bool:
    value = cls.namespace.get(name)
    return isinstance(value, Wrapped) and value.kind == "property" and _setters(cls, name) == 0


def _setters(cls: ClassValue, name: str) -> int:
    definitions = [node for node in cls.node.body if isinstance(node, ast.FunctionDef) and node.name == name]
    return len(definitions) - 1


def _method(function: Function, node: ast.FunctionDef) -> Finding:
    name = function.name
    called_as = f"{name}({', '.join(_TAKES[name])})"
    new = f"{name}_step" if name == "train" else f"{name}_"
    calls = _calls(function)
    renamed = (edit for call in calls for edit in rename_attribute(function.unit, call, new))
    edits = (*rename_definition(function.unit, node, new), *renamed)
    trust = Applicability.SAFE if _is_of_a_program(function, calls) else Applicability.UNSAFE
    return Finding(
        Place(function.unit, node),
        Text(
            f"`{name}` hides that of `nn.Module`, which torch calls as `{called_as}`",
            f"`{name}` 遮盖了 `nn.Module` 的同名方法，torch 会以 `{called_as}` 调用它",
        ),
        candidates=(Candidate(Text(f"rename it to `{new}`", f"重命名为 `{new}`"), edits, trust=trust),),
    )


def _calls(function: Function) -> list[ast.Attribute]:
    """What the file calls with as many arguments as this method needs."""
    needed = len(_required(signature_of(function)))
    calls = [node for node in nodes_in(function.unit.tree) if isinstance(node, ast.Call)]
    own = [call.func for call in calls if len(call.args) + len(call.keywords) >= needed]
    return [target for target in own if isinstance(target, ast.Attribute) and target.attr == function.name]


def _is_of_a_program(function: Function, calls: Sequence[ast.Attribute]) -> bool:
    """Whether the file calls the method while it is loaded, so that nobody imports it, and never means that of torch."""
    needed = len(_required(signature_of(function)))
    return needed > 1 and any(function_of(Place(function.unit, call)) is None for call in calls)


def _attribute(cls: ClassValue, name: str) -> Finding:
    nodes = [node for node in nodes_in(cls.node) if isinstance(node, ast.Attribute) and self_attribute(node) == name]
    first = min((node for node in nodes if isinstance(node.ctx, ast.Store)), key=lambda node: node.lineno)
    new = f"{name}_"
    edits: Edits = tuple(edit for node in nodes for edit in rename_attribute(cls.unit, node, new))
    hidden = Text("`nn.Module`", "`nn.Module` 的") if name in _TAKES else Text("a property", "property")
    return Finding(
        Place(cls.unit, first),
        Text(f"`self.{name}` collides with `{name}` of {hidden.en}", f"`self.{name}` 与{hidden.zh} `{name}` 冲突"),
        candidates=(Candidate(Text(f"name it `{new}`", f"改名为 `{new}`"), edits, trust=Applicability.UNSAFE),)
        if name in _TAKES
        else (),
    )
