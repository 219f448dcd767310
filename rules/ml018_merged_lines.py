"""ML018: two statements on one line."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class MergedLines(RepairRule):
    meta = Meta(
        code="ML018",
        name="merged-lines",
        severity=Severity.ERROR,
        en=Doc(
            title="Two statements on one line",
            what="Finds two statements with nothing between them.",
            why="A line break was lost; Python needs it, or a semicolon.",
            torch_says="SyntaxError: invalid syntax",
            fix="Puts the line break back. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="两条语句并在一行",
            what="查找中间没有任何分隔的两条语句。",
            why="换行丢失了；Python 需要换行或分号。",
            torch_says="SyntaxError: invalid syntax",
            fix="补回换行。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"merged-lines"})
    invalid = (Invalid("x = abs(-1) y = abs(x)\nprint(y)\n", lines=(1,), fixed="x = abs(-1)\ny = abs(x)\nprint(y)\n"),)
    valid = (
        Valid("x = abs(-1); y = abs(x)\n"),
        Valid("x = 1 if True else 2\n"),
    )
