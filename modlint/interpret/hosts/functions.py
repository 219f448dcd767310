"""Decorators and partial functions."""

from __future__ import annotations

from collections.abc import Callable

from modlint.interpret.calls import call, call_values
from modlint.interpret.classes import find_in
from modlint.interpret.hosts.table import host
from modlint.interpret.machine import Machine
from modlint.interpret.scope import MISSING
from modlint.signature import Passed
from modlint.syntax import Place
from modlint.values import (
    BoundMethod,
    ClassValue,
    External,
    Function,
    Instance,
    Partial,
    Tensor,
    Unknown,
    Value,
    Wrapped,
)


@host("functools.partial")
def _partial(machine: Machine, place: Place, function: Value, *args: Value, **kwargs: Value) -> Value:
    """A partial of a partial is one of the function itself."""
    if isinstance(function, Unknown):
        return Unknown("a partial of an unknown function")
    if isinstance(function, Partial):
        return Partial(function.function, (*function.args, *args), {**function.kwargs, **kwargs})
    return Partial(function, args, kwargs)


@host("functools.partialmethod")
def _partialmethod(machine: Machine, place: Place, function: Value, *args: Value, **kwargs: Value) -> Value:
    """A method with some of its keywords given; what takes arguments before ``self`` is not followed."""
    method = _partial(machine, place, function, *args, **kwargs)
    return Wrapped("partialmethod", method) if isinstance(method, Partial) and not method.args else Unknown("a partial")


def _wrapper(kind: str) -> Callable[..., Value]:
    return lambda machine, place, function, *rest: Wrapped(kind, function)


host("builtins.staticmethod")(_wrapper("staticmethod"))

host("builtins.classmethod")(_wrapper("classmethod"))

host("builtins.property", "functools.cached_property")(_wrapper("property"))


@host(
    "functools.lru_cache", "functools.cache", "torch.jit.script", "torch.jit.ignore", "torch.jit.export",
    "torch.jit.unused", "torch.no_grad", "torch.inference_mode", "torch.enable_grad", "torch.compile", "torch.fx.wrap",
    "contextlib.contextmanager", "typing.no_type_check", "abc.abstractmethod", "typing.overload", "typing.final",
    "torch.compiler.disable", "torch._dynamo.disable", "torch.autocast", "torch.cuda.amp.autocast",
    "torch.jit._overload_method", "torch.amp.autocast", "torch.jit.interface", "torch.set_grad_enabled",
)  # fmt: skip
def _transparent(machine: Machine, place: Place, *values: Value, **options: Value) -> Value:
    """Decorators that give the function back, with or without arguments of their own; ``cast`` gives its value."""
    if values and isinstance(values[-1], (Function, ClassValue, Instance, BoundMethod, Tensor)):
        return values[-1]
    return External("functools.cache")


@host("functools.wraps")
def _wraps(machine: Machine, place: Place, wrapped: Value, *rest: Value, **options: Value) -> Value:
    return Partial(External("functools.update_wrapper"), (), {"wrapped": wrapped})


@host("functools.update_wrapper")
def _update_wrapper(machine: Machine, place: Place, wrapper: Value, wrapped: Value = None) -> Value:
    if isinstance(wrapper, Function):
        wrapper.attrs["__wrapped__"] = wrapped
        wrapper.name = getattr(wrapped, "name", wrapper.name)
    return wrapper


@host("torch.autograd.Function.apply")
def _apply_function(machine: Machine, place: Place, cls: Value, *args: Value) -> Value:
    """What ``forward`` gives; it takes a context first, unless ``setup_context`` takes it afterwards
    (docs.pytorch.org/docs/stable/notes/extending.html)."""
    forward = find_in(cls, "forward")
    function = forward.function if isinstance(forward, Wrapped) else forward
    if not isinstance(function, Function):
        return Unknown("what the function computes is not known")
    owner = [cls] if isinstance(forward, Wrapped) and forward.kind == "classmethod" else []
    context = [Unknown("the context")] if find_in(cls, "setup_context") is MISSING else []
    return call_values(machine, function, [*owner, *context, *args], place)


_CHECKPOINT_OPTIONS = frozenset(
    {"use_reentrant", "context_fn", "determinism_check", "debug", "early_stop", "preserve_rng_state"}
)


@host("torch.utils.checkpoint.checkpoint")
def _checkpoint(machine: Machine, place: Place, function: Value, *args: Value, **options: Value) -> Value:
    """What the function gives, computed again for the gradients; options that are not its own go on to the function."""
    kwargs = {name: Passed(value) for name, value in options.items() if name not in _CHECKPOINT_OPTIONS}
    return call(machine, function, [Passed(value) for value in args], kwargs, place)
