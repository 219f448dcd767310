"""ML034: typographic quotation marks."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class TypographicQuote(RepairRule):
    meta = Meta(
        code="ML034",
        name="typographic-quote",
        severity=Severity.ERROR,
        en=Doc(
            title="Typographic quotation marks",
            what="Finds `“ ”` and `‘ ’` where Python wants `\"` or `'`.",
            why="A word processor or web page curls them; Python knows the straight ones alone.",
            torch_says="SyntaxError: invalid character '“' (U+201C)",
            fix="Writes straight quotation marks. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="弯引号",
            what="查找本应是 `\"` 或 `'` 却写成 `“ ”`、`‘ ’` 的引号。",
            why="文字处理软件或网页会把引号变弯；Python 只认直引号。",
            torch_says="SyntaxError: invalid character '“' (U+201C)",
            fix="改写为直引号。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"typographic-quote"})
    invalid = (Invalid("print(“loss”)\n", lines=(1,), fixed='print("loss")\n'),)
    valid = (
        Valid("print('“loss”')\n"),
        Valid("# it’s a comment\nx = 1\n"),
    )
