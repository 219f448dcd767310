"""ML504: an assertion on a shape that the code before it contradicts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import FailedAssertion
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.phrases import shape_text
from modlint.rulekit.training import mentions

_RIGHT = """\
import torch
from torch import nn

net = nn.Sequential(nn.Conv2d(3, 5, kernel_size=3, stride=2), nn.ReLU())
out = net(torch.randn(1, 3, 32, 32))
assert out.shape == (1, 5, 15, 15)
"""
_WRONG = _RIGHT.replace("15, 15", "16, 16")
_TEST = _WRONG.replace("out =", "def test():\n    out =").replace("assert", "    assert") + "\n\ntest()\n"


class ContradictedAssertion(Rule):
    meta = Meta(
        code="ML504",
        name="contradicted-assertion",
        severity=Severity.ERROR,
        en=Doc(
            title="An assertion contradicts the shape that the code computes",
            what="Finds assertions on shapes and sizes in a script, or in a function that it calls, that are false.",
            why="Either the assertion or the model is wrong; the script stops here in any case.",
            torch_says="AssertionError",
            fix="None: which of the two is wrong is not known.",
        ),
        zh=Doc(
            title="断言与代码算出的形状矛盾",
            what="查找脚本（或它调用的函数）中对形状和尺寸的、结果为假的断言。",
            why="断言或模型必有一个是错的；脚本总会停在这里。",
            torch_says="AssertionError",
            fix="无：无法知道两者中哪个是错的。",
        ),
    )
    invalid = (
        Invalid(_WRONG, (6,)),
        Invalid(_WRONG.replace("out.shape == (1, 5, 16, 16)", "out.size(1) == 6"), (6,)),
        Invalid(_TEST, (7,)),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("(1, 5, 15, 15)", "torch.Size([1, 5, 15, 15])")),
        Valid(_RIGHT.replace("out.shape == (1, 5, 15, 15)", "out.shape[2:] == (15, 15)")),
        Valid(_WRONG.replace("assert", "try:\n    assert").rstrip() + "\nexcept AssertionError:\n    pass\n"),
        Valid(_TEST.removesuffix("test()\n")),
        Valid(
            _RIGHT.replace("assert out.shape", "if out.sum() == 0.123:\n    assert out.shape").replace(
                "15, 15", "16, 16"
            )
        ),
    )

    def check(self, event: FailedAssertion) -> Iterator[Finding]:
        """At the assertion."""
        node = event.place.node
        if (
            not event.is_proof
            or not isinstance(node, ast.Assert)
            or not mentions(node.test, "shape", "size", "dim", "numel")
        ):
            return
        given = shape_text(event.given) if isinstance(event.given, tuple) else ""
        written = event.place.unit.segment(node.test.left) if given and isinstance(node.test, ast.Compare) else ""
        yield Finding(
            event.place,
            Text(
                f"this assertion fails: `{written}` is {given}" if given else "this assertion fails",
                f"该断言不成立：`{written}` 是 {given}" if given else "该断言不成立",
            ),
        )
