"""ML503: a comment that speaks to modlint and is not understood."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import DirectiveUnreadable
from modlint.rule import Doc, Finding, Invalid, Meta, Rule, Valid

_TELL: Mapping[str, Callable[[str], Text]] = {
    "word": lambda written: Text(
        f"`modlint: {written}` is none of `ignore`, `file-ignore` and `input`",
        f"`modlint: {written}` 不是 `ignore`、`file-ignore` 或 `input`",
    ),
    "selector": lambda written: Text(f"no rule is called `{written}`", f"没有名为 `{written}` 的规则"),
    "input": lambda written: Text(
        f"`{written}` is no input; write sizes as in `8x3x224x224`",
        f"`{written}` 不是输入形状；请写成 `8x3x224x224`",
    ),
    "class": lambda written: Text(
        f"`input={written}` stands at no class; write it above one, or on top of its body",
        f"`input={written}` 不在任何类上；请写在类的上一行，或类体的开头",
    ),
}
_NET = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)
"""


class UnreadableDirective(Rule):
    meta = Meta(
        code="ML503",
        name="unreadable-directive",
        severity=Severity.WARNING,
        en=Doc(
            title="A comment for modlint that it does not understand",
            what="Finds comments `# modlint: ...` with another word than `ignore`, `file-ignore` and `input`, rules "
            "that do not exist, and inputs that cannot be read or stand at no class.",
            why="Such a comment has no effect, and nobody would notice.",
            torch_says="nothing: it does not read comments",
            fix="None: what is meant is up to its author.",
        ),
        zh=Doc(
            title="modlint 看不懂的指令注释",
            what="查找含有 `ignore`、`file-ignore`、`input` 以外指令的 `# modlint: ...` 注释、不存在的规则，"
            "以及无法读取或不在任何类上的输入形状。",
            why="这样的注释不起作用，而且没有人会发现。",
            torch_says="没有提示：torch 不读注释",
            fix="无：原意由作者决定。",
        ),
    )
    judges_comments = True
    invalid = (
        Invalid(f"{_NET}# modlint: ingore[ML201]\n", (11,), raises=False),
        Invalid(f"{_NET}# modlint: ignore[ML999]\n", (11,), raises=False),
        Invalid(f"# modlint: input=8*4\n{_NET}", (1,), raises=False),
    )
    valid = (
        Valid(_NET),
        Valid(f"{_NET}# see modlint: it reads comments\n"),
        Valid(f"{_NET}# noqa: XYZ1\n"),
        Valid(f"{_NET}# modlint: ignore[ML201, norm-rank] because\n"),
        Valid(_NET.replace("class", "# modlint: input=8x4\nclass")),
    )

    def check(self, event: DirectiveUnreadable) -> Iterator[Finding]:
        """What is written, and what may be meant."""
        told = _TELL[event.kind](event.written)
        if event.meant:
            told = Text(f"{told.en}; did you mean `{event.meant}`?", f"{told.zh}；是否想写 `{event.meant}`？")
        yield Finding(event.place, told)
