"""What a tensor says of itself: its sizes, its dtype, its layout in memory."""

from __future__ import annotations

from modlint.dims import Dim, product
from modlint.ops import dtypes
from modlint.ops.arguments import Anything
from modlint.ops.demands import demand_integers
from modlint.ops.names import everywhere, methods
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import attribute, op
from modlint.ops.shapes import common_shape, listed
from modlint.values import CONTIGUOUS, SCATTERED, External, Size, Tensor, Value


@op(
    *methods("size"),
    cases=[
        "torch.ones(2, 3).size()",
        "torch.ones(2, 3).size(-1)",
        "torch.ones(2, 3).size(dim=1)",
        "torch.ones(2, 3).size(2)",
        "torch.tensor(3).size(0)",
        "torch.tensor(3).size(-1)",
        "torch.tensor(3).size()",
    ],
)
def size(need: Need, input: Tensor, dim: int | None = None) -> Value:
    return Size(need.dims(input)) if dim is None else need.size(input, dim)


@attribute("shape", cases=["torch.ones(2, 3).shape", "torch.ones(2, 3).shape[1]"])
def shape(need: Need, self: Tensor) -> Value:
    return Size(need.dims(self))


@op(*methods("dim", "ndimension"), cases=["torch.ones(2, 3).dim()"])
def dim(need: Need, input: Tensor) -> int:
    return len(need.dims(input))


@attribute("ndim", cases=["torch.ones(2, 3).ndim"])
def ndim(need: Need, self: Tensor) -> int:
    return len(need.dims(self))


@op(*methods("__len__"), cases=["len(torch.ones(2, 3))", "len(torch.ones(()))"])
def length(need: Need, input: Tensor) -> Dim:
    if need.shape(input) == ():
        need.fail("rank", 1, (), "input")
        raise Impossible
    return need.size(input, 0)


@op(*everywhere("numel"), *methods("nelement"), cases=["torch.ones(2, 3).numel()", "torch.numel(torch.ones(()))"])
def numel(need: Need, input: Tensor) -> Dim:
    return product(need.dims(input))


@attribute("dtype", cases=["torch.ones(2).dtype"])
def dtype(need: Need, self: Tensor) -> External:
    if self.dtype is None:
        raise Undecided("the dtype is not known")
    return External(f"torch.{self.dtype}")


@op(*methods("element_size"), cases=["torch.ones(2).element_size()"])
def element_size(need: Need, input: Tensor) -> int:
    return itemsize(need, input)


@attribute("itemsize", cases=["torch.ones(2).double().itemsize"])
def itemsize(need: Need, self: Tensor) -> int:
    if self.dtype is None:
        raise Undecided("the dtype is not known")
    return dtypes.ITEMSIZE[self.dtype]


@attribute("nbytes", cases=["torch.ones(2, 3).nbytes"])
def nbytes(need: Need, self: Tensor) -> Dim:
    return itemsize(need, self) * numel(need, self)


def _kind(input: Tensor) -> dtypes.Kind:
    if input.dtype is None:
        raise Undecided("the dtype is not known")
    return dtypes.KIND[input.dtype]


@op(*everywhere("is_floating_point"), cases=["torch.ones(2).is_floating_point()"])
def is_floating_point(need: Need, input: Tensor) -> bool:
    return _kind(input) is dtypes.Kind.FLOAT


@op(*everywhere("is_complex"), cases=["torch.ones(2).is_complex()"])
def is_complex(need: Need, input: Tensor) -> bool:
    return _kind(input) is dtypes.Kind.COMPLEX


@op("torch.is_tensor", cases=["torch.is_tensor(torch.ones(2))", "torch.is_tensor([1])"])
def is_tensor(need: Need, obj: Anything) -> bool:
    if isinstance(obj, Tensor):
        return True
    if obj is None or isinstance(obj, (int, float, str)) or listed(obj) is not None:
        return False
    raise Undecided("whether it is a tensor is not known")


@op(
    *methods("is_contiguous"),
    cases=["torch.ones(2, 3).is_contiguous()", "torch.ones(2, 3).t().is_contiguous()"],
)
def is_contiguous(need: Need, input: Tensor, memory_format: Anything = None) -> bool:
    if input.order == SCATTERED or memory_format is not None:
        raise Undecided("the strides are not known")
    sizes = need.dims(input)
    if input.order is CONTIGUOUS or 0 in sizes:
        return True
    axes = [axis for axis in input.order or () if sizes[axis] != 1]
    return axes == sorted(axes)


@op(*methods("stride"), cases=["torch.ones(2, 3).stride()", "torch.ones(2, 3).stride(0)"])
def stride(need: Need, input: Tensor, dim: int | None = None) -> Value:
    if input.order is not CONTIGUOUS:
        raise Undecided("the strides are not known")
    sizes = need.dims(input)
    steps = tuple([product(sizes[axis + 1 :]) for axis in range(len(sizes))])
    if any(step == 0 for step in steps):
        raise Undecided("a tensor without elements")
    return steps if dim is None else steps[need.axis(dim, len(steps))]


@attribute("data")
def data(need: Need, self: Tensor) -> Tensor:
    return Tensor(need.shape(self), self.dtype, data=self.data, order=self.order, device=self.device)


@attribute("real", cases=["torch.ones(2).real", "torch.ones(2, dtype=torch.complex64).real"])
def real(need: Need, self: Tensor) -> Tensor:
    return Tensor(need.shape(self), dtypes.real(self.dtype), order=SCATTERED, device=self.device)


@attribute("imag", cases=["torch.ones(2, dtype=torch.complex64).imag", "torch.ones(2).imag"])
def imag(need: Need, self: Tensor) -> Tensor:
    if self.dtype is not None and _kind(self) is not dtypes.Kind.COMPLEX:
        need.fail("dtype", "complex", self.dtype, "input")
    return real(need, self)


@op("torch.real", cases=["torch.real(torch.ones(2))"])
def real_part(need: Need, input: Tensor) -> Tensor:
    return real(need, input)


@op("torch.imag", cases=["torch.imag(torch.ones(2, dtype=torch.complex64))"])
def imaginary_part(need: Need, input: Tensor) -> Tensor:
    return imag(need, input)


@attribute("requires_grad", cases=["nn.Linear(2, 3).weight.requires_grad"])
def requires_grad(need: Need, self: Tensor) -> bool:
    if self.requires_grad is None:
        raise Undecided("whether gradients are recorded is not known")
    return self.requires_grad


@attribute("device", "layout", "grad", "grad_fn", "is_leaf", "is_cuda", "is_cpu", "is_mps", "is_xpu", "output_nr")
def at_run_time(need: Need, self: Tensor) -> Value:
    raise Undecided("it is decided when the model runs")


@attribute("is_sparse", "is_quantized", "is_nested", "is_meta", "is_mkldnn", cases=["torch.ones(2).is_sparse"])
def never(need: Need, self: Tensor) -> bool:
    return False


@op(*methods("is_same_size"), cases=["torch.ones(2, 3).is_same_size(torch.ones(2, 3))"])
def is_same_size(need: Need, input: Tensor, other: Tensor) -> bool:
    return _same(need, input, other)


def _same(need: Need, input: Tensor, other: Tensor) -> bool:
    left, right = need.dims(input), need.dims(other)
    if left != right and not all(type(size) is int for size in (*left, *right)):
        raise Undecided("the sizes are symbolic")
    return left == right


@op(*everywhere("equal"), cases=["torch.equal(torch.ones(2), torch.ones(3))"])
def equal(need: Need, input: Tensor, other: Tensor) -> bool:
    """Tensors of different shapes are not equal, and that raises nothing."""
    if _same(need, input, other):
        raise Undecided("the values are not known")
    return False


@op(*everywhere("allclose"), cases=["torch.allclose(torch.ones(2), torch.ones(3))"])
def allclose(
    need: Need,
    input: Tensor,
    other: Tensor,
    rtol: Anything = 1e-05,
    atol: Anything = 1e-08,
    equal_nan: Anything = False,
) -> bool:
    common_shape(need, input, other)
    raise Undecided("the values are not known")


@op(
    "torch.broadcast_shapes",
    cases=[
        "torch.broadcast_shapes((2, 1), (3,))",
        "torch.broadcast_shapes((2,), (3,))",
        "torch.broadcast_shapes((2, 1), (-1,))",
    ],
)
def broadcast_shapes(need: Need, *shapes: Anything) -> Value:
    given = [(shape,) if isinstance(shape, int) else listed(shape) for shape in shapes]
    known = [shape for shape in given if shape is not None]
    if len(known) < len(given):
        raise Undecided("the shapes are not known")
    for shape in known:
        demand_integers(need, shape, "shapes")
        for size in shape:
            need.at_least(size, 0, "broadcast", "shapes")
    return need.broadcast(*known, operand="shapes")


@op("torch.result_type", cases=["torch.result_type(torch.ones(2, dtype=torch.int64), 1.5)"])
def result_type(need: Need, tensor1: Anything, tensor2: Anything) -> External:
    found = dtypes.promoted(tensor1, tensor2)
    if found is None:
        raise Undecided("the dtypes are not known")
    return External(f"torch.{found}")
