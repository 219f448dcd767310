"""ML015: a character that nobody sees."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class InvisibleCharacter(RepairRule):
    meta = Meta(
        code="ML015",
        name="invisible-character",
        severity=Severity.ERROR,
        en=Doc(
            title="A character that nobody sees",
            what="Finds zero-width characters, byte order marks and control characters in the code.",
            why="Python refuses what is neither an ASCII blank nor a part of a name; the line looks right.",
            torch_says="SyntaxError: invalid non-printable character U+200B",
            fix="Removes the character. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="看不见的字符",
            what="查找代码里的零宽字符、字节序标记和控制字符。",
            why="Python 不接受这些字符，而该行看上去完全正常。",
            torch_says="SyntaxError: invalid non-printable character U+200B",
            fix="删除该字符。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"invisible-character"})
    invalid = (Invalid("x = max\u200b(1, 2)\n", lines=(1,), fixed="x = max(1, 2)\n"),)
    valid = (
        Valid("x = 'a\u200bb'\n"),
        Valid("# zero\u200bwidth\nx = 1\n"),
    )
