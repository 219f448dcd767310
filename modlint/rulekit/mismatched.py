"""Findings about layers that were made for another size than they get."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from modlint.diagnostics import Text
from modlint.dims import Expr
from modlint.interpret.events import OpCall, ShapeMismatch
from modlint.rule import Candidate, Finding, Later
from modlint.rulekit.joins import rejoined, wrong_join
from modlint.rulekit.phrases import comes_from, dim_text, giver, made_here, subject, value_text
from modlint.rulekit.sizing import candidates_for, producer_candidates
from modlint.values import Tensor


def operand(event: ShapeMismatch | OpCall) -> Tensor | None:
    """The tensor that the layer or op was given first."""
    return next((passed.value for passed in event.bound.values() if isinstance(passed.value, Tensor)), None)


def size_finding(event: ShapeMismatch, argument: str, noun: Text) -> Iterator[Finding]:
    """A layer takes ``wanted`` of something (``noun``) and gets ``found``: it stands where the layer is made, or where
    tensors are joined along another axis than the one that gives so many.

    ``argument`` is the constructor argument that holds the size. A function of torch has none: it stands at the call.
    """
    layer, tensor = event.layer, operand(event)
    if tensor is None:
        return
    wanted, found = event.mismatch.wanted, event.mismatch.found
    who, source = subject(layer, event.op), giver(tensor, event.shapes)
    join, made = wrong_join(tensor, wanted, event.shapes), layer.place if layer is not None else None
    yield Finding(
        join or made or event.place,
        Text(
            f"{who} takes {dim_text(wanted)} {noun.en}, but gets {dim_text(found)}: {source.en}",
            f"{who} 需要 {dim_text(wanted)} 个{noun.zh}，却得到 {dim_text(found)} 个：{source.zh}",
        ),
        why=made_here(layer) if join is not None and layer is not None else comes_from(tensor, event.shapes),
        candidates=Later(partial(_size_candidates, event, argument, tensor)),
    )


def _size_candidates(event: ShapeMismatch, argument: str, tensor: Tensor) -> Iterator[Candidate]:
    """Another join before the layer, other sizes for it or the one before it; a function of torch leaves no size of its
    own to change."""
    layer, wanted, found = event.layer, event.mismatch.wanted, event.mismatch.found
    yield from rejoined(tensor, wanted, event.shapes)
    if layer is not None and layer.place is not None:
        yield from candidates_for(event, layer, argument, tensor)
    elif layer is None and isinstance(wanted, (int, Expr)) and isinstance(found, (int, Expr)):
        yield from producer_candidates(tensor, wanted, found)


def broken(event: ShapeMismatch, says: Text, candidates: Sequence[Candidate] = (), at_layer: bool = False) -> Finding:
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
