"""Findings about layers that were made for another size than they get."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.diagnostics import Text
from modlint.dims import Dim
from modlint.interpret.events import OpCall, ShapeMismatch
from modlint.rule import Candidate, Finding
from modlint.rulekit.candidates import output_argument, producer, same_function, set_argument, spelled
from modlint.rulekit.phrases import comes_from, dim_text, giver, subject, value_text
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
    """Change what the layer takes, or else what the layer before gives."""
    if not isinstance(found, int):
        return
    text = spelled(found, layer, tensor)
    yield Candidate(_setting(argument, text), set_argument(layer, argument, text))
    before = producer(tensor)
    name = output_argument(before) if before is not None else None
    if before is not None and name is not None and isinstance(wanted, int) and _gives(before, name, found):
        text = own_text(layer, argument, before) or str(wanted)
        yield Candidate(_setting(name, text), set_argument(before, name, text), cost=2)


def _gives(layer: Instance, name: str, size: Dim) -> bool:
    return bool(layer.arguments[name].value == size)


def own_text(layer: Instance, argument: str, beside: Instance) -> str | None:
    """The expression that the author wrote for an argument, when it means the same in the place of ``beside``."""

    given = layer.arguments.get(argument)
    if given is None or given.node is None or layer.place is None or not same_function(layer, beside):
        return None
    return layer.place.unit.segment(given.node)


def _setting(argument: str, text: str) -> Text:
    return Text(f"set `{argument}` to {text}", f"把 `{argument}` 改为 {text}")
