"""ML035: an unusual space."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class UnusualSpace(RepairRule):
    meta = Meta(
        code="ML035",
        name="unusual-space",
        severity=Severity.ERROR,
        en=Doc(
            title="An unusual space",
            what="Finds non-breaking, full-width and other spaces that look like a blank.",
            why="Python accepts the ASCII space and the tab between tokens, and no other.",
            torch_says="SyntaxError: invalid non-printable character U+00A0",
            fix="Writes a plain space. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="特殊空格",
            what="查找看上去像空格的不间断空格、全角空格等。",
            why="记号之间 Python 只接受 ASCII 空格和制表符。",
            torch_says="SyntaxError: invalid non-printable character U+00A0",
            fix="改写为普通空格。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"unusual-space"})
    invalid = (Invalid("x =\u00a0max(1, 2)\n", lines=(1,), fixed="x = max(1, 2)\n"),)
    valid = (
        Valid("x = 'a\u00a0b'\n"),
        Valid("# a\u3000b\nx = 1\n"),
    )
