"""ML107: a ``forward`` that computes and returns nothing."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from modlint.diagnostics import Severity, Text
from modlint.interpret.events import ClassRead, NoneUsed
from modlint.interpret.signatures import returns_value
from modlint.rewrite import insert_after, replace_statement
from modlint.rule import Because, Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.definitions import is_module_like, made_layers, methods
from modlint.rulekit.siblings import self_attribute
from modlint.syntax import Place, Unit, own_nodes

_RIGHT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = self.fc(x)
        return x


Net()(torch.randn(2, 4)).sum()
"""
_UNUSED = _RIGHT.replace(".sum()", "")
_DROPPED = _UNUSED.replace("x = self.fc(x)\n        return x", "x = 2 * x\n        self.fc(x)")
_BRANCHES = _RIGHT.replace("2, 4)).sum()", "2, 4))[0].sum()").replace(
    "return x\n", "if self.training:\n            return [x, x]\n        else:\n            return [x]\n"
)
_STORES = """\
import torch
from torch import nn


class Watch(nn.Module):
    def forward(self, x):
        self.last = x.mean()


Watch()(torch.randn(2, 4))
"""
_PROMISED = """\
from torch import Tensor, nn


class Scaled(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        x = x + 1
        self.scale(x)

    def scale(self, x):
        return 2 * x
"""
_TWO = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 2)

    def forward(self, x):
        out, state = self.rnn(x)


y = Net()(torch.randn(3, 2, 4))
y.sum()
"""


class ForwardReturnsNothing(Rule):
    meta = Meta(
        code="ML107",
        name="forward-returns-nothing",
        severity=Severity.ERROR,
        en=Doc(
            title="`forward` computes and returns nothing",
            what="Finds `forward` methods without `return` whose last line computes something that nobody gets. "
            "It is an "
            "error where the result of the call is used, else a warning. Other functions are judged where their value is "
            "needed, and where one way through them ends without a value.",
            why="A function that ends without `return` gives None: the next operation fails, far from here.",
            torch_says="AttributeError: 'NoneType' object has no attribute 'sum'",
            fix="Returns what the last line computes. Safe; when that are several values it is only suggested.",
        ),
        zh=Doc(
            title="`forward` 计算了结果却没有返回",
            what="查找没有 `return`、最后一行的计算结果无人使用的 `forward`。调用结果被使用时为错误，否则为警告。"
            "需要其返回值的其他函数，以及其中没有返回值就结束的分支，同样如此。",
            why="没有 `return` 的函数返回 None：错误会出现在离这里很远的下一步运算。",
            torch_says="AttributeError: 'NoneType' object has no attribute 'sum'",
            fix="返回最后一行的计算结果。安全；有多个值时只给出建议。",
        ),
    )
    invalid = (
        Invalid(_RIGHT.replace("        return x\n", ""), (11,), _RIGHT),
        Invalid(_RIGHT.replace("        return x\n", "        x\n"), (12,), _RIGHT),
        Invalid(
            _RIGHT.replace("x = self.fc(x)\n        return x", "self.fc(x)"),
            (11,),
            _RIGHT.replace("x = self.fc(x)\n        return x", "return self.fc(x)"),
        ),
        Invalid(_UNUSED.replace("        return x\n", ""), (11,), _UNUSED, raises=False),
        Invalid(_DROPPED, (12,), _DROPPED.replace("self.fc(x)", "return self.fc(x)"), raises=False),
        Invalid(_PROMISED, (7,), _PROMISED.replace("self.scale(", "return self.scale("), raises=False),
        Invalid(_TWO, (11,)),
        Invalid(_BRANCHES.replace("return [x, x]", "[x, x]"), (13,), _BRANCHES),
        Invalid(_RIGHT.replace("return x", "return"), (12,), _RIGHT),
        Invalid(
            _RIGHT.replace("return x", "print(x)"), (12,), _RIGHT.replace("return x", "print(x)\n        return x")
        ),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_STORES),
        Valid(_STORES.replace("self.last = x.mean()", "self.last = x.mean()\n        return")),
        Valid(_RIGHT.replace("return x", "print(x)\n        return x")),
        Valid(_STORES.replace("self.last = x.mean()", "print(x.mean())")),
        Valid(_STORES.replace("self.last = x.mean()", "x *= 2\n        self.last = x")),
        Valid(_STORES.replace("self.last = x.mean()", "raise NotImplementedError"), runs=False),
        Valid(_STORES.replace("self.last = x.mean()", "pass")),
        Valid(_PROMISED.replace(" -> Tensor", " -> None")),
        Valid(_PROMISED.replace(" -> Tensor", "")),
        Valid(_STORES.replace("self.last = x.mean()", "yield x")),
        Valid(_STORES.replace("self.last = x.mean()", "if x.sum() > 0:\n            return x\n        y = None")),
    )

    def check(self, event: NoneUsed | ClassRead) -> Iterator[Finding]:
        """At the last statement of ``forward``."""
        if isinstance(event, NoneUsed):
            node = event.function.node
            if isinstance(node, ast.FunctionDef):
                used = Because(event.place, Text("its result is needed here", "这里需要它的结果"))
                yield _finding(event.function.unit, node, (used,), None)
            return
        for function in methods(event.cls) if is_module_like(event.cls) else ():
            node = function.node
            if isinstance(node, ast.FunctionDef) and node.name == "forward" and _loses(node, made_layers(event.cls)):
                yield _finding(function.unit, node, (), Severity.WARNING)


def _finding(unit: Unit, node: ast.FunctionDef, why: tuple[Because, ...], severity: Severity | None) -> Finding:
    body = _open_end(node.body)
    last = body[-1]
    candidates = tuple(_candidates(unit, body))
    place = Place(unit, last if candidates or isinstance(last, ast.Return) else node)
    return Finding(place, _message(node), why, candidates, severity)


def _open_end(body: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    """The statements at whose end a value is missing: those of the only branch that ends otherwise than by leaving."""
    last = body[-1]
    branches = [last.body, last.orelse] if isinstance(last, ast.If) and last.orelse else []
    open_ones = [branch for branch in branches if not isinstance(branch[-1], (ast.Return, ast.Raise))]
    return _open_end(open_ones[0]) if len(open_ones) == 1 else body


def _message(node: ast.FunctionDef) -> Text:
    if returns_value(node):
        return Text(f"`{node.name}` may end without a value", f"`{node.name}` 可能没有返回值就结束")
    return Text(f"`{node.name}` returns nothing", f"`{node.name}` 没有返回值")


def _candidates(unit: Unit, body: Sequence[ast.stmt]) -> Iterator[Candidate]:
    """One for each value that the last statement computes that computes any."""
    last = body[-1]
    computing = next((statement for statement in reversed(body) if not _is_for_its_effect(statement)), last)
    for text in _values(unit, computing):
        replaced = isinstance(last, ast.Return) or (last is computing and isinstance(last, ast.Expr))
        write = replace_statement if replaced else insert_after
        yield Candidate(Text(f"return `{text}`", f"返回 `{text}`"), write(unit, last, f"return {text}"))


def _values(unit: Unit, last: ast.stmt) -> list[str]:
    if isinstance(last, ast.Expr):
        return [] if isinstance(last.value, ast.Constant) else [unit.segment(last.value)]
    target = last.targets[0] if isinstance(last, ast.Assign) else getattr(last, "target", None)
    if isinstance(target, ast.Tuple):
        return [*map(unit.segment, target.elts), unit.segment(target)]
    return [target.id] if isinstance(target, ast.Name) and not isinstance(last, ast.For) else []


def _is_for_its_effect(statement: ast.stmt) -> bool:
    """``print(x)``, or a bare ``return``."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    is_print = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"
    return is_print or isinstance(statement, ast.Return)


def _loses(node: ast.FunctionDef, layers: Collection[str]) -> bool:
    """Whether the last statement computes a value that can go nowhere but into a missing ``return``."""
    last = node.body[-1]
    if returns_value(node):
        return False
    if isinstance(last, ast.Expr):
        call = last.value
        return isinstance(call, ast.Name) or (isinstance(call, ast.Call) and _gives_result(node, call.func, layers))
    targets = last.targets if isinstance(last, ast.Assign) else [getattr(last, "target", None)]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    outer = {name for inner in own_nodes(node) if isinstance(inner, (ast.Global, ast.Nonlocal)) for name in inner.names}
    return isinstance(last, ast.Assign) and bool(names) and not outer & set(names)


def _gives_result(node: ast.FunctionDef, function: ast.expr, layers: Collection[str]) -> bool:
    """Whether what is called as ``self.name`` is one of the ``layers``, or gives what ``forward`` is to return."""
    name = self_attribute(function)
    return name is not None and (name in layers or len(node.body) == 1 or _promises_value(node))


def _promises_value(node: ast.FunctionDef) -> bool:
    """Whether the annotation of the result names something else than None."""
    return node.returns is not None and not (isinstance(node.returns, ast.Constant) and node.returns.value is None)
