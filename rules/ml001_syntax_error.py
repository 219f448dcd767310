"""ML001: text that Python cannot parse and that no repair makes readable."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import TextUnreadable
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid


class SyntaxFault(Rule):
    meta = Meta(
        code="ML001",
        name="syntax-error",
        severity=Severity.ERROR,
        en=Doc(
            title="Python cannot parse the file",
            what="Finds text that Python refuses and for which no repair is known.",
            why="Nothing of a file runs that does not parse, and nothing more can be said about it.",
            torch_says="SyntaxError: invalid syntax",
            fix="None: what is meant cannot be told.",
        ),
        zh=Doc(
            title="Python 无法解析文件",
            what="查找 Python 拒绝、也没有已知修复方法的文本。",
            why="无法解析的文件一行也不会运行，也无法再检查其他问题。",
            torch_says="SyntaxError: invalid syntax",
            fix="无：无法判断原意。",
        ),
    )
    aspects = frozenset({"syntax-error"})
    invalid = (Invalid("import torch\n\n\nclass lambda in:\n    return for\n", lines=(4,)),)
    valid = (
        Valid("import torch\n\nx = torch.ones(2)\n"),
        Valid(""),
        Valid("# nothing but a comment"),
    )

    def check(self, event: TextUnreadable) -> Iterator[Finding]:
        """CPython's own message, at its own place."""
        yield Finding(
            event.place,
            Text(f"Python cannot read this: {event.message.en}", f"Python 无法读取：{event.message.zh}"),
        )
