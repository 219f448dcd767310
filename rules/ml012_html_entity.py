"""ML012: an HTML entity."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class HtmlEntity(RepairRule):
    meta = Meta(
        code="ML012",
        name="html-entity",
        severity=Severity.ERROR,
        en=Doc(
            title="An HTML entity",
            what="Finds `&gt;`, `&lt;`, `&amp;`, `&quot;` in the code.",
            why="A web page encodes these characters; copied as source they are no operators.",
            torch_says="SyntaxError: invalid syntax",
            fix="Writes the character that is meant. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="HTML 实体",
            what="查找代码里的 `&gt;`、`&lt;`、`&amp;`、`&quot;`。",
            why="网页会编码这些字符；从网页源码复制后它们不是运算符。",
            torch_says="SyntaxError: invalid syntax",
            fix="改写为所代表的字符。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"html-entity"})
    invalid = (
        Invalid(
            "a, b = 3, 2\nif a &gt; b:\n    print(a)\n", lines=(2,), fixed="a, b = 3, 2\nif a > b:\n    print(a)\n"
        ),
    )
    valid = (
        Valid("print('a &gt; b')\n"),
        Valid("a, gt = 3, 1\nprint(a &gt)\n"),
    )
