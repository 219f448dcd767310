"""ML032: one statement on two lines."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class SplitLine(RepairRule):
    meta = Meta(
        code="ML032",
        name="split-line",
        severity=Severity.ERROR,
        en=Doc(
            title="One statement on two lines",
            what="Finds a statement that a line break tears apart.",
            why="Outside of brackets a line break ends the statement.",
            torch_says="SyntaxError: invalid syntax",
            fix="Joins the lines. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="一条语句断成两行",
            what="查找被换行断开的语句。",
            why="括号之外，换行就结束语句。",
            torch_says="SyntaxError: invalid syntax",
            fix="把两行接起来。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"split-line"})
    invalid = (Invalid("x =\nabs(-3)\n", lines=(1,), fixed="x = abs(-3)\n"),)
    valid = (
        Valid("x = \\\n    abs(-3)\n"),
        Valid("x = (\n    abs(-3)\n)\n"),
    )
