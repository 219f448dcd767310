"""ML304: a residual block whose branch ends in a ReLU before it is added."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ClassRead
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.blocks import convolutions, is_residual_block, method
from modlint.rulekit.definitions import made_layers
from modlint.rulekit.training import called_name
from modlint.syntax import Place, nodes_in

_INSIDE = """\
import torch
from torch import nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        out = F.relu(self.conv1(x))
        return x + F.relu(self.conv2(out))


ResidualBlock(4)(torch.randn(2, 4, 8, 8))
"""
_STEPWISE = _INSIDE.replace(
    "return x + F.relu(self.conv2(out))", "out = self.conv2(out)\n        out = F.relu(out)\n        return x + out"
)
_SEQUENTIAL = """\
import torch
from torch import nn


class ResBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
        )

    def forward(self, x):
        skip = x
        return skip + self.block(x)


ResBlock(4)(torch.randn(2, 4, 8, 8))
"""
_PAPER = _INSIDE.replace("x + F.relu(self.conv2(out))", "F.relu(x + self.conv2(out))")


class ActivationBeforeAddition(Rule):
    meta = Meta(
        code="ML304",
        name="activation-before-addition",
        severity=Severity.INFO,
        en=Doc(
            title="A residual block activates its branch before the addition",
            what="Finds blocks of residual networks that add `relu(…)` of their last convolution to their input.",
            why="A branch that ends in a ReLU can only increase its input. The paper (He et al. 2015, figure 2) "
            "adds first and "
            "activates the sum.",
            torch_says="nothing: both run",
            fix="None: it is an advice. The order of the paper is `relu(x + branch)`.",
        ),
        zh=Doc(
            title="残差块在相加之前对分支做了激活",
            what="查找把最后一个卷积的 `relu(…)` 与输入相加的残差块。",
            why="以 ReLU 结尾的分支只能让输入变大。论文（He 等，2015，图 2）先相加，再对和做激活。",
            torch_says="没有提示：两种写法都能运行",
            fix="无：这只是建议。论文的顺序是 `relu(x + branch)`。",
        ),
    )
    invalid = (
        Invalid(_INSIDE, (14,), raises=False),
        Invalid(_STEPWISE, (16,), raises=False),
        Invalid(_STEPWISE.replace("return x + out", "out += x\n        return out"), (16,), raises=False),
        Invalid(_SEQUENTIAL, (15,), raises=False),
    )
    valid = (
        Valid(_PAPER),
        Valid(_INSIDE.replace("ResidualBlock", "Mixer")),
        Valid(_INSIDE.replace("F.relu(self.conv2(out))", "self.conv2(F.relu(out))")),
        Valid(_INSIDE.replace("x + F.relu(self.conv2(out))", "x * F.relu(self.conv2(out))")),
        Valid(_STEPWISE.replace("        out = F.relu(out)\n", "")),
        Valid(_STEPWISE.replace("out = F.relu(out)", "x = F.relu(x)")),
        Valid(_SEQUENTIAL.replace("padding=1),\n            nn.ReLU(),\n        )", "padding=1),\n        )")),
    )

    def check(self, event: ClassRead) -> Iterator[Finding]:
        forward = method(event.node, "forward")
        if forward is None or not is_residual_block(event.node, event.cls.unit.tree):
            return
        layers = made_layers(event.cls)
        for node in nodes_in(forward):
            terms = _terms(node)
            if terms and _is_activated(_branch(forward, terms), forward, layers):
                yield Finding(
                    Place(event.cls.unit, node),
                    Text(
                        f"`{event.cls.name}` activates the branch before it is added; the paper adds first",
                        f"`{event.cls.name}` 在相加之前对分支做了激活；论文是先相加再激活",
                    ),
                )


def _terms(node: ast.AST) -> tuple[ast.expr, ...]:
    """The two that ``a + b`` and ``a += b`` add."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return node.left, node.right
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        return node.target, node.value
    return ()


def _branch(forward: ast.FunctionDef, terms: tuple[ast.expr, ...]) -> ast.expr:
    """What the term is that was computed last: the other one is what goes past the layers."""
    return max((_given(forward, term) for term in terms), key=lambda value: (isinstance(value, ast.Call), value.lineno))


def _given(forward: ast.FunctionDef, node: ast.expr) -> ast.expr:
    """The value that a variable was assigned last; a parameter, or another expression, is itself."""
    given = [
        assigned.value
        for assigned in nodes_in(forward)
        if isinstance(assigned, ast.Assign)
        and assigned.lineno < node.lineno
        and any(isinstance(target, ast.Name) and target.id == getattr(node, "id", "") for target in assigned.targets)
    ]
    return given[-1] if given else node


def _is_activated(node: ast.expr, forward: ast.FunctionDef, layers: dict[str, ast.Call]) -> bool:
    """``relu(… self.conv(…))``, at once or in several steps, or a ``Sequential`` that ends so."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    name = called_name(node)
    made = layers.get(name)
    if made is not None and called_name(made) == "Sequential":
        return _ends_activated(made)
    return "relu" in name.lower() and _is_convolved(node.args[0], forward)


def _ends_activated(sequential: ast.Call) -> bool:
    names = [called_name(layer) for layer in sequential.args if isinstance(layer, ast.Call)]
    return len(names) > 1 and "ReLU" in names[-1] and any("Conv" in name for name in names)


def _is_convolved(node: ast.expr, forward: ast.FunctionDef) -> bool:
    """Whether a convolution is on the way to a value."""
    before = _given(forward, node)
    inner = before.args[0] if isinstance(before, ast.Call) and before.args else None
    return bool(convolutions(before)) or (isinstance(inner, ast.Name) and _is_convolved(inner, forward))
