"""ML120: ``torch.cat(a, b)``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Edit
from modlint.interpret.events import CallMismatch, ShapeMismatch
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.misfits import joins_tensors, joins_without_a_sequence
from modlint.syntax import Place

_RIGHT = """\
import torch

a, b = torch.ones(2, 3), torch.ones(2, 3)
c = torch.cat((a, b), dim=1)
"""


class CatWithoutSequence(Rule):
    meta = Meta(
        code="ML120",
        name="cat-without-sequence",
        severity=Severity.ERROR,
        en=Doc(
            title="`torch.cat` gets tensors one by one",
            what="Finds `torch.cat(a, b)`, `torch.stack(a, b)` and their like.",
            why="They take one tuple or list of tensors; the second argument is the dimension.",
            torch_says="TypeError: cat() received an invalid combination of arguments",
            fix="Puts the tensors into a tuple. Safe.",
        ),
        zh=Doc(
            title="`torch.cat` 逐个得到张量",
            what="查找 `torch.cat(a, b)`、`torch.stack(a, b)` 等写法。",
            why="它们接收一个张量元组或列表；第二个参数是维度。",
            torch_says="TypeError: cat() received an invalid combination of arguments",
            fix="把张量放进一个元组。安全。",
        ),
    )
    aspects = frozenset({"type"})
    invalid = (
        Invalid(_RIGHT.replace("((a, b)", "(a, b"), (4,), _RIGHT),
        Invalid(_RIGHT.replace("((a, b), dim=1)", "(a, b)"), (4,), _RIGHT.replace(", dim=1", "")),
        Invalid(_RIGHT.replace("((a, b), dim=1)", "(a, b, 1)"), (4,), _RIGHT.replace("dim=1", "1")),
        Invalid(_RIGHT.replace("cat((a, b)", "stack(a, b"), (4,), _RIGHT.replace("cat", "stack")),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_RIGHT.replace("(a, b), dim=1", "[a, b], 1")),
        Valid(_RIGHT.replace("(a, b), dim=1", "tensors=(a, b)")),
        Valid(_RIGHT.replace("(a, b), dim=1", "[a] + [b]")),
        Valid("import torch\n\nparts = torch.ones(4, 3).chunk(2)\ntorch.cat(parts, 1)\n"),
    )

    def check(self, event: ShapeMismatch | CallMismatch) -> Iterator[Finding]:
        """At the call."""
        call = event.place.node
        if not isinstance(call, ast.Call) or not call.args:
            return
        wrong = joins_tensors(event) if isinstance(event, ShapeMismatch) else joins_without_a_sequence(event)
        if wrong:
            yield _finding(event.place, call)


def _finding(place: Place, call: ast.Call) -> Finding:
    unit = place.unit
    tensors = [arg for arg in call.args if not isinstance(arg, (ast.Constant, ast.UnaryOp))]
    start, end = unit.start(tensors[0]), unit.end(tensors[-1])
    name = unit.segment(call.func)
    closing = ",)" if len(tensors) == 1 else ")"
    edits = ((unit, Edit(start, start, "(")), (unit, Edit(end, end, closing)))
    return Finding(
        place,
        Text(f"`{name}` takes one tuple of tensors", f"`{name}` 接收一个张量元组"),
        candidates=(Candidate(Text("put them into a tuple", "放进一个元组"), edits),),
    )
