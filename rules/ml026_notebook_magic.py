"""ML026: a notebook's command in a Python file."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class NotebookMagic(RepairRule):
    meta = Meta(
        code="ML026",
        name="notebook-magic",
        severity=Severity.ERROR,
        en=Doc(
            title="A notebook's command in a Python file",
            what="Finds `%matplotlib inline`, `!pip install …` in a file that is no notebook.",
            why="Only IPython understands them.",
            torch_says="SyntaxError: invalid syntax",
            fix="Turns the command into a comment. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="Python 文件里的笔记本命令",
            what="查找非笔记本文件中的 `%matplotlib inline`、`!pip install …`。",
            why="只有 IPython 能理解它们。",
            torch_says="SyntaxError: invalid syntax",
            fix="改成注释。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"notebook-magic"})
    invalid = (Invalid("!pip install torch\nimport torch\n", lines=(1,), fixed="# !pip install torch\nimport torch\n"),)
    valid = (
        Valid("x = 7\ny = (x\n     % 4)\n"),
        Valid("# %matplotlib inline\nimport torch\n"),
    )
