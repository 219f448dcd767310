"""ML315: a loss compares tensors of different shapes, and broadcasts them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modlint.diagnostics import Severity, Text
from modlint.edits import Applicability
from modlint.interpret.events import OpCall
from modlint.rewrite import replace
from modlint.rule import Candidate, Doc, Finding, Invalid, Meta, Rule, Valid
from modlint.rulekit.phrases import comes_from, shape_text
from modlint.signature import Passed
from modlint.syntax import Unit
from modlint.values import Shape, Tensor

_WRONG = """\
import torch
from torch import nn

model = nn.Linear(4, 1)
inputs, labels = torch.randn(8, 4), torch.randn(8)
criterion = nn.MSELoss()
loss = criterion(model(inputs), labels)
"""
_RIGHT = _WRONG.replace("labels)", "labels.unsqueeze(1))")


class LossBroadcast(Rule):
    meta = Meta(
        code="ML315",
        name="loss-broadcast",
        severity=Severity.WARNING,
        en=Doc(
            title="A loss broadcasts its input against its target",
            what="Finds `MSELoss`, `L1Loss` and their like whose input and target have different shapes that broadcast, such "
            "as `[8, 1]` and `[8]`.",
            why="`[8, 1]` and `[8]` become `[8, 8]`: every prediction is compared with every target, and the model learns "
            "their mean.",
            torch_says="UserWarning: Using a target size (torch.Size([8])) that is different to the input size "
            "(torch.Size([8, 1])). This will likely lead to incorrect results due to broadcasting.",
            fix="Gives the target the last axis that it lacks: `labels.unsqueeze(1)`. Unsafe: it changes the loss.",
        ),
        zh=Doc(
            title="损失把输入与目标做了广播",
            what="查找输入与目标形状不同、却能广播的 `MSELoss`、`L1Loss` 等，例如 `[8, 1]` 与 `[8]`。",
            why="`[8, 1]` 与 `[8]` 会变成 `[8, 8]`：每个预测都与每个目标比较，模型学到的是它们的平均值。",
            torch_says="UserWarning: Using a target size (torch.Size([8])) that is different to the input size "
            "(torch.Size([8, 1])). This will likely lead to incorrect results due to broadcasting.",
            fix="给目标补上缺少的最后一维：`labels.unsqueeze(1)`。不安全：会改变损失。",
        ),
    )
    watches = frozenset(
        (*(f"torch.nn.{name}Loss.forward" for name in ("MSE", "L1", "SmoothL1", "Huber")),
         *(f"torch.nn.functional.{name}_loss" for name in ("mse", "l1", "smooth_l1", "huber")))
    )  # fmt: skip
    invalid = (
        Invalid(_WRONG, (7,), _RIGHT, raises=False),
        Invalid(
            _WRONG.replace("criterion(model", "nn.functional.l1_loss(model"),
            (7,),
            _RIGHT.replace("criterion(model", "nn.functional.l1_loss(model"),
            raises=False,
        ),
        Invalid(
            _WRONG.replace("model(inputs), labels", "model(inputs).flatten(), labels[:, None]"), (7,), raises=False
        ),
    )
    valid = (
        Valid(_RIGHT),
        Valid(_WRONG.replace("model(inputs)", "model(inputs).squeeze(1)")),
        Valid(_WRONG.replace("model(inputs)", "model(inputs).view_as(labels)")),
        Valid(_WRONG.replace("labels)", "torch.tensor(1.0))")),
        Valid(_WRONG.replace("torch.randn(8)", "torch.zeros(1, 1)")),
        Valid(_WRONG.replace("model(inputs), labels", "model(inputs).mean(), labels.mean()")),
    )

    def check(self, event: OpCall) -> Iterator[Finding]:
        given, wanted = event.bound.get("input"), event.bound.get("target")
        if given is None or wanted is None:
            return
        if not isinstance(given.value, Tensor) or not isinstance(wanted.value, Tensor):
            return
        shapes = [event.shapes.get(id(one.value), one.value.shape) for one in (given, wanted)]
        if _surely_differ(*shapes) and not _cannot_broadcast(*shapes):
            yield Finding(
                event.place,
                Text(
                    f"the loss broadcasts {shape_text(shapes[0])} against a target of {shape_text(shapes[1])}",
                    f"损失把 {shape_text(shapes[0])} 与形状为 {shape_text(shapes[1])} 的目标做了广播",
                ),
                (*comes_from(given.value, event.shapes), *comes_from(wanted.value, event.shapes)),
                tuple(_candidates(event.place.unit, wanted, *shapes)),
            )


def _surely_differ(given: Shape, wanted: Shape) -> bool:
    """Whether two shapes are known to differ, neither being that of a single number."""
    if not isinstance(given, tuple) or not isinstance(wanted, tuple) or _is_single(given) or _is_single(wanted):
        return False
    sizes = zip(given, wanted)
    return len(given) != len(wanted) or any(a != b for a, b in sizes if isinstance(a, int) and isinstance(b, int))


def _cannot_broadcast(given: Shape, wanted: Shape) -> bool:
    """Whether torch refuses the pair, which is another mistake."""
    pairs = zip(reversed(given), reversed(wanted))
    return any(a != b and 1 not in (a, b) for a, b in pairs if isinstance(a, int) and isinstance(b, int))


def _is_single(shape: Shape) -> bool:
    return isinstance(shape, tuple) and all(dim == 1 for dim in shape)


def _candidates(unit: Unit, target: Passed, given: Shape, wanted: Shape) -> Iterator[Candidate]:
    if given != (*wanted, 1) or not isinstance(target.node, ast.Name):
        return
    text = f"{unit.segment(target.node)}.unsqueeze({len(wanted)})"
    yield Candidate(
        Text(f"give the target its last axis: `{text}`", f"给目标补上最后一维：`{text}`"),
        replace(unit, target.node, text),
        trust=Applicability.UNSAFE,
    )
