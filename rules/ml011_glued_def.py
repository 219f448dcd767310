"""ML011: a keyword glued to the next word."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class GluedDef(RepairRule):
    meta = Meta(
        code="ML011",
        name="glued-def",
        severity=Severity.ERROR,
        en=Doc(
            title="A keyword glued to the next word",
            what="Finds `defforward`, `classNet`, `asnn`, `inrange`.",
            why="Without the blank the keyword is a part of a name.",
            torch_says="SyntaxError: invalid syntax",
            fix="Puts the blank in. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="关键字与后面的词粘连",
            what="查找 `defforward`、`classNet`、`asnn`、`inrange` 之类的写法。",
            why="缺少空格时关键字成了名字的一部分。",
            torch_says="SyntaxError: invalid syntax",
            fix="补上空格。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"glued-def"})
    invalid = (Invalid("defdouble(x):\n    return 2 * x\n", lines=(1,), fixed="def double(x):\n    return 2 * x\n"),)
    valid = (
        Valid("defaults = (1, 2)\nprint(defaults)\n"),
        Valid("def define(x):\n    return x\n\n\ndefine(3)\n"),
    )
