"""Findings about layers that were made for another size than they get."""

from __future__ import annotations

from collections.abc import Iterator

from modlint.candidates import output_argument, producer, same_function, set_argument, spelled
from modlint.diagnostics import Text
from modlint.dims import Dim
from modlint.interpret.events import ShapeMismatch
from modlint.phrases import comes_from, dim_text, giver, named_layer
from modlint.rule import Candidate, Finding
from modlint.values import Instance, Tensor


def operand(event: ShapeMismatch) -> Tensor | None:
    """The tensor that the layer or op was given first."""
    return next((passed.value for passed in event.bound.values() if isinstance(passed.value, Tensor)), None)


def size_finding(event: ShapeMismatch, argument: str, noun: Text) -> Iterator[Finding]:
    """A layer takes ``wanted`` of something (``noun``) and gets ``found``: it stands where the layer is made.

    ``argument`` is the constructor argument that holds the size.
    """
    layer, tensor = event.layer, operand(event)
    if layer is None or layer.place is None or tensor is None:
        return
    wanted, found = dim_text(event.mismatch.wanted), dim_text(event.mismatch.found)
    source = giver(tensor, event.shapes)
    yield Finding(
        layer.place,
        Text(
            f"{named_layer(layer)} takes {wanted} {noun.en}, but gets {found}: {source.en}",
            f"{named_layer(layer)} 需要 {wanted} 个{noun.zh}，却得到 {found} 个：{source.zh}",
        ),
        why=comes_from(tensor, event.shapes),
        candidates=tuple(size_candidates(layer, argument, event.mismatch.wanted, event.mismatch.found, tensor)),
    )


def size_candidates(layer: Instance, argument: str, wanted: object, found: object, tensor: Tensor) -> Iterator[Candidate]:
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
