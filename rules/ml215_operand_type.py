"""ML215: an operand of another type than the operation takes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import ShapeMismatch
from modlint.rewrite import replace
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.arguments import other_sizes
from modlint.rulekit.divisions import divisions_behind, with_floor
from modlint.rulekit.importing import with_import
from modlint.rulekit.misfits import has_its_own_rule
from modlint.rulekit.mismatched import broken, wanted_and_found
from modlint.rulekit.phrases import subject
from modlint.rulekit.siblings import last_unread, statement_of
from modlint.signature import Passed
from modlint.syntax import Place
from modlint.values import Quotient, Tensor

_TUPLE = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 16, batch_first=True)
        self.fc = nn.Linear(16, 2)

    def forward(self, x):
        x = self.lstm(x)
        return self.fc(x[:, -1])


Net()(torch.randn(2, 5, 8))
"""
_FLOATS = """\
import torch
from torch import nn

net = nn.Sequential(nn.Embedding(10, 4))
words = torch.rand(2, 3)
net[0](words)
"""
_HALF = """\
import torch
from torch import nn

width = 8
nn.Conv2d(3, width / 2, kernel_size=3)
"""
_WIDTH = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width / 2)

    def forward(self, x):
        return self.fc(x)
"""


class OperandType(Rule):
    meta = Meta(
        code="ML215",
        name="operand-type",
        severity=Severity.ERROR,
        en=Doc(
            title="An operand of another type than the operation takes",
            what="Finds the tuple of a recurrent layer or of `max` used as a tensor, floats given to an `Embedding` "
            "or as a "
            "size (`channels / 2`), `cat(a, b)` without a list, element types that do not go together, and other "
            "operands of "
            "a wrong type.",
            why="`LSTM` returns `(output, (h, c))`, an embedding looks rows up by integers, and `/` always gives a "
            "float.",
            torch_says="TypeError: linear(): argument 'input' (position 1) must be Tensor, not tuple",
            fix="Unpacks the tuple (`x, _ = …`), divides with `//`: safe, the code certainly fails. Converts with "
            "`.long()`: unsafe, it is a choice.",
        ),
        zh=Doc(
            title="操作数的类型不对",
            what="查找把循环层或 `max` 返回的元组当作张量、把浮点数交给 `Embedding` 或当作尺寸（`channels / 2`）、"
            "不匹配的元素类型，以及其他类型错误的操作数。",
            why="`LSTM` 返回 `(output, (h, c))`，嵌入层按整数查表，而 `/` 总是得到浮点数。",
            torch_says="TypeError: linear(): argument 'input' (position 1) must be Tensor, not tuple",
            fix="解包元组（`x, _ = …`）、改用 `//`：安全，原代码必然报错。用 `.long()` 转换：不安全，需要作者确认。",
        ),
    )
    aspects = frozenset({"type", "dtype"})
    invalid = (
        Invalid(_TUPLE, (12,), _TUPLE.replace("x = self.lstm(x)", "x, _ = self.lstm(x)")),
        Invalid(_FLOATS, (6,), _FLOATS.replace("(words)", "(words.long())")),
        Invalid(_HALF, (5,), _HALF.replace("width / 2", "width // 2")),
        Invalid(
            _TUPLE.replace("x = self.lstm(x)", "x, _ = self.lstm(x)\n        y = x[:, -1]").replace("x[:, -1])", "64)"),
            (14,),
            _TUPLE.replace("x = self.lstm(x)", "x, _ = self.lstm(x)\n        y = x[:, -1]").replace(
                "fc(x[:, -1])", "fc(y)"
            ),
        ),
        Invalid(_WIDTH, (8,), _WIDTH.replace("width / 2", "width // 2"), raises=False),
        Invalid("import torch\n\ntorch.log(2)\n", (3,), "import torch\nimport math\n\nmath.log(2)\n"),
    )
    valid = (
        Valid(_TUPLE.replace("x = self.lstm(x)", "x, _ = self.lstm(x)")),
        Valid(_TUPLE.replace("x = self.lstm(x)", "x = self.lstm(x)[0]")),
        Valid(_FLOATS.replace("rand(2, 3)", "randint(10, (2, 3))")),
        Valid(_HALF.replace("width / 2", "int(width / 2)")),
        Valid(_WIDTH.replace("width / 2", "int(width / 2)")),
        Valid(_WIDTH.replace("width / 2", "len(width / 2)")),
        Valid("import torch\n\ntorch.log(torch.tensor(2.0)) + 2\n"),
        Valid("import math\n\nmath.log(2)\n"),
        Valid("import torch\n\ntorch.arange(1, 5, out=torch.empty(4)).mul_(0.5)\n"),
        Valid("import torch\n\nbest = torch.randn(2, 3).max(dim=1)\nbest.values.sum() + best[1].sum() + len(best)\n"),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        if has_its_own_rule(event) or any(divisions_behind(event)):
            return
        made = _tuple_maker(event.mismatch.found)
        if made is not None:
            yield _tuple(event, made)
            return
        given = _given(event)
        if event.mismatch.found is None and given is not None and not isinstance(given.node, ast.Constant):
            return
        wanted, found = wanted_and_found(event)
        name = f" for `{event.mismatch.operand}`" if given is not None else ""
        name_zh = f"（`{event.mismatch.operand}`）" if given is not None else ""
        says = Text(f"takes {wanted.en}{name}, not {found.en}", f"需要 {wanted.zh}{name_zh}，而不是 {found.zh}")
        yield broken(event, says, tuple(_candidates(event, given)))


def _tuple_maker(value: object) -> Tensor | None:
    """The first tensor of a tuple that one operation gave."""
    first = value[0] if isinstance(value, tuple) and value else None
    return first if isinstance(first, Tensor) and first.origin is not None else None


def _tuple(event: ShapeMismatch, first: Tensor) -> Finding:
    """A tuple stands where it is made: there it is unpacked."""
    assert first.origin is not None and isinstance(event.mismatch.found, tuple)
    place, label, count = first.origin.place, first.origin.label, len(event.mismatch.found)
    statement = statement_of(place)
    who = subject(event.layer, event.op)
    candidates: tuple[Candidate, ...] = ()
    if (
        isinstance(statement, ast.Assign)
        and statement.value is place.node
        and isinstance(statement.targets[0], ast.Name)
    ):
        target = statement.targets[0]
        names = ", ".join([target.id, *("_" for _ in range(count - 1))])
        title = Text(f"unpack it: `{names} = …`", f"解包：`{names} = …`")
        candidates = (Candidate(title, replace(place.unit, target, names)),)
    return Finding(
        Place(place.unit, statement) if candidates and statement is not None else event.place,
        Text(
            f"`{label}` gives a tuple of {count}, and line {event.place.line} uses it as a tensor",
            f"`{label}` 返回 {count} 个值的元组，第 {event.place.line} 行却把它当作张量",
        ),
        (Because(event.place, Text(f"{who} takes a tensor", f"{who} 需要张量")),),
        candidates,
    )


def _given(event: ShapeMismatch) -> Passed | None:
    """The argument that the mismatch is about."""
    return event.bound.get(event.mismatch.operand) if event.mismatch.operand is not None else None


def _candidates(event: ShapeMismatch, given: Passed | None) -> Iterator[Candidate]:
    node, unit, found = given.node if given is not None else None, event.place.unit, event.mismatch.found
    if not isinstance(node, ast.expr):
        return
    text = unit.segment(node)
    yield from _of_math(event, found)
    if event.layer is not None and event.mismatch.wanted == "int" and not isinstance(found, (float, Quotient)):
        yield from other_sizes(event.layer.place or event.place, event.mismatch.operand or "", node)
    name = last_unread(event.place) if isinstance(node, ast.Constant) and event.layer is not None else None
    if name is not None:
        yield Candidate(Text(f"pass `{name}`", f"传入 `{name}`"), replace(unit, node, name))
    if isinstance(found, (float, Quotient)) and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield with_floor(unit, node)
    elif isinstance(found, float) and found.is_integer() and event.mismatch.wanted == "int":
        yield Candidate(Text("make it an `int`", "转换为 `int`"), replace(unit, node, f"int({text})"), cost=2)
    elif event.mismatch.aspect == "dtype" and _wants_integers(event.mismatch.wanted):
        simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
        edits = replace(unit, node, f"{text}.long()" if simple else f"({text}).long()")
        yield Candidate(Text("convert with `.long()`", "用 `.long()` 转换"), edits, trust=Applicability.UNSAFE)


def _of_math(event: ShapeMismatch, found: object) -> Iterator[Candidate]:
    """``math.log(0.2)`` for ``torch.log(0.2)``: torch's functions take no plain numbers."""
    module, _, name = event.op.rpartition(".")
    call, unit = event.place.node, event.place.unit
    if module != "torch" or name not in _OF_MATH or type(found) not in (int, float):
        return
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        edits = (*replace(unit, call.func.value, "math"), *with_import(unit, "math"))
        yield Candidate(Text(f"use `math.{name}`", f"改用 `math.{name}`"), edits)


_OF_MATH = frozenset({"acos", "asin", "atan", "ceil", "cos", "cosh", "erf", "exp", "expm1", "floor", "log", "log10",
                      "log1p", "log2", "sin", "sinh", "sqrt", "tan", "tanh"})  # fmt: skip


def _wants_integers(wanted: object) -> bool:
    return "int64" in wanted if isinstance(wanted, tuple) else wanted == "int64"
