"""ML003: an assignment where a comparison is meant."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class AssignmentForComparison(RepairRule):
    meta = Meta(
        code="ML003",
        name="assignment-for-comparison",
        severity=Severity.ERROR,
        en=Doc(
            title="An assignment where a comparison is meant",
            what="Finds a single `=` in the condition of `if`, `elif` or `while`.",
            why="`=` binds a name and is no expression, so Python refuses the whole file.",
            torch_says="SyntaxError: invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
            fix="Writes `==`. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="应为比较却写成赋值",
            what="查找 `if`、`elif`、`while` 条件里的单个 `=`。",
            why="`=` 是赋值语句而不是表达式，Python 会拒绝整个文件。",
            torch_says="SyntaxError: invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
            fix="改写为 `==`。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"assignment-for-comparison"})
    invalid = (
        Invalid(
            "mode = 'train'\nif mode = 'train':\n    print(mode)\n",
            lines=(2,),
            fixed="mode = 'train'\nif mode == 'train':\n    print(mode)\n",
        ),
    )
    valid = (
        Valid("mode = 'train'\nif mode == 'train':\n    print(mode)\n"),
        Valid("if (count := len('abc')) > 2:\n    print(count)\n"),
        Valid("def show(sep='='):\n    print(sep)\n\n\nshow(sep='=')\n"),
    )
