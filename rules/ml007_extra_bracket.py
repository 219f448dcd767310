"""ML007: a closing bracket too many."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class ExtraBracket(RepairRule):
    meta = Meta(
        code="ML007",
        name="extra-bracket",
        severity=Severity.ERROR,
        en=Doc(
            title="A closing bracket too many",
            what="Finds closing brackets that no opening one belongs to.",
            why="Python counts brackets across lines: one too many ends the file.",
            torch_says="SyntaxError: unmatched ')'",
            fix="Removes the bracket. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="多余的右括号",
            what="查找没有对应左括号的右括号。",
            why="Python 跨行匹配括号，多一个就无法解析整个文件。",
            torch_says="SyntaxError: unmatched ')'",
            fix="删除该括号。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"extra-bracket"})
    invalid = (
        Invalid(
            "from torch import nn\n\nfc = nn.Linear(784, 10))\n",
            lines=(3,),
            fixed="from torch import nn\n\nfc = nn.Linear(784, 10)\n",
        ),
    )
    valid = (
        Valid("from torch import nn\n\nfc = nn.Linear(784, (10))\n"),
        Valid("text = '))'  # ))\n"),
    )
