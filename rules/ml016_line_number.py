"""ML016: the line numbers of a listing."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class LineNumber(RepairRule):
    meta = Meta(
        code="ML016",
        name="line-number",
        severity=Severity.ERROR,
        en=Doc(
            title="The line numbers of a listing",
            what="Finds lines that begin with the number that a listing gives them.",
            why="A number before a statement is no Python.",
            torch_says="SyntaxError: invalid syntax",
            fix="Removes the numbers. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="代码清单的行号",
            what="查找以代码清单行号开头的行。",
            why="语句前的数字不是 Python。",
            torch_says="SyntaxError: invalid syntax",
            fix="删除行号。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"line-number"})
    invalid = (
        Invalid(
            "1 import torch\n2 x = torch.ones(2)\n3 y = x + 1\n",
            lines=(1,),
            fixed="import torch\nx = torch.ones(2)\ny = x + 1\n",
        ),
    )
    valid = (
        Valid("sizes = (\n1,\n2,\n3,\n)\n"),
        Valid("1\n2\n"),
    )
