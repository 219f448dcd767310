"""ML013: an import that the grammar does not know."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class ImpossibleImport(RepairRule):
    meta = Meta(
        code="ML013",
        name="impossible-import",
        severity=Severity.ERROR,
        en=Doc(
            title="An import that the grammar does not know",
            what="Finds `from torch.nn import torch.functional`, `import nn from torch` and their like.",
            why="`import` after `from` takes plain names: what is dotted belongs after `from`.",
            torch_says="SyntaxError: invalid syntax",
            fix="Writes the import that is meant. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="语法不允许的导入",
            what="查找 `from torch.nn import torch.functional`、`import nn from torch` 之类的写法。",
            why="`from … import` 之后只能是单个名字，带点的部分应写在 `from` 之后。",
            torch_says="SyntaxError: invalid syntax",
            fix="改写为所要的导入。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"impossible-import"})
    invalid = (
        Invalid(
            "from torch.nn import torch.functional as F\n", lines=(1,), fixed="from torch.nn import functional as F\n"
        ),
        Invalid("import nn from torch\n", lines=(1,), fixed="from torch import nn\n"),
    )
    valid = (
        Valid("from torch.nn import functional as F\n"),
        Valid("import torch.nn.functional as F\n"),
        Valid("import torch . nn as nn\n"),
    )
