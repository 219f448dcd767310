"""What modlint says of an expression: an evaluator of cases over the registry of ops alone."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from modlint.dims import Expr
from modlint.ops import registry
from modlint.ops.fields import Fields
from modlint.ops.need import Knowledge
from modlint.ops.results import NamedResult
from modlint.signature import Passed
from modlint.values import DictValue, External, ExternalMethod, Instance, ListValue, Tensor, Unknown, Value

MODULES = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}
EINOPS = {
    **{name: f"einops.{name}" for name in ("rearrange", "repeat", "reduce", "einsum", "pack", "unpack", "parse_shape")},
    **{name: f"einops.layers.torch.{name}" for name in ("Rearrange", "Reduce")},
}
_BUILTINS: Mapping[str, Callable[..., Any]] = {"float": float, "int": int, "len": len, "list": list, "range": range}
_OPERATORS: Mapping[type[ast.AST], tuple[str, Callable[..., Any]]] = {
    ast.Add: ("add", operator.add),
    ast.Sub: ("sub", operator.sub),
    ast.Mult: ("mul", operator.mul),
    ast.Div: ("div", operator.truediv),
    ast.FloorDiv: ("floor_divide", operator.floordiv),
    ast.Mod: ("remainder", operator.mod),
    ast.Pow: ("pow", operator.pow),
    ast.MatMult: ("matmul", operator.matmul),
    ast.BitAnd: ("bitwise_and", operator.and_),
    ast.BitOr: ("bitwise_or", operator.or_),
    ast.BitXor: ("bitwise_xor", operator.xor),
    ast.Eq: ("eq", operator.eq),
    ast.NotEq: ("ne", operator.ne),
    ast.Lt: ("lt", operator.lt),
    ast.LtE: ("le", operator.le),
    ast.Gt: ("gt", operator.gt),
    ast.GtE: ("ge", operator.ge),
    ast.USub: ("neg", operator.neg),
    ast.Invert: ("bitwise_not", operator.invert),
}


class Rejected(Exception):
    """An op reports that the call cannot run."""


class Guest:
    """Evaluates one expression; raises Rejected at the first call that does not fit."""

    def __init__(self) -> None:
        self.knowledge = Knowledge()

    def value(self, node: ast.AST) -> Value:
        """The value of an expression, Unknown where modlint does not know."""
        return getattr(self, f"_{type(node).__name__.lower()}")(node)

    def _constant(self, node: ast.Constant) -> Value:
        return node.value

    def _name(self, node: ast.Name) -> Value:
        names = {**MODULES, **EINOPS}
        return External(names.get(node.id, f"builtins.{node.id}"))

    def _tuple(self, node: ast.Tuple) -> Value:
        return tuple(map(self.value, node.elts))

    def _list(self, node: ast.List) -> Value:
        return ListValue(list(map(self.value, node.elts)))

    def _dict(self, node: ast.Dict) -> Value:
        return DictValue({self.value(key): self.value(item) for key, item in zip(node.keys, node.values) if key})

    def _slice(self, node: ast.Slice) -> Value:
        return slice(*(part and self.value(part) for part in (node.lower, node.upper, node.step)))

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        return self._operator(node.op, self.value(node.operand))

    def _binop(self, node: ast.BinOp) -> Value:
        return self._operator(node.op, self.value(node.left), self.value(node.right))

    def _compare(self, node: ast.Compare) -> Value:
        return self._operator(node.ops[0], self.value(node.left), self.value(node.comparators[0]))

    def _operator(self, kind: ast.AST, *operands: Value) -> Value:
        unknown = next((operand for operand in operands if isinstance(operand, Unknown)), None)
        if unknown is not None:
            return unknown
        name, compute = _OPERATORS[type(kind)]
        numeric = all(isinstance(operand, (Tensor, int, float, complex, Expr)) for operand in operands)
        if numeric and any(isinstance(operand, Tensor) for operand in operands):
            return self._run(registry.OPS[f"torch.{name}"], operands, {})
        return _python(compute, *operands)

    def _subscript(self, node: ast.Subscript) -> Value:
        owner, key = self.value(node.value), self.value(node.slice)
        if isinstance(owner, Unknown):
            return owner
        if isinstance(owner, Tensor):
            return self._run(registry.OPS["torch.Tensor.__getitem__"], (owner, key), {})
        if isinstance(owner, Instance):
            return owner.attrs.get(str(key), Unknown("the item is not known"))
        items = owner.items if isinstance(owner, ListValue) else owner
        return _python(operator.getitem, items, key)

    def _attribute(self, node: ast.Attribute) -> Value:
        owner = self.value(node.value)
        if isinstance(owner, External):
            return External(f"{owner.name}.{node.attr}")
        if isinstance(owner, Tensor):
            return self._tensor_attribute(owner, node.attr)
        if isinstance(owner, Instance) and isinstance(owner.cls, External):
            known = (owner.cls.name, node.attr) in registry.METHODS
            return ExternalMethod(owner, node.attr) if known else self._field(owner, node.attr)
        if isinstance(owner, NamedResult):
            return _python(getattr, owner, node.attr)
        return owner if isinstance(owner, Unknown) else Unknown("an attribute is not known")

    def _tensor_attribute(self, owner: Tensor, name: str) -> Value:
        if name in registry.ATTRIBUTES:
            return self._run(registry.ATTRIBUTES[name], (owner,), {})
        return ExternalMethod(owner, name)

    def _field(self, owner: Instance, name: str) -> Value:
        if name in ("eval", "train"):
            return ExternalMethod(owner, name)
        return owner.attrs.get(name, Unknown("an attribute is not known"))

    def _call(self, node: ast.Call) -> Value:
        function = self.value(node.func)
        args = tuple(map(self.value, node.args))
        kwargs = {keyword.arg: self.value(keyword.value) for keyword in node.keywords if keyword.arg}
        if isinstance(function, External):
            return self._call_external(function, args, kwargs)
        if isinstance(function, ExternalMethod):
            return self._call_method(function.receiver, function.name, args, kwargs)
        if isinstance(function, Instance):
            return self._call_method(function, "forward", args, kwargs)
        return function if isinstance(function, Unknown) else Unknown("what is called is not known")

    def _call_external(self, function: External, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        if function.name in registry.LAYERS:
            attrs = self._run(registry.LAYERS[function.name], args, kwargs)
            return attrs if isinstance(attrs, Unknown) else Instance(function, {"training": True, **attrs})
        if function.name in registry.OPS:
            return self._run(registry.OPS[function.name], args, kwargs)
        compute = _BUILTINS.get(function.name.removeprefix("builtins."))
        if compute is None or any(isinstance(arg, (Tensor, Unknown)) for arg in args):
            return Unknown(f"{function.name} is not registered")
        return _python(compute, *args)

    def _call_method(self, owner: Value, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        if isinstance(owner, Tensor):
            entry = registry.OPS.get(f"torch.Tensor.{name}")
            return self._run(entry, (owner, *args), kwargs) if entry else Unknown(f"Tensor.{name} is not registered")
        if name in ("eval", "train"):
            owner.attrs["training"] = name == "train"
            return owner
        entry = registry.METHODS.get((owner.cls.name, name))
        return self._run(entry, args, kwargs, Fields(owner.attrs)) if entry else Unknown(f"{name} is not registered")

    def _run(self, entry: registry.Op, args: tuple[Value, ...], kwargs: Mapping[str, Value], *first: Fields) -> Any:
        passed = {name: Passed(value) for name, value in kwargs.items()}
        outcome = registry.call(entry, self.knowledge, [Passed(arg) for arg in args], passed, *first)
        if outcome.bind_errors:
            raise Rejected(f"{entry.name}: {outcome.bind_errors[0]}")
        if outcome.mismatches:
            aspect, wanted, found, operand, _ = outcome.mismatches[0]
            raise Rejected(f"{entry.name}: {aspect} of {operand} must be {wanted}, not {found}")
        return outcome.value


def _python(compute: Callable[..., Any], *operands: Value) -> Value:
    try:
        return compute(*operands)
    except (TypeError, ValueError, ArithmeticError, IndexError, KeyError, AttributeError) as error:
        raise Rejected(str(error)) from None
