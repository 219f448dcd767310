"""ML023: a comma that is missing."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class MissingComma(RepairRule):
    meta = Meta(
        code="ML023",
        name="missing-comma",
        severity=Severity.ERROR,
        en=Doc(
            title="A comma that is missing",
            what="Finds two items of a call or list with nothing between them.",
            why="Without a comma two expressions stand side by side.",
            torch_says="SyntaxError: invalid syntax. Perhaps you forgot a comma?",
            fix="Puts the comma in. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="缺少逗号",
            what="查找调用或列表里中间没有分隔的两项。",
            why="没有逗号，两个表达式就并排在一起。",
            torch_says="SyntaxError: invalid syntax. Perhaps you forgot a comma?",
            fix="补上逗号。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"missing-comma"})
    invalid = (
        Invalid(
            "from torch import nn\n\nnet = nn.Sequential(\n    nn.Linear(3, 4)\n    nn.ReLU(),\n)\n",
            lines=(4,),
            fixed="from torch import nn\n\nnet = nn.Sequential(\n    nn.Linear(3, 4),\n    nn.ReLU(),\n)\n",
        ),
    )
    valid = (
        Valid("text = ('one '\n        'two')\n"),
        Valid("from torch import nn\n\nnet = nn.Sequential(nn.Linear(3, 4), nn.ReLU())\n"),
    )
