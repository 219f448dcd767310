"""ML009: an operator of another language."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class ForeignOperator(RepairRule):
    meta = Meta(
        code="ML009",
        name="foreign-operator",
        severity=Severity.ERROR,
        en=Doc(
            title="An operator of another language",
            what="Finds `&&`, `||`, `++`, `else if` and their like.",
            why="Python spells them `and`, `or`, `+= 1`, `elif`.",
            torch_says="SyntaxError: invalid syntax",
            fix="Writes Python's own operator. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="其他语言的运算符",
            what="查找 `&&`、`||`、`++`、`else if` 等写法。",
            why="Python 的写法是 `and`、`or`、`+= 1`、`elif`。",
            torch_says="SyntaxError: invalid syntax",
            fix="改写为 Python 的运算符。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"foreign-operator"})
    invalid = (
        Invalid(
            "a, b = True, False\nif a && b:\n    print(a)\n",
            lines=(2,),
            fixed="a, b = True, False\nif a and b:\n    print(a)\n",
        ),
        Invalid(
            "n = 3\nif n > 5:\n    print(n)\nelse if n > 2:\n    print(-n)\n",
            lines=(4,),
            fixed="n = 3\nif n > 5:\n    print(n)\nelif n > 2:\n    print(-n)\n",
        ),
    )
    valid = (
        Valid("a, b = 1, 3\nprint(a & b, a | b, a ^ b)\n"),
        Valid("a, b = 1, 2\nprint(a ++ b, a -- b)\n"),
        Valid("print('a && b || !c')\n"),
    )
