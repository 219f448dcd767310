"""ML005: the marks of a diff."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class DiffMark(RepairRule):
    meta = Meta(
        code="ML005",
        name="diff-mark",
        severity=Severity.ERROR,
        en=Doc(
            title="The marks of a diff",
            what="Finds lines that begin with the `+` and `-` of a diff.",
            why="The marks shift the indentation, and removed lines come back to life.",
            torch_says="IndentationError: unexpected indent",
            fix="Removes the marks; removed lines become comments. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="差异标记",
            what="查找以差异（diff）的 `+`、`-` 开头的行。",
            why="这些标记会打乱缩进，并让已删除的行重新出现。",
            torch_says="IndentationError: unexpected indent",
            fix="去掉标记，被删除的行改成注释。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"diff-mark"})
    invalid = (
        Invalid(
            " def double(x):\n+    y = 2 * x\n-    y = x\n     return y\n",
            lines=(1,),
            fixed="def double(x):\n    y = 2 * x\n# -    y = x\n    return y\n",
        ),
    )
    valid = (
        Valid("x = 3\ny = (\n    1\n    + x\n    - 2\n)\n"),
        Valid("x = 3\n+x\n-x\n"),
    )
