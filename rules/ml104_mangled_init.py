"""ML104: a constructor whose name is not ``__init__``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import CallMismatch, ClassRead, MissingAttribute
from modlint.rewrite import rename_definition
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import assigned_attributes, is_module_like, misnamed_init
from modlint.syntax import Place
from modlint.values import ClassValue, Instance

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.fc = nn.Linear(width, 2)

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""
_HARMLESS = """\
import torch
from torch import nn


class Double(nn.Module):
    def __int__(self):
        super().__init__()

    def forward(self, x):
        return 2 * x


Double()(torch.randn(2, 4))
"""
_UNREACHED = """\
from torch import nn


class Block(nn.Sequential):
    def init(self, width):
        super().__init__(nn.Linear(width, width), nn.ReLU())


def block(width, plan):
    return Block(width=width) if plan.deep else nn.Identity()
"""
_SPELLINGS = ("_init_", "___init___", "__int__", "__init", "init", "__init_", "_init__", "__inti__")


class MangledInit(Rule):
    meta = Meta(
        code="ML104",
        name="mangled-init",
        severity=Severity.ERROR,
        en=Doc(
            title="A constructor that is not called `__init__`",
            what="Finds `_init_`, `__int__`, `__init`, `init` and their like in classes without `__init__`, when none "
            "calls them. It is an error where the class fails for it, else a warning.",
            why="Python calls `__init__` and nothing else: the class silently keeps the constructor of its base and "
            "has no layers.",
            torch_says="AttributeError: 'Net' object has no attribute 'fc'",
            fix="Renames the method. Safe when the class fails without it, when objects are made with its arguments, or when the method only calls "
            "`super().__init__()`.",
        ),
        zh=Doc(
            title="构造函数没有命名为 `__init__`",
            what="查找没有 `__init__` 的类里无人调用的 `_init_`、`__int__`、`__init`、`init` 等方法。"
            "类因此失败时为错误，否则为警告。",
            why="Python 只调用 `__init__`：类会悄悄沿用父类的构造函数，因而没有任何层。",
            torch_says="AttributeError: 'Net' object has no attribute 'fc'",
            fix="重命名该方法。类因此失败、用它的参数创建对象，或方法只调用 `super().__init__()` 时为安全。",
        ),
    )
    invalid = (
        *(Invalid(_RIGHT.replace("def __init__", f"def {name}"), (6,), _RIGHT) for name in _SPELLINGS),
        Invalid(
            _RIGHT.replace("def __init__", "def _init_").replace("Net()(", "Net(4)("),
            (6,),
            _RIGHT.replace("Net()(", "Net(4)("),
        ),
        Invalid(
            _RIGHT.replace("def __init__", "def init") + "nn.init.zeros_(torch.empty(2))\n",
            (6,),
            _RIGHT + "nn.init.zeros_(torch.empty(2))\n",
        ),
        Invalid(_UNREACHED, (5,), _UNREACHED.replace("def init", "def __init__"), raises=False),
        Invalid(_HARMLESS, (6,), _HARMLESS.replace("__int__", "__init__"), raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_UNREACHED.replace("def init", "def __init__")),
        Valid(
            _RIGHT.replace("def forward", "def reset(self):\n        nn.init.zeros_(self.fc.bias)\n\n    def forward")
        ),
        Valid(_HARMLESS.replace("__int__", "__init__")),
        *(
            Valid(_HARMLESS.replace("    def __int__(self):\n        super().__init__()\n", body))
            for body in (
                "    def __int__(self):\n        return 2\n",
                "    def _init(self):\n        print('ready')\n",
                "    def _init_weights(self):\n        self.ready = True\n",
                "    def init_hidden(self):\n        self.hidden = None\n",
                "    def __init__(self):\n        super().__init__()\n        self.init()\n\n"
                "    def init(self):\n        self.ready = True\n",
                "    def __init__(self):\n        super().__init__()\n\n    def init(self):\n        self.on = True\n",
            )
        ),
        Valid(
            _HARMLESS.replace("__int__", "init").replace("Double()(", "net = Double()\nnet.init()\nnet("),
        ),
        Valid("class Counter:\n    def init(self):\n        self.count = 0\n\n\ncounter = Counter()\ncounter.init()\n"),
        Valid(
            "class Money:\n    def __init__(self, cents):\n        self.cents = cents\n\n"
            "    def __int__(self):\n        return self.cents\n\n\nint(Money(5))\n"
        ),
    )

    def check(self, event: ClassRead | MissingAttribute | CallMismatch) -> Iterator[Finding]:
        """A warning for the class; an error where a call or an attribute shows that the constructor did not run."""
        cls = _class_of(event)
        init = misnamed_init(cls) if cls is not None and is_module_like(cls) else None
        if cls is None or init is None or not isinstance(init.node, ast.FunctionDef):
            return
        if isinstance(event, MissingAttribute) and event.name not in assigned_attributes(init):
            return
        fails = not isinstance(event, ClassRead)
        certain = fails or _only_calls_super(init.node) or _is_given_arguments(cls, init.node)
        trust = Applicability.SAFE if certain else Applicability.UNSAFE
        so = _consequence(event)
        yield Finding(
            Place(init.unit, init.node),
            Text(
                f"`{init.name}` is not `__init__`: Python never calls it{so.en}",
                f"`{init.name}` 不是 `__init__`：Python 不会调用它{so.zh}",
            ),
            candidates=(
                Candidate(
                    Text("rename it to `__init__`", "重命名为 `__init__`"),
                    rename_definition(init.unit, init.node, "__init__"),
                    trust=trust,
                ),
            ),
            severity=Severity.ERROR if fails else Severity.WARNING,
        )


def _class_of(event: ClassRead | MissingAttribute | CallMismatch) -> ClassValue | None:
    if isinstance(event, ClassRead):
        return event.cls
    value = event.receiver if isinstance(event, MissingAttribute) else event.callee
    cls = value.cls if isinstance(value, Instance) else value
    return cls if isinstance(cls, ClassValue) else None


def _only_calls_super(node: ast.FunctionDef) -> bool:
    return len(node.body) == 1 and isinstance(node.body[0], ast.Expr)


def _is_given_arguments(cls: ClassValue, init: ast.FunctionDef) -> bool:
    """Whether the file makes objects of the class with arguments that only this constructor takes."""
    parameters = {arg.arg for arg in (*init.args.args, *init.args.kwonlyargs)}
    calls = [node for node in cls.unit.nodes.get(ast.Call, ()) if getattr(node.func, "id", "") == cls.name]
    return any(word.arg in parameters for call in calls for word in call.keywords)


def _consequence(event: ClassRead | MissingAttribute | CallMismatch) -> Text:
    line = event.place.line
    if isinstance(event, MissingAttribute):
        return Text(
            f", so `self.{event.name}` does not exist (line {line})",
            f"，因此 `self.{event.name}` 不存在（第 {line} 行）",
        )
    if isinstance(event, CallMismatch):
        return Text(f", so the class takes no arguments (line {line})", f"，因此该类不接受参数（第 {line} 行）")
    return Text("", "")
