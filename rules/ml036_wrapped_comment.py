"""ML036: a comment that goes on without `#`."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class WrappedComment(RepairRule):
    meta = Meta(
        code="ML036",
        name="wrapped-comment",
        severity=Severity.ERROR,
        en=Doc(
            title="A comment that goes on without `#`",
            what="Finds the rest of a comment on a line of its own.",
            why="A comment ends with its line: the rest is read as code.",
            torch_says="SyntaxError: invalid syntax",
            fix="Puts the `#` before it. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="注释换行后缺少 `#`",
            what="查找单独成行的注释余下部分。",
            why="注释到行尾结束，余下部分会被当作代码。",
            torch_says="SyntaxError: invalid syntax",
            fix="在前面补上 `#`。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"wrapped-comment"})
    invalid = (
        Invalid(
            "x = abs(-3)  # the distance\nor the size of it\ny = abs(x)\n",
            lines=(2,),
            fixed="x = abs(-3)  # the distance\n# or the size of it\ny = abs(x)\n",
        ),
    )
    valid = (
        Valid("x = abs(-3)  # the distance\n# or the size of it\n"),
        Valid("x = 3  # the size\nprint(x)\n"),
    )
