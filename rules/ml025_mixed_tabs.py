"""ML025: tabs and spaces in one indentation."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class MixedTabs(RepairRule):
    meta = Meta(
        code="ML025",
        name="mixed-tabs",
        severity=Severity.ERROR,
        en=Doc(
            title="Tabs and spaces in one indentation",
            what="Finds blocks whose lines are indented by tabs here and by spaces there.",
            why="Python compares indentation by characters, not by what an editor shows.",
            torch_says="TabError: inconsistent use of tabs and spaces in indentation",
            fix="Writes spaces for the tabs. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="缩进混用制表符和空格",
            what="查找有的行用制表符、有的行用空格缩进的代码块。",
            why="Python 按字符比较缩进，而不是按编辑器显示的宽度。",
            torch_says="TabError: inconsistent use of tabs and spaces in indentation",
            fix="把制表符改为空格。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"mixed-tabs"})
    invalid = (
        Invalid(
            "def double(x):\n        y = 2 * x\n\treturn y\n",
            lines=(3,),
            fixed="def double(x):\n        y = 2 * x\n        return y\n",
        ),
    )
    valid = (
        Valid("def double(x):\n\ty = 2 * x\n\treturn y\n"),
        Valid("def double(x):\n    text = '\t'\n    return text\n"),
    )
