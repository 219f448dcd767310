"""Losses of class scores against class indices or class probabilities.

docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
"""

from __future__ import annotations

import math

from modlint.dims import Dim, Expr, product
from modlint.ops.arguments import Anything, Name, Number
from modlint.ops.demands import REAL, demand_dtype, demand_kind, demand_same_dtype, demand_within
from modlint.ops.dtypes import is_floating, promoted
from modlint.ops.fields import Fields
from modlint.ops.need import Impossible, Need
from modlint.ops.reductions import legacy, reduced
from modlint.ops.registry import layer, method, op
from modlint.values import Open, Tensor, Value

_F = "torch.nn.functional."


def _scores(need: Need, input: Tensor) -> tuple[Dim, ...]:
    """The dims of ``input``: (C), (N, C) or (N, C, d1, …)."""
    dims = need.dims(input)
    if not dims:
        need.fail("rank", 1, dims, "input")
        raise Impossible
    return dims


def _classes_and_rest(dims: tuple[Dim, ...]) -> tuple[Dim, tuple[Dim, ...]]:
    return (dims[0], ()) if len(dims) == 1 else (dims[1], (dims[0], *dims[2:]))


def _demand_indices(need: Need, target: Tensor, wanted: tuple[Dim, ...]) -> None:
    """A class for every element; for a single element a target of shape (1) will do."""
    found = need.dims(target)
    if not wanted and len(found) == 1:
        wanted = (1,)
    if len(found) != len(wanted):
        need.fail("loss_target", wanted, found, "target", *wanted, *found)
        return
    for dim, other in zip(found, wanted, strict=True):
        need.equal(dim, other, "loss_target", "target")


def demand_classes(need: Need, target: Tensor, classes: Dim, ignore_index: Value = None) -> None:
    """The classes, as far as they are known, must exist."""
    if not need.is_empty(target):
        need.at_least(classes, 1, "num_classes")
    if target.data is None or not isinstance(classes, int):
        return
    for value in target.data:
        if not isinstance(value, Expr) and value != ignore_index and not 0 <= value < classes:
            need.fail("index", classes, value, "target")
            return


def _demand_class_weight(need: Need, weight: Tensor | None, classes: Dim, input: Tensor) -> None:
    """A weight for each class, of which torch only counts the elements when there are more dims than (N, C)."""
    if weight is not None:
        sizes = need.dims(weight) if len(need.dims(input)) > 2 else need.rank(weight, 1, operand="weight")
        need.equal(product(sizes), classes, "num_classes", "weight")
        demand_same_dtype(need, weight, input, "weight")


def _unseen(need: Need, input: Tensor, target: Tensor, reduction: str) -> Tensor | None:
    """The result when a rank is open, so that nothing can be compared."""
    if isinstance(need.shape(input), Open) or isinstance(need.shape(target), Open):
        dtype = promoted(input, target) if is_floating(target.dtype) else input.dtype
        return reduced(need, input, None, dtype, reduction)
    return None


@op(
    _F + "cross_entropy",
    cases=[
        "F.cross_entropy(torch.randn(3, 5), torch.zeros(3).long())",
        "F.cross_entropy(torch.randn(3, 5), torch.tensor([0, 4, -100]), reduction='none')",
        "F.cross_entropy(torch.randn(3, 5, 2, 2), torch.zeros(3, 2, 2).long(), reduction='none')",
        "F.cross_entropy(torch.randn(5), torch.tensor(2), reduction='none')",
        "F.cross_entropy(torch.randn(5), torch.tensor([2]), reduction='none')",
        "F.cross_entropy(torch.randn(3, 5), torch.rand(3, 5), label_smoothing=0.1)",
        "F.cross_entropy(torch.randn(3, 5, 2), torch.rand(3, 5, 2).double(), reduction='none')",
        "F.cross_entropy(torch.randn(3, 5), torch.zeros(3).long(), torch.ones(5))",
        "F.cross_entropy(torch.randn(3, 5), torch.zeros(3).long(), torch.ones(4))",
        "F.cross_entropy(torch.randn(3, 5), torch.zeros(3).byte(), reduce=False)",
        "F.cross_entropy(torch.randn(3, 5), torch.zeros(4).long())",
        "F.cross_entropy(torch.randn(3, 5), torch.zeros(3, 1).long())",
        "F.cross_entropy(torch.randn(3, 5), torch.zeros(3, 5).long())",
        "F.cross_entropy(torch.randn(3, 5), torch.zeros(3))",
        "F.cross_entropy(torch.randn(3, 5), torch.zeros(3).int())",
        "F.cross_entropy(torch.randn(3, 5), torch.rand(3, 4))",
        "F.cross_entropy(torch.randn(3, 5), torch.tensor([0, 1, 5]))",
        "F.cross_entropy(torch.randn(3, 5), torch.zeros(3).long(), label_smoothing=2)",
        "F.cross_entropy(torch.randn(3, 5, 2, 2), torch.zeros(3, 2).long())",
        "F.cross_entropy(torch.zeros(3, 5).long(), torch.zeros(3).long())",
        "F.cross_entropy(torch.randn(3, 5), torch.zeros(3).long(), reduction='avg')",
    ],
)
def cross_entropy(
    need: Need,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Anything = None,
    ignore_index: int = -100,
    reduce: Anything = None,
    reduction: Name = "mean",
    label_smoothing: Number = 0.0,
) -> Tensor:
    """Scores (N, C, …) against classes (N, …), or against probabilities of the same shape as the scores."""
    reduction = legacy(size_average, reduce, reduction)
    demand_within(need, label_smoothing, -math.inf, 1, "label_smoothing")
    demand_kind(need, input, REAL)
    unseen = _unseen(need, input, target, reduction)
    if unseen is not None:
        return unseen
    dims = _scores(need, input)
    classes, rest = _classes_and_rest(dims)
    if _are_probabilities(need, dims, target):
        return _soft_targets(need, input, target, weight, ignore_index, reduction)
    demand_dtype(need, target, "int64", "uint8", operand="target")
    _demand_indices(need, target, rest)
    if label_smoothing != 0 and not rest and need.dims(target) == (1,):
        need.fail("loss_target", (), (1,), "target")
    demand_classes(need, target, classes, ignore_index)
    _demand_class_weight(need, weight, classes, input)
    return reduced(need, input, rest, input.dtype, reduction)


def _are_probabilities(need: Need, dims: tuple[Dim, ...], target: Tensor) -> bool:
    """torch goes by the shape; where the shape of neither kind fits, the element type tells what was meant."""
    found = need.dims(target)
    if len(found) != len(dims):
        return False
    if found == dims:
        return True
    return is_floating(target.dtype) or (target.dtype is None and len(dims) > 1)


def _soft_targets(
    need: Need, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str
) -> Tensor:
    dims = need.dims(input)
    classes, rest = _classes_and_rest(dims)
    if ignore_index >= 0:
        need.fail("value", -100, ignore_index, "ignore_index")
    if target.dtype is not None and not is_floating(target.dtype):
        need.fail("loss_target", rest, need.dims(target), "target", *dims)
        return reduced(need, input, rest, input.dtype, reduction)
    for dim, other in zip(need.dims(target), dims, strict=True):
        need.equal(dim, other, "loss_target", "target")
    if weight is not None:
        need.equal(need.rank(weight, 1, operand="weight")[0], classes, "num_classes", "weight")
    operands = (input, target) if weight is None else (input, target, weight)
    return reduced(need, input, rest, promoted(*operands), reduction)


@op(
    _F + "nll_loss",
    cases=[
        "F.nll_loss(torch.randn(3, 5), torch.zeros(3).long())",
        "F.nll_loss(torch.randn(3, 5, 2, 2), torch.zeros(3, 2, 2).long(), reduction='none')",
        "F.nll_loss(torch.randn(5), torch.tensor(2))",
        "F.nll_loss(torch.randn(3, 5), torch.zeros(3).long(), torch.ones(5), ignore_index=0)",
        "F.nll_loss(torch.randn(3, 5), torch.zeros(3).long(), torch.ones(4))",
        "F.nll_loss(torch.randn(3, 5), torch.zeros(4).long())",
        "F.nll_loss(torch.randn(3, 5), torch.zeros(3, 1).long())",
        "F.nll_loss(torch.randn(3, 5), torch.zeros(3))",
        "F.nll_loss(torch.randn(3, 5), torch.tensor([0, 1, 5]))",
        "F.nll_loss(torch.randn(3, 5, 2), torch.zeros(3, 3).long())",
    ],
)
def nll_loss(
    need: Need,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Anything = None,
    ignore_index: int = -100,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> Tensor:
    """Log-probabilities (N, C, …) against classes (N, …)."""
    reduction = legacy(size_average, reduce, reduction)
    demand_kind(need, input, REAL)
    demand_dtype(need, target, "int64", "uint8", operand="target")
    unseen = _unseen(need, input, target, reduction)
    if unseen is not None:
        return unseen
    classes, rest = _classes_and_rest(_scores(need, input))
    _demand_indices(need, target, rest)
    demand_classes(need, target, classes, ignore_index)
    _demand_class_weight(need, weight, classes, input)
    return reduced(need, input, rest, input.dtype, reduction)


@layer(
    "torch.nn.CrossEntropyLoss",
    cases=[
        "nn.CrossEntropyLoss()(torch.randn(3, 5), torch.zeros(3).long())",
        "nn.CrossEntropyLoss(reduction='none')(torch.randn(3, 5), torch.rand(3, 5))",
        "nn.CrossEntropyLoss(torch.ones(5), label_smoothing=0.1)(torch.randn(3, 5), torch.zeros(3).long())",
        "nn.CrossEntropyLoss()(torch.randn(3, 5), torch.zeros(3, 1).long())",
        "nn.CrossEntropyLoss()(torch.randn(3, 5), torch.zeros(3))",
        "nn.CrossEntropyLoss(label_smoothing=2)(torch.randn(3, 5), torch.zeros(3).long())",
        "nn.CrossEntropyLoss(torch.ones(5)).weight",
        "nn.CrossEntropyLoss(reduction='avg').reduction",
    ],
)
def cross_entropy_loss_layer(
    need: Need,
    weight: Tensor | None = None,
    size_average: Anything = None,
    ignore_index: int = -100,
    reduce: Anything = None,
    reduction: Name = "mean",
    label_smoothing: Number = 0.0,
) -> dict[str, Value]:
    attrs = nll_loss_layer(need, weight, size_average, ignore_index, reduce, reduction)
    return {**attrs, "label_smoothing": label_smoothing}


@layer(
    "torch.nn.NLLLoss",
    "torch.nn.NLLLoss2d",
    cases=[
        "nn.NLLLoss()(torch.randn(3, 5), torch.zeros(3).long())",
        "nn.NLLLoss(torch.ones(5), reduction='sum')(torch.randn(3, 5, 2), torch.zeros(3, 2).long())",
        "nn.NLLLoss()(torch.randn(3, 5), torch.rand(3, 5))",
    ],
)
def nll_loss_layer(
    need: Need,
    weight: Tensor | None = None,
    size_average: Anything = None,
    ignore_index: int = -100,
    reduce: Anything = None,
    reduction: Name = "mean",
) -> dict[str, Value]:
    return {"reduction": legacy(size_average, reduce, reduction), "weight": weight, "ignore_index": ignore_index}


@method("torch.nn.CrossEntropyLoss", "forward")
def cross_entropy_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return cross_entropy(
        need,
        input,
        target,
        self.weight,
        ignore_index=self.ignore_index,
        reduction=self.reduction,
        label_smoothing=self.label_smoothing,
    )


@method(("torch.nn.NLLLoss", "torch.nn.NLLLoss2d"), "forward")
def nll_loss_forward(need: Need, self: Fields, input: Tensor, target: Tensor) -> Tensor:
    return nll_loss(need, input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)
