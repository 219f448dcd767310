"""ML010: full-width punctuation."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class FullWidthPunctuation(RepairRule):
    meta = Meta(
        code="ML010",
        name="full-width-punctuation",
        severity=Severity.ERROR,
        en=Doc(
            title="Full-width punctuation",
            what="Finds full-width or typographic punctuation and digits where Python wants ASCII.",
            why="Only in strings and comments may `：`, `，` or `（` stand; an input method writes them by itself.",
            torch_says="SyntaxError: invalid character '，' (U+FF0C)",
            fix="Writes the ASCII character. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="全角标点",
            what="查找本应是 ASCII 却写成全角的标点和数字。",
            why="`：`、`，`、`（` 只能出现在字符串和注释里；输入法会自动写出它们。",
            torch_says="SyntaxError: invalid character '，' (U+FF0C)",
            fix="改写为 ASCII 字符。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"full-width-punctuation"})
    invalid = (
        Invalid(
            "from torch import nn\n\nfc = nn.Linear(784，10)\n",
            lines=(3,),
            fixed="from torch import nn\n\nfc = nn.Linear(784,10)\n",
        ),
    )
    valid = (
        Valid("print('宽，高')  # 宽，高\n"),
        Valid("宽 = 3\n高 = 宽 + 1\n"),
    )
