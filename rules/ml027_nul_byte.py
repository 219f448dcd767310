"""ML027: a NUL byte."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class NulByte(RepairRule):
    meta = Meta(
        code="ML027",
        name="nul-byte",
        severity=Severity.ERROR,
        en=Doc(
            title="A NUL byte",
            what="Finds NUL bytes, which broken downloads and wrong encodings leave behind.",
            why="Python refuses a NUL byte anywhere, even in a comment.",
            torch_says="SyntaxError: source code string cannot contain null bytes",
            fix="Removes the byte. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="空字节",
            what="查找下载损坏或编码错误留下的 NUL 字节。",
            why="Python 在任何地方都不接受 NUL 字节，注释里也不行。",
            torch_says="SyntaxError: source code string cannot contain null bytes",
            fix="删除该字节。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"nul-byte"})
    invalid = (Invalid("x = max(1, 2)\x00\n", lines=(1,), fixed="x = max(1, 2)\n"),)
    valid = (
        Valid("x = '\\x00'\n"),
        Valid("x = bytes(2)\n"),
    )
