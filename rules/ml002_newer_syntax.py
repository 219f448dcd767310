"""ML002: syntax of a newer Python than the one that runs modlint."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import TextUnreadable
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid


class NewerSyntax(Rule):
    meta = Meta(
        code="ML002",
        name="newer-syntax",
        severity=Severity.WARNING,
        en=Doc(
            title="The syntax is newer than the Python that runs modlint",
            what="Finds constructs that only a newer Python parses, such as type parameters or template strings.",
            why="The file is right for that version; modlint reads with its own parser and cannot look inside.",
            torch_says="SyntaxError: invalid syntax",
            fix="None: run modlint under the Python that the code is written for.",
        ),
        zh=Doc(
            title="语法比运行 modlint 的 Python 更新",
            what="查找只有更新版本的 Python 才能解析的写法，例如类型参数或模板字符串。",
            why="该文件对那个版本是正确的；modlint 用自身的解析器读取，因此无法检查其内容。",
            torch_says="SyntaxError: invalid syntax",
            fix="无：请用代码所针对的 Python 版本运行 modlint。",
        ),
    )
    aspects = frozenset({"newer-syntax"})
    invalid = (Invalid("name = 'conv1'\nlabel = t'{name}: 64'\n", lines=(2,)),)
    valid = (
        Valid("name = 'conv1'\nlabel = f'{name}: 64'\n"),
        Valid("type = 'conv'\nprint(type)\n"),
        Valid("t = 't'\nprint(t, 'x')\n"),
    )

    def check(self, event: TextUnreadable) -> Iterator[Finding]:
        """The construct and the version that knows it."""
        yield Finding(
            event.place,
            Text(f"this Python cannot read {event.message.en}", f"当前 Python 无法读取：{event.message.zh}"),
        )
