"""Tables of vectors: docs.pytorch.org/docs/stable/nn.html#sparse-layers."""

from __future__ import annotations

from modlint.dims import Dim, Expr, Grade, symbol
from modlint.ops.arguments import Anything, Flag, Number
from modlint.ops.children import child
from modlint.ops.demands import demand_dtype, demand_shape
from modlint.ops.dtypes import chosen
from modlint.ops.fields import Fields, parameter
from modlint.ops.need import Need
from modlint.ops.registry import layer, method, op
from modlint.values import Instance, Open, Tensor, Value

_INDEX = ("int32", "int64")


def demand_indices(need: Need, indices: Tensor, rows: Dim, operand: str = "input") -> None:
    """Integers within ``0..rows - 1``, as far as their values are known."""
    demand_dtype(need, indices, *_INDEX, operand=operand)
    if not need.is_empty(indices):
        need.at_least(rows, 1, "index", "weight")
    if isinstance(rows, int) and indices.data is not None:
        for value in indices.data:
            if not isinstance(value, Expr) and not 0 <= value < rows:
                need.fail("index", rows, value, operand)
                return


def padding_row(need: Need, padding_idx: int | None, rows: Dim) -> Value:
    """``padding_idx`` counted from the front."""
    if padding_idx is None or not isinstance(rows, int):
        return padding_idx
    if padding_idx and not -rows <= padding_idx < rows:
        need.fail("index", rows, padding_idx, "padding_idx")
    return padding_idx + rows if padding_idx < 0 else padding_idx


def _looked_up(need: Need, input: Tensor, weight: Tensor) -> Tensor:
    rows, width = need.rank(weight, 2, operand="weight")
    demand_indices(need, input, rows)
    shape = need.shape(input)
    wide = Open(shape.rank, (*shape.tail, width)) if isinstance(shape, Open) else (*shape, width)
    return Tensor(wide, weight.dtype, device=weight.device)


@op(
    "torch.nn.functional.embedding",
    cases=[
        "F.embedding(torch.arange(3), torch.randn(4, 5))",
        "F.embedding(torch.zeros(2, 3).int(), torch.randn(4, 5))",
        "F.embedding(torch.arange(3), torch.randn(4, 5), padding_idx=-4)",
        "F.embedding(torch.arange(3), torch.randn(4, 5), padding_idx=4)",
        "F.embedding(torch.zeros(2, 3), torch.randn(4, 5))",
        "F.embedding(torch.arange(3).byte(), torch.randn(4, 5))",
        "F.embedding(torch.arange(5), torch.randn(4, 5))",
        "F.embedding(torch.arange(3), torch.randn(5))",
    ],
)
def embedding(
    need: Need,
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: Number | None = None,
    norm_type: Number = 2.0,
    scale_grad_by_freq: Flag = False,
    sparse: Flag = False,
) -> Tensor:
    """``input`` (*) of indices, ``weight`` (rows, width) -> (*, width)."""
    result = _looked_up(need, input, weight)
    padding_row(need, padding_idx, need.size(weight, 0))
    return result


@op("torch.embedding", cases=["torch.embedding(torch.randn(4, 5), torch.arange(3))"])
def embedding_operator(
    need: Need,
    weight: Tensor,
    indices: Tensor,
    padding_idx: int = -1,
    scale_grad_by_freq: Flag = False,
    sparse: Flag = False,
) -> Tensor:
    return _looked_up(need, indices, weight)


@op(
    "torch.nn.functional.one_hot",
    cases=[
        "F.one_hot(torch.arange(3))",
        "F.one_hot(torch.arange(3), 5)",
        "F.one_hot(torch.zeros(2, 3).long(), num_classes=4)",
        "F.one_hot(torch.tensor(2), 5)",
        "F.one_hot(torch.arange(3), 2)",
        "F.one_hot(torch.tensor([-1, 0]), 5)",
        "F.one_hot(torch.arange(3), -2)",
        "F.one_hot(torch.zeros(3), 5)",
        "F.one_hot(torch.zeros(3).int(), 5)",
        "F.one_hot(torch.zeros(0).long())",
    ],
)
def one_hot(need: Need, tensor: Tensor, num_classes: Dim = -1) -> Tensor:
    """``tensor`` (*) of classes -> (*, num_classes); as many classes as the values need when -1."""
    demand_dtype(need, tensor, "int64", operand="tensor")
    classes = _inferred_classes(tensor) if num_classes == -1 else num_classes
    need.at_least(classes, 1, "num_classes", "num_classes")
    if need.is_empty(tensor) and num_classes == -1:
        need.fail("num_classes", 1, num_classes, "num_classes")
    if tensor.dtype == "int64":
        demand_indices(need, tensor, classes, "tensor")
    if isinstance(classes, Expr) and any(isinstance(value, int) and value < 0 for value in tensor.data or ()):
        need.fail("index", 0, min(tensor.data or ()), "tensor")
    shape = need.shape(tensor)
    wide = Open(shape.rank, (*shape.tail, classes)) if isinstance(shape, Open) else (*shape, classes)
    return Tensor(wide, "int64", device=tensor.device)


def _inferred_classes(tensor: Tensor) -> Dim:
    if tensor.data and all(isinstance(value, int) and value >= 0 for value in tensor.data):
        return 1 + int(max(tensor.data))
    return symbol("classes", grade=Grade.ASSUMED)


@layer(
    "torch.nn.Embedding",
    cases=[
        "nn.Embedding(10, 4)(torch.zeros(2, 3).long())",
        "nn.Embedding(10, 4)(torch.zeros(2, 3).int())",
        "nn.Embedding(10, 4)(torch.tensor(3))",
        "nn.Embedding(10, 4)(torch.randn(2, 3))",
        "nn.Embedding(10, 4)(torch.arange(11))",
        "nn.Embedding(10, 4, padding_idx=0)(torch.arange(10))",
        "nn.Embedding(10, 4, padding_idx=-1).padding_idx",
        "nn.Embedding(10, 4, padding_idx=10)",
        "nn.Embedding(10, 4, max_norm=1.0).weight",
        "nn.Embedding(10, 4, _weight=torch.randn(10, 4)).weight",
        "nn.Embedding(10, 4, _weight=torch.randn(4, 10))",
        "nn.Embedding(-1, 4)",
        "nn.Embedding(10)",
    ],
)
def embedding_layer(
    need: Need,
    num_embeddings: Dim,
    embedding_dim: Dim,
    padding_idx: int | None = None,
    max_norm: Number | None = None,
    norm_type: Number = 2.0,
    scale_grad_by_freq: Flag = False,
    sparse: Flag = False,
    _weight: Tensor | None = None,
    _freeze: Flag = False,
    device: Anything = None,
    dtype: Anything = None,
) -> dict[str, Value]:
    need.at_least(num_embeddings, 0, "num_embeddings", "num_embeddings")
    need.at_least(embedding_dim, 0, "embed_dim", "embedding_dim")
    if _weight is not None:
        demand_shape(need, _weight, (num_embeddings, embedding_dim), "embed_dim", "_weight")
    elif padding_idx is not None:
        need.at_least(num_embeddings, 1, "num_embeddings", "num_embeddings")
    element = chosen(need, dtype, "float32") if _weight is None else _weight.dtype
    return {
        "num_embeddings": num_embeddings,
        "embedding_dim": embedding_dim,
        "padding_idx": padding_row(need, padding_idx, num_embeddings),
        "max_norm": max_norm,
        "norm_type": norm_type,
        "scale_grad_by_freq": scale_grad_by_freq,
        "sparse": sparse,
        "weight": parameter(num_embeddings, embedding_dim, dtype=element),
    }


@method("torch.nn.Embedding", "forward")
def embedding_forward(need: Need, self: Fields, input: Tensor) -> Tensor:
    return _looked_up(need, input, self.weight)


@op(
    "torch.nn.Embedding.from_pretrained",
    cases=[
        "nn.Embedding.from_pretrained(torch.randn(10, 4))(torch.zeros(2, 3).long())",
        "nn.Embedding.from_pretrained(torch.randn(10, 4), freeze=False).embedding_dim",
        "nn.Embedding.from_pretrained(torch.randn(10, 4), padding_idx=10)",
        "nn.Embedding.from_pretrained(torch.randn(10))",
    ],
)
def embedding_from_pretrained(
    need: Need,
    embeddings: Tensor,
    freeze: Flag = True,
    padding_idx: int | None = None,
    max_norm: Number | None = None,
    norm_type: Number = 2.0,
    scale_grad_by_freq: Flag = False,
    sparse: Flag = False,
) -> Instance:
    rows, width = need.rank(embeddings, 2, operand="embeddings")
    attrs = embedding_layer(
        need, rows, width, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, _weight=embeddings
    )
    return child("torch.nn.Embedding", {**attrs, "weight": pretrained(embeddings, freeze)})


def pretrained(embeddings: Tensor, freeze: bool) -> Tensor:
    """``embeddings`` as the parameter of a layer."""
    return Tensor(
        embeddings.shape, embeddings.dtype, parameter=True, requires_grad=not freeze, device=embeddings.device
    )
