"""ML021: a bracket that is missing."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class MissingBracket(RepairRule):
    meta = Meta(
        code="ML021",
        name="missing-bracket",
        severity=Severity.ERROR,
        en=Doc(
            title="A bracket that is missing",
            what="Finds brackets that are opened and not closed, closed by another kind, or closed and not opened.",
            why="Python reads on to the closing bracket: the message then blames a line further down.",
            torch_says="SyntaxError: '(' was never closed",
            fix="Puts the bracket where the statement ends. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="缺少括号",
            what="查找没有闭合、用错种类或没有开头的括号。",
            why="Python 会一直读到右括号，因此报错的往往是后面的行。",
            torch_says="SyntaxError: '(' was never closed",
            fix="在语句结束处补上括号。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"missing-bracket"})
    invalid = (
        Invalid(
            "import torch\n\nx = torch.relu(torch.ones(2)\ny = x\n",
            lines=(3,),
            fixed="import torch\n\nx = torch.relu(torch.ones(2))\ny = x\n",
        ),
    )
    valid = (
        Valid("import torch\n\nx = torch.relu(\n    torch.ones(2)\n)\n"),
        Valid("text = '(['\n"),
    )
