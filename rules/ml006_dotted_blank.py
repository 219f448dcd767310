"""ML006: a dotted name that is broken off."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class DottedBlank(RepairRule):
    meta = Meta(
        code="ML006",
        name="dotted-blank",
        severity=Severity.ERROR,
        en=Doc(
            title="A dotted name that is broken off",
            what="Finds a dotted name that ends in a dot, or that has a dot before its call.",
            why="After a dot Python wants a name.",
            torch_says="SyntaxError: invalid syntax",
            fix="Removes the dot. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="点号后面没有名字",
            what="查找以点号结尾、或在调用括号前多出点号的名字。",
            why="点号之后必须跟名字。",
            torch_says="SyntaxError: invalid syntax",
            fix="去掉点号。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"dotted-blank"})
    invalid = (
        Invalid("import math\n\ny = math.sqrt.(4.0)\n", lines=(3,), fixed="import math\n\ny = math.sqrt(4.0)\n"),
    )
    valid = (
        Valid("import math\n\ny = math . sqrt(4.0)\n"),
        Valid("x = 4.\nprint(x.__neg__())\n"),
    )
