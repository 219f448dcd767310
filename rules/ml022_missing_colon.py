"""ML022: a header without its colon."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class MissingColon(RepairRule):
    meta = Meta(
        code="ML022",
        name="missing-colon",
        severity=Severity.ERROR,
        en=Doc(
            title="A header without its colon",
            what="Finds `def`, `class`, `if`, `for`, `while` and `with` lines that do not end in `:`.",
            why="The colon tells that a body follows.",
            torch_says="SyntaxError: expected ':'",
            fix="Puts the colon at the end of the header. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="头部缺少冒号",
            what="查找不以 `:` 结尾的 `def`、`class`、`if`、`for`、`while`、`with` 行。",
            why="冒号表示后面是代码体。",
            torch_says="SyntaxError: expected ':'",
            fix="在头部末尾补上冒号。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"missing-colon"})
    invalid = (Invalid("def double(x)\n    return 2 * x\n", lines=(1,), fixed="def double(x):\n    return 2 * x\n"),)
    valid = (
        Valid("def double(x): return 2 * x\n"),
        Valid("def double(\n    x,\n):\n    return 2 * x\n"),
    )
