"""ML209: a ``view`` or ``reshape`` that cannot hold the elements it is given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.dims import Dim, Expr, product
from modlint.interpret.events import ShapeMismatch
from modlint.rewrite import Edits, rename_attribute, replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Later, Meta, Rule, Valid
from modlint.rulekit.mismatched import broken, operand, wanted_and_found
from modlint.rulekit.phrases import dim_text
from modlint.rulekit.siblings import class_of
from modlint.rulekit.sizing import producer_candidates
from modlint.rulekit.training import called_name
from modlint.rulekit.wording import as_product
from modlint.signature import Passed
from modlint.syntax import Place, nodes_in
from modlint.values import Open

_LENET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, kernel_size=5)
        self.fc = nn.Linear(16 * 5 * 5, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.conv(x), 6)
        x = x.view(-1, 16 * 5 * 5)
        return self.fc(x)


Net()(torch.randn(8, 1, 28, 28))
"""
_STRIDES = """\
import torch

x = torch.randn(2, 3, 4).transpose(1, 2)
x.view(2, -1)
"""
_BATCH = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(48, 10)

    def forward(self, x):
        return self.fc(x.view(x.size(0), 48))


Net()(torch.randn(8, 3, 4, 4))
"""


class ViewSize(Rule):
    meta = Meta(
        code="ML209",
        name="view-size",
        severity=Severity.ERROR,
        en=Doc(
            title="`view` cannot hold the elements of its input",
            what="Finds `view`, `reshape`, `flatten` and `unflatten` whose sizes do not multiply to the number of "
            "elements, and "
            "`view` of a tensor whose elements do not lie in order.",
            why="A view has exactly the elements of its input. `view(-1, n)` of a batch works only when every "
            "sample has n "
            "elements, or else it cuts the batch into wrong pieces.",
            torch_says="RuntimeError: shape '[-1, 400]' is invalid for input of size 2048",
            fix="Writes the number of elements that a sample has, in `view` and in the `Linear` that has the same "
            "expression; "
            "the size of the batch for a number (`x.size(0)` for `64`); or `reshape` for `view` after `transpose`. Safe: the code certainly fails.",
        ),
        zh=Doc(
            title="`view` 放不下输入的元素",
            what="查找各维乘积与元素总数不符的 `view`、`reshape`、`flatten`、`unflatten`，以及元素不连续时的 `view`。",
            why="视图的元素与输入完全相同。对一个批做 `view(-1, n)`，只有每个样本恰有 n 个元素才正确，否则会把批切错。",
            torch_says="RuntimeError: shape '[-1, 400]' is invalid for input of size 2048",
            fix="在 `view` 和写有相同表达式的 `Linear` 里写上每个样本的元素个数；用 `x.size(0)` 代替写死的批大小；或在 `transpose` 之后用 `reshape` "
            "代替 `view`。"
            "安全：原代码必然报错。",
        ),
    )
    aspects = frozenset({"view", "flatten", "contiguous"})
    invalid = (
        Invalid(_LENET, (9, 13), _LENET.replace("16 * 5 * 5", "16 * 4 * 4")),
        Invalid(_LENET.replace("16 * 5 * 5", "400"), (9, 13), _LENET.replace("16 * 5 * 5", "256")),
        Invalid(_BATCH.replace("x.size(0)", "64"), (11,), _BATCH),
        Invalid(_STRIDES, (4,), _STRIDES.replace("x.view", "x.reshape")),
        Invalid("import torch\n\ntorch.randn(4, 12).view(4, 5, 3)\n", (3,)),
    )
    valid = (
        Valid(_BATCH),
        Valid(_BATCH.replace("x.size(0), 48", "8, -1")),
        Valid(_BATCH.replace("x.size(0)", "-1")),
        Valid(_BATCH.replace("x.size(0), 48", "4, -1").replace("48, 10", "96, 10")),
        Valid(_LENET.replace("16 * 5 * 5", "16 * 4 * 4")),
        Valid(_STRIDES.replace("x.view", "x.contiguous().view")),
        Valid("import torch\n\ntorch.randn(4, 12).view(-1, 6)\n"),
        Valid("import torch\n\ntorch.randn(4, 12).unflatten(1, (3, 4)).flatten(1)\n"),
    )

    def check(self, event: ShapeMismatch) -> Iterator[Finding]:
        if event.mismatch.aspect == "contiguous":
            says = Text(
                "needs elements that lie in order, but its input was transposed or permuted",
                "需要连续存放的元素，而它的输入经过了转置或重排",
            )
            yield broken(event, says, tuple(_reshaping(event)))
        elif isinstance(event.mismatch.wanted, str):
            yield broken(event, _in_words(event))
        else:
            yield from _sizes(event)


def _in_words(event: ShapeMismatch) -> Text:
    wanted, found = wanted_and_found(event)
    return Text(f"needs {wanted.en}, but gets {found.en}", f"需要 {wanted.zh}，却得到 {found.zh}")


def _reshaping(event: ShapeMismatch) -> Iterator[Candidate]:
    call = event.place.node
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        edits = rename_attribute(event.place.unit, call.func, "reshape")
        yield Candidate(Text("use `reshape`", "改用 `reshape`"), edits)


def _sizes(event: ShapeMismatch) -> Iterator[Finding]:
    sample = _sample(event)
    asked, actual = sample or (event.mismatch.wanted, event.mismatch.found)
    wanted, found = dim_text(asked), dim_text(actual)
    each = Text("", "") if sample is None else Text(" for each sample", "每个样本")
    node = _size_node(event)
    layers = _layers_of(event, node) if node is not None else []
    candidates = Later(
        lambda: (*_any_batch(event), *_exact(event, node, layers, actual), *_from_producer(event, asked, actual))
    )
    yield broken(
        event,
        Text(
            f"asks for {wanted} elements{each.en}, but there are {found}",
            f"{each.zh}需要 {wanted} 个元素，实际有 {found} 个",
        ),
        candidates,
    )
    for place in layers:
        yield Finding(
            place,
            Text(
                f"this layer takes the {wanted} features of line {event.place.line}, but there are {found}",
                f"该层需要第 {event.place.line} 行的 {wanted} 个特征，实际有 {found} 个",
            ),
            candidates=candidates,
        )


def _from_producer(event: ShapeMismatch, asked: object, actual: object) -> Iterator[Candidate]:
    """Let the layer before give as many features as the view asks for."""
    tensor = operand(event)
    if tensor is not None and isinstance(asked, (int, Expr)) and isinstance(actual, (int, Expr)):
        yield from producer_candidates(tensor, asked, actual)


def _sample(event: ShapeMismatch) -> tuple[Dim, Dim] | None:
    """How many elements of a sample a view that keeps the batch asks for, and how many there are."""
    tensor, given = operand(event), [item.value for item in _given(event)]
    shape = event.shapes.get(id(tensor), ()) if tensor is not None else ()
    if isinstance(shape, Open) or len(shape) < 2 or len(given) < 2 or given[0] not in (-1, shape[0]):
        return None
    sizes = [size for size in given[1:] if isinstance(size, (int, Expr)) and size != -1]
    return (product(sizes), product(shape[1:])) if len(sizes) == len(given) - 1 else None


def _given(event: ShapeMismatch) -> list[Passed]:
    """The sizes as they are written: one after the other, or in one tuple."""
    given = event.bound.get("shape", Passed(())).value
    return [item for item in given if isinstance(item, Passed)] if isinstance(given, tuple) else []


def _size_node(event: ShapeMismatch) -> ast.expr | None:
    """The only expression in the call whose value is what does not fit."""
    fitting = [item.node for item in _given(event) if item.value == event.mismatch.wanted]
    return fitting[0] if len(fitting) == 1 and isinstance(fitting[0], ast.expr) else None


def _layers_of(event: ShapeMismatch, node: ast.expr) -> list[Place]:
    """The ``Linear`` layers of the class that are made for the same expression."""
    owner = class_of(event.place)
    same = ast.unparse(node)
    return [
        Place(event.place.unit, call)
        for call in (nodes_in(owner) if owner is not None else ())
        if isinstance(call, ast.Call)
        and called_name(call) == "Linear"
        and call.args
        and ast.unparse(call.args[0]) == same
    ]


def _any_batch(event: ShapeMismatch) -> Iterator[Candidate]:
    """``x.view(x.size(0), -1)`` for ``x.view(64, -1)``, where each sample has the elements that are asked for."""
    tensor, call, given = operand(event), event.place.node, _given(event)
    shape = event.shapes.get(id(tensor), ()) if tensor is not None else ()
    if isinstance(shape, Open) or len(shape) < 2 or len(given) < 2 or not isinstance(call, ast.Call):
        return
    first, rest = given[0], [item.value for item in given[1:]]
    sizes = [size for size in rest if isinstance(size, (int, Expr))]
    fits = len(sizes) == len(rest) and (-1 in sizes or product(sizes) == product(shape[1:]))
    if (
        fits
        and first.value not in (-1, shape[0])
        and isinstance(first.node, ast.expr)
        and isinstance(call.func, ast.Attribute)
    ):
        text = f"{event.place.unit.segment(call.func.value)}.size(0)"
        yield Candidate(Text(f"write `{text}`", f"改写为 `{text}`"), replace(event.place.unit, first.node, text))


def _exact(event: ShapeMismatch, node: ast.expr | None, layers: list[Place], found: object) -> tuple[Candidate, ...]:
    unit = event.place.unit
    if node is None or not isinstance(found, int):
        return ()
    sample = _sizes_of_sample(event)
    text = (as_product(node, sample, unit, None) if product(sample) == found else None) or str(found)
    edits: Edits = replace(unit, node, text)
    for layer in layers:
        assert isinstance(layer.node, ast.Call)
        edits += replace(layer.unit, layer.node.args[0], text)
    return (Candidate(Text(f"write {text}", f"写成 {text}"), edits),)


def _sizes_of_sample(event: ShapeMismatch) -> tuple[int, ...]:
    """The known sizes of what is reshaped, without the batch."""
    tensor = operand(event)
    shape = event.shapes.get(id(tensor), ()) if tensor is not None else ()
    return () if isinstance(shape, Open) else tuple(size for size in shape[1:] if isinstance(size, int))
