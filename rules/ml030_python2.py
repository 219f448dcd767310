"""ML030: a statement of Python 2."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class Python2(RepairRule):
    meta = Meta(
        code="ML030",
        name="python2",
        severity=Severity.ERROR,
        en=Doc(
            title="A statement of Python 2",
            what="Finds `print x`, `except Error, e`, `raise Error, text`, `exec code`.",
            why="Python 3 has functions and `as` for them.",
            torch_says="SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?",
            fix="Writes what Python 3 wants. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="Python 2 的语句",
            what="查找 `print x`、`except Error, e`、`raise Error, text`、`exec code`。",
            why="Python 3 用函数和 `as` 代替它们。",
            torch_says="SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?",
            fix="改写为 Python 3 的写法。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"python2"})
    invalid = (
        Invalid("x = 3\nprint x\n", lines=(2,), fixed="x = 3\nprint(x)\n"),
        Invalid(
            "try:\n    int('a')\nexcept ValueError, e:\n    print(e)\n",
            lines=(3,),
            fixed="try:\n    int('a')\nexcept ValueError as e:\n    print(e)\n",
        ),
    )
    valid = (
        Valid("x = 3\nprint (x)\n"),
        Valid("try:\n    int('1')\nexcept (ValueError, TypeError):\n    print('no')\n"),
        Valid("print\n"),
    )
