"""The host functions that guest code may call: a closed table of pure functions, by qualified name.

Nothing else of the host can be reached. A function gets ``(machine, place, *values, **values)``; one that ``scalars``
registers gets plain known numbers and strings only, anything else makes its result Unknown.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from modlint.dims import Expr, maximum, minimum
from modlint.interpret.iteration import items_of
from modlint.interpret.machine import GuestError, Machine
from modlint.interpret.truth import truth
from modlint.syntax import Place
from modlint.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    External,
    Function,
    Instance,
    IteratorValue,
    ListValue,
    Partial,
    SetValue,
    Tensor,
    Unknown,
    Value,
    Wrapped,
)

HOSTS: dict[str, Callable[..., Value]] = {}
_LONGEST_RANGE = 10_000


def host(*names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Register a function under its qualified names."""

    def register(function: Callable[..., Value]) -> Callable[..., Value]:
        HOSTS.update(dict.fromkeys(names, function))
        return function

    return register


def _plain(value: Value) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))


def _scalar(function: Callable[..., Any]) -> Callable[..., Value]:
    def call(machine: Machine, place: Place, *args: Value, **kwargs: Value) -> Value:
        if not all(map(_plain, (*args, *kwargs.values()))):
            return Unknown("an argument is not a known number")
        try:
            return function(*args, **kwargs)
        except (ValueError, TypeError, OverflowError, ArithmeticError) as error:
            raise GuestError(External(f"builtins.{type(error).__name__}")) from None

    return call


_SCALARS: dict[str, Callable[..., Any]] = {
    **{
        f"math.{name}": getattr(math, name)
        for name in (
            "sqrt", "ceil", "floor", "log", "log2", "log10", "log1p", "exp", "sin", "cos", "tan", "atan", "tanh", "gcd",
            "trunc", "fabs", "isqrt", "erf", "degrees", "radians", "isnan", "isinf", "isclose", "copysign", "hypot",
        )
    },
    "math.pow": lambda a, b: math.pow(a, b),
    "math.prod": lambda *a: math.prod(a),
    "builtins.round": round,
    "builtins.ord": ord,
    "builtins.chr": chr,
    "builtins.divmod": divmod,
    "builtins.bin": bin,
    "builtins.hex": hex,
    "operator.add": operator.add,
    "operator.mul": operator.mul,
    "operator.sub": operator.sub,
    "operator.floordiv": operator.floordiv,
    "os.path.join": lambda *a: "/".join(a),
    "numpy.sqrt": math.sqrt,
    "numpy.ceil": math.ceil,
    "numpy.floor": math.floor,
    "numpy.log2": math.log2,
    "numpy.log": math.log,
    "numpy.exp": math.exp,
    "numpy.power": lambda a, b: float(a) ** b if abs(b) < 100 else math.inf,
}  # fmt: skip
HOSTS.update({name: _scalar(function) for name, function in _SCALARS.items()})

CONSTANTS: dict[str, Value] = {
    "math.pi": math.pi,
    "math.e": math.e,
    "math.inf": math.inf,
    "math.nan": math.nan,
    "numpy.pi": math.pi,
    "numpy.inf": math.inf,
    "torch.pi": math.pi,
    "torch.inf": math.inf,
    "typing.TYPE_CHECKING": False,
    "builtins.__debug__": True,
    "torch.strided": External("torch.strided"),
    "os.environ": DictValue({}, kind="defaultdict"),
    "sys.argv": Unknown("the command line"),
    "sys.version_info": (3, 12, 0),
    "torch.__version__": Unknown("the version of torch"),
    "builtins.NotImplemented": External("builtins.NotImplemented"),
}


def _items(machine: Machine, place: Place, values: tuple[Value, ...]) -> list[Value] | None:
    """The operands of ``max(a, b)`` and ``max([a, b])``."""
    return items_of(machine, values[0], place) if len(values) == 1 else list(values)


def _extreme(pick: Callable[..., Any], symbolic: Callable[[Any, Any], Any]) -> Callable[..., Value]:
    def call(machine: Machine, place: Place, *values: Value, **options: Value) -> Value:
        items = _items(machine, place, values)
        if not items or options or any(isinstance(item, (Unknown, Tensor)) for item in items):
            return Unknown("the values are not all known")
        if any(isinstance(item, Expr) for item in items):
            return _fold(symbolic, items)
        try:
            return pick(items)
        except TypeError:
            return Unknown("the values cannot be compared")

    return call


def _fold(function: Callable[[Any, Any], Any], items: list[Value]) -> Value:
    if not all(isinstance(item, (int, Expr)) for item in items):
        return Unknown("a value is not an integer")
    result = items[0]
    for item in items[1:]:
        result = function(result, item)
    return result


host("builtins.max")(_extreme(max, maximum))
host("builtins.min")(_extreme(min, minimum))


@host("builtins.sum")
def _sum(machine: Machine, place: Place, values: Value, start: Value = 0) -> Value:
    import ast

    from modlint.interpret.operators import binary

    items = items_of(machine, values, place)
    if items is None:
        return Unknown("what is summed is not known")
    result = start
    for item in items:
        result = binary(machine, ast.Add, result, item, place)
    return result


@host("builtins.len")
def _len(machine: Machine, place: Place, value: Value) -> Value:
    from modlint.interpret.calls import call_method

    if isinstance(value, Instance):
        return call_method(machine, value, "__len__", [], place)
    if isinstance(value, Tensor):
        return call_method(machine, value, "size", [0], place)
    items = items_of(machine, value, place)
    return Unknown("the length is not known") if items is None else len(items)


@host("builtins.range")
def _range(machine: Machine, place: Place, *bounds: Value) -> Value:
    resolve = machine.knowledge.facts.resolve
    known: list[Any] = [resolve(bound) if isinstance(bound, Expr) else bound for bound in bounds]
    if not all(isinstance(bound, int) for bound in known) or not 1 <= len(known) <= 3:
        return Unknown("the bounds of the range are not known")
    try:
        numbers = range(*known)
    except ValueError:
        raise GuestError(External("builtins.ValueError")) from None
    return tuple(numbers) if len(numbers) <= _LONGEST_RANGE else Unknown("the range is very long")


@host("builtins.int")
def _int(machine: Machine, place: Place, value: Value = 0, base: Value = 10) -> Value:
    if isinstance(value, Expr):
        return value
    if isinstance(value, Tensor) and value.data is not None and len(value.data) == 1:
        value = value.data[0]
    try:
        return int(value) if isinstance(value, (bool, int, float, str)) else Unknown("the number is not known")
    except (ValueError, OverflowError) as error:
        raise GuestError(External(f"builtins.{type(error).__name__}")) from None


@host("builtins.float")
def _float(machine: Machine, place: Place, value: Value = 0.0) -> Value:
    if isinstance(value, Tensor) and value.data is not None and len(value.data) == 1:
        value = value.data[0]
    try:
        return float(value) if isinstance(value, (bool, int, float, str)) else Unknown("the number is not known")
    except ValueError:
        raise GuestError(External("builtins.ValueError")) from None


@host("builtins.bool")
def _bool(machine: Machine, place: Place, value: Value = False) -> Value:
    decided = truth(machine, value)
    return Unknown("the condition is not decided") if decided is None else decided


@host("builtins.str")
def _str(machine: Machine, place: Place, value: Value = "") -> Value:
    return (
        str(value) if isinstance(value, (bool, int, float, str)) or value is None else Unknown("the text is not known")
    )


@host("builtins.abs")
def _abs(machine: Machine, place: Place, value: Value) -> Value:
    from modlint.interpret.calls import call_op

    if isinstance(value, Tensor):
        return call_op(machine, "torch.abs", [value], place)
    return abs(value) if isinstance(value, (int, float)) else Unknown("the number is not known")


@host("builtins.tuple")
def _tuple(machine: Machine, place: Place, values: Value = ()) -> Value:
    items = items_of(machine, values, place)
    return Unknown("the items are not known") if items is None else tuple(items)


@host("builtins.list")
def _list(machine: Machine, place: Place, values: Value = ()) -> Value:
    items = items_of(machine, values, place)
    return ListValue([], partial=True) if items is None else ListValue(items)


@host("builtins.set", "builtins.frozenset")
def _set(machine: Machine, place: Place, values: Value = ()) -> Value:
    from modlint.interpret.expressions import hashable

    items = items_of(machine, values, place)
    if items is None or not all(map(hashable, items)):
        return Unknown("the items are not known")
    return SetValue(set(items))


@host("builtins.dict", "collections.OrderedDict")
def _dict(machine: Machine, place: Place, values: Value = None, **entries: Value) -> Value:
    from modlint.interpret.expressions import hashable

    if values is None:
        return DictValue(dict(entries))
    if isinstance(values, DictValue):
        return DictValue({**values.entries, **entries}, values.partial)
    pairs = items_of(machine, values, place)
    if pairs is None or not all(isinstance(pair, (tuple, ListValue)) for pair in pairs):
        return DictValue(dict(entries), partial=True)
    split = [items_of(machine, pair, place) for pair in pairs]
    if not all(pair is not None and len(pair) == 2 and hashable(pair[0]) for pair in split):
        return DictValue(dict(entries), partial=True)
    return DictValue({**{pair[0]: pair[1] for pair in split if pair}, **entries})


@host("collections.defaultdict")
def _default_dict(machine: Machine, place: Place, factory: Value = None, *rest: Value) -> Value:
    return DictValue({}, partial=bool(rest), kind="defaultdict", factory=factory)


@host("collections.deque")
def _deque(machine: Machine, place: Place, values: Value = (), *rest: Value, **options: Value) -> Value:
    return _list(machine, place, values)


@host("dataclasses.replace")
def _replace(machine: Machine, place: Place, value: Value, **changes: Value) -> Value:
    if not isinstance(value, Instance):
        return Unknown("the dataclass is not known")
    copy = Instance(value.cls, {**value.attrs, **changes}, place, partial=value.partial)
    return copy


@host("dataclasses.asdict")
def _asdict(machine: Machine, place: Place, value: Value) -> Value:
    return DictValue(dict(value.attrs), value.partial) if isinstance(value, Instance) else Unknown("not known")


@host("builtins.enumerate")
def _enumerate(machine: Machine, place: Place, values: Value, start: Value = 0) -> Value:
    items = items_of(machine, values, place)
    if items is None or not isinstance(start, int):
        return Unknown("what is counted is not known")
    return IteratorValue(list(enumerate(items, start)))


@host("builtins.zip")
def _zip(machine: Machine, place: Place, *values: Value, strict: Value = False) -> Value:
    columns = [items_of(machine, value, place) for value in values]
    if any(column is None for column in columns):
        return Unknown("what is zipped is not known")
    return IteratorValue(list(zip(*[column for column in columns if column is not None])))


@host("builtins.reversed")
def _reversed(machine: Machine, place: Place, values: Value) -> Value:
    items = items_of(machine, values, place)
    return Unknown("what is reversed is not known") if items is None else IteratorValue(items[::-1])


@host("builtins.sorted")
def _sorted(machine: Machine, place: Place, values: Value, **options: Value) -> Value:
    items = items_of(machine, values, place)
    if items is None or options.get("key") is not None or not all(map(_plain, items)):
        return Unknown("the order is not known")
    try:
        return ListValue(sorted(items, reverse=bool(options.get("reverse", False))))
    except TypeError:
        return Unknown("the order is not known")


@host("builtins.map")
def _map(machine: Machine, place: Place, function: Value, *values: Value) -> Value:
    from modlint.interpret.calls import call_values

    columns = [items_of(machine, value, place) for value in values]
    if any(column is None for column in columns):
        return Unknown("what is mapped is not known")
    rows = zip(*[column for column in columns if column is not None])
    return IteratorValue([call_values(machine, function, list(row), place) for row in rows])


@host("builtins.filter")
def _filter(machine: Machine, place: Place, function: Value, values: Value) -> Value:
    from modlint.interpret.calls import call_values

    items = items_of(machine, values, place)
    if items is None:
        return Unknown("what is filtered is not known")
    kept = [
        (item, truth(machine, item if function is None else call_values(machine, function, [item], place)))
        for item in items
    ]
    if any(decided is None for _, decided in kept):
        return Unknown("which items stay is not decided")
    return IteratorValue([item for item, decided in kept if decided])


def _quantifier(stop: bool) -> Callable[..., Value]:
    def call(machine: Machine, place: Place, values: Value) -> Value:
        items = items_of(machine, values, place)
        if items is None:
            return Unknown("the condition is not decided")
        answers = [truth(machine, item) for item in items]
        if stop in answers:
            return stop
        return Unknown("the condition is not decided") if None in answers else not stop

    return call


host("builtins.all")(_quantifier(False))
host("builtins.any")(_quantifier(True))


@host("builtins.iter")
def _iter(machine: Machine, place: Place, values: Value) -> Value:
    if isinstance(values, IteratorValue):
        return values
    items = items_of(machine, values, place)
    return Unknown("the items are not known") if items is None else IteratorValue(items)


@host("builtins.next")
def _next(machine: Machine, place: Place, values: Value, *default: Value) -> Value:
    if not isinstance(values, IteratorValue):
        return Unknown("the next item is not known")
    if values.position >= len(values.items):
        if default:
            return default[0]
        raise GuestError(External("builtins.StopIteration"))
    values.position += 1
    return values.items[values.position - 1]


@host("builtins.isinstance")
def _isinstance(machine: Machine, place: Place, value: Value, kinds: Value) -> Value:
    from modlint.interpret.classes import is_instance

    answers = [is_instance(value, kind) for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
    if True in answers:
        return True
    return Unknown("the class of the value is not known") if None in answers else False


@host("builtins.issubclass")
def _issubclass(machine: Machine, place: Place, value: Value, kinds: Value) -> Value:
    from modlint.interpret.classes import is_subclass

    answers = [is_subclass(value, kind) for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
    if True in answers:
        return True
    return Unknown("the class is not known") if None in answers else False


@host("builtins.callable")
def _callable(machine: Machine, place: Place, value: Value) -> Value:
    if isinstance(value, Unknown):
        return Unknown("the value is not known")
    return isinstance(value, (Function, BoundMethod, ClassValue, External, Partial, Instance))


@host("builtins.type")
def _type(machine: Machine, place: Place, value: Value, *more: Value) -> Value:
    from modlint.interpret.classes import type_of

    return Unknown("a class made by type()") if more else type_of(value)


@host("builtins.getattr")
def _getattr(machine: Machine, place: Place, value: Value, name: Value, *default: Value) -> Value:
    from modlint.interpret import attributes

    if not isinstance(name, str):
        return Unknown("the name of the attribute is not known")
    if default:
        return attributes.get_or(machine, value, name, default[0], place)
    return attributes.get(machine, value, name, place)


@host("builtins.hasattr")
def _hasattr(machine: Machine, place: Place, value: Value, name: Value) -> Value:
    from modlint.interpret import attributes

    if not isinstance(name, str):
        return Unknown("the name of the attribute is not known")
    return attributes.has(machine, value, name)


@host("builtins.setattr")
def _setattr(machine: Machine, place: Place, value: Value, name: Value, new: Value) -> Value:
    from modlint.interpret import attributes

    if isinstance(name, str):
        attributes.set(machine, value, name, new, place)
    elif isinstance(value, Instance):
        value.partial = True
    return None


@host("builtins.print", "warnings.warn", "builtins.id", "builtins.exit", "sys.exit", "random.seed", "torch.manual_seed")
def _no_effect(machine: Machine, place: Place, *values: Value, **options: Value) -> Value:
    return None


@host("functools.partial")
def _partial(machine: Machine, place: Place, function: Value, *args: Value, **kwargs: Value) -> Value:
    return (
        Unknown("a partial of an unknown function")
        if isinstance(function, Unknown)
        else Partial(function, args, kwargs)
    )


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


@host("functools.reduce")
def _reduce(machine: Machine, place: Place, function: Value, values: Value, *start: Value) -> Value:
    from modlint.interpret.calls import call_values

    items = items_of(machine, values, place)
    if items is None or not [*start, *items]:
        return Unknown("what is reduced is not known")
    result, *rest = [*start, *items]
    for item in rest:
        result = call_values(machine, function, [result, item], place)
    return result


@host("itertools.chain")
def _chain(machine: Machine, place: Place, *values: Value) -> Value:
    columns = [items_of(machine, value, place) for value in values]
    if any(column is None for column in columns):
        return Unknown("what is chained is not known")
    return IteratorValue([item for column in columns if column for item in column])


@host("itertools.product")
def _product(machine: Machine, place: Place, *values: Value, repeat: Value = 1) -> Value:
    import itertools

    columns = [items_of(machine, value, place) for value in values]
    if any(column is None for column in columns) or repeat not in (1, 2, 3):
        return Unknown("the product is not known")
    known = [column for column in columns if column is not None]
    size = math.prod(map(len, known)) ** repeat
    return (
        IteratorValue(list(itertools.product(*known, repeat=repeat))) if size < 10_000 else Unknown("it is very long")
    )


@host("itertools.repeat")
def _repeat(machine: Machine, place: Place, value: Value, times: Value = None) -> Value:
    return (
        IteratorValue([value] * times) if isinstance(times, int) and times < 10_000 else Unknown("an endless iterator")
    )


@host("itertools.accumulate", "numpy.cumsum")
def _accumulate(machine: Machine, place: Place, values: Value, *rest: Value, **options: Value) -> Value:
    import itertools

    items = items_of(machine, values, place)
    if items is None or rest or options or not all(isinstance(item, (int, float)) for item in items):
        return Unknown("the sums are not known")
    return ListValue(list(itertools.accumulate(items)))


@host("copy.copy", "copy.deepcopy")
def _copy(machine: Machine, place: Place, value: Value, *memo: Value) -> Value:
    return deep_copy(value, {})


def deep_copy(value: Value, done: dict[int, Value]) -> Value:
    """A copy of a value and of all mutable values in it; each is copied once."""
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, tuple):
        return tuple(deep_copy(item, done) for item in value)
    copier = _COPIERS.get(type(value))
    return copier(value, done) if copier else value


def _copy_instance(value: Instance, done: dict[int, Value]) -> Instance:
    copy = Instance(value.cls, {}, value.place, value.arguments, value.initialised, value.partial, value.name)
    done[id(value)] = copy
    copy.attrs.update({name: deep_copy(item, done) for name, item in value.attrs.items()})
    return copy


def _copy_list(value: ListValue, done: dict[int, Value]) -> ListValue:
    done[id(value)] = copy = ListValue([], value.partial)
    copy.items += [deep_copy(item, done) for item in value.items]
    return copy


def _copy_dict(value: DictValue, done: dict[int, Value]) -> DictValue:
    done[id(value)] = copy = DictValue({}, value.partial, value.kind)
    copy.entries.update({key: deep_copy(item, done) for key, item in value.entries.items()})
    return copy


_COPIERS: dict[type, Callable[[Any, dict[int, Value]], Value]] = {
    Instance: _copy_instance,
    ListValue: _copy_list,
    DictValue: _copy_dict,
    SetValue: lambda value, done: SetValue(set(value.items)),
}


@host("torch.jit.is_scripting", "torch.jit.is_tracing", "torch.compiler.is_compiling", "torch.onnx.is_in_onnx_export",
      "torch.compiler.is_exporting", "torch.compiler.is_dynamo_compiling", "torch.overrides.has_torch_function_unary",
      "torch.overrides.has_torch_function", "torch._dynamo.is_compiling")  # fmt: skip
def _no(machine: Machine, place: Place, *values: Value, **options: Value) -> Value:
    """Eager execution: nothing is being scripted, traced or exported."""
    return False


@host("torch.cuda.is_available", "torch.backends.mps.is_available", "torch.cuda.device_count", "builtins.input")
def _of_the_machine(machine: Machine, place: Place, *values: Value) -> Value:
    return Unknown("it depends on the machine")


@host("torch.device")
def _device(machine: Machine, place: Place, *values: Value) -> Value:
    return External("torch.device()")


@host("builtins.slice")
def _slice(machine: Machine, place: Place, *bounds: Value) -> Value:
    return slice(*bounds)


@host("builtins.object")
def _object(machine: Machine, place: Place) -> Value:
    return Instance(External("builtins.object"), place=place)


@host("types.SimpleNamespace", "argparse.Namespace")
def _namespace(machine: Machine, place: Place, **entries: Value) -> Value:
    return Instance(External("types.SimpleNamespace"), dict(entries), place)


@host("torchsummary.summary")
def _summary(machine: Machine, place: Place, model: Value, size: Value = None, *rest: Value, **options: Value) -> Value:
    """``summary(model, (3, 32, 32))`` runs the model on a batch of two of that size."""
    return _run_summary(machine, place, model, options.get("input_size", size), (2,))


@host("torchinfo.summary")
def _info(machine: Machine, place: Place, model: Value, size: Value = None, *rest: Value, **options: Value) -> Value:
    """``torchinfo.summary(model, (1, 3, 32, 32))`` counts the batch."""
    return _run_summary(machine, place, model, options.get("input_size", size), ())


def _run_summary(machine: Machine, place: Place, model: Value, size: Value, batch: tuple[int, ...]) -> Value:
    from modlint.interpret.calls import call_values

    items = items_of(machine, size, place)
    if isinstance(model, Instance) and items and all(isinstance(item, int) for item in items):
        call_values(machine, model, [Tensor((*batch, *items))], place)
    return Unknown("a summary")


@host("inspect.signature")
def _signature(machine: Machine, place: Place, function: Value, **options: Value) -> Value:
    """The parameters of a guest function or class, as ``inspect`` tells them."""
    from modlint.interpret.calls import signature_of
    from modlint.interpret.classes import find_in

    target, skip = function, 0
    while isinstance(target, Function) and "__wrapped__" in target.attrs:
        target = target.attrs["__wrapped__"]
    if isinstance(target, BoundMethod):
        target, skip = target.function, 1
    if isinstance(target, ClassValue):
        target, skip = find_in(target, "__init__"), 1
    if not isinstance(target, Function):
        return Unknown("the signature is not known")
    signature = signature_of(target)
    kinds = {
        **dict.fromkeys(signature.positional[skip:], "POSITIONAL_OR_KEYWORD"),
        **({signature.star: "VAR_POSITIONAL"} if signature.star else {}),
        **dict.fromkeys(signature.keyword_only, "KEYWORD_ONLY"),
        **({signature.double_star: "VAR_KEYWORD"} if signature.double_star else {}),
    }
    parameters = {name: _inspected(name, kind, signature.defaults, place) for name, kind in kinds.items()}
    return Instance(External("types.SimpleNamespace"), {"parameters": DictValue(parameters)}, place)


_PARAMETER_KINDS = ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL", "KEYWORD_ONLY", "VAR_KEYWORD")


def _inspected(name: str, kind: str, defaults: Any, place: Place) -> Instance:
    attrs = {
        **{kind: External(f"inspect.Parameter.{kind}") for kind in _PARAMETER_KINDS},
        "name": name,
        "kind": External(f"inspect.Parameter.{kind}"),
        "default": defaults.get(name, External("inspect.Parameter.empty")),
        "annotation": Unknown("an annotation"),
    }
    return Instance(External("types.SimpleNamespace"), attrs, place)


@host("os.getenv", "os.environ.get")
def _getenv(machine: Machine, place: Place, name: Value, default: Value = None) -> Value:
    """An environment in which nothing is set."""
    return default


@host("math.isfinite")
def _isfinite(machine: Machine, place: Place, value: Value) -> Value:
    return math.isfinite(value) if isinstance(value, (int, float)) else Unknown("the number is not known")


@host("builtins.dir")
def _dir(machine: Machine, place: Place, value: Value = None) -> Value:
    """The names of a library module that has a table."""
    from modlint.interpret.names import tables

    names = tables().get(value.name) if isinstance(value, External) else None
    return Unknown("the names are not known") if names is None else ListValue(sorted(names))


@host("torch._assert", "torch._check")
def _torch_assert(machine: Machine, place: Place, condition: Value, *message: Value) -> Value:
    if truth(machine, condition) is False:
        raise GuestError(External("builtins.AssertionError"))
    return None


@host("typing.cast")
def _cast(machine: Machine, place: Place, kind: Value, value: Value) -> Value:
    return value
