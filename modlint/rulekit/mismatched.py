"""Findings about layers that were made for another size than they get."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Text
from modlint.dims import Dim, Expr
from modlint.edits import Applicability
from modlint.interpret.events import OpCall, ShapeMismatch
from modlint.rewrite import replace
from modlint.rule import Candidate, Finding
from modlint.rulekit.candidates import output_argument, producer, same_function, set_argument, spelled
from modlint.rulekit.phrases import comes_from, dim_text, giver, subject, value_text
from modlint.rulekit.wording import as_product, claimed_channels, expressions, flattened, mentions_parameter
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
    yield from _exchanged(layer, argument, found)
    for cost, text in zip(_COSTS_OF_NAMES, _spellings(layer, argument, found, tensor)):
        yield _setting(layer, argument, text, cost)
    yield from _literal(layer, argument, found, tensor)
    before = producer(tensor)
    name = output_argument(before) if before is not None else None
    if before is None or name is None:
        return
    if isinstance(wanted, int) and _gives(before, name, found):
        yield _setting(before, name, own_text(layer, argument, before) or str(wanted), cost=3)
    claimed = _claimed(layer, argument, tensor)
    if claimed is not None:
        yield _setting(before, name, str(claimed), cost=1)


_COSTS_OF_NAMES = (2, 4, 5)


def _exchanged(layer: Instance, argument: str, found: Dim) -> Iterator[Candidate]:
    """``Linear(10, 512)`` that gets 512 features was meant the other way round."""
    name = output_argument(layer)
    taken, given = layer.arguments.get(argument), layer.arguments.get(name or "")
    if name in (None, argument) or layer.place is None or taken is None or given is None or given.value != found:
        return
    if taken.node is not None and given.node is not None and taken.value != found:
        unit = layer.place.unit
        edits = (
            *replace(unit, taken.node, unit.segment(given.node)),
            *replace(unit, given.node, unit.segment(taken.node)),
        )
        title = Text(f"exchange `{argument}` and `{name}`", f"交换 `{argument}` 和 `{name}`")
        yield Candidate(title, edits)


def _spellings(layer: Instance, argument: str, found: Dim, tensor: Tensor) -> list[str]:
    """How the author may have written a size in the place of ``argument``, the likeliest first."""
    texts = [spelled(found, layer, tensor), *expressions(found, layer)]
    return [text for text in dict.fromkeys(texts) if text != str(found)]


def _literal(layer: Instance, argument: str, found: Dim, tensor: Tensor) -> Iterator[Candidate]:
    """A number, or a product of numbers. In the place of a parameter it would make the class ignore it: a choice."""
    if not isinstance(found, int):
        return
    given, sizes = layer.arguments.get(argument), flattened(tensor)
    text = None
    if sizes is not None and given is not None and given.node is not None and layer.place is not None:
        text = as_product(given.node, sizes, layer.place.unit, layer.scope)
    if text is None and mentions_parameter(layer, argument):
        yield _setting(layer, argument, str(found), cost=6, trust=Applicability.UNSAFE)
    else:
        yield _setting(layer, argument, text or str(found), cost=4 if _spellings(layer, argument, found, tensor) else 2)


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
