"""ML029: prose between the statements."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class Prose(RepairRule):
    meta = Meta(
        code="ML029",
        name="prose",
        severity=Severity.ERROR,
        en=Doc(
            title="Prose between the statements",
            what="Finds sentences that stand in the code without a comment mark.",
            why="Words in a row are no Python.",
            torch_says="SyntaxError: invalid syntax",
            fix="Turns the sentence into a comment. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="语句之间的文字说明",
            what="查找代码中没有注释符号的句子。",
            why="成行的文字不是 Python。",
            torch_says="SyntaxError: invalid syntax",
            fix="改成注释。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"prose"})
    invalid = (
        Invalid(
            "import torch\n\nNow we make a tensor and look at it:\n\nx = torch.ones(2)\nprint(x)\n",
            lines=(3,),
            fixed="import torch\n\n# Now we make a tensor and look at it:\n\nx = torch.ones(2)\nprint(x)\n",
        ),
    )
    valid = (
        Valid("import torch\n\n# Now we make a tensor.\nx = torch.ones(2)\n"),
        Valid("'Now we make a tensor.'\nx = 1\n"),
    )
