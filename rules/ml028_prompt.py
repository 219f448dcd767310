"""ML028: the prompt of an interactive session."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class Prompt(RepairRule):
    meta = Meta(
        code="ML028",
        name="prompt",
        severity=Severity.ERROR,
        en=Doc(
            title="The prompt of an interactive session",
            what="Finds `>>>`, `...` and `In [3]:` at the beginning of lines.",
            why="The prompt belongs to the console, not to the code.",
            torch_says="SyntaxError: invalid syntax",
            fix="Removes the prompt. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="交互式会话的提示符",
            what="查找行首的 `>>>`、`...`、`In [3]:`。",
            why="提示符属于控制台而不属于代码。",
            torch_says="SyntaxError: invalid syntax",
            fix="删除提示符。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"prompt"})
    invalid = (
        Invalid(">>> import torch\n>>> x = torch.ones(2)\n", lines=(1,), fixed="import torch\nx = torch.ones(2)\n"),
    )
    valid = (
        Valid('"""\n>>> 1 + 1\n2\n"""\n'),
        Valid("x = 8 >> 2\n...\n"),
    )
