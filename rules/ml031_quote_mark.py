"""ML031: the marks of a quotation."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class QuoteMark(RepairRule):
    meta = Meta(
        code="ML031",
        name="quote-mark",
        severity=Severity.ERROR,
        en=Doc(
            title="The marks of a quotation",
            what="Finds lines that begin with the `>` of a mail or a Markdown quotation.",
            why="`>` before a statement compares nothing with it.",
            torch_says="SyntaxError: invalid syntax",
            fix="Removes the marks. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="引用标记",
            what="查找以邮件或 Markdown 引用的 `>` 开头的行。",
            why="语句前的 `>` 没有可比较的左值。",
            torch_says="SyntaxError: invalid syntax",
            fix="删除标记。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"quote-mark"})
    invalid = (Invalid("> import torch\n> x = torch.ones(2)\n", lines=(1,), fixed="import torch\nx = torch.ones(2)\n"),)
    valid = (
        Valid("ok = (\n    3\n    > 2\n)\n"),
        Valid("print('> quoted')\n"),
    )
