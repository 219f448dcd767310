"""``torch.nn.utils``: functions that wrap a module and return it, and those that work on gradients."""

from __future__ import annotations

from modlint.dims import product
from modlint.ops.arguments import Anything, Tensors
from modlint.ops.dtypes import promoted
from modlint.ops.need import Impossible, Need, Undecided
from modlint.ops.registry import op
from modlint.values import External, Instance, Tensor, Value

_U = "torch.nn.utils."


def _demand_weight(need: Need, module: Value, name: Value, dim: Value = None) -> None:
    """A layer of torch must have the weight that is to be normalised."""
    if not isinstance(module, Instance) or not isinstance(module.cls, External) or not module.attrs:
        return
    weight = module.attrs.get(name)
    if weight is None and not module.partial:
        need.fail("type", "Tensor", weight, "name")
    if isinstance(weight, Tensor) and need.is_empty(weight):
        raise Undecided("the norm of a weight without elements")
    if isinstance(weight, Tensor) and isinstance(dim, int) and dim != -1:
        need.axis(dim, len(need.dims(weight)))


@op(
    _U + "weight_norm",
    _U + "parametrizations.weight_norm",
    cases=[
        "nn.utils.weight_norm(nn.Linear(5, 3))(torch.randn(2, 5))",
        "nn.utils.parametrizations.weight_norm(nn.Linear(5, 3), dim=None)(torch.randn(2, 5))",
        "nn.utils.weight_norm(nn.Linear(5, 3))(torch.randn(2, 3))",
        "nn.utils.weight_norm(nn.Linear(5, 3), 'kernel')",
    ],
)
def weight_norm(need: Need, module: Anything, name: Anything = "weight", dim: Anything = 0) -> Value:
    _demand_weight(need, module, name, dim)
    return module


@op(
    _U + "spectral_norm",
    _U + "parametrizations.spectral_norm",
    cases=["nn.utils.spectral_norm(nn.Linear(5, 3))(torch.randn(2, 5))"],
)
def spectral_norm(
    need: Need,
    module: Anything,
    name: Anything = "weight",
    n_power_iterations: Anything = 1,
    eps: Anything = 1e-12,
    dim: Anything = None,
) -> Value:
    _demand_weight(need, module, name, dim)
    return module


@op(
    _U + "parametrizations.orthogonal",
    cases=["nn.utils.parametrizations.orthogonal(nn.Linear(5, 3))(torch.randn(2, 5))"],
)
def orthogonal(
    need: Need,
    module: Anything,
    name: Anything = "weight",
    orthogonal_map: Anything = None,
    *,
    use_trivialization: Anything = True,
) -> Value:
    return module


_SPECTRAL = "nn.utils.remove_spectral_norm(nn.utils.spectral_norm(nn.Linear(5, 3)))(torch.randn(2, 5))"


@op(_U + "remove_spectral_norm", cases=[_SPECTRAL])
def remove_spectral_norm(need: Need, module: Anything, name: Anything = "weight") -> Value:
    return module


@op(
    _U + "remove_weight_norm",
    cases=["nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(5, 3)))(torch.randn(2, 5))"],
)
def remove_weight_norm(need: Need, module: Anything, name: Anything = "weight") -> Value:
    return module


@op(_U + "parametrize.register_parametrization")
def register_parametrization(
    need: Need, module: Anything, tensor_name: Anything, parametrization: Anything, *, unsafe: Anything = False
) -> Value:
    return module


@op(_U + "parametrize.remove_parametrizations")
def remove_parametrizations(
    need: Need, module: Anything, tensor_name: Anything, leave_parametrized: Anything = True
) -> Value:
    return module


@op(_U + "convert_conv2d_weight_memory_format", _U + "convert_conv3d_weight_memory_format")
def convert_memory_format(need: Need, module: Anything, memory_format: Anything) -> Value:
    return module


@op(_U + "prune.identity", _U + "prune.remove")
def prune_identity(need: Need, module: Anything, name: Anything) -> Value:
    return module


@op(_U + "prune.random_unstructured")
def prune_random(need: Need, module: Anything, name: Anything, amount: Anything) -> Value:
    return module


@op(_U + "prune.l1_unstructured")
def prune_l1(
    need: Need, module: Anything, name: Anything, amount: Anything, importance_scores: Anything = None
) -> Value:
    return module


@op(
    _U + "clip_grad_norm_",
    _U + "clip_grad_norm",
    cases=["nn.utils.clip_grad_norm_([torch.randn(3)], 1.0)", "nn.utils.clip_grad_norm_([torch.randn(3)])"],
)
def clip_grad_norm(
    need: Need,
    parameters: Anything,
    max_norm: Anything,
    norm_type: Anything = 2.0,
    error_if_nonfinite: Anything = False,
    foreach: Anything = None,
) -> Tensor:
    """The norm of all gradients before they were clipped."""
    return Tensor((), None)


@op(_U + "clip_grad_value_")
def clip_grad_value(need: Need, parameters: Anything, clip_value: Anything, foreach: Anything = None) -> None:
    return None


@op(_U + "vector_to_parameters")
def vector_to_parameters(need: Need, vec: Tensor, parameters: Anything) -> None:
    return None


@op(
    _U + "parameters_to_vector",
    cases=[
        "nn.utils.parameters_to_vector([torch.randn(3, 4), torch.randn(2)])",
        "nn.utils.parameters_to_vector([])",
    ],
)
def parameters_to_vector(need: Need, parameters: Tensors) -> Tensor:
    """All elements in a row."""
    if not parameters:
        need.fail("cat", 1, 0, "parameters")
        raise Impossible
    return Tensor((sum(product(need.dims(tensor)) for tensor in parameters),), promoted(*parameters))
