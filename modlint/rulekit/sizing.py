"""What can be done about a layer that was made for another size than it gets: edits on both ends, the likeliest first."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count

from modlint.diagnostics import Text
from modlint.dims import Dim, Expr, divide_exactly
from modlint.edits import Applicability
from modlint.interpret.events import ShapeMismatch
from modlint.rewrite import exchange, insert_after, rename_attribute
from modlint.rule import Candidate
from modlint.rulekit.blocks import own_calls
from modlint.rulekit.candidates import (
    input_argument,
    multiplied,
    output_argument,
    producer,
    same_function,
    set_argument,
    spelled,
)
from modlint.rulekit.carrying import carried_on
from modlint.rulekit.neighbours import neighbours_exchanged
from modlint.rulekit.passing import passer
from modlint.rulekit.siblings import class_of, function_of, statement_of
from modlint.rulekit.wording import (
    as_product,
    claimed_channels,
    expressions,
    factors,
    flattened,
    is_last_use,
    is_named,
    multiples,
    retuned,
    unread_sizes,
)
from modlint.syntax import Place, Unit, nodes_in
from modlint.values import Instance, Tensor


def candidates_for(event: ShapeMismatch, layer: Instance, argument: str, tensor: Tensor) -> Iterator[Candidate]:
    """Other sizes for the layer or the one before it, or another layer for this call."""
    found = event.mismatch.found
    yield from _size_candidates(layer, argument, event.mismatch.wanted, found, tensor)
    if isinstance(found, int):
        texts = [*_spellings(layer, argument, found, tensor), str(found)]
        yield from _layer_of_its_own(layer, argument, texts[0], event.place)


def _size_candidates(
    layer: Instance, argument: str, wanted: object, found: object, tensor: Tensor
) -> Iterator[Candidate]:
    """Exchange what the layer takes and gives, change what it takes, or else what the layer before gives."""
    if not isinstance(found, (int, Expr)):
        return
    yield from neighbours_exchanged(layer, wanted, found)
    yield from carried_on(layer, argument)
    yield from _exchanged(layer, output_argument(layer), argument, found, cost=4 if _is_counted_on(layer) else 2)
    yield from _sized(layer, argument, found, cost=3, texts=_spellings(layer, argument, found, tensor))
    before = producer(tensor)
    name = output_argument(before) if before is not None else None
    if before is None or name is None:
        return
    claimed = _claimed(layer, argument, tensor)
    if claimed is not None:
        yield _setting(before, name, str(claimed), cost=1)
    if not isinstance(wanted, (int, Expr)):
        return
    own = own_text(layer, argument, before)
    cost = 2 if _outvotes(layer, argument, before, name) else 4
    yield from producer_candidates(tensor, wanted, found, [own] if own else (), cost)


def _outvotes(taker: Instance, takes: str, giver: Instance, gives: str) -> bool:
    """Whether more layers of the function are made for what the taker takes than for what the giver gives."""
    wanted, given = own_text(taker, takes, giver), own_text(giver, gives, taker)
    function = function_of(taker.place) if taker.place is not None else None
    if function is None or giver.place is None or taker.place is None or wanted is None or given is None:
        return False
    ends = taker.place.node, giver.place.node
    votes = _votes(taker.place.unit, (call for call in _calls(function) if call not in ends))
    return votes[wanted] > votes[given]


def _calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    return (node for node in nodes_in(function) if isinstance(node, ast.Call) and node.args)


def _votes(unit: Unit, calls: Iterable[ast.Call]) -> Counter[str]:
    """What calls are made for first, as it is written, with the factors of products: ``64 * 7 * 7`` counts on ``64``."""
    return Counter(unit.segment(one) for call in calls for one in {*factors(call.args[0]), call.args[0]})


def _is_counted_on(layer: Instance) -> bool:
    """Whether layers further down are made for what this one gives, and not for what it takes."""
    takes, gives = (layer.arguments.get(find(layer) or "") for find in (input_argument, output_argument))
    function = function_of(layer.place) if layer.place is not None else None
    if layer.place is None or function is None or not (takes and takes.node and gives and gives.node):
        return False
    unit, line = layer.place.unit, getattr(layer.place.node, "lineno", 0)
    votes = _votes(unit, (call for call in _calls(function) if call.lineno > line))
    return votes[unit.segment(gives.node)] > votes[unit.segment(takes.node)]


def producer_candidates(
    tensor: Tensor, wanted: Dim, found: Dim, texts: Sequence[str] = (), cost: int = 4
) -> Iterator[Candidate]:
    """Let the layer that decides the features of a tensor give as many as are ``wanted`` where there are ``found``.

    ``texts`` are how that may be written. What was reshaped on the way grows in proportion.
    """
    before = producer(tensor)
    name = output_argument(before) if before is not None else None
    if before is None or name is None:
        return
    gives = before.arguments[name].value
    if gives == found:
        likely = _looks_reversed(before) or _gives_pixels(before)
        yield from _exchanged(before, input_argument(before), name, wanted, cost=1 if likely else 5)
        spellings = [*retuned(before, name, wanted), *texts, *expressions(wanted, before), *multiples(wanted, before)]
        yield from _sized(before, name, wanted, cost, texts=spellings)
        return
    size = divide_exactly(gives * wanted, found) if isinstance(gives, int) and found != 0 else None
    if isinstance(size, int) and size:
        yield from _exchanged(before, input_argument(before), name, size, cost)
        spellings = [*retuned(before, name, size), *expressions(size, before), *multiples(size, before)]
        yield from _sized(before, name, size, cost + 1, texts=spellings)


def _sized(layer: Instance, argument: str, size: Dim, cost: int, texts: Sequence[str]) -> Iterator[Candidate]:
    """Give an argument another size: by name, the likeliest first, or as a number.

    A number in the place of a name would cut it off: a choice. So for the call that passes the argument on.
    """
    outer = passer(layer, argument)
    if outer is not None:
        call, name = outer
        yield from _sized(call, name, size, cost + _OUTWARD, [*retuned(call, name, size), *expressions(size, call)])
    cost += _LOSS * is_last_use(layer, argument)
    given = layer.arguments.get(argument)
    written = layer.place.unit.segment(given.node) if layer.place is not None and given and given.node else ""
    worded = [text for text in dict.fromkeys(texts) if text not in (str(size), written)]
    for more, text in zip((0, 2, 3), worded):
        yield _setting(layer, argument, text, cost + more)
    for text in unread_sizes(layer):
        if text not in (*worded, written):
            yield _setting(layer, argument, text, cost + 4)
    if isinstance(size, int) and not is_named(layer, argument):
        yield _setting(layer, argument, str(size), cost + 3 * bool(worded))
    elif isinstance(size, int):
        yield _setting(layer, argument, str(size), cost + 5, Applicability.UNSAFE)


_LOSS = 3
_OUTWARD = 1


def _exchanged(layer: Instance, other: str | None, argument: str, wanted: Dim, cost: int) -> Iterator[Candidate]:
    """``Linear(10, 512)`` that gets 512 features was meant the other way round."""
    one, two = layer.arguments.get(argument), layer.arguments.get(other or "")
    if layer.place is None or one is None or two is None or one.node is None or two.node is None or other == argument:
        return
    if two.value == wanted != one.value:
        title = Text(f"exchange `{argument}` and `{other}`", f"交换 `{argument}` 和 `{other}`")
        yield Candidate(title, exchange(layer.place.unit, one.node, two.node), cost)
        outer, beside = passer(layer, argument), passer(layer, other or "")
        if outer is not None and beside is not None:
            yield from _exchanged(outer[0], beside[1], outer[1], wanted, cost + _OUTWARD)


def _looks_reversed(layer: Instance) -> bool:
    """Whether a layer gives what is named after an input, and does not take it."""
    return _names_input(layer, output_argument(layer)) and not _names_input(layer, input_argument(layer))


def _gives_pixels(layer: Instance) -> bool:
    """Whether a convolution gives as few channels as an image has, and takes more."""
    takes, gives = (layer.arguments.get(name) for name in ("in_channels", "out_channels"))
    return takes is not None and gives is not None and gives.value in (1, 3) and takes.value not in (1, 3)


def _names_input(layer: Instance, argument: str | None) -> bool:
    given = layer.arguments.get(argument or "")
    return given is not None and given.node is not None and _INPUT.search(ast.unparse(given.node)) is not None


_INPUT = re.compile(r"(?:\b|_)in(?:put)?(?:_|\b)|\binp|\b[cn]in\b")


def _layer_of_its_own(layer: Instance, argument: str, text: str, place: Place) -> Iterator[Candidate]:
    """Make another layer for a call, when the one that it calls is called elsewhere as well."""
    owner, call = class_of(place), place.node
    function = function_of(place)
    given, made = layer.arguments.get(argument), statement_of(layer.place) if layer.place is not None else None
    called = call.func if isinstance(call, ast.Call) else None
    if not isinstance(called, ast.Attribute) or owner is None or called.attr != layer.name or given is None:
        return
    if (
        function is None
        or own_calls(function).count(layer.name) < _SHARED
        or not isinstance(made, ast.Assign)
        or given.node is None
    ):
        return
    unit, name = place.unit, _free_name(owner, layer.name, given.value, text)
    start, written = unit.start(made), unit.segment(made)
    size = (unit.start(given.node) - start, unit.end(given.node) - start)
    copy = f"self.{name} = {written[unit.start(made.value) - start : size[0]]}{text}{written[size[1] :]}"
    inserted = insert_after(unit, made, copy)
    edits = (*inserted, *rename_attribute(unit, called, name)) if inserted else ()
    yield Candidate(Text(f"make `self.{name}` for this call", f"为此处调用创建 `self.{name}`"), edits, cost=2)


_SHARED = 2


def _free_name(owner: ast.ClassDef, name: str, size: object, text: str) -> str:
    """``norm8`` beside ``norm16`` that takes 16 features, else ``norm_2``, ``norm_3`` …"""
    taken = {node.attr for node in nodes_in(owner) if isinstance(node, ast.Attribute)}
    sized = name.removesuffix(str(size)) + text
    numbered = (f"{name}_{number}" for number in count(2))
    wanted = [sized] if name.endswith(str(size)) and text.isdigit() else []
    return next(other for other in chain(wanted, numbered) if other not in taken)


def _spellings(layer: Instance, argument: str, found: Dim, tensor: Tensor) -> list[str]:
    """How the author may have written a size in the place of ``argument``, the likeliest first."""
    given, sizes = layer.arguments.get(argument), flattened(tensor)
    product = None
    if sizes is not None and given is not None and given.node is not None and layer.place is not None:
        product = as_product(given.node, sizes, layer.place.unit, layer.scope)
    if product:
        return [product]
    times = multiplied(found, layer, tensor)
    texts = [spelled(found, layer, tensor), *retuned(layer, argument, found), *expressions(found, layer)]
    return texts if times is None else [times, *texts]


def _claimed(layer: Instance, argument: str, tensor: Tensor) -> int | None:
    """The channels that the author counted on, as the product of the features tells."""
    given, sizes = layer.arguments.get(argument), flattened(tensor)
    if given is None or given.node is None or sizes is None:
        return None
    return claimed_channels(given.node, sizes, layer.scope)


def own_text(layer: Instance, argument: str, beside: Instance) -> str | None:
    """The expression that the author wrote for an argument, when it means the same in the place of ``beside``."""

    given = layer.arguments.get(argument)
    if given is None or given.node is None or layer.place is None or not same_function(layer, beside):
        return None
    return layer.place.unit.segment(given.node)


def _setting(
    layer: Instance, argument: str, text: str, cost: int, trust: Applicability = Applicability.SAFE
) -> Candidate:
    title = Text(f"set `{argument}` to {text}", f"把 `{argument}` 改为 {text}")
    return Candidate(title, set_argument(layer, argument, text), cost, trust)
