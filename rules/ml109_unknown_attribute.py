"""ML109: an attribute that nothing gives to the object."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import ClassRead, MissingAttribute
from modlint.interpret.modules import MODULE, is_module
from modlint.interpret.names import tables
from modlint.interpret.objects import is_bare
from modlint.likeness import closest, is_slip, nearest
from modlint.rewrite import rename_attribute, replace
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.absence import is_assigned_elsewhere, is_left_to_misnamed_init
from modlint.rulekit.definitions import attributes_of_self
from modlint.rulekit.keeping import kept_parameter, kept_variable
from modlint.rulekit.overwritten import overwritten, renamings
from modlint.rulekit.phrases import class_name, made_here
from modlint.rulekit.recovery import recovered
from modlint.rulekit.siblings import parents, self_attribute
from modlint.rulekit.unused import unused_layer
from modlint.syntax import Place, Unit, nodes_in
from modlint.values import ClassValue, Instance, Tensor

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 2)

    def forward(self, x):
        return self.linear(x)


Net()(torch.randn(2, 4))
"""
_PRIVATE = _RIGHT.replace("self.linear", "self._head")
_PARALLEL = _RIGHT.replace(
    "Net()(torch.randn(2, 4))", "model = nn.DataParallel(Net())\nmodel.module.linear.in_features"
)
_COUNTED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = 4
        self.width = 2 * self.hidden
        self.head = nn.Linear(self.width, 2)

    def forward(self, x):
        return self.head(x) / self.hidden


Net()(torch.randn(2, 8))
"""
_LATER = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 2)

    def set_scale(self, scale):
        self.scale = scale

    def forward(self, x):
        return self.scale * self.linear(x)
"""
_SCALED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        self.scale = scale
        self.fc = nn.Linear(4, 2)
        self.power = 2 * self.scale

    def forward(self, x):
        return self.fc(x) * self.scale**self.power


Net()(torch.randn(2, 4))
"""
_NUMBERED = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 8)
        self.fc2 = nn.Linear(8, 2)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x)))


Net()(torch.randn(2, 4))
"""
_TWINS = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, activation=nn.ReLU):
        super().__init__()
        self.act_a = activation()
        self.act_b = activation()

    def forward(self, x):
        x = self.act_a(x)
        return self.act_b(x + 1)


Net()(torch.randn(2, 4))
"""
_SAMPLING = """\
import torch
from torch import nn


class Sampler(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)

    def sample(self, x):
        return torch.multinomial(self.forward(x).softmax(-1), 1)
"""
_BASE = """\
from torch import nn


class Base(nn.Module):
    def forward(self, x):
        return self.head(x)


class Net(Base):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)
"""
_MIXIN = """\
import torch
from torch import nn


class Scaled:
    scale = 2


class Net(Scaled, nn.Module):
    def forward(self, x):
        return self.scale * x * (1 if self.training else 2) * len(list(self.parameters()) + [1])


Net()(torch.randn(2, 4))
"""
_DYNAMIC = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        for index in range(2):
            setattr(self, f"fc{index}", nn.Linear(4, 4))
        self.register_buffer("mean", torch.zeros(4))
        self.add_module("head", nn.Linear(4, 2))

    def forward(self, x):
        return self.head(self.fc1(self.fc0(x - self.mean)))


Net()(torch.randn(2, 4))
"""
_GETATTR = """\
import torch
from torch import nn


class Wrapper(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("inner"), name)

    def forward(self, x):
        return self.inner(x) * self.out_features


Wrapper(nn.Linear(4, 2))(torch.randn(2, 4))
"""
_GIVEN = """\
import torch
from torch import nn


class Pretrained(nn.Module):
    def __init__(self, modules=None):
        super().__init__()
        self.mods = nn.ModuleDict(modules)


class Encoder(Pretrained):
    def forward(self, x):
        return self.mods.encoder(x)


Encoder({"encoder": nn.Linear(4, 2)})(torch.randn(2, 4))
"""


class UnknownAttribute(Rule):
    meta = Meta(
        code="ML109",
        name="unknown-attribute",
        severity=Severity.ERROR,
        en=Doc(
            title="An attribute that nothing gives to the object",
            what="Finds attributes that are read on a way that the code really takes, and that neither the "
            "class, nor its "
            "bases, nor `nn.Module` give. When other code assigns one of that name it is a warning at most.",
            why="What is read must be assigned first, under the same name.",
            torch_says="AttributeError: 'Net' object has no attribute 'liner'",
            fix="Writes the attribute that is spelt alike. Safe for another letter case or a slip of one "
            "letter, else unsafe. Or keeps the parameter of the constructor (`self.rate = rate`), or calls the layer that "
            "nothing uses: safe. Or renames one of two assignments of another attribute, when only that proves clean. Or "
            "writes the assignment again that the constructor has lost, where the code still tells of it: a list of layers "
            "that nothing uses, a class that is alike, a neighbour by number, a norm for the layer before it, a class or a "
            "parameter without use. Safe where nothing else would do.",
        ),
        zh=Doc(
            title="对象没有的属性",
            what="查找代码确实会读取、而类、父类和 `nn.Module` 都没有提供的属性。别处给同名属性赋值时为警告。",
            why="属性必须先以同样的名字赋值才能读取。",
            torch_says="AttributeError: 'Net' object has no attribute 'liner'",
            fix="改写为拼写相近的属性。仅大小写不同或只差一个字母时为安全，否则为不安全。或保存构造函数的同名参数（`self.rate = rate`），或改用从未使用的层：安全。若另一属性被赋值两次且只有改名其中之一才能证明无误，则改名。或补回构造函数丢失的赋值（未被使用的层列表、相似的类、编号相邻的层、前一层之后的归一化、未被使用的类或参数能够说明时）；别无其他可能时为安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("return self.linear", "return self.liner"), (11,), _RIGHT),
        Invalid(_RIGHT.replace("return self.linear", "return self.Linear"), (11,), _RIGHT),
        Invalid(_RIGHT.replace("return self.linear", "return self.head"), (11,), _RIGHT),
        Invalid(_RIGHT.replace("return self.linear", "return self.attend"), (11,)),
        Invalid(_SCALED.replace("        self.scale = scale\n", ""), (9, 12), _SCALED),
        Invalid(_COUNTED.replace("/ self.hidden", "/ self.n_hidden"), (13,), _COUNTED),
        Invalid(_NUMBERED.replace("self.fc1 =", "fc1 ="), (12,), _NUMBERED),
        Invalid(_NUMBERED.replace("self.fc2(", "self.fc3("), (12,), _NUMBERED),
        Invalid(_TWINS.replace("self.act_b(x", "self.act_(x"), (13,), _TWINS),
        Invalid(_TWINS.replace("self.act_b(x", "self.act_(x").replace("self.act_a(", "torch.relu("), (13,)),
        Invalid(_SAMPLING.replace("self.forward(", "self.foward("), (14,), _SAMPLING, raises=False),
        Invalid(_PRIVATE.replace("return self._head", "return self._haed"), (11,), _PRIVATE),
        Invalid(_RIGHT.replace("return self.linear(x)", "return self.linear2(self.linear(x))"), (11,)),
        Invalid(_COUNTED.replace("self.head = nn", "self.hidden = nn"), (13,), _COUNTED),
        Invalid(_LATER + "\n\nNet()\n", (14,), raises=False),
        Invalid(_LATER.replace("= scale\n", "= scale * self.scale\n"), (14,), raises=False),
        Invalid(_PARALLEL.replace("model.module.linear", "model.linear"), (15,), _PARALLEL),
        Invalid(_PARALLEL.replace("in_features", "in_channels"), (15,)),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_PRIVATE),
        Valid(_SAMPLING),
        Valid(_SAMPLING.replace("self.forward(", "self.draw(")),
        Valid(_SAMPLING.replace("forward(", "_forward(")),
        Valid(
            _SAMPLING.replace("self.forward(", "self.foward(")
            .replace("Module)", "Module, Some)")
            .replace("class", "from some import Some\n\n\nclass"),
            runs=False,
        ),
        Valid(_SAMPLING.replace("self.forward(", "self.foward(") + "\n\nSampler.foward = Sampler.forward\n"),
        Valid(
            _SAMPLING.replace("self.forward(", "self.foward(")
            + "\n    def __getattr__(self, name):\n        return abs\n"
        ),
        Valid(_SAMPLING.replace("self.forward(", "getattr(self, 'foward')(")),
        Valid(_SCALED),
        Valid(_NUMBERED),
        Valid(_TWINS),
        Valid(_MIXIN),
        Valid(_DYNAMIC),
        Valid(_GETATTR),
        Valid(_LATER.replace("super().__init__()", "super().__init__()\n        self.set_scale(2)")),
        Valid(_LATER),
        Valid(_LATER.replace("= scale\n", "= scale * (self.scale if hasattr(self, 'scale') else 1)\n")),
        Valid(_PARALLEL),
        Valid(_GIVEN),
        Valid(_PARALLEL.replace("model.module.linear.in", "model.linear = model.module.linear\nmodel.linear.in")),
        Valid(_BASE),
        Valid(_LATER + "\n\nnet = Net()\nnet.set_scale(2)\nnet(torch.randn(2, 4))\n"),
        Valid(_RIGHT.replace("return self.linear(x)", "return self.head(x) if hasattr(self, 'head') else x")),
        Valid(_RIGHT.replace("return self.linear(x)", "return getattr(self, 'head', self.linear)(x)")),
    )

    def check(self, event: MissingAttribute | ClassRead) -> Iterator[Finding]:
        """At the place that reads the attribute; what no way leads to is told of plain slips alone."""
        if isinstance(event, ClassRead):
            yield from _slips(event.cls)
            return
        owner = event.receiver
        if not isinstance(owner, Instance):
            return
        if not isinstance(owner.cls, ClassValue):
            yield from _of_library(event, owner)
            return
        if is_left_to_misnamed_init(event, owner.cls):
            return
        elsewhere = is_assigned_elsewhere(event, owner.cls)
        if elsewhere and not _is_made_in_file(owner):
            return
        yield Finding(
            event.place,
            Text(f"`{owner.cls.name}` has no attribute `{event.name}`", f"`{owner.cls.name}` 没有属性 `{event.name}`"),
            why=tuple(_neighbours(owner, event.name)),
            candidates=tuple(_candidates(event, owner)),
            severity=Severity.WARNING if elsewhere else None,
        )


def _slips(cls: ClassValue) -> Iterator[Finding]:
    """Attributes of ``self`` that nothing in the file assigns, and that differ by one letter from one of the class."""
    if not is_bare(cls) or _MADE_UP & {
        name for base in cls.mro if isinstance(base, ClassValue) for name in base.namespace
    }:
        return
    own = attributes_of_self(cls.node, ast.Store)
    inherited = {
        name for base in cls.mro if isinstance(base, ClassValue) for name in (*base.namespace, *base.unit.stored)
    }
    methods = {function.name for function in cls.unit.nodes.get(ast.FunctionDef, ())}
    known = {name for name in own | inherited | methods | tables().get(MODULE, frozenset()) if not name.startswith("_")}
    named = {node.value for node in cls.unit.nodes.get(ast.Constant, ()) if isinstance(node.value, str)}
    for node in nodes_in(cls.node):
        name = self_attribute(node) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) else None
        is_new = name is not None and not name.startswith("_") and name not in known | named
        meant = closest(name, known) if name is not None and is_new else None
        if name is not None and meant is not None and is_slip(name, meant):
            edits = rename_attribute(cls.unit, node, meant)
            yield Finding(
                Place(cls.unit, node),
                Text(f"`{cls.name}` has no attribute `{name}`", f"`{cls.name}` 没有属性 `{name}`"),
                candidates=(Candidate(Text(f"write `{meant}`", f"改写为 `{meant}`"), edits),),
                severity=Severity.WARNING,
            )


_MADE_UP = frozenset({"__getattr__", "__getattribute__", "__slots__"})


def _of_library(event: MissingAttribute, owner: Instance) -> Iterator[Finding]:
    """A layer of torch has what torch gives to it, and what the file assigns."""
    if _is_given_from_outside(event.place.unit, event.name) or not is_module(owner):
        return
    layer, node, wrapped = class_name(owner), event.place.node, owner.attrs.get("module")
    candidates: list[Candidate] = []
    if is_module(wrapped) and isinstance(node, ast.Attribute):
        text = f"{event.place.unit.segment(node.value)}.module"
        candidates.append(
            Candidate(Text(f"write `{text}`", f"改写为 `{text}`"), replace(event.place.unit, node.value, text))
        )
    yield Finding(
        event.place,
        Text(f"`{layer}` has no attribute `{event.name}`", f"`{layer}` 没有属性 `{event.name}`"),
        why=made_here(owner),
        candidates=tuple(candidates),
    )


def _is_given_from_outside(unit: Unit, name: str) -> bool:
    """Whether a file assigns ``layer.name``, of something else than ``self``."""
    stored = (node for node in unit.nodes.get(ast.Attribute, ()) if isinstance(node.ctx, ast.Store))
    return any(node.attr == name and self_attribute(node) is None for node in stored)


def _is_made_in_file(owner: Instance) -> bool:
    """Whether the code itself makes the object; a class that nobody makes may be a base of others."""
    return owner.place is not None and isinstance(owner.place.node, ast.Call)


def _known(owner: Instance, missing: str) -> set[str]:
    """The attributes that the object has, without those that Python or torch keep for themselves.

    Those that begin with an underscore are meant by names that do so, too.
    """
    assert isinstance(owner.cls, ClassValue)
    inherited = {name for base in owner.cls.mro if isinstance(base, ClassValue) for name in base.namespace}
    own, of_torch = {*owner.attrs, *inherited}, tables().get(MODULE, frozenset())
    private = {name for name in own - of_torch if missing.startswith("_") and not name.startswith("__")}
    return private | {name for name in own | of_torch if not name.startswith("_")}


def _candidates(event: MissingAttribute, owner: Instance) -> Iterator[Candidate]:
    node = event.place.node
    worded = _of_more_words(event, owner)
    meant = worded or _meant(owner, event.name)
    assert isinstance(owner.cls, ClassValue)
    doubled = list(overwritten(owner.cls, event.name))
    is_misspelt = (
        meant is not None and is_slip(event.name, meant) and meant not in {pair.first.attr for pair in doubled}
    )
    for pair in doubled:
        yield from renamings(owner.cls.unit, pair, event.name, cost=1 + is_misspelt)
    if not doubled:
        yield from kept_parameter(event.place, event.name)
        yield from kept_variable(event.place, event.name)
        yield from unused_layer(event.place, event.name)
        yield from recovered(event.place, event.name)
    if meant is not None and isinstance(node, ast.Attribute):
        trust = Applicability.SAFE if worded or is_slip(event.name, meant) else Applicability.UNSAFE
        edits = rename_attribute(event.place.unit, node, meant)
        cost = 1 if is_misspelt or not doubled else 3
        yield Candidate(Text(f"write `{meant}`", f"改写为 `{meant}`"), edits, cost, trust)


def _of_more_words(event: MissingAttribute, owner: Instance) -> str | None:
    """The one setting of the object whose name has the words of the missing one and more, or less: ``n_hidden`` for
    ``hidden``. What is called is no setting."""
    node, words = event.place.node, {*event.name.split("_")}
    around = parents(event.place.unit).get(node)
    if isinstance(around, ast.Call) and around.func is node:
        return None
    others = {
        name: {*name.split("_")} for name, value in owner.attrs.items() if not isinstance(value, (Instance, Tensor))
    }
    found = [name for name, other in others.items() if words < other or other < words]
    return found[0] if len(found) == 1 else None


def _meant(owner: Instance, name: str) -> str | None:
    """The attribute that is spelt alike; of several that are, the one that the class does not read elsewhere."""
    known = _known(owner, name)
    assert isinstance(owner.cls, ClassValue)
    unread = set(nearest(name, known)) - attributes_of_self(owner.cls.node, ast.Load)
    return closest(name, known) or closest(name, unread)


def _neighbours(owner: Instance, name: str) -> Iterator[Because]:
    """Where the attribute that was meant is assigned."""
    meant = _meant(owner, name)
    place = owner.bindings.get(meant) if meant is not None else None
    if place is not None:
        yield Because(place, Text(f"`{meant}` is assigned here", f"`{meant}` 在这里赋值"))
