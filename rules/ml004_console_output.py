"""ML004: output of a session between the statements."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class ConsoleOutput(RepairRule):
    meta = Meta(
        code="ML004",
        name="console-output",
        severity=Severity.ERROR,
        en=Doc(
            title="Output of a session between the statements",
            what="Finds lines that an interactive session has printed and that were copied together with the code.",
            why="Output is not code: a shape or a loss value on a line of its own stops the parser.",
            torch_says="SyntaxError: invalid syntax",
            fix="Turns the output into a comment. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="代码之间夹有会话输出",
            what="查找与代码一起复制过来的交互式会话输出行。",
            why="输出不是代码：单独成行的形状或损失值会让解析停止。",
            torch_says="SyntaxError: invalid syntax",
            fix="把输出改成注释。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"console-output"})
    invalid = (Invalid(">>> x = 3\n>>> print(x)\n3\n>>> y = 1\n", lines=(3,), fixed="x = 3\nprint(x)\n# 3\ny = 1\n"),)
    valid = (
        Valid("import torch\n\nprint(torch.ones(2).shape)\n# torch.Size([2])\n"),
        Valid('"""Shows a shape.\n\n>>> torch.ones(2).shape\ntorch.Size([2])\n"""\n'),
    )
