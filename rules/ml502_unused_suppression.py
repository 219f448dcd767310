"""ML502: a comment that suppresses what nothing finds."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import SuppressionUnused
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid

_HEAD = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
"""
_TAIL = """\

    def forward(self, x):
        return self.fc(x)


Net()(torch.randn(2, 4))
"""
_PLAIN = f"{_HEAD}        self.fc = nn.Linear(4, 2)\n{_TAIL}"


def _net(line: str) -> str:
    return f"{_HEAD}{line}{_TAIL}"


class UnusedSuppression(Rule):
    meta = Meta(
        code="ML502",
        name="unused-suppression",
        severity=Severity.WARNING,
        en=Doc(
            title="A comment suppresses what nothing finds",
            what="Compares `# modlint: ignore[...]`, `# modlint: file-ignore[...]` and `# noqa: ML...` with what all "
            "rules find, whether they are selected or not.",
            why="A suppression that is left behind hides the next mistake on its line.",
            torch_says="nothing: it does not read comments",
            fix="Removes the comment, or those of its codes that are of no use. Safe: only the comment changes.",
        ),
        zh=Doc(
            title="抑制注释没有抑制任何问题",
            what="把 `# modlint: ignore[...]`、`# modlint: file-ignore[...]` 和 `# noqa: ML...` "
            "与所有规则（无论是否启用）找到的问题比较。",
            why="遗留的抑制注释会掩盖该行以后出现的错误。",
            torch_says="没有提示：torch 不读注释",
            fix="删除注释，或其中无用的代码。安全：只改注释。",
        ),
    )
    judges_comments = True
    invalid = (
        Invalid(
            _net("        self.fc = nn.Linear(4, 2)  # modlint: ignore[ML201] wide\n"), (8,), _PLAIN, raises=False
        ),
        Invalid(_net("        self.fc = nn.Linear(4, 2)  # noqa: E501, ML201\n"), (8,),
                _net("        self.fc = nn.Linear(4, 2)  # noqa: E501\n"), raises=False),
        Invalid(_net("        # modlint: ignore\n        self.fc = nn.Linear(4, 2)\n"), (8,), _PLAIN, raises=False),
        Invalid(f"# modlint: file-ignore[ML2, linear-in-features]\n{_PLAIN}", (1,), _PLAIN, raises=False),
    )  # fmt: skip
    valid = (
        Valid(_PLAIN),
        Valid(_net("        self.fc = nn.Linear(5, 2)  # modlint: ignore[ML201] to be shown\n"), runs=False),
        Valid(_net("        self.fc = nn.Linear(5, 2)  # noqa: E501,ML201 # pragma: no cover\n"), runs=False),
        Valid(_net("        # modlint: ignore[linear-in-features]\n        self.fc = nn.Linear(5, 2)\n"), runs=False),
        Valid(_net("        self.fc = nn.Linear(\n            5, 2\n        )  # modlint: ignore\n"), runs=False),
        Valid(f"# modlint: file-ignore[ML2]\n{_net('        self.fc = nn.Linear(5, 2)')}", runs=False),
        Valid(_net("        self.fc = nn.Linear(4, 2)  # noqa: E501\n")),
        Valid(_net("        self.fc = nn.Linear(4, 2)  # noqa\n")),
        Valid(_net('        self.fc = nn.Linear(4, 2)\n        self.text = "# modlint: ignore[ML201]"\n')),
    )

    def check(self, event: SuppressionUnused) -> Iterator[Finding]:
        """The comment, or the codes in it."""
        named = ", ".join(f"`{item.text}`" for item in event.selectors)
        message = (
            Text(f"nothing here is found by {named}", f"此处没有 {named} 的问题")
            if named
            else Text("nothing is found here", "此处没有任何问题")
        )
        edit = event.directive.without(event.selectors)
        title = Text("remove the suppression", "删除抑制注释")
        candidates = (Candidate(title, ((event.place.unit, edit),)),) if edit is not None else ()
        yield Finding(event.place, message, candidates=candidates)
