"""ML014: indentation that is lost or uneven."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class Indentation(RepairRule):
    meta = Meta(
        code="ML014",
        name="indentation",
        severity=Severity.ERROR,
        en=Doc(
            title="Indentation that is lost or uneven",
            what="Finds bodies that do not stand under their header, and statements between two levels.",
            why="Python reads the structure from the indentation alone.",
            torch_says="IndentationError: expected an indented block after function definition on line 1",
            fix="Indents by what the statements say: methods under their class, bodies under their header. Safe when "
            "no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="缩进丢失或不一致",
            what="查找没有缩进到头部之下的代码体，以及处在两级缩进之间的语句。",
            why="Python 只凭缩进判断结构。",
            torch_says="IndentationError: expected an indented block after function definition on line 1",
            fix="按语句的含义缩进：方法归入类，代码体归入头部。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"indentation"})
    invalid = (
        Invalid(
            "class Pool:\n    def __init__(self):\n    self.n = 1\n\n    def half(self):\n        return 1\n",
            lines=(3,),
            fixed="class Pool:\n    def __init__(self):\n        self.n = 1\n\n    def half(self):\n        return 1\n",
        ),
    )
    valid = (
        Valid("class Pool:\n  def __init__(self):\n        self.n = 1\n\n\nPool()\n"),
        Valid("layers = [\n1,\n      2,\n   3,\n]\n"),
    )
