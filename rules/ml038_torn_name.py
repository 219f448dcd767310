"""ML038: a name with a blank inside."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class TornName(RepairRule):
    meta = Meta(
        code="ML038",
        name="torn-name",
        severity=Severity.ERROR,
        en=Doc(
            title="A name that is torn apart",
            what="Finds a name with a blank inside, as text recognition and phones leave it: `nn.Conv 2d(`, `class U Net`.",
            why="A blank ends a name.",
            torch_says="SyntaxError: invalid syntax",
            fix="Joins the parts. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="被空格拆开的名字",
            what="查找中间有空格的名字，例如文字识别或手机输入留下的 `nn.Conv 2d(`、`class U Net`。",
            why="空格会结束一个名字。",
            torch_says="SyntaxError: invalid syntax",
            fix="把各部分连起来。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"torn-name"})
    invalid = (
        Invalid(
            "from torch import nn\n\npool = nn.MaxPool 2d(2)\n",
            lines=(3,),
            fixed="from torch import nn\n\npool = nn.MaxPool2d(2)\n",
        ),
    )
    valid = (
        Valid("from torch import nn\n\npool = nn . MaxPool2d(2)\n"),
        Valid("def has(x, xs):\n    return x in xs\n"),
    )
