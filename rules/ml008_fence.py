"""ML008: a Markdown fence in the code."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class Fence(RepairRule):
    meta = Meta(
        code="ML008",
        name="fence",
        severity=Severity.ERROR,
        en=Doc(
            title="A Markdown fence in the code",
            what="Finds the three backticks of a Markdown page that were copied together with the code.",
            why="Backticks mean nothing in Python 3.",
            torch_says="SyntaxError: invalid syntax",
            fix="Removes the fence. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="代码里的 Markdown 围栏",
            what="查找与代码一起复制过来的 Markdown 三个反引号。",
            why="反引号在 Python 3 中没有意义。",
            torch_says="SyntaxError: invalid syntax",
            fix="删除围栏。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"fence"})
    invalid = (
        Invalid(
            "```python\nimport torch\n\nx = torch.ones(2)\n```\n",
            lines=(1, 5),
            fixed="\nimport torch\n\nx = torch.ones(2)\n\n",
        ),
    )
    valid = (
        Valid("# ```python\nimport torch\n# ```\n"),
        Valid('"""Use it so:\n\n```python\nx = 1\n```\n"""\n'),
    )
