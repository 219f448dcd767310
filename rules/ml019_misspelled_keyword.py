"""ML019: a keyword that is misspelt or translated."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class MisspelledKeyword(RepairRule):
    meta = Meta(
        code="ML019",
        name="misspelled-keyword",
        severity=Severity.ERROR,
        en=Doc(
            title="A keyword that is misspelt or translated",
            what="Finds `dfe`, `calss`, `improt`, `form torch import nn`, `定义`.",
            why="Python knows its keywords in one spelling alone.",
            torch_says="SyntaxError: invalid syntax",
            fix="Writes the keyword. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="拼错或翻译了的关键字",
            what="查找 `dfe`、`calss`、`improt`、`form torch import nn`、`定义` 等写法。",
            why="Python 的关键字只有一种写法。",
            torch_says="SyntaxError: invalid syntax",
            fix="改写为正确的关键字。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"misspelled-keyword"})
    invalid = (
        Invalid("improt torch\n\nx = torch.ones(2)\n", lines=(1,), fixed="import torch\n\nx = torch.ones(2)\n"),
        Invalid("calss Net:\n    pass\n", lines=(1,), fixed="class Net:\n    pass\n"),
    )
    valid = (
        Valid("form = 3\nprint(form)\n"),
        Valid("定义 = 3\nprint(定义)\n"),
        Valid("define = int\nprint(define(3))\n"),
    )
