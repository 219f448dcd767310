"""ML037: a class that `def` introduces."""

from modlint.diagnostics import Severity
from modlint.rule import Doc, Invalid, Meta, Valid
from modlint.rulekit.mending import RepairRule


class WrongDefinition(RepairRule):
    meta = Meta(
        code="ML037",
        name="wrong-definition",
        severity=Severity.ERROR,
        en=Doc(
            title="A class that `def` introduces",
            what="Finds `def Net(nn.Module):`.",
            why="`def` takes parameter names, and `nn.Module` is none.",
            torch_says="SyntaxError: invalid syntax",
            fix="Writes `class`. Safe when no other repair comes near, else unsafe.",
        ),
        zh=Doc(
            title="用 `def` 定义的类",
            what="查找 `def Net(nn.Module):` 这样的写法。",
            why="`def` 后面是参数名，而 `nn.Module` 不是。",
            torch_says="SyntaxError: invalid syntax",
            fix="改写为 `class`。没有其他相近的修复时为安全，否则为不安全。",
        ),
    )
    aspects = frozenset({"wrong-definition"})
    invalid = (
        Invalid(
            "from torch import nn\n\n\ndef Net(nn.Module):\n    pass\n",
            lines=(4,),
            fixed="from torch import nn\n\n\nclass Net(nn.Module):\n    pass\n",
        ),
    )
    valid = (
        Valid("from torch import nn\n\n\ndef net(module):\n    return module\n"),
        Valid("from torch import nn\n\n\nclass Net(nn.Module):\n    pass\n"),
    )
