"""ML124: a tensor that should be a parameter or a buffer, and parameters in a plain list."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import Constructed
from modlint.interpret.modules import is_module_class, parameters
from modlint.rewrite import replace, replace_statement
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import assignment_to, attributes_of_self, nn_name
from modlint.syntax import Place, nodes_in
from modlint.values import ClassValue, ListValue, Open, Tensor, Value

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 2))
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, x):
        return (x - self.mean) @ self.weight


Net()(torch.randn(2, 4))
"""
_LIST = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scales = nn.ParameterList([nn.Parameter(torch.ones(4)), nn.Parameter(torch.ones(4))])

    def forward(self, x):
        for scale in self.scales:
            x = x * scale
        return x


Net()(torch.randn(2, 4))
"""
_RANDOM = frozenset({"torch.randn", "torch.rand", "torch.normal", "torch.empty"})


class UnregisteredTensor(Rule):
    meta = Meta(
        code="ML124",
        name="unregistered-tensor",
        severity=Severity.WARNING,
        en=Doc(
            title="A tensor that should be a parameter or a buffer",
            what="Finds tensors that `__init__` stores and other methods read without registration: random "
            "ones, which look like "
            "weights (warning), constants (information), and parameters in a plain list.",
            why="What is no parameter is not trained; what is neither parameter nor buffer is not moved by "
            "`to()` nor saved.",
            torch_says="nothing: the tensor is missing in `parameters()` and `state_dict()`",
            fix="Makes it an `nn.Parameter`, a buffer, or the list an `nn.ParameterList`. Unsafe, the list safe.",
        ),
        zh=Doc(
            title="应为参数或缓冲区的张量",
            what="查找 `__init__` 保存、其他方法读取却没有注册的张量：像权重的随机张量（警告）、常量（提示），"
            "以及放在普通列表里的参数。",
            why="不是参数就不会训练；既不是参数也不是缓冲区，`to()` 就不会移动它，也不会保存。",
            torch_says="nothing: the tensor is missing in `parameters()` and `state_dict()`",
            fix="改为 `nn.Parameter` 或缓冲区，列表改为 `nn.ParameterList`。列表为安全，其余为不安全。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("nn.Parameter(torch.randn(4, 2))", "torch.randn(4, 2)"), (8,), _RIGHT, raises=False),
        Invalid(
            _RIGHT.replace('self.register_buffer("mean", torch.zeros(4))', "self.mean = torch.zeros(4)"),
            (9,),
            _RIGHT,
            False,
        ),
        Invalid(_LIST.replace("nn.ParameterList([", "[").replace("])", "]"), (8,), _LIST, raises=False),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_LIST),
        Valid(_RIGHT.replace("nn.Parameter(torch.randn(4, 2))", "torch.empty(1)").replace("@", "*")),
        Valid(_RIGHT.replace("def forward", "    self.all = list(self.parameters())\n\n    def forward").replace("@ self.weight", "@ self.all[0]")),
        Valid(_RIGHT.replace("nn.Parameter(torch.randn(4, 2))", "torch.zeros(4, 2)").replace("@ self.weight", "")),
        Valid(_RIGHT.replace("nn.Parameter(torch.randn(4, 2))", "nn.Linear(4, 2)").replace("@ self.weight", "")),
        Valid("import torch\n\n\nclass Data:\n    def __init__(self):\n        self.x = torch.randn(4)\n\n    def get(self):\n"
              "        return self.x\n\n\nData().get()\n"),
    )  # fmt: skip

    def check(self, event: Constructed) -> Iterator[Finding]:
        """At the assignment."""
        owner = event.instance
        if not is_module_class(owner.cls) or not isinstance(owner.cls, ClassValue):
            return
        held = {name: value for name, value in owner.attrs.items() if _holds_tensors(value)}
        read = attributes_of_self(owner.cls.node, ast.Load) if held else set()
        registered = {id(parameter) for parameter in parameters(owner).values()} if held else set()
        for name, value in held.items():
            place = owner.bindings.get(name)
            if place is not None and name in read and _is_in_init(owner.cls, place):
                yield from _judged(place, name, value, registered)


def _holds_tensors(value: Value) -> bool:
    """Whether a value is a tensor that an operation gave, or a list that may hold parameters."""
    if isinstance(value, Tensor):
        return not value.parameter and value.origin is not None and not _is_placeholder(value)
    return isinstance(value, ListValue) and bool(value.items)


def _is_in_init(cls: ClassValue, place: Place) -> bool:
    init = getattr(cls.namespace.get("__init__"), "node", None)
    return init is not None and any(node is place.node for node in nodes_in(init))


def _judged(place: Place, name: str, value: Tensor | ListValue, registered: Collection[int]) -> Iterator[Finding]:
    if isinstance(value, Tensor):
        if value.origin is not None and value.origin.op in _RANDOM:
            message = Text(f"`self.{name}` is random like a weight and no parameter", f"`self.{name}` 像权重却不是参数")
            yield Finding(place, message, candidates=_wrapped(place, "Parameter", Applicability.UNSAFE))
        else:
            message = Text(
                f"`self.{name}` is no buffer: `to()` does not move it", f"`self.{name}` 不是缓冲区，`to()` 不会移动它"
            )
            yield Finding(place, message, candidates=_buffered(place, name), severity=Severity.INFO)
    elif all(_is_parameter(item) and id(item) not in registered for item in value.items):
        message = Text(f"the parameters in `self.{name}` are not registered", f"`self.{name}` 里的参数没有注册")
        yield Finding(place, message, candidates=_wrapped(place, "ParameterList", Applicability.SAFE))


def _is_placeholder(value: Tensor) -> bool:
    """``torch.empty(1)``: what is to be there is not known yet."""
    is_empty = value.origin is not None and value.origin.op == "torch.empty"
    return is_empty and not isinstance(value.shape, Open) and all(size == 1 for size in value.shape)


def _is_parameter(value: Value) -> bool:
    return isinstance(value, Tensor) and value.parameter


def _wrapped(place: Place, container: str, trust: Applicability) -> tuple[Candidate, ...]:
    statement, unit = assignment_to(place), place.unit
    if statement is None or statement.value is None:
        return ()
    text = f"{nn_name(unit)}.{container}({unit.segment(statement.value)})"
    title = Text(f"use `nn.{container}`", f"改用 `nn.{container}`")
    return (Candidate(title, replace(unit, statement.value, text), trust=trust),)


def _buffered(place: Place, name: str) -> tuple[Candidate, ...]:
    statement, unit = assignment_to(place), place.unit
    if statement is None or statement.value is None:
        return ()
    text = f'self.register_buffer("{name}", {unit.segment(statement.value)})'
    title = Text("register it as a buffer", "注册为缓冲区")
    return (Candidate(title, replace_statement(unit, statement, text), trust=Applicability.UNSAFE),)
