"""Connectionist temporal classification: docs.pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html."""

from __future__ import annotations

from modlint.dims import Dim
from modlint.ops.arguments import Anything, Flag, Name
from modlint.ops.demands import REAL, demand_kind
from modlint.ops.dtypes import is_integral
from modlint.ops.fields import Fields
from modlint.ops.need import Need, Undecided
from modlint.ops.reductions import REDUCTIONS, reduced
from modlint.ops.registry import layer, method, op
from modlint.values import ListValue, Tensor, Unknown, Value

_LOGS = "torch.randn(5, 2, 4).log_softmax(2)"


@op(
    "torch.nn.functional.ctc_loss",
    cases=[
        f"F.ctc_loss({_LOGS}, torch.ones(2, 3).long(), torch.tensor([5, 5]), torch.tensor([3, 2]))",
        f"F.ctc_loss({_LOGS}, torch.ones(2, 3).long(), torch.tensor([5, 5]), torch.tensor([3, 2]), reduction='none')",
        f"F.ctc_loss({_LOGS}, torch.ones(5).long(), (5, 5), (3, 2), 0, 'sum')",
        "F.ctc_loss(torch.randn(5, 4).log_softmax(1), torch.ones(3).long(), torch.tensor(5), torch.tensor(3))",
        f"F.ctc_loss({_LOGS}, torch.ones(2, 3).long(), (5, 5, 5), (3, 2))",
        f"F.ctc_loss({_LOGS}, torch.ones(2, 3).long(), (6, 5), (3, 2))",
        f"F.ctc_loss({_LOGS}, torch.ones(2, 3).long(), (5, 5), (4, 2))",
        f"F.ctc_loss({_LOGS}, torch.ones(4).long(), (5, 5), (3, 2))",
        f"F.ctc_loss({_LOGS}, torch.ones(3, 3).long(), (5, 5), (3, 2))",
        f"F.ctc_loss({_LOGS}, torch.ones(2, 3).long(), (5, 5), (3, 2), blank=4)",
        f"F.ctc_loss({_LOGS}, torch.ones(2, 3).long(), torch.tensor([5.0, 5.0]), torch.tensor([3, 2]))",
    ],
)
def ctc_loss(
    need: Need,
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Anything,
    target_lengths: Anything,
    blank: int = 0,
    reduction: Name = "mean",
    zero_infinity: Flag = False,
) -> Tensor:
    """``log_probs`` (T, N, C) or (T, C), ``targets`` (N, S) or all in a row, and two times N lengths."""
    dtype = demand_kind(need, log_probs, REAL, "log_probs")
    time, *batch, classes = need.rank(log_probs, 2, 3, operand="log_probs")
    if blank < 0:
        need.fail("range", 0, blank, "blank")
    need.at_least(classes - blank, 1, "num_classes", "blank")
    samples: Dim = batch[0] if batch else 1
    steps = _lengths(need, input_lengths, samples, "input_lengths")
    for length in steps:
        need.at_least(time - length, 0, "length", "input_lengths")
    _demand_targets(need, targets, samples, bool(batch), _lengths(need, target_lengths, samples, "target_lengths"))
    return reduced(need, log_probs, tuple(batch), dtype, reduction, REDUCTIONS)


def _lengths(need: Need, lengths: Value, samples: Dim, operand: str) -> tuple[int, ...]:
    """One length for each sample; the values when they are known."""
    if isinstance(lengths, Tensor):
        if lengths.dtype is not None and not is_integral(lengths.dtype):
            need.fail("dtype", "int64", lengths.dtype, operand)
            return ()
        dims = need.dims(lengths)
        need.equal(dims[0] if dims else 1, samples, "batch", operand)
        values = lengths.data or ()
    elif isinstance(lengths, (tuple, ListValue)):
        values = tuple(lengths.items) if isinstance(lengths, ListValue) else lengths
        need.equal(len(values), samples, "batch", operand)
    else:
        raise Undecided(lengths.why if isinstance(lengths, Unknown) else "the lengths are not known")
    if not all(isinstance(value, int) for value in values):
        return ()
    for value in values:
        need.at_least(value, 0, "length", operand)
    return tuple(values)


def _demand_targets(need: Need, targets: Tensor, samples: Dim, batched: bool, lengths: tuple[int, ...]) -> None:
    dims = need.rank(targets, 1, 2, operand="targets")
    if len(dims) == 2:
        need.equal(dims[0], samples, "batch", "targets")
        for length in lengths:
            need.at_least(dims[1] - length, 0, "length", "targets")
    elif lengths:
        need.equal(dims[0], sum(lengths), "length", "targets")


@layer(
    "torch.nn.CTCLoss",
    cases=[
        f"nn.CTCLoss()({_LOGS}, torch.ones(2, 3).long(), (5, 5), (3, 2))",
        f"nn.CTCLoss(blank=4)({_LOGS}, torch.ones(2, 3).long(), (5, 5), (3, 2))",
        f"nn.CTCLoss(reduction='none', zero_infinity=True)({_LOGS}, torch.ones(2, 3).long(), (5, 5), (3, 2))",
    ],
)
def ctc_loss_layer(
    need: Need, blank: int = 0, reduction: Name = "mean", zero_infinity: Flag = False
) -> dict[str, Value]:
    return {"blank": blank, "reduction": reduction, "zero_infinity": zero_infinity}


@method("torch.nn.CTCLoss", "forward")
def ctc_loss_forward(
    need: Need, self: Fields, log_probs: Tensor, targets: Tensor, input_lengths: Anything, target_lengths: Anything
) -> Tensor:
    return ctc_loss(need, log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction)
