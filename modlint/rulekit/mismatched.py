"""Findings about layers that were made for another size than they get."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from modlint.diagnostics import Text
from modlint.dims import Dim, Expr
from modlint.edits import Applicability
from modlint.interpret.events import OpCall, ShapeMismatch
from modlint.rewrite import replace
from modlint.rule import Candidate, Finding
from modlint.rulekit.candidates import input_argument, output_argument, producer, same_function, set_argument, spelled
from modlint.rulekit.phrases import comes_from, dim_text, giver, subject, value_text
from modlint.rulekit.siblings import parents
from modlint.rulekit.wording import (
    as_product,
    claimed_channels,
    expressions,
    first_sizes,
    flattened,
    is_last_use,
    is_named,
)
from modlint.values import Instance, Tensor


def operand(event: ShapeMismatch | OpCall) -> Tensor | None:
    """The tensor that the layer or op was given first."""
    return next((passed.value for passed in event.bound.values() if isinstance(passed.value, Tensor)), None)


def size_finding(event: ShapeMismatch, argument: str, noun: Text) -> Iterator[Finding]:
    """A layer takes ``wanted`` of something (``noun``) and gets ``found``: it stands where the layer is made.

    ``argument`` is the constructor argument that holds the size. A function of torch has none: it stands at the call.
    """
    layer, tensor = event.layer, operand(event)
    if tensor is None:
        return
    wanted, found = event.mismatch.wanted, event.mismatch.found
    who, source = subject(layer, event.op), giver(tensor, event.shapes)
    made = layer.place if layer is not None else None
    yield Finding(
        made or event.place,
        Text(
            f"{who} takes {dim_text(wanted)} {noun.en}, but gets {dim_text(found)}: {source.en}",
            f"{who} 需要 {dim_text(wanted)} 个{noun.zh}，却得到 {dim_text(found)} 个：{source.zh}",
        ),
        why=comes_from(tensor, event.shapes),
        candidates=tuple(size_candidates(layer, argument, wanted, found, tensor)) if layer and made else (),
    )


def broken(event: ShapeMismatch, says: Text, candidates: tuple[Candidate, ...] = (), at_layer: bool = False) -> Finding:
    """A restriction that operands break, in the words ``says``, with who it is before and what comes after.

    It stands at the call, or with ``at_layer`` where the layer is made.
    """
    tensor, made = operand(event), event.layer.place if event.layer is not None and at_layer else None
    who = subject(event.layer, event.op)
    source = giver(tensor, event.shapes)
    return Finding(
        made or event.place,
        Text(f"{who} {says.en}: {source.en}".rstrip(": "), f"{who} {says.zh}：{source.zh}".rstrip("：")),
        why=() if tensor is None else comes_from(tensor, event.shapes),
        candidates=candidates,
    )


def wanted_and_found(event: ShapeMismatch) -> tuple[Text, Text]:
    """The two sides of a mismatch in words."""
    return value_text(event.mismatch.wanted), value_text(event.mismatch.found)


def size_candidates(
    layer: Instance, argument: str, wanted: object, found: object, tensor: Tensor
) -> Iterator[Candidate]:
    """Exchange what the layer takes and gives, change what it takes, or else what the layer before gives."""
    if not isinstance(found, (int, Expr)):
        return
    yield from neighbours_exchanged(layer, wanted, found)
    yield from _exchanged(layer, output_argument(layer), argument, found, cost=2)
    yield from _sized(layer, argument, found, cost=3, texts=_spellings(layer, argument, found, tensor))
    before = producer(tensor)
    name = output_argument(before) if before is not None else None
    if before is None or name is None or not isinstance(wanted, (int, Expr)) or not _gives(before, name, found):
        return
    own = own_text(layer, argument, before)
    yield from _sized(before, name, wanted, cost=4, texts=[*([own] if own else ()), *expressions(wanted, before)])
    yield from _exchanged(before, input_argument(before), name, wanted, cost=5)
    claimed = _claimed(layer, argument, tensor)
    if claimed is not None:
        yield _setting(before, name, str(claimed), cost=1)


def _sized(layer: Instance, argument: str, size: Dim, cost: int, texts: Sequence[str]) -> Iterator[Candidate]:
    """Give an argument another size: by name, the likeliest first, or as a number.

    A number in the place of a name would cut it off: a choice.
    """
    cost += _LOSS * is_last_use(layer, argument)
    worded = [text for text in dict.fromkeys(texts) if text != str(size)]
    for more, text in zip((0, 2, 3), worded):
        yield _setting(layer, argument, text, cost + more)
    if isinstance(size, int) and not is_named(layer, argument):
        yield _setting(layer, argument, str(size), cost + 3 * bool(worded))
    elif isinstance(size, int):
        yield _setting(layer, argument, str(size), cost + 5, Applicability.UNSAFE)


_LOSS = 3


def _exchanged(layer: Instance, other: str | None, argument: str, wanted: Dim, cost: int) -> Iterator[Candidate]:
    """``Linear(10, 512)`` that gets 512 features was meant the other way round."""
    one, two = layer.arguments.get(argument), layer.arguments.get(other or "")
    if layer.place is None or one is None or two is None or one.node is None or two.node is None or other == argument:
        return
    if two.value == wanted != one.value:
        unit = layer.place.unit
        edits = (*replace(unit, one.node, unit.segment(two.node)), *replace(unit, two.node, unit.segment(one.node)))
        title = Text(f"exchange `{argument}` and `{other}`", f"交换 `{argument}` 和 `{other}`")
        yield Candidate(title, edits, cost)


def neighbours_exchanged(layer: Instance, wanted: object, found: object) -> Iterator[Candidate]:
    """Exchange two layers that stand side by side in a ``Sequential``, where one leads from the size that is found to
    the size that the other takes."""
    place = layer.place
    holder = parents(place.unit).get(place.node) if place is not None else None
    items = holder.args if isinstance(holder, ast.Call) else holder.elts if isinstance(holder, ast.List) else []
    if place is None or place.node not in items or layer.scope is None:
        return
    index, unit = items.index(place.node), place.unit
    sizes = [first_sizes(item, layer.scope) for item in items]
    if index + 1 < len(items) and sizes[index + 1] == (found, wanted):
        one, two = items[index], items[index + 1]
    elif index and sizes[index][1] == found == sizes[index - 1][0]:
        one, two = items[index - 1], items[index]
    else:
        return
    edits = (*replace(unit, one, unit.segment(two)), *replace(unit, two, unit.segment(one)))
    yield Candidate(Text("exchange it with its neighbour", "与相邻的层交换"), edits)


def _spellings(layer: Instance, argument: str, found: Dim, tensor: Tensor) -> list[str]:
    """How the author may have written a size in the place of ``argument``, the likeliest first."""
    given, sizes = layer.arguments.get(argument), flattened(tensor)
    product = None
    if sizes is not None and given is not None and given.node is not None and layer.place is not None:
        product = as_product(given.node, sizes, layer.place.unit, layer.scope)
    return [product] if product else [spelled(found, layer, tensor), *expressions(found, layer)]


def _claimed(layer: Instance, argument: str, tensor: Tensor) -> int | None:
    """The channels that the author counted on, as the product of the features tells."""
    given, sizes = layer.arguments.get(argument), flattened(tensor)
    if given is None or given.node is None or sizes is None:
        return None
    return claimed_channels(given.node, sizes, layer.scope)


def _gives(layer: Instance, name: str, size: Dim) -> bool:
    return bool(layer.arguments[name].value == size)


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
