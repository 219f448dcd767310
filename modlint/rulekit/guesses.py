"""What an attribute that nothing assigns was meant to hold, as far as the code around it still tells."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modlint.edits import Applicability
from modlint.rulekit.bindings import bound_in, names_in
from modlint.rulekit.blocks import method
from modlint.rulekit.definitions import attributes_of_self, nn_name
from modlint.rulekit.leftovers import unread_classes, unread_containers
from modlint.rulekit.lost import Lost, assigned_values
from modlint.rulekit.numbered import family, nearest_alike, number_of, written_for
from modlint.rulekit.pooling import pooled_sizes
from modlint.rulekit.siblings import parents, self_attribute
from modlint.rulekit.wording import another_size, is_size
from modlint.syntax import Unit, nodes_in

_PLAIN_LAYERS = {
    "relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU", "silu": "SiLU", "elu": "ELU", "selu": "SELU", "tanh": "Tanh",
    "sigmoid": "Sigmoid", "leaky_relu": "LeakyReLU", "leakyrelu": "LeakyReLU", "flatten": "Flatten",
    "identity": "Identity",
}  # fmt: skip
_KINSHIP = 0.5


@dataclass(frozen=True)
class Guess:
    """An expression for the attribute; ``rivals`` are others that must not prove as clean."""

    text: str
    cost: int
    trust: Applicability = Applicability.SAFE
    rivals: tuple[str, ...] = ()


def guesses(lost: Lost) -> Iterator[Guess]:
    """What the attribute may have been assigned, the surest first."""
    yield from _of_container(lost)
    yield from _of_use(lost)
    yield from _of_other_methods(lost)
    yield from _of_kin(lost)
    yield from _of_number(lost)
    yield from _of_convolution(lost)
    yield from _between(lost)
    yield from _of_unread_class(lost)
    yield from _of_name(lost)
    yield from _of_pool(lost)


def _of_container(lost: Lost) -> Iterator[Guess]:
    """The list that the constructor fills with layers and does not use."""
    unread = unread_containers(lost.init, lost.unit)
    named = [name for name in unread if lost.name in (name, f"_{name}")]
    chosen = named or list(unread)
    if len(chosen) == 1:
        nn, name = nn_name(lost.unit), chosen[0]
        is_dict = isinstance(unread[name], ast.Dict)
        if lost.is_called:
            yield Guess(f"{nn}.Sequential({'' if is_dict or _is_call(unread[name]) else '*'}{name})", 1)
        else:
            yield Guess(f"{nn}.Module{'Dict' if is_dict else 'List'}({name})", 1)


def _is_call(node: ast.expr) -> bool:
    """``OrderedDict()``, which a Sequential takes as it is; a ``list()`` must be unpacked."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") != "list"


def _of_use(lost: Lost) -> Iterator[Guess]:
    """An empty container, where the constructor itself puts layers in: ``self.layers.append(…)``."""
    above = parents(lost.unit)
    uses = [(node, above[node]) for node in nodes_in(lost.owner) if self_attribute(node) == lost.name]
    grown = {use.attr for node, use in uses if isinstance(use, ast.Attribute) and node in lost.built}
    if grown & _GROWING:
        is_called = any(isinstance(use, ast.Call) and use.func is node for node, use in uses)
        yield Guess(f"{nn_name(lost.unit)}.{'Sequential' if is_called else 'ModuleList'}()", 1)


_GROWING = frozenset({"add_module", "append", "extend", "insert"})


def _of_other_methods(lost: Lost) -> Iterator[Guess]:
    """What another method of the class makes for the attribute: ``self.head`` in ``reset_classifier``."""
    others = (item for item in lost.owner.body if isinstance(item, ast.FunctionDef) and item.name not in _RUNNING)
    for other in others:
        value = assigned_values(other).get(lost.name)
        if isinstance(value, (ast.Call, ast.IfExp)) and lost.can_read(value):
            yield Guess(lost.unit.segment(value), 1)


_RUNNING = frozenset({"__init__", "forward", "__call__"})


def _of_kin(lost: Lost) -> Iterator[Guess]:
    """What other classes of the file assign to an attribute of the name, those first that have most in common."""
    kin: dict[str, float] = {}
    for other in lost.unit.nodes.get(ast.ClassDef, ()):
        init = method(other, "__init__") if other is not lost.owner else None
        value = assigned_values(init).get(lost.name) if init is not None else None
        if init is not None and value is not None and lost.can_read(value):
            text = lost.unit.segment(value)
            told = names_in(value) & {lost.name, *lost.unread}
            nearness = _kinship(lost.made, assigned_values(init)) + bool(told)
            kin[text] = max(kin.get(text, 0.0), nearness)
    for rank, text in enumerate(sorted(kin, key=lambda text: -kin[text])):
        yield Guess(text, 2 + rank, Applicability.SAFE if kin[text] >= _KINSHIP else Applicability.UNSAFE)


def _kinship(one: Mapping[str, ast.expr], other: Mapping[str, ast.expr]) -> float:
    """How many of the attributes of one class another has, too."""
    return len(set(one) & set(other)) / len(one) if one else 0.0


def _of_number(lost: Lost) -> Iterator[Guess]:
    """``self.norm2`` as ``self.norm1``, ``self.layer2`` as between ``self.layer1`` and ``self.layer3``."""
    relatives = {number: lost.made[other] for other, number in family(lost.name, lost.made).items()
                 if lost.can_read(lost.made[other]) and other in attributes_of_self(lost.owner, ast.Load)}  # fmt: skip
    if not relatives:
        return
    own = number_of(lost.name)
    alike = nearest_alike(own, {number: lost.unit.segment(value) for number, value in relatives.items()})
    rivals = () if len(alike) > 1 else tuple(_other_sizes(relatives[next(iter(alike))], lost.unit))
    for text in written_for(own, alike):
        yield Guess(text, 3, rivals=rivals)


def _other_sizes(value: ast.expr, unit: Unit) -> Iterator[str]:
    """The expression with one of its sizes changed, for each of them."""
    for arg in value.args if isinstance(value, ast.Call) else ():
        if not isinstance(arg, ast.Starred) and is_size(arg):
            start = unit.start(arg) - unit.start(value)
            text = unit.segment(value)
            end = start + len(unit.segment(arg))
            yield f"{text[:start]}{another_size(unit.segment(arg))}{text[end:]}"


def _of_convolution(lost: Lost) -> Iterator[Guess]:
    """A norm for the features that the layer before it gives, or the one after it takes."""
    if not _NORM.fullmatch(lost.name) or not lost.is_called:
        return
    before, after = lost.called_around
    sizes = [_size(lost, before, _GIVES, 1), _size(lost, after, _TAKES, 0)]
    for cost, size in enumerate((size for size in sizes if size is not None), 4):
        maker = _norm_maker(lost, before or after)
        if maker is not None:
            spread = "".join(f", **{name}" for name in _always_spread(lost))
            yield Guess(f"{maker}({size}{spread})", cost, rivals=(f"{maker}({another_size(size)}{spread})",))


_NORM = re.compile(r"(?:bn|norm|batch_?norm)_?\d*")
_GIVES = ("out_channels", "out_features")
_TAKES = ("in_channels", "in_features", "dim")


def _size(lost: Lost, name: str | None, words: tuple[str, ...], index: int) -> str | None:
    """The argument that stands for a size in the call that makes a layer, as it is written."""
    call = lost.made.get(name or "")
    if not isinstance(call, ast.Call):
        return None
    named = [word.value for word in call.keywords if word.arg in words]
    placed = [arg for arg in call.args[index : index + 1] if not isinstance(arg, ast.Starred) and is_size(arg)]
    found = [*named, *placed]
    return lost.unit.segment(found[0]) if found and lost.can_read(found[0]) else None


def _between(lost: Lost) -> Iterator[Guess]:
    """A layer from what the one before it gives to what the one after it takes, or to a parameter without use; made as
    the neighbour is that is called alike."""
    before, after = lost.ways
    model = next((name for name in (*before, *after) if name in family(lost.name, lost.made)), None)
    takes = next((size for name in before if (size := _size(lost, name, _GIVES, 1))), None)
    taken = next((size for name in after if (size := _size(lost, name, _TAKES, 0))), None)
    gives = taken or _number_of_outputs(lost)
    call = lost.made.get(model or "")
    if takes is None or gives is None or not isinstance(call, ast.Call) or len(call.args) < len((takes, gives)):
        return
    text, start = lost.unit.segment(call), lost.unit.start(call)
    head = text[: lost.unit.start(call.args[0]) - start]
    tail = text[lost.unit.end(call.args[1]) - start :]
    others = [(another_size(takes), gives), *([(takes, another_size(taken))] if taken else [])]
    yield Guess(f"{head}{takes}, {gives}{tail}", 4, rivals=tuple(f"{head}{one}, {two}{tail}" for one, two in others))


def _number_of_outputs(lost: Lost) -> str | None:
    """The parameter without use that says how many classes there are."""
    named = [name for name in lost.unread if _OUTPUTS.search(name)]
    return named[0] if len(named) == 1 else None


_OUTPUTS = re.compile(r"class|label|out")


def _norm_maker(lost: Lost, name: str | None) -> str | None:
    """``norm_layer``, when that is a parameter without use, else the batch norm for the dims of a convolution."""
    given = [parameter for parameter in lost.unread if "norm" in parameter]
    if given:
        return given[0] if len(given) == 1 else None
    call = lost.made.get(name or "")
    dims = _DIMS.search(lost.unit.segment(call.func)) if isinstance(call, ast.Call) else None
    return f"{nn_name(lost.unit)}.BatchNorm{dims[1]}" if dims else None


def _of_unread_class(lost: Lost) -> Iterator[Guess]:
    """A class that nothing makes, called like the attribute or for what the constructor does nothing with: with the
    parameters that both know by one name."""
    unread = [cls for cls in unread_classes(lost.unit) if cls is not lost.owner]
    meant = [cls for cls in unread if _is_short_for(lost.name, cls.name) or _takes_what_is_left(lost, cls)]
    init = method(meant[0], "__init__") if len(meant) == 1 else None
    passed = _passed(lost, init) if init is not None else None
    if passed is not None:
        trust = Applicability.SAFE if any(name in lost.unread for name in passed) else Applicability.UNSAFE
        yield Guess(f"{meant[0].name}({', '.join(passed.values())})", 4, trust)


def _takes_what_is_left(lost: Lost, cls: ast.ClassDef) -> bool:
    """Whether a class needs several arguments, all of them parameters without use."""
    init = method(cls, "__init__")
    args = init.args if init is not None else None
    required = [arg.arg for arg in args.args[1 : len(args.args) - len(args.defaults)]] if args is not None else []
    return len(required) > 1 and lost.unread >= set(required)


def _passed(lost: Lost, init: ast.FunctionDef) -> dict[str, str] | None:
    """The arguments for the constructor of another class, None when some are not known."""
    args = init.args
    positional = [arg.arg for arg in (*args.posonlyargs, *args.args)][1:]
    needed = len(positional) - len(args.defaults)
    required, optional = positional[:needed], [*positional[max(needed, 0) :], *(arg.arg for arg in args.kwonlyargs)]
    own = bound_in(lost.init)
    if not set(required) <= own:
        return None
    passed = {name: name for name in required} | {name: f"{name}={name}" for name in optional if name in lost.unread}
    return passed | {f"**{name}": f"**{name}" for name in _always_spread(lost)}


def _always_spread(lost: Lost) -> list[str]:
    """``dd``, when every layer with keywords that the constructor makes gets ``**dd``."""
    calls = [value for value in lost.made.values() if isinstance(value, ast.Call) and value.keywords]
    spread = [{word.value.id for word in call.keywords if word.arg is None and isinstance(word.value, ast.Name)}
              for call in calls]  # fmt: skip
    return sorted(set.intersection(*spread)) if spread else []


def _is_short_for(name: str, cls: str) -> bool:
    """Whether the letters of ``attn`` stand in ``CrossAttention``, one after the other from the start of a word on."""
    starts = [index for index, letter in enumerate(cls) if letter.isupper()]
    return len(name) >= _TELLING and any(_holds_in_order(name.lower(), cls[start:].lower()) for start in starts)


_TELLING = 4


def _holds_in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return text.startswith(letters[0]) and all(letter in rest for letter in letters)


def _of_name(lost: Lost) -> Iterator[Guess]:
    """``self.relu``, and ``self.dropout`` of a parameter for it."""
    nn, name = nn_name(lost.unit), lost.name.lower().rstrip("0123456789_")
    if not lost.is_called:
        return
    if name in _PLAIN_LAYERS:
        yield Guess(f"{nn}.{_PLAIN_LAYERS[name]}()", 3)
    rates = [parameter for parameter in _parameters(lost.init) if "drop" in parameter and parameter in lost.unread]
    given = lost.name if lost.name in _parameters(lost.init) else rates[0] if len(rates) == 1 else None
    maker = "DropPath" if "path" in name else f"{nn}.Dropout"
    if "drop" in name and given is not None and (maker in lost.visible or "path" not in name):
        yield Guess(f"{maker}({given})", 3)


def _of_pool(lost: Lost) -> Iterator[Guess]:
    """``self.avgpool``: to the size that the layer behind it counts on."""
    dims = _DIMS.search(lost.unit.segment(lost.owner))
    if _POOL.search(lost.name) and lost.is_called:
        maker = f"{nn_name(lost.unit)}.AdaptiveAvgPool{dims[1] if dims else '2d'}"
        for cost, (size, other) in enumerate(pooled_sizes(lost.owner), 3):
            yield Guess(f"{maker}({size})", cost, rivals=(f"{maker}({other})",))


_POOL = re.compile(r"avg_?pool|global_?pool|adaptive_?pool|^gap$|^pool$")
_DIMS = re.compile(r"[Cc]onv([123]d)")


def _parameters(init: ast.FunctionDef) -> list[str]:
    return [arg.arg for arg in nodes_in(init.args) if isinstance(arg, ast.arg)]
