"""ML020: a header without a body."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class MissingBody(RepairRule):
    meta = Meta(
        code="ML020",
        name="missing-body",
        severity=Severity.ERROR,
        en=Doc(
            title="A header without a body",
            what="Finds `def`, `class`, `if` or `for` with nothing under it.",
            why="Every header needs at least one statement.",
            torch_says="IndentationError: expected an indented block after function definition on line 2",
            fix="Puts `pass` there. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="头部没有代码体",
            what="查找下面什么也没有的 `def`、`class`、`if`、`for`。",
            why="每个头部至少要有一条语句。",
            torch_says="IndentationError: expected an indented block after function definition on line 2",
            fix="放入 `pass`。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"missing-body"})
    invalid = (
        Invalid(
            "class Pool:\n    def __init__(self):\n\n    def half(self):\n        return 1\n",
            lines=(2,),
            fixed="class Pool:\n    def __init__(self):\n        pass\n\n    def half(self):\n        return 1\n",
        ),
    )
    valid = (
        Valid("class Pool:\n    def __init__(self):\n        pass\n"),
        Valid("class Pool:\n    ...\n"),
    )
