"""ML017: a special method's name that is torn apart."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class MangledDunder(RepairRule):
    meta = Meta(
        code="ML017",
        name="mangled-dunder",
        severity=Severity.ERROR,
        en=Doc(
            title="A special method's name that is torn apart",
            what="Finds `_ init _`, `__ init __`, `def__init__` and their like where they do not parse.",
            why="`__init__` is one word with two underscores on either side.",
            torch_says="SyntaxError: expected '('",
            fix="Writes the name in one word. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="被拆散的特殊方法名",
            what="查找无法解析的 `_ init _`、`__ init __`、`def__init__` 等写法。",
            why="`__init__` 是一个词，两边各有两个下划线。",
            torch_says="SyntaxError: expected '('",
            fix="改写为完整的名字。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"mangled-dunder"})
    invalid = (
        Invalid(
            "class Net:\n    def __ init __(self):\n        self.n = 1\n",
            lines=(2,),
            fixed="class Net:\n    def __init__(self):\n        self.n = 1\n",
        ),
    )
    valid = (
        Valid("class Net:\n    def __init__ (self):\n        self.n = 1\n\n\nNet()\n"),
        Valid("class Net:\n    def _init_(self):\n        self.n = 1\n\n\nNet()\n"),
    )
