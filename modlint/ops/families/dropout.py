"""Dropout: docs.pytorch.org/docs/stable/nn.html#dropout-layers. The shape of the input stays."""

from __future__ import annotations

from modlint.ops.arguments import Anything, Flag, Number
from modlint.ops.demands import REAL, demand_bool, demand_kind, demand_within, like
from modlint.ops.fields import Fields
from modlint.ops.need import Need
from modlint.ops.registry import layer, method, op
from modlint.values import Open, Tensor, Unknown, Value

_F = "torch.nn.functional."


def _dropped(need: Need, input: Tensor, p: Number, training: Value, least_rank: int = 0) -> Tensor:
    """torch looks at ``input`` only when it drops something at random: in training, with ``0 < p < 1``."""
    demand_bool(need, training, "training")
    if training is not True or p in (0, 1) or need.is_empty(input):
        return like(input, input.dtype)
    shape = need.shape(input)
    if not isinstance(shape, Open) and len(shape) < least_rank:
        need.fail("rank", least_rank, shape, "input")
    return like(input, demand_kind(need, input, REAL))


@op(
    _F + "dropout",
    _F + "dropout3d",
    cases=[
        "F.dropout(torch.randn(2, 3))",
        "F.dropout(torch.randn(2, 3), 0.1, False)",
        "F.dropout(torch.randn(2, 3), p=0.1, training=True, inplace=True)",
        "F.dropout(torch.randn(2, 3), 1.5)",
        "F.dropout(torch.randn(2, 3), -1, False)",
        "F.dropout(torch.arange(3))",
        "F.dropout(torch.arange(3), 0)",
        "F.dropout(torch.arange(3), training=False)",
        "F.dropout(torch.randn(3), 0.5, 1)",
    ],
)
def dropout(need: Need, input: Tensor, p: Number = 0.5, training: Anything = True, inplace: Anything = False) -> Tensor:
    demand_within(need, p, 0, 1, "p")
    return _dropped(need, input, p, training)


@op(
    _F + "dropout1d",
    cases=[
        "F.dropout1d(torch.randn(2, 3, 4))",
        "F.dropout1d(torch.randn(3, 4))",
        "F.dropout1d(torch.randn(3))",
        "F.dropout1d(torch.randn(2, 3, 4, 5), training=False)",
        "F.dropout1d(torch.randn(2, 3, 4), 2)",
    ],
)
def dropout1d(
    need: Need, input: Tensor, p: Number = 0.5, training: Anything = True, inplace: Anything = False
) -> Tensor:
    demand_within(need, p, 0, 1, "p")
    need.rank(input, 2, 3)
    return _dropped(need, input, p, training)


@op(
    _F + "dropout2d",
    cases=[
        "F.dropout2d(torch.randn(2, 3, 4, 5))",
        "F.dropout2d(torch.randn(3, 4, 5))",
        "F.dropout2d(torch.randn(4, 5))",
        "F.dropout2d(torch.randn(5))",
        "F.dropout2d(torch.randn(5), training=False)",
        "F.dropout3d(torch.randn(2, 3, 4, 5, 6))",
        "F.dropout3d(torch.randn(3, 4, 5, 6))",
        "F.dropout3d(torch.randn(4))",
    ],
)
def dropout2d(
    need: Need, input: Tensor, p: Number = 0.5, training: Anything = True, inplace: Anything = False
) -> Tensor:
    """Whole channels are dropped; other ranks than 3 and 4 only warn."""
    demand_within(need, p, 0, 1, "p")
    return _dropped(need, input, p, training, least_rank=2)


@op(
    _F + "alpha_dropout",
    cases=[
        "F.alpha_dropout(torch.randn(2, 3))",
        "F.alpha_dropout(torch.randn(2, 3), 0.1, True)",
        "F.alpha_dropout(torch.arange(3))",
        "F.alpha_dropout(torch.arange(3), training=True)",
        "F.alpha_dropout(torch.randn(2, 3), 2)",
    ],
)
def alpha_dropout(
    need: Need, input: Tensor, p: Number = 0.5, training: Anything = False, inplace: Anything = False
) -> Tensor:
    return dropout(need, input, p, training)


@op(
    _F + "feature_alpha_dropout",
    cases=[
        "F.feature_alpha_dropout(torch.randn(2, 3), 0.1, True)",
        "F.feature_alpha_dropout(torch.randn(3), 0.1, True)",
        "F.feature_alpha_dropout(torch.randn(3), 0.1)",
    ],
)
def feature_alpha_dropout(
    need: Need, input: Tensor, p: Number = 0.5, training: Anything = False, inplace: Anything = False
) -> Tensor:
    return dropout2d(need, input, p, training)


@op(
    *(f"torch.{name}{end}" for name in ("dropout", "alpha_dropout") for end in ("", "_")),
    cases=[
        "torch.dropout(torch.randn(3), 0.5, True)",
        "torch.dropout(torch.randn(3), 0.5)",
        "torch.dropout(torch.randn(3), 2, train=True)",
        "torch.alpha_dropout(torch.randn(3), 0.5, False)",
    ],
)
def dropout_operator(need: Need, input: Tensor, p: Number, train: Flag) -> Tensor:
    return dropout(need, input, p, train)


@op(
    *(f"torch.{name}{end}" for name in ("feature_dropout", "feature_alpha_dropout") for end in ("", "_")),
    cases=["torch.feature_dropout(torch.randn(2, 3), 0.5, True)", "torch.feature_dropout(torch.randn(3), 0.5, True)"],
)
def feature_dropout_operator(need: Need, input: Tensor, p: Number, train: Flag) -> Tensor:
    return dropout2d(need, input, p, train)


_LAYERS = [f"torch.nn.{name}" for name in ("Dropout", "Dropout3d", "AlphaDropout")]
_CHANNEL_LAYERS = ["torch.nn.Dropout2d", "torch.nn.FeatureAlphaDropout"]


@layer(
    *_LAYERS,
    *_CHANNEL_LAYERS,
    "torch.nn.Dropout1d",
    cases=[
        "nn.Dropout(0.2)(torch.randn(2, 3))",
        "nn.Dropout(p=0.2, inplace=True)(torch.randn(2, 3))",
        "nn.Dropout(0.2).p",
        "nn.Dropout(20)",
        "nn.Dropout(-1)",
        "nn.Dropout()(torch.arange(3))",
        "nn.Dropout1d()(torch.randn(2, 3, 4))",
        "nn.Dropout1d()(torch.randn(2, 3, 4, 5))",
        "nn.Dropout2d()(torch.randn(2, 3, 4, 5))",
        "nn.Dropout2d(0.1)(torch.randn(3))",
        "nn.Dropout3d()(torch.randn(2, 3, 4, 5, 6))",
        "nn.AlphaDropout(0.1)(torch.randn(2, 3))",
        "nn.AlphaDropout(0.1)(torch.arange(3))",
        "nn.FeatureAlphaDropout(0.1)(torch.randn(2, 3, 4, 5))",
        "nn.FeatureAlphaDropout()(torch.randn(3))",
    ],
)
def dropout_layer(need: Need, p: Number = 0.5, inplace: Anything = False) -> dict[str, Value]:
    demand_within(need, p, 0, 1, "p")
    return {"p": p, "inplace": inplace}


def _training(self: Fields) -> bool:
    """A layer begins in training mode."""
    value = self.get("training")
    return True if isinstance(value, Unknown) else bool(value)


@method(_LAYERS, "forward")
def dropout_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return dropout(need, input, self.p, _training(self))


@method(_CHANNEL_LAYERS, "forward")
def dropout2d_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return dropout2d(need, input, self.p, _training(self))


@method("torch.nn.Dropout1d", "forward")
def dropout1d_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return dropout1d(need, input, self.p, _training(self))
