"""ML024: a string that is not closed or not opened."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class MissingQuote(RepairRule):
    meta = Meta(
        code="ML024",
        name="missing-quote",
        severity=Severity.ERROR,
        en=Doc(
            title="A string that is not closed or not opened",
            what="Finds strings with a quotation mark at one end only.",
            why="A string ends with the mark that it began with, on the same line.",
            torch_says="SyntaxError: unterminated string literal",
            fix="Puts the quotation mark where the string plainly ends. Safe when no other repair comes near, else "
            "unsafe.",
        ),
        zh=Doc(
            title="字符串缺少引号",
            what="查找只有一端带引号的字符串。",
            why="字符串必须在同一行用开头的那种引号结束。",
            torch_says="SyntaxError: unterminated string literal",
            fix="在字符串明显结束处补上引号。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"missing-quote"})
    invalid = (Invalid("print('loss, 3)\n", lines=(1,), fixed="print('loss', 3)\n"),)
    valid = (
        Valid('print("it\'s")\n'),
        Valid("print('''two\nlines''')\n"),
    )
