"""ML033: a mark that nothing needs."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class StrayToken(RepairRule):
    meta = Meta(
        code="ML033",
        name="stray-token",
        severity=Severity.ERROR,
        en=Doc(
            title="A mark that nothing needs",
            what="Finds doubled colons, stray semicolons, commas and other marks left over from editing.",
            why="Python has no meaning for them there.",
            torch_says="SyntaxError: invalid syntax",
            fix="Removes the mark. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="多余的符号",
            what="查找编辑时遗留的双冒号、多余的分号、逗号等符号。",
            why="它们在那里没有任何意义。",
            torch_says="SyntaxError: invalid syntax",
            fix="删除该符号。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"stray-token"})
    invalid = (Invalid("for i in (1, 2)::\n    print(i)\n", lines=(1,), fixed="for i in (1, 2):\n    print(i)\n"),)
    valid = (
        Valid("x = [1, 2, 3][::2]\n"),
        Valid("x = 1;\ny = (x,)\n"),
    )
